"""The service that gives memory back: what large mail took, glibc keeps for the next one, which may never come."""

import ctypes
from collections.abc import Callable
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from mailsockd.state.activity import ActivityLog, Event, Kind

LARGE = 1024 * 1024  # bytes of a mail; smaller ones need what they have freed again soon
QUIET = 10.0  # seconds without large mail


def trim() -> None:
    """Have the C library give back what it can; takes about 20 ms a 100 MiB. One that cannot, does nothing."""
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if give_back is not None:
        give_back(0)


class Trimming(Service):
    """Calls `trim` in a thread when no large mail has come for QUIET seconds, once after each time of large mail."""

    _log = Logger()

    def __init__(
        self, activity: ActivityLog, clock: Any, in_thread: "Callable[[Callable[[], None]], Deferred[None]]"
    ) -> None:
        self._clock = clock
        self._in_thread = in_thread
        self._next: Any = None
        activity.listen(self._stored, Kind.STORED)

    def stopService(self) -> None:
        """Begin no more."""
        super().stopService()  # type: ignore[no-untyped-call]
        if self._next is not None and self._next.active():
            self._next.cancel()

    def _stored(self, event: Event) -> None:
        if (event.count or 0) < LARGE or not self.running:
            return
        if self._next is not None and self._next.active():
            self._next.reset(QUIET)
        else:
            self._next = self._clock.callLater(QUIET, self._begin)

    def _begin(self) -> None:
        self._in_thread(trim).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        self._log.failure("memory was not given back", failure)
