"""What the owner of a domain may do with it (contract section 1.4)."""

from collections.abc import Callable

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.ports import Mailbox
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry, shielded
from mailsockd.actions.rights import Rights
from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Account
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import Address
from mailsockd.state.domains import Domain


class DomainActions:
    """
    The domains of an account. Those of the configuration belong to the account `admin`.

    Whatever is not the caller's is refused with one text, so that nobody learns what others have claimed.
    """

    def __init__(
        self,
        registry: Registry,
        rights: Rights,
        mailbox: Mailbox,
        now: Callable[[], float],
        activity: ActivityLog | None = None,
    ) -> None:
        self._registry = registry
        self._rights = rights
        self._mailbox = mailbox
        self._now = now
        self._activity = activity

    def of(self, caller: Account) -> list[Domain]:
        """Give the caller's domains, proved or not, by name."""
        return self._registry.domains.of(caller.name)

    async def show(self, caller: Account, name: str) -> tuple[Domain, int, Address | None]:
        """Give a domain, how many messages the caller sees in it, and its catch-all. Raises Refusal 404."""
        domain = self._rights.domain(caller, name)
        catch_all = self._registry.book.get(f"*@{domain.name}")
        if catch_all is not None and catch_all.owner != caller.name:
            catch_all = None
        count = await self._mailbox.count_domain(domain.name, caller.name) if domain.served else 0
        return domain, count, catch_all

    async def newest(self, caller: Account, name: str, limit: int, until: float | None) -> list[Message]:
        """Give the newest messages of a domain that the caller owns and that is verified. Raises Refusal 403."""
        domain = self._rights.domain(caller, name, 403)
        if not domain.served:
            raise Refusal(403, f"The domain {domain.name} is not verified yet.")
        return await self._mailbox.of_domain(domain.name, caller.name, limit, until)

    async def purge(self, caller: Account, name: str) -> int:
        """
        Delete what the caller may see in a domain, starred too; gives how many. Raises Refusal 404.

        It goes on when the caller does not wait for the end. A domain that is not verified has no mail.
        """
        domain = self._rights.domain(caller, name)
        if not domain.served:
            return 0
        return await shielded(Deferred.fromCoroutine(self._purge(caller, domain.name)))

    async def _purge(self, caller: Account, name: str) -> int:
        count = await self._mailbox.purge_domain(name, caller.name)
        if count and self._activity is not None:
            text = f"{count} messages of {name}, by {caller.name}"
            self._activity.record(Kind.DELETED, account=caller.name, text=text, count=count)
        return count

    async def set_private(self, caller: Account, name: str, private: bool) -> Domain:
        """
        Say who reads the inboxes of a domain that nobody reserved: its owner alone, or everybody. Raises Refusal 404.

        Mail keeps the owner that it had on arrival.
        """
        domain = self._rights.domain(caller, name)
        changed = attrs.evolve(domain, is_private=private, updated=self._now())
        await self._registry.change([changed])
        return changed
