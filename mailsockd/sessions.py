"""The sessions of a line protocol's server: their deadlines, once a second, and their end when the server stops."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from mailsockd.connections import Connections

_SWEEP = 1.0


class Session(Protocol):
    """One connection, as its server sees it."""

    def sweep(self) -> None:
        """See to the deadlines."""

    def stop(self, force: bool = False) -> None:
        """End because the server ends; what is being done is finished first, unless forced."""


_Session = TypeVar("_Session", bound=Session)


class Sessions(Connections[_Session]):
    """
    The open sessions of one factory, seen to once a second while there are any.

    `passed(seconds)` is told what went by since it was last told, but never more than two steps: so neither a jump of
    the wall clock nor a stop of the whole process makes everybody late at once.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, passed: Callable[[float], None], shutdown_timeout: float) -> None:
        super().__init__(self._none_left)
        self._clock = clock
        self._passed = passed
        self._shutdown_timeout = shutdown_timeout
        self._next_sweep: IDelayedCall | None = None
        self._swept = 0.0
        self._stopped: list[Deferred[None]] = []
        self._cut: IDelayedCall | None = None

    def watch(self) -> None:
        """See to the deadlines from now on: a session is about to enter."""
        if self._next_sweep is None:
            self._swept = self._clock.seconds()
            self._next_sweep = self._clock.callLater(_SWEEP, self._sweep)

    def shutdown(self) -> "Deferred[None]":
        """End all sessions. Fires when none is left, or when those that were left at `shutdown_timeout` are cut off."""
        for session in self:
            session.stop()
        if not len(self):
            return succeed(None)
        if self._cut is None:
            self._cut = self._clock.callLater(self._shutdown_timeout, self._cut_off)
        done: Deferred[None] = Deferred()
        self._stopped.append(done)
        return done

    def _sweep(self) -> None:
        self._next_sweep = None
        now = self._clock.seconds()
        self._passed(min(max(now - self._swept, 0.0), 2 * _SWEEP))
        self._swept = now
        for session in self:
            try:
                session.sweep()
            except Exception:  # the trouble of one session must not take the deadlines of all
                self._log.failure("a session broke")
                session.stop(force=True)
        if len(self):
            self._next_sweep = self._clock.callLater(_SWEEP, self._sweep)

    def _cut_off(self) -> None:
        self._cut = None
        for session in self:
            session.stop(force=True)
        self._all_gone()

    def _none_left(self) -> None:
        if self._next_sweep is not None:
            self._next_sweep.cancel()
            self._next_sweep = None
        self._all_gone()

    def _all_gone(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None
        stopped, self._stopped = self._stopped, []
        for done in stopped:
            done.callback(None)
