"""Reserving, changing and releasing addresses (contract section 1.2)."""

from collections.abc import Callable, Mapping, Sequence

import attrs

from mailsockd.actions.ports import Mailbox, Selection, StorageTrouble
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry, to_the_end
from mailsockd.actions.rights import Rights
from mailsockd.actions.webhooks import secret_beside
from mailsockd.state.accounts import Account
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import Address, is_alias
from mailsockd.state.subscriptions import Subscriptions

LONGEST_INFO = 1000
LONGEST_LOCAL = 125  # contract section 3.12

Settings = Mapping[str, str | bool | None]


@attrs.frozen
class Changes:
    """What a caller wants of an address: `info` when given, and settings by name; None clears one."""

    info: str | None = None
    settings: Settings = attrs.field(factory=dict)


class Addresses:
    """What an account may do with addresses."""

    def __init__(
        self,
        registry: Registry,
        rights: Rights,
        mailbox: Mailbox,
        subscriptions: Subscriptions,
        *,
        any_domain: bool,
        now: Callable[[], float],
        activity: ActivityLog | None = None,
    ) -> None:
        self._registry = registry
        self._rights = rights
        self._mailbox = mailbox
        self._subscriptions = subscriptions
        self._any_domain = any_domain
        self._now = now
        self._activity = activity

    def of(self, caller: Account) -> list[Address]:
        """Give the caller's addresses, by address."""
        return self._registry.book.of(caller.name)

    def show(self, caller: Account, email: str) -> tuple[str, Address | None, bool]:
        """Give the inbox, its address if the caller reserved it, and whether it is the caller's by its domain alone."""
        inbox = self._rights.inbox(email)
        self._may_reserve(caller, inbox, email)
        return inbox, self._registry.book.get(inbox), self._rights.implicit(caller, inbox)

    def available(self, caller: Account | None, email: str) -> tuple[str, bool, bool]:
        """Give the inbox, whether it can be reserved, and whether it is the caller's."""
        inbox = self._rights.inbox(email)
        name = caller.name if caller else ""
        address = self._registry.book.get(inbox)
        if address is not None:
            owned = address.owner == name
            return inbox if owned else self._rights.called(email), False, owned
        if inbox.startswith("*"):
            return inbox, self._rights.catch_all(name, inbox), False
        return inbox, self._rights.reserver(inbox) in ("", name), False

    async def reserve(self, caller: Account, email: str, changes: Changes) -> Address:
        """
        Reserve an address, with settings that take effect at once. Public mail that is there becomes the caller's.

        `*@domain` makes the catch-all of a domain of the caller's, for which no credit is taken.

        Raises Refusal: 400 not an address, already the caller's, no credits, or in a domain that is not served; 401
        another's.
        """
        address = self._reservation(caller, email, changes)
        self._charge(caller, [address])
        await to_the_end(self._reserve([address]))
        return address

    async def reserve_all(self, caller: Account, emails: Sequence[str]) -> list[Address]:
        """
        Reserve several addresses, all or none, without settings. Public mail that is there becomes the caller's.

        Raises Refusal 400 that names each wrong item and why, or says that there are not enough credits.
        """
        addresses: dict[str, Address] = {}
        errors = []
        for place, email in enumerate(emails):
            try:
                address = self._reservation(caller, email, Changes())
                if address.address in addresses:
                    raise Refusal(400, f"{address.address} is named twice.")
                addresses[address.address] = address
            except Refusal as refusal:
                errors.append(f"addresses[{place}]: {refusal.message}")
        if errors:
            raise Refusal(400, f"{len(errors)} of {len(emails)} addresses cannot be reserved.", tuple(errors))
        self._charge(caller, list(addresses.values()))
        await to_the_end(self._reserve(list(addresses.values())))
        return list(addresses.values())

    async def _reserve(self, addresses: Sequence[Address]) -> None:
        beside = [secret for address in addresses for secret in secret_beside(self._registry, address)]
        await self._registry.change([*addresses, *beside])
        try:
            for address in addresses:
                await self._mailbox.adopt(address.address, address.owner)
        except StorageTrouble:  # the caller is told that nothing was changed
            await self._registry.change([], addresses)
            raise

    def _reservation(self, caller: Account, email: str, changes: Changes) -> Address:
        inbox = self._rights.inbox(email)
        local, _, domain = inbox.rpartition("@")
        if local.startswith("*") and local != "*":
            raise Refusal(400, f"{inbox} is not a valid email address", ("email: *@… is a domain's catch-all",))
        if is_alias(local):
            raise Refusal(400, f"{inbox} is not a valid email address", ("email: inbox-… names are aliases",))
        if len(local) > LONGEST_LOCAL:
            reason = f"email: the part before the @ is longer than {LONGEST_LOCAL} characters"
            raise Refusal(400, f"{inbox} is not a valid email address", (reason,))
        self._may_reserve(caller, inbox, email)
        if self._registry.book.get(inbox) is not None:
            raise Refusal(400, f"{inbox} is already owned by this account.")
        if not (self._any_domain or self._registry.domains.served(domain)):
            served = ", ".join(self._registry.domains.names())
            raise Refusal(
                400,
                f"{inbox} cannot be reserved: mail for {domain} is not taken here. Use one of {served}; or the "
                f"operator adds {domain} to `domains` in the configuration, or sets `smtp.accept: any`.",
                (f"email: the domain {domain} is not served",),
            )
        if local == "*" and not self._rights.catch_all(caller.name, inbox):
            reason = "is not owned and verified by this account, and only such a domain can have a catch-all"
            raise Refusal(400, f"{inbox} cannot be reserved: {domain} {reason}.", (f"email: the domain {reason}",))
        now = self._now()
        catch_all = domain if local == "*" else None
        return _changed(Address(inbox, caller.name, now, now, catch_all=catch_all), changes, now)

    def _may_reserve(self, caller: Account, inbox: str, email: str) -> None:
        if self._rights.reserver(inbox) not in ("", caller.name):
            raise Refusal(401, f"{self._rights.called(email)} is owned by another account.")

    def _charge(self, caller: Account, addresses: Sequence[Address]) -> None:
        if caller.credits is None:
            return
        wanted = sum(address.catch_all is None for address in addresses)
        left = max(0, caller.credits - self._registry.book.count(caller.name))
        if wanted > left:
            raise Refusal(400, f"You do not have enough private address credits ({left}). Please purchase more.")

    async def update(self, caller: Account, email: str, changes: Changes) -> Address:
        """Change the settings that are given. Raises Refusal 401 another's, 404 nobody's."""
        inbox = self._rights.inbox(email)
        self._may_reserve(caller, inbox, email)
        address = self._registry.book.get(inbox)
        if address is None:
            raise Refusal(404, "The private address was not found for this user.")
        return await self._update(address, changes)

    async def forward(self, caller: Account, email: str, changes: Changes) -> Address:
        """Change settings by the older route, where not owning an address is always a 404."""
        address = self._registry.book.get(self._rights.inbox(email))
        if address is None or address.owner != caller.name:
            raise Refusal(404, "The private address was not found for this user.")
        return await self._update(address, changes)

    async def _update(self, address: Address, changes: Changes) -> Address:
        changed = _changed(address, changes, self._now())
        await self._registry.change([changed, *secret_beside(self._registry, changed)])
        return changed

    async def release(self, caller: Account, email: str, messages: bool) -> str:
        """
        Give an address back; `messages` deletes all its mail, starred too. Gives the inbox.

        Sockets that listen to it lose it at once: one that has nothing else left is closed.
        """
        inbox = self._rights.inbox(email)
        address = self._registry.book.get(inbox)
        if address is None or address.owner != caller.name:
            raise Refusal(400, "That address is not valid. Make sure it is one you own.")
        await to_the_end(self._release(address, messages))
        return inbox

    async def _release(self, address: Address, messages: bool) -> None:
        inbox, owner = address.address, address.owner
        await self._registry.change([], [address])
        for subscription in self._subscriptions.to_address(inbox):
            if subscription.account == owner:
                subscription.end(f"{inbox} was released")
        if messages:
            count = await self._mailbox.purge(Selection(inbox, owner), starred=True)
            if count and self._activity is not None:
                text = f"{count} messages with the address, by {owner}"
                self._activity.record(Kind.DELETED, account=owner, address=inbox, text=text, count=count)


def _changed(address: Address, changes: Changes, now: float) -> Address:
    settings = {**address.settings, **changes.settings}
    if settings.get("forward") == address.address:
        reason = "forward: must be another address"
        raise Refusal(400, f"The settings of the address are not valid: {reason}", (reason,))
    return attrs.evolve(
        address,
        info=address.info if changes.info is None else changes.info,
        settings={name: value for name, value in settings.items() if value is not None},
        updated=now,
    )
