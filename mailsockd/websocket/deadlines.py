"""Many deadlines of one length on one timer."""

from collections.abc import Callable
from itertools import islice
from typing import Generic, TypeVar

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

T = TypeVar("T")

# So many are called in one turn of the reactor; the next ones have theirs a moment later.
AT_ONCE = 200
MOMENT = 0.01


class Deadlines(Generic[T]):
    """
    Calls `late(entry)` when `delay` seconds have passed since the entry was set.

    All entries wait equally long, so the order in which they were set is the order in which they are due: one timer
    serves ten thousand of them.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, delay: float, late: Callable[[T], None]) -> None:
        self._clock = clock
        self._delay = delay
        self._late = late
        self._due: dict[T, float] = {}
        self._timer: IDelayedCall | None = None

    def __len__(self) -> int:
        return len(self._due)

    def set(self, entry: T) -> None:
        """Let an entry's time begin, anew if it has one."""
        self._due.pop(entry, None)
        self._due[entry] = self._clock.seconds() + self._delay
        if self._timer is None:
            self._timer = self._clock.callLater(self._delay, self._expire)

    def drop(self, entry: T) -> None:
        """Forget an entry, if it is there. The timer stops when none is left."""
        self._due.pop(entry, None)
        if not self._due:
            self._disarm()

    def _expire(self) -> None:
        self._timer = None
        now = self._clock.seconds()
        for entry, due in list(islice(self._due.items(), AT_ONCE)):
            if due > now:
                break
            if self._due.get(entry) != due:
                continue  # one before it dropped it, or gave it more time
            del self._due[entry]
            try:
                self._late(entry)
            except Exception:
                self._log.failure("a deadline failed")  # the others must not lose theirs
        self._disarm()
        if self._due:
            first = next(iter(self._due.values()))
            self._timer = self._clock.callLater(max(first - now, MOMENT), self._expire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
