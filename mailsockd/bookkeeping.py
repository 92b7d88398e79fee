"""The service that writes down what was used, now and then: a crash costs the last seconds of it."""

from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.logger import Logger

from mailsockd.actions.metering import UsageStore
from mailsockd.actions.ports import StorageTrouble
from mailsockd.state.usage import Usage

PAUSE = 5.0


class Bookkeeping(Service):
    """Saves every PAUSE seconds, and at the end."""

    _log = Logger()

    def __init__(self, usage: Usage, store: UsageStore, clock: Any) -> None:
        self._usage = usage
        self._store = store
        self._clock = clock
        self._next: Any = None

    def startService(self) -> None:
        """Begin."""
        super().startService()  # type: ignore[no-untyped-call]
        self._next = self._clock.callLater(PAUSE, self._save_and_wait)

    def stopService(self) -> "Deferred[None]":
        """Save what is left."""
        super().stopService()  # type: ignore[no-untyped-call]
        if self._next is not None and self._next.active():
            self._next.cancel()
        return ensureDeferred(self._save())

    def _save_and_wait(self) -> None:
        ensureDeferred(self._save()).addCallback(self._wait)

    def _wait(self, _: None) -> None:
        if self.running:
            self._next = self._clock.callLater(PAUSE, self._save_and_wait)

    async def _save(self) -> None:
        used, seen = self._usage.changes()
        if not used and not seen:
            return
        try:
            await self._store.save(used, seen)
        except StorageTrouble as error:
            self._usage.again(used, seen)
            self._log.warn("what was used could not be written down: {error}", error=str(error))
