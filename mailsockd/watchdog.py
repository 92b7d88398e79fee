"""The watchdog's loop: that the reactor turns and the writer's thread answers is told to the service manager."""

from collections.abc import Callable

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from mailsockd.notify import Notifier

PAUSE = 10.0  # seconds between two looks when the manager asks for no watchdog: the status still changes


class Watched(Service):
    """
    Says READY when the start is over, how the daemon is while it runs, and STOPPING at its end.

    It starts last and stops first. `started` fires when the start is over. `touch` has the writer do nothing at all:
    while that is not answered, the watchdog is not fed, and after its time the manager ends the daemon, which could
    store nothing. An answer that is a failure feeds it too: a full disk is not mended by a new start. `status` gives
    one line.
    """

    _log = Logger()

    def __init__(
        self,
        notifier: Notifier,
        started: "Deferred[None]",
        touch: Callable[[], "Deferred[object]"],
        status: Callable[[], str],
        clock: IReactorTime,
    ) -> None:
        self._notifier = notifier
        self._started = started
        self._touch = touch
        self._status = status
        self._clock = clock
        self._next: IDelayedCall | None = None

    def startService(self) -> None:
        """Begin to feed at once, and say READY when the start is over."""
        super().startService()  # type: ignore[no-untyped-call]
        self._started.addCallback(self._ready)
        self._look()

    def stopService(self) -> None:
        """Say that the end has begun. What is left to do has the manager's TimeoutStopSec."""
        super().stopService()  # type: ignore[no-untyped-call]
        self._notifier.stopping()
        if self._next is not None:
            self._next.cancel()
            self._next = None

    @property
    def pause(self) -> float:
        """The seconds between an answer and the next question: a third of the watchdog's, so that one may be late."""
        return self._notifier.watchdog / 3 or PAUSE

    def _ready(self, _: None) -> None:
        if self.running:
            self._notifier.ready(self._status())

    def _look(self) -> None:
        self._next = None
        self._touch().addErrback(self._failed).addCallback(self._alive)

    def _failed(self, failure: object) -> None:
        self._log.debug("the writer answered the watchdog: {failure}", failure=str(failure))

    def _alive(self, _: object) -> None:
        if self.running:
            self._notifier.alive()
            if self._started.called:
                self._notifier.status(self._status())
            self._next = self._clock.callLater(self.pause, self._look)
