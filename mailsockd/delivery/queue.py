"""
The queue: makes the deliveries that were stored with their messages, again and again until they are done or too old.

The disk is the truth: a delivery is a row that is read when its turn comes, and written when something came of it. So a
kill loses nothing, and memory holds only the lines. What was delivered but not written down yet is delivered again.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, DeferredList, DeferredSemaphore, ensureDeferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mailsockd.actions.delivery_store import DeliveryStore
from mailsockd.actions.ports import StorageTrouble
from mailsockd.delivery.attempt import attempt
from mailsockd.delivery.channel import Delivered, Parcel, Postponed, QueuedChannel, Undeliverable
from mailsockd.delivery.ledger import Ledger
from mailsockd.delivery.lines import Turns, Waiting
from mailsockd.delivery.pauses import in_words, pause
from mailsockd.delivery.queue_limits import (
    DISK_PAUSE,
    LARGE,
    LARGE_AT_ONCE,
    LONGEST_ASKED,
    STOP_GRACE,
    SWEEP,
    DeliveryLimits,
)
from mailsockd.delivery.whereto import Nowhere, Whereto
from mailsockd.mail.stored import Message
from mailsockd.state.activity import ActivityLog
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.deliveries import Delivery, Line


class DeliveryQueue(Service):
    """
    Makes deliveries, each line's in its order, while it runs.

    `content` gives the bytes of a message, None when it was deleted; `now` gives UTC seconds, `random` numbers from 0
    up to 1. `clock` counts all pauses. At the try the setting of the address counts as it is then.
    """

    _log = Logger()

    def __init__(
        self,
        store: DeliveryStore,
        content: "Callable[[Message], Deferred[bytes | None]]",
        book: AddressBook,
        channels: Sequence[QueuedChannel],
        activity: ActivityLog,
        clock: IReactorTime,
        limits: DeliveryLimits = DeliveryLimits(),
        *,
        now: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._store = store
        self._ledger = Ledger(store, activity, clock, limits, now)
        self._content = content
        self._whereto = Whereto(book, channels)
        self._clock = clock
        self._limits = limits
        self._now = now
        self._random = random
        self._lines: dict[Line, Waiting] = {}
        self._turns = Turns(limits.concurrency, limits.concurrency_per_account)
        self._large = DeferredSemaphore(LARGE_AT_ONCE)
        self._tries: set[Deferred[None]] = set()
        self._rest: set[Deferred[None]] = set()
        self._soon: IDelayedCall | None = None
        self._sweep: IDelayedCall | None = None

    def startService(self) -> None:
        """Go on with what waits on disk."""
        super().startService()  # type: ignore[no-untyped-call]
        self._beside(self._load())
        self._sweep = self._clock.callLater(SWEEP, self._sweeping)

    def stopService(self) -> "Deferred[Any]":
        """Begin nothing more, and give what is under way a moment to end; the rest is done after the next start."""
        super().stopService()  # type: ignore[no-untyped-call]
        for call in (self._soon, self._sweep, *(waiting.timer for waiting in self._lines.values())):
            if call is not None and call.active():
                call.cancel()
        for work in tuple(self._rest):
            work.cancel()

        def cancel() -> None:
            for work in tuple(self._tries):
                work.cancel()

        grace = self._clock.callLater(STOP_GRACE, cancel)

        def ended(_: object) -> None:
            if grace.active():
                grace.cancel()

        return DeferredList([*self._tries, *self._rest]).addCallback(ended)

    @property
    def waiting(self) -> int:
        """How many deliveries wait, as far as is known."""
        return self._ledger.waiting

    def limit(self, limits: DeliveryLimits) -> None:
        """Let other bounds hold from now on."""
        self._limits = limits
        self._ledger.limits = limits
        self._turns.most, self._turns.per_account = limits.concurrency, limits.concurrency_per_account

    def stored(self, deliveries: Sequence[Delivery]) -> None:
        """Make these deliveries too, which are on disk now. Costs next to nothing at this moment."""
        for delivery in deliveries:
            self._ledger.arrived(delivery.account, 1)
            self._go_on(self._line(delivery.line))

    def renewed(self, deliveries: Sequence[Delivery]) -> None:
        """Try these at once, for which somebody asked, even if their targets were to be left alone."""
        for delivery in deliveries:
            self._ledger.arrived(delivery.account, 1)
            self._wake(self._line(delivery.line))

    async def _load(self) -> None:
        for head in await self._ledger.surely(self._store.heads):
            self._ledger.arrived(head.line.account, head.waiting)
            waiting = self._line(head.line)
            if head.attempts and not waiting.failures:
                waiting.failures = head.attempts
                self._leave_alone(waiting, min(max(head.due - self._now(), 0.0), LONGEST_ASKED))
            self._go_on(waiting)

    def _line(self, line: Line) -> Waiting:
        # Something is new in it: whoever finds it empty meanwhile has to look again.
        waiting = self._lines.get(line)
        if waiting is None:
            waiting = self._lines[line] = Waiting(line, self._whereto.lane(line))
        waiting.news += 1
        return waiting

    def _go_on(self, waiting: Waiting) -> None:
        if not self.running or waiting.resting or waiting.asking:
            return
        if waiting.empty:
            if not waiting.running:
                self._lines.pop(waiting.line, None)
        elif len(waiting.running) < (1 if waiting.failures else self._limits.concurrency_per_target):
            self._turns.add(waiting)
            if self._soon is None:
                self._soon = self._clock.callLater(0, self._begin)

    def _leave_alone(self, waiting: Waiting, seconds: float) -> None:
        if waiting.timer is not None:
            waiting.timer.cancel()
        waiting.timer = self._clock.callLater(seconds, self._wake, waiting) if self.running else None

    def _wake(self, waiting: Waiting) -> None:
        timer, waiting.timer = waiting.timer, None
        if timer is not None and timer.active():
            timer.cancel()
        self._go_on(waiting)

    def _begin(self) -> None:
        self._soon = None
        while self.running and (waiting := self._turns.take()) is not None:
            if waiting.resting:  # since it was given its turn; it gets another one
                self._turns.done(waiting)
                continue
            waiting.asking = True
            trying = ensureDeferred(self._turn(waiting))
            if not trying.called:
                self._tries.add(trying)
                trying.addBoth(self._ended, trying)

    def _ended(self, result: None, trying: "Deferred[None]") -> None:
        self._tries.discard(trying)

    async def _turn(self, waiting: Waiting) -> None:
        try:
            await self._next(waiting)
        except CancelledError:
            pass
        except Exception as error:
            if not isinstance(error, StorageTrouble):
                self._log.failure("a delivery went wrong")
            self._leave_alone(waiting, DISK_PAUSE)
        finally:
            self._turns.done(waiting)
            self._go_on(waiting)

    async def _next(self, waiting: Waiting) -> None:
        news = waiting.news
        try:
            found = await self._store.next(waiting.line, tuple(waiting.running))
        finally:
            waiting.asking = False
        if found is None:
            waiting.empty_at = news
            return
        delivery, message = found
        waiting.address = delivery.address
        waiting.running.add(delivery.id)
        self._go_on(waiting)  # with another one beside it, if several may run
        try:
            await self._make(waiting, delivery, message)
        finally:
            waiting.running.discard(delivery.id)

    async def _make(self, waiting: Waiting, delivery: Delivery, message: Message | None) -> None:
        try:
            channel, address, target = self._whereto.now(delivery)
        except Nowhere as error:
            await self._ledger.failed(delivery, str(error))
            return
        if target != delivery.target:
            await self._ledger.surely(lambda: self._store.redirect(delivery.id, target))
            self._go_on(self._line(Line(delivery.account, delivery.channel, target)))
        elif message is None:
            await self._ledger.failed(delivery, "the message was deleted")
        elif message.size <= LARGE:
            await self._try(waiting, delivery, address, channel, message)
        else:
            await self._large.acquire()
            try:
                await self._try(waiting, delivery, address, channel, message)
            finally:
                self._large.release()

    async def _try(
        self, waiting: Waiting, delivery: Delivery, address: Address, channel: QueuedChannel, message: Message
    ) -> None:
        content = await self._content(message)
        if content is None:
            await self._ledger.failed(delivery, "the message was deleted")
            return
        began = self._clock.seconds()
        parcel = Parcel(delivery, address, message, content)
        patience = max(self._limits.attempt_timeout, channel.patience or 0)
        outcome = await attempt(channel, parcel, patience, self._clock)
        milliseconds = (self._clock.seconds() - began) * 1000
        if isinstance(outcome, Postponed):
            await self._postpone(waiting, delivery, outcome, milliseconds)
            return
        waiting.failures = 0
        if isinstance(outcome, Delivered):
            await self._ledger.delivered(delivery, outcome.detail, milliseconds)
        else:
            assert isinstance(outcome, Undeliverable)
            await self._ledger.failed(delivery, outcome.reason, milliseconds, outcome.said)
        if waiting.resting:  # others that ran beside it have failed before
            self._wake(waiting)

    async def _postpone(self, waiting: Waiting, delivery: Delivery, outcome: Postponed, milliseconds: float) -> None:
        waiting.failures += 1
        waiting.news += 1
        now = self._now()
        end = delivery.since + self._limits.retry_for
        seconds = pause(waiting.failures, outcome.seconds, self._random)
        if now >= end:
            self._leave_alone(waiting, seconds)
            long = f" after {in_words(self._limits.retry_for)}" if self._limits.retry_for else ""
            reason = f"{outcome.reason}; given up{long}"
            await self._ledger.failed(delivery, reason, milliseconds, outcome.said)
            await self._ledger.expired(waiting.line, reason)
        else:
            due = min(now + seconds, end)
            self._leave_alone(waiting, due - now)
            await self._ledger.postponed(delivery, due, outcome.reason, milliseconds, outcome.said)

    def _beside(self, work: "Coroutine[Deferred[Any], Any, None]") -> None:
        doing = ensureDeferred(work)
        doing.addErrback(self._log_unless_cancelled)
        if not doing.called:
            self._rest.add(doing)
            doing.addBoth(lambda _: self._rest.discard(doing))

    def _log_unless_cancelled(self, failure: Failure) -> None:
        if not isinstance(failure.value, CancelledError):
            self._log.failure("the queue's housekeeping failed", failure)

    def _sweeping(self) -> None:
        self._sweep = self._clock.callLater(SWEEP, self._sweeping)
        for waiting in tuple(self._lines.values()):
            # One reads of the new target in the settings, and would wait for the old one.
            if waiting.resting and waiting.address and self._whereto.changed(waiting.line, waiting.address):
                self._wake(waiting)
        if not self._rest:
            self._beside(self._ledger.tidy())
