"""What becomes of deliveries: written down, counted, told in the activity log; and what is old is forgotten."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from mailsockd.actions.delivery_store import DeliveryStore
from mailsockd.actions.ports import StorageTrouble
from mailsockd.delivery.pauses import in_words
from mailsockd.delivery.queue_limits import DISK_PAUSE, DeliveryLimits
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.deliveries import Delivery, Line, Status


class Ledger:
    """
    Writes for the queue, however long the disk has trouble: what was delivered must not be forgotten.

    `now` gives UTC seconds, `clock` counts the pauses. Milliseconds are those of a try.
    """

    _log = Logger()

    def __init__(
        self,
        store: DeliveryStore,
        activity: ActivityLog,
        clock: IReactorTime,
        limits: DeliveryLimits,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._activity = activity
        self._clock = clock
        self.limits = limits
        self._now = now
        self._waiting: Counter[str] = Counter()
        self._finished: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """How many deliveries wait."""
        return self._waiting.total()

    async def surely(self, ask: "Callable[[], Deferred[Any]]") -> Any:
        """Have the disk do something, again and again while it has trouble."""
        while True:
            try:
                return await ask()
            except StorageTrouble as error:
                self._log.warn("the queue waits for the disk: {error}", error=str(error))
            await deferLater(self._clock, DISK_PAUSE, lambda: None)

    def arrived(self, account: str, number: int) -> None:
        """Count deliveries that wait now."""
        self._waiting[account] += number

    async def delivered(self, delivery: Delivery, detail: str, milliseconds: float) -> None:
        """Write down that a delivery is done."""
        await self._settle(delivery, Status.DELIVERED, "", True)
        self._record(Kind.DELIVERED, delivery, detail, milliseconds)

    async def failed(self, delivery: Delivery, reason: str, milliseconds: float | None = None, said: str = "") -> None:
        """Write down that a delivery is given up; without a time it was not even tried."""
        if await self._settle(delivery, Status.FAILED, _error(reason, said), milliseconds is not None):
            self._record(Kind.FAILED, delivery, reason, milliseconds, said)

    async def postponed(self, delivery: Delivery, due: float, reason: str, milliseconds: float, said: str = "") -> None:
        """Write down that a delivery is tried again when it is due."""
        error = _error(reason, said)
        if await self.surely(lambda: self._store.postpone(delivery.id, due, error)):
            again = in_words(due - self._now())
            self._record(Kind.DEFERRED, delivery, f"{reason}; tried again in {again}", milliseconds, said)

    async def expired(self, line: Line, reason: str) -> None:
        """Give up what has waited too long in a line: the same target held it up, so it is not worth a try each."""
        now = self._now()
        await self._give_up(lambda: self._store.expire(line, now - self.limits.retry_for, reason, now))

    async def tidy(self) -> None:
        """Give up what is too much for an account, and forget what was finished long ago or is too much."""
        most, kept = self.limits.waiting_per_account, self.limits.finished_per_account
        for account in [name for name, number in self._waiting.items() if number > most]:
            reason = f"more than {most} deliveries waited for {account}"
            await self._give_up(partial(self._store.crowd_out, account, most, reason, self._now()))
            self._waiting[account] = min(self._waiting[account], most)
        await self._all_of(lambda: self._store.purge(self._now() - self.limits.keep))
        # To find the oldest that may stay takes the longer the more there are: not for every few.
        for account in [name for name, number in self._finished.items() if number > kept // 10]:
            del self._finished[account]
            await self._all_of(partial(self._store.trim, account, kept))

    async def _settle(self, delivery: Delivery, status: Status, error: str, tried: bool) -> bool:
        changed: bool = await self.surely(
            lambda: self._store.settle(delivery.id, status, error, self._now(), tried),
        )
        if changed:
            self._count_finished(delivery)
        return changed

    async def _give_up(self, some: "Callable[[], Deferred[list[Delivery]]]") -> None:
        while given_up := await self.surely(some):
            for delivery in given_up:
                self._count_finished(delivery)
                self._record(Kind.FAILED, delivery, delivery.error, None)

    async def _all_of(self, some: "Callable[[], Deferred[int]]") -> None:
        while await self.surely(some):
            pass

    def _count_finished(self, delivery: Delivery) -> None:
        self._finished[delivery.account] += 1
        self._waiting[delivery.account] -= 1
        if self._waiting[delivery.account] <= 0:
            del self._waiting[delivery.account]

    def _record(self, kind: Kind, delivery: Delivery, text: str, milliseconds: float | None, said: str = "") -> None:
        # No target: that of Slack is a secret, and what happens is written to the log.
        self._activity.record(
            kind,
            account=delivery.account,
            address=delivery.address,
            message=delivery.message,
            channel=delivery.channel,
            text=text,
            detail=said,
            milliseconds=milliseconds,
        )


def _error(reason: str, said: str) -> str:
    return f"{reason}: {said}" if said else reason
