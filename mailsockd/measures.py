"""
What is counted and timed while the daemon works, as cheaply as can be: plain numbers, which `metrics` shows.

Everything here belongs to the reactor's thread, but for `Times.add`, which the writer's thread may call on a Times of
its own.
"""

import re
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred

from mailsockd.state.activity import Event, Kind

# Seconds. From what a small mail takes on a quiet machine to what makes people ask.
BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_CODE = re.compile(r"[45][0-9]{2}(?= )").match


class Times:
    """How often something took how long: one count for each of BOUNDS, and one for what took longer."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.sum = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum += seconds


class Measures:
    """The numbers. `hear` is what the ActivityLog calls."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._heard = False
        self.events: Counter[Kind] = Counter()
        self.rejected: Counter[str] = Counter()
        self.mails = 0
        self.bytes = 0
        self.stored = Times()
        self.published = Times()
        self.committed = Times()
        self.jobs = 0
        self.lag = Times()

    def hear(self, event: Event) -> None:
        """Count an event."""
        kind = event.kind
        self.events[kind] += 1
        if kind is Kind.STORED:
            if event.message.endswith("-0"):  # the first copy of a mail
                self.mails += 1
                self.bytes += event.count or 0
                self.stored.add((event.milliseconds or 0.0) / 1000)
        elif kind is Kind.PUBLISHED:
            self._heard = True
        elif kind is Kind.REJECTED:
            code = _CODE(event.text)
            self.rejected[code[0] if code else "other"] += 1

    def mail_published(self, began: float, making: "Deferred[Any] | None") -> None:
        """
        Time a mail that was handed to sockets just now: from the end of its data, monotonic, to the first writes.

        Of a large one the frames are still being made; `making` fires when they are.
        """
        if not self._heard:
            return  # nobody listened
        self._heard = False
        if making is None:
            self.published.add(self._monotonic() - began)
        else:
            making.addCallback(self._made, began)

    def _made(self, result: Any, began: float) -> Any:
        self.published.add(self._monotonic() - began)
        return result

    def batch_committed(self, seconds: float, jobs: int) -> None:
        """Count what the writer's thread did in one go."""
        self.committed.add(seconds)
        self.jobs += jobs


class LagProbe(Service):
    """Times how late the reactor is: every half second it should have done what it does here."""

    EVERY = 0.5

    def __init__(self, lag: Times, clock: Any, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lag = lag
        self._clock = clock
        self._monotonic = monotonic
        self._due = 0.0
        self._next: Any = None

    def startService(self) -> None:
        """Begin."""
        super().startService()  # type: ignore[no-untyped-call]
        self._wait()

    def stopService(self) -> None:
        """End."""
        super().stopService()  # type: ignore[no-untyped-call]
        if self._next is not None and self._next.active():
            self._next.cancel()

    def _wait(self) -> None:
        self._due = self._monotonic() + self.EVERY
        self._next = self._clock.callLater(self.EVERY, self._look)

    def _look(self) -> None:
        self._lag.add(max(0.0, self._monotonic() - self._due))
        self._wait()
