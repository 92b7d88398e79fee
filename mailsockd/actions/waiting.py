"""
Waiting for mail: a caller is answered when something has been stored for an inbox, and nothing is read meanwhile.

Whoever waits looks once, and again only after a message was stored for the inbox. Rights belong into the look, so that
they are those of that moment.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.ports import StorageTrouble
from mailsockd.actions.refusal import Refusal
from mailsockd.state.activity import ActivityLog, Event, Kind

PER_ACCOUNT = 100
OVERALL = 1000
LONGEST = 60.0  # seconds that a client may ask for

Found = TypeVar("Found")


class Delayed(Protocol):
    """A call that is to come."""

    def active(self) -> bool:
        """Tell whether it is still to come."""

    def cancel(self) -> None:
        """Have it not come."""


class Clock(Protocol):
    """What counts the seconds: Twisted's reactor, or its task.Clock."""

    def callLater(self, delay: float, call: Callable[[], None]) -> Delayed:
        """Call later."""


class TooManyWaiting(Refusal):
    """Somebody has to wait for a place to wait: 429."""

    def __init__(self, whose: str) -> None:
        super().__init__(429, f"Too many requests of {whose} are waiting for mail.")


@attrs.define(eq=False)
class _Waiter:
    """One caller who waits; what happens while it looks is not lost."""

    rung: bool = False
    over: bool = False
    _bell: "Deferred[None] | None" = None

    def ring(self) -> None:
        self.rung = True
        bell, self._bell = self._bell, None
        if bell is not None:
            bell.callback(None)

    def end(self) -> None:
        self.over = True
        self.ring()

    async def woken(self) -> bool:
        """Wait for the next ring, unless it rang already; tells whether there is time left."""
        if not self.rung:
            self._bell = Deferred()
            await self._bell
        self.rung = False
        return not self.over


class Waiting:
    """All who wait for mail, by inbox. `per_account` and `overall` say how many may."""

    def __init__(
        self, activity: ActivityLog, clock: Clock, *, per_account: int = PER_ACCOUNT, overall: int = OVERALL
    ) -> None:
        self._clock = clock
        self._per_account = per_account
        self._overall = overall
        self._waiters: dict[str, dict[_Waiter, None]] = {}
        self._accounts: Counter[str] = Counter()
        self._closed = False
        activity.listen(self._stored, Kind.STORED)

    def __len__(self) -> int:
        return self._accounts.total()

    def close(self) -> None:
        """The server ends: all who wait are refused, and whoever comes later."""
        self._closed = True
        for waiters in tuple(self._waiters.values()):
            for waiter in tuple(waiters):
                waiter.end()

    async def until(
        self, account: str, inbox: str, seconds: float, look: Callable[[], Awaitable[list[Found]]]
    ) -> list[Found]:
        """
        Give what `look` finds, as soon as that is something, or nothing after `seconds`.

        It looks at once and after each message for the inbox. The account "" is the operator, who has no bound of its
        own. Raises TooManyWaiting, Refusal 503 when the server ends before, and what `look` raises. A cancelled caller
        leaves nothing behind.
        """
        if self._accounts.total() >= self._overall:
            raise TooManyWaiting("all accounts")
        if account and self._accounts[account] >= self._per_account:
            raise TooManyWaiting("this account")
        waiter = _Waiter(rung=self._closed, over=self._closed)
        self._accounts[account] += 1
        self._waiters.setdefault(inbox, {})[waiter] = None
        late = self._clock.callLater(seconds, waiter.end)
        try:
            found = await look()
            while not found and await waiter.woken():
                found = await look()
            if self._closed and not found:
                raise _stopping()
            return found
        except StorageTrouble:
            if self._closed:  # the storage goes after those who wait, but a look may be on its way
                raise _stopping() from None
            raise
        finally:
            if late.active():
                late.cancel()
            self._leave(account, inbox, waiter)

    def _leave(self, account: str, inbox: str, waiter: _Waiter) -> None:
        self._accounts[account] -= 1
        if not self._accounts[account]:
            del self._accounts[account]
        waiters = self._waiters[inbox]
        del waiters[waiter]
        if not waiters:
            del self._waiters[inbox]

    def _stored(self, event: Event) -> None:
        for waiter in tuple(self._waiters.get(event.address, ())):
            waiter.ring()


def _stopping() -> Refusal:
    return Refusal(503, "The server is stopping. Nothing has come so far; ask again.")
