"""The routes to claim a domain, prove it and set it up (contract sections 1.4 and 3.10)."""

from collections.abc import Mapping, Sequence
from typing import Any

from mailsockd.actions.claims import Claims, Wanted
from mailsockd.actions.proofs import Proofs
from mailsockd.actions.rights import Rights
from mailsockd.api.account_schemas import DOMAIN
from mailsockd.api.answers import Body, gives
from mailsockd.api.shapes import Named, array, closed, flag, text
from mailsockd.state.domains import Domain
from mailsockd.web.call import parse_flag
from mailsockd.web.errors import wrong
from mailsockd.web.router import Call, Routes
from mailsockd.wire.domains import domain_json, setup_json

_NOT_OWNED = {404: "The account has no such domain."}
_FLAGS = {"enablews": "enablews", "catchAll": "catch_all", "isPrivate": "private"}
_WANTED = Named(
    "DomainSettings",
    closed(
        "Settings of a domain. What is not named stays as it is.",
        {
            "enablews": flag("Whether its mail goes to the web sockets of its owner."),
            "catchAll": flag("Whether mail for its addresses that nobody reserved is in the inbox `*@domain`."),
            "isPrivate": flag("Whether inboxes that nobody reserved are its owner's alone."),
        },
        optional=list(_FLAGS),
        example={"enablews": True, "catchAll": True},
    ),
)
_SETUP = Named(
    "DomainSetup",
    closed(
        "A domain, and what its DNS should have.",
        {
            "domain": DOMAIN,
            "catchAll": flag("Whether its catch-all takes mail."),
            "records": array(
                closed(
                    "A record that should be there.",
                    {
                        "type": text("`TXT` or `MX`."),
                        "name": text("Whose record it is."),
                        "value": text("What it says."),
                        "found": flag("Whether it was there when the DNS was last asked."),
                    },
                ),
                "Records; none for a domain that needs no proof.",
            ),
        },
    ),
)
_REMOVED = Named(
    "RemovedDomain",
    closed("A domain that was given up.", {"message": text("A sentence."), "_id": text("Its name.")}),
)


class DomainSetupRoutes:
    """The caller's domains. `hosts` are those that MX records should lead to."""

    routes = Routes(tag="Domains", errors=_NOT_OWNED)

    def __init__(self, claims: Claims, proofs: Proofs, rights: Rights, hosts: Sequence[str]) -> None:
        self._claims = claims
        self._proofs = proofs
        self._rights = rights
        self._hosts = hosts

    @routes.post(
        "/api/domains/{domain}",
        operation="CreateDomain",
        summary="Claim a domain",
        takes=Body(_WANTED),
        answers=gives(DOMAIN, "The domain; it is not verified yet, unless the server gives its name away."),
        errors={},
    )
    async def claim(self, call: Call, domain: str) -> Any:
        """Claim a domain, private unless the body says otherwise. It has no mail before it is proved."""
        return domain_json(await self._claims.claim(call.caller, domain, wanted(call.body())))

    @routes.delete(
        "/api/domains/{domain}",
        operation="DeleteDomain",
        summary="Give a domain up",
        answers=gives(_REMOVED, "The domain is the account's no more."),
    )
    async def remove(self, call: Call, domain: str) -> Any:
        """Give a domain up, with the addresses that the account has reserved in it. Mail stays with its owners."""
        return {"message": "Domain was removed.", "_id": await self._claims.remove(call.caller, domain)}

    @routes.get(
        "/mailsockd/v1/domains/{domain}",
        operation="GetDomainSetup",
        summary="Show a domain and the DNS records that it needs",
        answers=gives(_SETUP, "The domain."),
    )
    def show(self, call: Call, domain: str) -> Any:
        """Answer a domain, whether its catch-all takes mail, and its records with what was found of them."""
        return self._json(self._rights.domain(call.caller, domain))

    @routes.put(
        "/mailsockd/v1/domains/{domain}",
        operation="SetDomain",
        summary="Change the settings of a domain",
        takes=Body(_WANTED),
        answers=gives(_SETUP, "The domain as it is now."),
    )
    async def change(self, call: Call, domain: str) -> Any:
        """Change what the body names."""
        return self._json(await self._claims.change(call.caller, domain, wanted(call.body())))

    @routes.post(
        "/mailsockd/v1/domains/{domain}/verify",
        operation="VerifyDomain",
        summary="Ask the DNS whether a domain is the account's",
        answers=gives(_SETUP, "The domain as it is now; `lastVerificationErrors` says what is missing."),
        errors={**_NOT_OWNED, 429: "Too many domains are being verified."},
    )
    async def verify(self, call: Call, domain: str) -> Any:
        """Ask the DNS now, and answer what came of it."""
        return self._json(await self._proofs.verify(call.caller, domain))

    def _json(self, domain: Domain) -> dict[str, Any]:
        return setup_json(domain, self._claims.catch_all(domain), self._hosts)


def wanted(body: Mapping[str, Any]) -> Wanted:
    """Read the settings of a body; flags may be text or number, as forms send them. Raises HTTPError 400."""
    unknown = next((name for name in body if name not in _FLAGS), None)
    if unknown is not None:
        raise wrong(unknown, "is not a setting of a domain")
    return Wanted(**{_FLAGS[name]: _flag(name, value) for name, value in body.items()})


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int):
        return parse_flag(name, str(value))
    raise wrong(name, "must be true, false, 1 or 0")
