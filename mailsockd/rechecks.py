"""The service that asks the DNS again, from time to time, whether verified domains are still their owners'."""

from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from mailsockd.actions.proofs import Proofs

BETWEEN = 2.0  # seconds between the end of one check and the next one: the bound on how often the DNS is asked
PAUSE = 60.0  # seconds until the next look when no domain is due, or when a check could not be saved


class Rechecks(Service):
    """Checks one domain after the other, each about every `every` seconds; 0 is never."""

    _log = Logger()

    def __init__(self, proofs: Proofs, clock: Any, every: float) -> None:
        self._proofs = proofs
        self._clock = clock
        self._every = every
        self._next: Any = None

    def startService(self) -> None:
        """Begin, after a pause in which a restarted machine finds its network."""
        super().startService()  # type: ignore[no-untyped-call]
        if self._every:
            self._wait(PAUSE)

    def stopService(self) -> Any:
        """Begin no more checks; one that waits for the DNS is left to itself."""
        super().stopService()  # type: ignore[no-untyped-call]
        if self._next is not None and self._next.active():
            self._next.cancel()

    def _wait(self, seconds: float) -> None:
        if self.running:
            self._next = self._clock.callLater(seconds, self._check)

    def _check(self) -> None:
        domain = self._proofs.due(self._every)
        if domain is None:
            self._wait(PAUSE)
            return
        checked: Deferred[None] = ensureDeferred(self._proofs.recheck(domain))
        checked.addCallbacks(lambda _: self._wait(BETWEEN), self._failed, errbackKeywords={"name": domain.name})

    def _failed(self, failure: Failure, name: str) -> None:
        self._log.failure("the domain {name} could not be checked", failure, name=name)
        self._wait(PAUSE)
