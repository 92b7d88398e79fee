"""Claiming domains, settings of them, and giving them up (contract sections 1.4 and 3.10)."""

import re
import secrets
import string
from collections.abc import Callable, Sequence

import attrs

from mailsockd.actions.addresses import Addresses, Changes
from mailsockd.actions.ports import Entry
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry, to_the_end
from mailsockd.actions.rights import Rights
from mailsockd.mail.address import InvalidAddress, canonical_domain
from mailsockd.state.accounts import Account
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import Address
from mailsockd.state.domain_names import hosted_parent, unclaimable, unhostable
from mailsockd.state.domains import Domain
from mailsockd.state.subscriptions import Subscriptions

TOKEN_LENGTH = 24  # contract section 3.10
_LETTERS = string.ascii_letters + string.digits
_TOKEN = re.compile(r"[!-~]{16,200}\Z")


@attrs.frozen
class Wanted:
    """What a caller wants of a domain; None leaves a thing as it is."""

    enablews: bool | None = None
    private: bool | None = None
    catch_all: bool | None = None


@attrs.frozen
class Policy:
    """What may be claimed: the domains under which names are given away, and how many an account may have."""

    prefix: str = "mailsockd_"
    hosted: tuple[str, ...] = ()
    most: int = 100
    most_hosted: int = 10
    any_domain: bool = False


class Claims:
    """
    What an account may do with domains of its own.

    A claim gives nothing before it is proved, and keeps nobody else from claiming the same name. Names that the server
    gives away are the account's at once.
    """

    def __init__(
        self,
        registry: Registry,
        rights: Rights,
        addresses: Addresses,
        subscriptions: Subscriptions,
        activity: ActivityLog,
        policy: Policy,
        now: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._rights = rights
        self._addresses = addresses
        self._subscriptions = subscriptions
        self._activity = activity
        self._policy = policy
        self._now = now

    def limit(self, most: int, most_hosted: int) -> None:
        """Let an account have other numbers of domains from now on."""
        self._policy = attrs.evolve(self._policy, most=most, most_hosted=most_hosted)

    async def claim(self, caller: Account, name: str, wanted: Wanted, token: str | None = None) -> Domain:
        """
        Claim a domain, private unless wanted otherwise. `token`, from an operator alone, is the TXT record to look for.

        Raises Refusal 400: no domain, not one to be claimed, the caller's already, taken, or one too many.
        """
        domain = self._new(caller, name, token)
        if wanted.catch_all and not domain.hosted:
            raise _refused(domain.name, "is not verified yet, and only a verified domain can have a catch-all")
        await self._registry.change([domain])
        if domain.hosted:
            self._activity.record(Kind.DOMAIN_VERIFIED, account=caller.name, address=domain.name, text="a hosted name")
        return await self.change(caller, domain.name, wanted)

    def _new(self, caller: Account, name: str, token: str | None) -> Domain:
        try:
            canonical_name = canonical_domain(name)
        except InvalidAddress as error:
            raise Refusal(400, f"{name} is not a valid domain", (f"domain: {error}",)) from error
        reason = unclaimable(canonical_name)
        if reason is not None:
            raise _refused(canonical_name, reason)
        mine = self._registry.domains.of(caller.name)
        if any(domain.name == canonical_name for domain in mine):
            raise _refused(canonical_name, "is claimed by this account already")
        taken = self._registry.domains.get(canonical_name)
        if taken is not None and taken.configured:
            raise _refused(canonical_name, "is a domain of the configuration; any account may reserve addresses in it")
        if len(mine) >= self._policy.most:
            raise _refused(canonical_name, f"is one too many: an account may have {self._policy.most} domains")
        now = self._now()
        domain = Domain(canonical_name, caller.name, now, now, is_private=True)
        if hosted_parent(canonical_name, self._policy.hosted) is None:
            text = new_token(self._policy.prefix) if token is None else self._checked(canonical_name, token)
            return attrs.evolve(domain, verification_txt=text)
        return self._hosted(domain, mine)

    def _hosted(self, domain: Domain, mine: Sequence[Domain]) -> Domain:
        reason = unhostable(domain.name.partition(".")[0])
        if reason is not None:
            raise _refused(domain.name, f"is not given away: the name before the first dot {reason}")
        others = any(address.owner != domain.owner for address in self._registry.book.in_domain(domain.name))
        if others or self._registry.domains.claims(domain.name):
            raise _refused(domain.name, "is taken")
        if sum(one.hosted for one in mine) >= self._policy.most_hosted:
            most = self._policy.most_hosted
            raise _refused(domain.name, f"is one too many: an account may have {most} names of this server")
        return attrs.evolve(domain, hosted=True, verified=True, verified_mx=True)

    async def change(self, caller: Account, name: str, wanted: Wanted) -> Domain:
        """
        Change the settings that are given; the catch-all can be switched on once the domain is verified.

        Raises Refusal: 404 not the caller's, 400 a catch-all that cannot be.
        """
        domain = self._rights.domain(caller, name)
        if wanted.catch_all is not None:
            await self._switch_catch_all(caller, domain, wanted.catch_all)
            domain = self._rights.domain(caller, name)
        changed = attrs.evolve(
            domain,
            enablews=domain.enablews if wanted.enablews is None else wanted.enablews,
            is_private=domain.is_private if wanted.private is None else wanted.private,
        )
        if changed == domain:
            return domain
        changed = attrs.evolve(changed, updated=self._now())
        await self._registry.change([changed])
        return changed

    async def _switch_catch_all(self, caller: Account, domain: Domain, on: bool) -> None:
        address = f"*@{domain.name}"
        there = self._registry.book.get(address)
        own = there is not None and there.owner == caller.name
        if on and not own:
            await self._addresses.reserve(caller, address, Changes())
        elif own and not on:
            await self._addresses.release(caller, address, False)

    def catch_all(self, domain: Domain) -> Address | None:
        """Give the catch-all that takes mail for a domain of somebody's, None when it is switched off."""
        address = self._registry.book.get(f"*@{domain.name}")
        return address if address is not None and address.owner == domain.owner and address.catch_all else None

    async def set_token(self, owner: Account, name: str, token: str) -> Domain:
        """Have another TXT record prove a claim, for an operator. Raises Refusal 400, 404."""
        domain = self._rights.domain(owner, name)
        if domain.configured or domain.hosted:
            raise _refused(domain.name, "needs no proof")
        changed = attrs.evolve(domain, verification_txt=self._checked(domain.name, token), updated=self._now())
        await self._registry.change([changed])
        return changed

    def _checked(self, name: str, token: str) -> str:
        if not _TOKEN.match(token):
            reason = "token: must be 16 to 200 printable ASCII characters without spaces"
            raise Refusal(400, reason, (reason,))
        if any(other.verification_txt == token for other in self._registry.domains.claims(name)):
            raise _refused(name, "has that token already, for this account or another one")
        return token

    async def remove(self, caller: Account, name: str) -> str:
        """
        Give a domain up, with the addresses that the caller has in it; gives its name. Mail stays with its owners.

        Sockets that listen to it lose it at once. Raises Refusal: 404 not the caller's, 400 of the configuration.
        """
        domain = self._rights.domain(caller, name)
        if domain.configured:
            raise _refused(domain.name, "is a domain of the configuration, which alone can give it up")
        await to_the_end(self._remove(domain))
        return domain.name

    async def _remove(self, domain: Domain) -> None:
        addresses = [
            address
            for address in self._registry.book.in_domain(domain.name)
            # Where mail for any domain is taken, what was reserved has nothing to do with a claim.
            if address.owner == domain.owner
            and (domain.served or not self._policy.any_domain or address.address.startswith("*@"))
        ]
        gone: list[Entry] = [domain, *addresses]
        await self._registry.change([], gone)
        silence(self._subscriptions, domain, addresses, f"the domain {domain.name} was removed")


def silence(subscriptions: Subscriptions, domain: Domain, released: Sequence[Address], reason: str) -> None:
    """End what an owner's sockets listened to in a domain that is not the owner's any more, and released addresses."""
    for subscription in subscriptions.to_domain(domain.name):
        if subscription.account == domain.owner:
            subscription.end(reason)
    for address in released:
        for subscription in subscriptions.to_address(address.address):
            if subscription.account == address.owner:
                subscription.end(reason)


def new_token(prefix: str) -> str:
    """Make the text of a TXT record: the prefix and 24 letters and digits."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(TOKEN_LENGTH))


def _refused(name: str, reason: str) -> Refusal:
    return Refusal(400, f"{name} {reason}.", (f"domain: {reason}",))
