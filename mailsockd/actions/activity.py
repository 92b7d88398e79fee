"""Reading the activity: an account its own, an administrator and an operator all of it, and no more of it than that."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.activity_store import ActivityStore
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.rights import Rights
from mailsockd.state.accounts import Account
from mailsockd.state.activity import Event, Kind
from mailsockd.state.recorded import Recorded, Wanted

MOST_LISTED = 1000
MOST_EXPORTED = 10_000
PAGE = 500
NEWEST = 1 << 62  # no id is as large


class ActivityReading:
    """
    What callers may see of the activity. The caller None is the operator.

    `flush` has what just happened written first, so that who looks sees it.
    """

    def __init__(self, store: ActivityStore, rights: Rights, flush: "Callable[[], Deferred[None]]") -> None:
        self._store = store
        self._rights = rights
        self._flush = flush

    def wanted(
        self,
        caller: Account | None,
        wanted: Wanted,
        *,
        account: str = "",
        address: str = "",
        kinds: Sequence[Kind | None] = (),
    ) -> Wanted:
        """
        Complete conditions by what the caller may see, and by what a request says of account, address and kinds.

        What happened to a public inbox may be seen by whoever names it, as its mail may. Raises Refusal 400 that names
        the field, and 403 for another's account.
        """
        if None in kinds:
            reason = f"must be one of {', '.join(kind.name.lower() for kind in Kind)}"
            raise Refusal(400, f"kind {reason}", (f"kind: {reason}",))
        inbox = self._rights.inbox(address, "address") if address else ""
        whose: str | None = account or None
        unowned = False
        if caller is not None and not caller.admin:
            if account not in ("", caller.name):
                raise Refusal(403, "Only an administrator sees the activity of another account.")
            whose = caller.name
            unowned = bool(inbox) and self._rights.owner(inbox) == ""
        return attrs.evolve(
            wanted,
            account=whose,
            unowned=unowned,
            address=inbox,
            kinds=frozenset(kind for kind in kinds if kind is not None),
            reader=None if caller is None else caller.name,
        )

    async def listed(self, caller: Account | None, wanted: Wanted, limit: int) -> list[Recorded]:
        """Give events, newest first; those behind `after`, when that is set, are the next ones."""
        await self._flush()
        return list(_shown(caller, await self._store.listed(wanted, limit)))

    async def pages(self, caller: Account | None, wanted: Wanted, limit: int) -> AsyncIterator[list[Recorded]]:
        """Give the same in pages, so that many events are never in memory at once."""
        await self._flush()
        wanted = attrs.evolve(wanted, before=wanted.before or NEWEST)
        while limit > 0:
            page = await self._store.listed(wanted, min(PAGE, limit))
            if page:
                yield list(_shown(caller, page))
            limit -= len(page)
            if len(page) < PAGE:
                return
            wanted = attrs.evolve(wanted, before=page[-1].id)


def _shown(caller: Account | None, found: Iterable[Recorded]) -> Iterable[Recorded]:
    """Leave out of each event what the caller may not see."""
    for recorded in found:
        event = recorded.event
        yield recorded if caller is None else Recorded(recorded.id, shown(caller, event))


def shown(caller: Account, event: Event) -> Event:
    """
    Give an event as the caller may see it.

    What a receiver answered may repeat a mail, so it is for the account alone. The connection of a mail may have
    brought mail to others as well.
    """
    if event.account == caller.name:
        return event
    return attrs.evolve(event, detail="", account=event.account if caller.admin else "")
