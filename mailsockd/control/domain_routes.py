"""The routes of the control socket for domains: an operator acts for the account that has one."""

from collections.abc import Mapping, Sequence
from typing import Any

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.claims import Claims, Wanted
from mailsockd.actions.proofs import Proofs
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.control.fields import flag, known, text_or_none
from mailsockd.mail.address import InvalidAddress, canonical_domain
from mailsockd.state.accounts import Account
from mailsockd.state.domains import Domain
from mailsockd.web.router import Call, Routes
from mailsockd.wire.domains import setup_json

_FLAGS = {"enablews": "enablews", "catchAll": "catch_all", "isPrivate": "private"}


class DomainRoutes:
    """The domains of all accounts. `hosts` are those that MX records should lead to."""

    routes = Routes()

    def __init__(
        self, registry: Registry, accounts: AccountActions, claims: Claims, proofs: Proofs, hosts: Sequence[str]
    ) -> None:
        self._registry = registry
        self._accounts = accounts
        self._claims = claims
        self._proofs = proofs
        self._hosts = hosts

    @routes.get("/control/v1/domains", open=True)
    def list(self, call: Call) -> Any:
        """Answer all domains, claims among them, or those of `account`."""
        name = call.query("account")
        domains = self._registry.domains
        found = domains.of(self._accounts.find(name).name) if name else list(domains)
        return [self._json(domain) for domain in found]

    @routes.post("/control/v1/domains/{domain}", open=True)
    async def add(self, call: Call, domain: str) -> Any:
        """Claim a domain for `account` (in the query); `token` is the TXT record that proves it."""
        body = known(call.body(), {*_FLAGS, "token"})
        account = self._accounts.find(call.query("account"))
        token = text_or_none(body, "token")
        return self._json(await self._claims.claim(account, domain, _wanted(body), token))

    @routes.get("/control/v1/domains/{domain}", open=True)
    def show(self, call: Call, domain: str) -> Any:
        """Answer one domain and the records that it needs."""
        return self._json(self._one(call, domain)[1])

    @routes.patch("/control/v1/domains/{domain}", open=True)
    async def set(self, call: Call, domain: str) -> Any:
        """Change what the body names: the settings, and `token`."""
        body = known(call.body(), {*_FLAGS, "token"})
        owner, _ = self._one(call, domain)
        token = text_or_none(body, "token")
        if token is not None:
            await self._claims.set_token(owner, domain, token)
        return self._json(await self._claims.change(owner, domain, _wanted(body)))

    @routes.post("/control/v1/domains/{domain}/verify", open=True)
    async def verify(self, call: Call, domain: str) -> Any:
        """Ask the DNS now, and answer what came of it."""
        owner, _ = self._one(call, domain)
        return self._json(await self._proofs.verify(owner, domain))

    @routes.delete("/control/v1/domains/{domain}", open=True)
    async def remove(self, call: Call, domain: str) -> Any:
        """Take a domain from its account, with the account's addresses in it."""
        owner, _ = self._one(call, domain)
        return {"_id": await self._claims.remove(owner, domain), "account": owner.name}

    def _one(self, call: Call, name: str) -> tuple[Account, Domain]:
        """Give the domain and who has it: `account` says who is meant when several claim it."""
        try:
            canonical = canonical_domain(name)
        except InvalidAddress as error:
            raise Refusal(400, f"{name} is not a valid domain", (f"domain: {error}",)) from error
        account = call.query("account")
        found = [one for one in self._registry.domains.claims(canonical) if account in ("", one.owner)]
        served = [one for one in found if one.served]
        if len(found) > 1 and not served:
            owners = ", ".join(one.owner for one in found)
            raise Refusal(400, f"{canonical} is claimed by {owners}: name the account.")
        if not found:
            raise Refusal(404, f"Nobody has the domain {canonical}.")
        domain = (served or found)[0]
        return self._accounts.find(domain.owner), domain

    def _json(self, domain: Domain) -> dict[str, Any]:
        return setup_json(domain, self._claims.catch_all(domain), self._hosts)


def _wanted(body: Mapping[str, Any]) -> Wanted:
    return Wanted(**{_FLAGS[name]: flag(body, name) for name in body if name in _FLAGS})
