"""Writing the activity down: in batches, beside the mail, and never more than the disk takes."""

from collections import deque
from collections.abc import Callable

import attrs
from twisted.application.service import Service
from twisted.internet.defer import Deferred, ensureDeferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mailsockd.actions.activity_store import SLICE, ActivityStore
from mailsockd.actions.ports import StorageTrouble
from mailsockd.state.activity import Event, Kind
from mailsockd.state.floods import WINDOW, Floods
from mailsockd.state.shares import excess

PAUSE = 1.0  # seconds between an event and its being written, when there are few
TROUBLED = 10.0  # seconds until it is tried again when the disk did not do it
MOST_WAITING = 20_000  # events in memory
# What concerns every mail, or cannot be many: no look at the floods for these.
_OF_EVERY_MAIL = frozenset((Kind.STORED, Kind.PUBLISHED, Kind.UNPUBLISHED))


@attrs.frozen
class Kept:
    """How much is kept: `keep` seconds, `most` events; events in memory wait for the disk up to `waiting`."""

    keep: float = 7 * 86_400.0
    most: int = 200_000
    waiting: int = MOST_WAITING


class Journal(Service):
    """
    Writes events to an ActivityStore, a second after they happened at the latest, and forgets what is old.

    `collect` is what the ActivityLog calls. What waits in memory is lost in a crash. When the disk is slow the oldest
    of it gives way, and how many did is an event itself. Each minute what is older than `keep` is forgotten, and of
    what is more than `most` the oldest of whoever has most.
    """

    _log = Logger()

    def __init__(
        self, store: ActivityStore, clock: IReactorTime, now: Callable[[], float], kept: Kept = Kept()
    ) -> None:
        self._store = store
        self._clock = clock
        self._now = now
        self._kept = kept
        self._floods = Floods()
        self._waiting: deque[Event] = deque()
        self._collected = self._settled = 0  # so many events have come, and are out of memory again
        self._dropped = self._untold = 0
        self._added = 0  # since the last look at what is old
        self._asking: list[tuple[int, Deferred[None]]] = []
        self._writing = self._troubled = self._tidying = self._closed = False
        self._timer: IDelayedCall | None = None
        self._minute: IDelayedCall | None = None

    @property
    def dropped(self) -> int:
        """How many events were never written, since the start."""
        return self._dropped

    def keep(self, kept: Kept) -> None:
        """Let other bounds hold from now on."""
        self._kept = kept

    def collect(self, event: Event) -> None:
        """Have an event written when its time comes."""
        if event.kind in _OF_EVERY_MAIL or self._floods.passes(event):
            self._put(event)

    def flush(self) -> "Deferred[None]":
        """Write what waits now; fires when that is done, or is given up."""
        if self._settled == self._collected:
            return succeed(None)
        done: Deferred[None] = Deferred()
        self._asking.append((self._collected, done))
        self._write()
        return done

    async def forget(self, account: str) -> None:
        """Forget everything of an account. Raises StorageTrouble."""
        await self.flush()
        while await self._store.trim(account, SLICE):
            pass

    def startService(self) -> None:
        """Begin to count the minutes."""
        super().startService()  # type: ignore[no-untyped-call]
        self._minute = self._clock.callLater(WINDOW, self._passed)

    def stopService(self) -> "Deferred[None]":
        """Write what waits, and take nothing more."""
        super().stopService()  # type: ignore[no-untyped-call]
        if self._minute is not None and self._minute.active():
            self._minute.cancel()
        self._end_window()
        self._closed = True
        return self.flush().addCallback(lambda _: self._set(None))

    def _put(self, event: Event) -> None:
        if self._closed:
            return
        waiting = self._waiting
        if len(waiting) >= self._kept.waiting:
            waiting.popleft()
            self._lost(1)
        waiting.append(event)
        self._collected += 1
        if not self._writing:
            if self._timer is None:
                self._set(PAUSE)
            elif len(waiting) == SLICE and not self._troubled:
                self._set(0)

    def _lost(self, count: int) -> None:
        self._settled += count
        self._dropped += count
        self._untold += count

    def _set(self, seconds: float | None) -> None:
        """Write after so many seconds, None for never, and at no other time."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None if seconds is None else self._clock.callLater(seconds, self._write)

    def _write(self) -> None:
        if not self._writing:
            self._writing = True
            self._set(None)
            ensureDeferred(self._write_all()).addErrback(
                lambda failure: self._log.failure("activity was not written", failure)
            )

    async def _write_all(self) -> None:
        waiting, goal = self._waiting, self._collected
        try:
            # What comes meanwhile waits for the next time, unless it is much or somebody asks for it.
            while waiting and (self._settled < goal or self._asking or len(waiting) >= SLICE):
                await self._write_some([waiting.popleft() for _ in range(min(SLICE, len(waiting)))])
                self._answer(self._settled)
            self._troubled = False
        except StorageTrouble as error:
            self._troubled = True
            self._log.warn("activity was not written: {error}", error=str(error))
        finally:
            self._writing = False
            self._answer(self._collected)
        if waiting and not self._closed:
            self._set(TROUBLED if self._troubled else PAUSE)
        if self._added > self._kept.most // 10 + SLICE:
            self._tidy()

    async def _write_some(self, batch: list[Event]) -> None:
        untold = self._untold
        text = f"{untold} events came faster than the disk took them, and were not written"
        told = [Event(Kind.TROUBLE, self._now(), text=text), *batch] if untold else batch
        try:
            await self._store.add(told)
        except StorageTrouble:
            lost = max(0, len(self._waiting) + len(batch) - self._kept.waiting)
            self._lost(lost)
            self._waiting.extendleft(reversed(batch[lost:]))
            raise
        if untold:
            self._untold -= untold
            self._log.warn("{text}", text=text)
        self._settled += len(batch)
        self._added += len(told)

    def _answer(self, up_to: int) -> None:
        asking, self._asking = self._asking, []
        self._asking = [each for each in asking if each[0] > up_to]
        for number, done in asking:
            if number <= up_to:
                done.callback(None)

    def _passed(self) -> None:
        self._minute = self._clock.callLater(WINDOW, self._passed)
        self._end_window()
        self._tidy()

    def _end_window(self) -> None:
        for event in self._floods.end():
            self._put(event)

    def _tidy(self) -> None:
        if not self._tidying and self.running:
            self._tidying = True
            ensureDeferred(self._tidy_all()).addErrback(self._not_tidied)

    def _not_tidied(self, failure: Failure) -> None:
        if not isinstance(failure.value, StorageTrouble):
            self._log.failure("old activity was not forgotten", failure)

    async def _tidy_all(self) -> None:
        self._added = 0
        try:
            while await self._store.purge(self._now() - self._kept.keep) == SLICE and self.running:
                pass
            for account, count in excess(await self._store.counts(), self._kept.most).items():
                for start in range(0, count, SLICE):
                    if self.running:
                        await self._store.trim(account, min(SLICE, count - start))
        finally:
            self._tidying = False
