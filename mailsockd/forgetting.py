"""The service that removes the sessions of browsers that are over, so that they do not stay on the disk for ever."""

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from mailsockd.actions.ports import StorageTrouble

PAUSE = 3600.0  # seconds from the end of one sweep to the next one


class Forgetting(Service):
    """Sweeps after the start, and every PAUSE seconds; `sweep` is SignIns.sweep."""

    _log = Logger()

    def __init__(self, sweep: Callable[[], "Coroutine[Deferred[Any], Any, None]"], clock: Any) -> None:
        self._sweep = sweep
        self._clock = clock
        self._next: Any = None
        self._sweeping: Deferred[None] | None = None

    def startService(self) -> None:
        """Begin."""
        super().startService()  # type: ignore[no-untyped-call]
        self._wait(0.0)

    def stopService(self) -> Any:
        """Begin no more; give what is on its way."""
        super().stopService()  # type: ignore[no-untyped-call]
        if self._next is not None and self._next.active():
            self._next.cancel()
        return self._sweeping

    def _wait(self, seconds: float) -> None:
        if self.running:
            self._next = self._clock.callLater(seconds, self._begin)

    def _begin(self) -> None:
        self._sweeping = ensureDeferred(self._sweep())
        self._sweeping.addErrback(self._failed).addCallback(self._swept)

    def _failed(self, failure: Failure) -> None:
        if isinstance(failure.value, StorageTrouble):
            self._log.warn("sessions that are over could not be removed: {error}", error=str(failure.value))
        else:
            self._log.failure("sessions that are over could not be removed", failure)

    def _swept(self, _: None) -> None:
        self._sweeping = None
        self._wait(PAUSE)
