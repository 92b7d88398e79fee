"""The service that keeps the mailbox within its bounds."""

from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from mailsockd.actions.retention import SLACK, Retention
from mailsockd.state.activity import ActivityLog, Event, Kind

PAUSE = 10.0  # seconds between two looks
BURST = 64 * 1024 * 1024  # bytes of mail after which a look does not wait any longer, less for a small store


class Sweeping(Service):
    """Sweeps now and then, and at once when much mail has come; never twice at the same time."""

    _log = Logger()

    def __init__(self, retention: Retention, activity: ActivityLog, clock: Any) -> None:
        self._retention = retention
        self._clock = clock
        self._came = 0
        self._next: Any = None
        self._sweeping: Deferred[None] | None = None
        activity.listen(self._listen, Kind.STORED)

    def startService(self) -> None:
        """Begin with a look: the bounds may be others than last time."""
        super().startService()  # type: ignore[no-untyped-call]
        self._wait(0.0)

    def stopService(self) -> Any:
        """Begin no more; give what is on its way."""
        super().stopService()  # type: ignore[no-untyped-call]
        if self._next is not None and self._next.active():
            self._next.cancel()
        return self._sweeping

    @property
    def _burst(self) -> int:
        # At half of what there may be too much: the rest is for what comes while room is made.
        total = self._retention.kept.total_bytes
        return min(BURST, total // SLACK // 2) if total else BURST

    def _listen(self, event: Event) -> None:
        self._came += event.count or 0
        if self._came > self._burst and self._sweeping is None and self._next is not None and self._next.active():
            self._next.cancel()
            self._wait(0.0)

    def _wait(self, seconds: float) -> None:
        if self.running:
            self._next = self._clock.callLater(seconds, self._sweep)

    def _sweep(self) -> None:
        self._came = 0
        self._sweeping = ensureDeferred(self._retention.sweep())
        self._sweeping.addErrback(self._failed).addCallback(self._swept)

    def _failed(self, failure: Failure) -> None:
        self._log.failure("the mailbox could not be kept within its bounds", failure)

    def _swept(self, _: None) -> None:
        self._sweeping = None
        self._wait(PAUSE)
