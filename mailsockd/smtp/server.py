"""The SMTP server: a factory of sessions with their limits, their deadlines and their end."""

import time
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.mail import smtp

from mailsockd.smtp.connections import Connections
from mailsockd.smtp.content import Spool
from mailsockd.smtp.limits import SMTPLimits
from mailsockd.smtp.service import Accept, Receive, Record, Service
from mailsockd.smtp.session import Session
from mailsockd.transport import Send, send_at_once

__all__ = ["SMTPFactory", "SMTPLimits"]

_SWEEP = 1.0
_REFUSALS = 100  # connections over the limit that are told so; more are closed without a word


class SMTPFactory(smtp.SMTPFactory):
    """
    Takes mail.

    `accept(recipient, peer)` raises mailsockd.actions.receive.Rejected for a recipient that is not taken.
    `receive(envelope, content)` gives a Deferred of the queue id that fires when the mail is durable. A failure of
    Rejected is answered with its code, StorageFull with 452, everything else, time out included, with 451.
    `tls()` gives the context that STARTTLS uses, or None; it is asked each time. `spool` is the folder of temporary
    files. `implicit_tls` says that the listener has TLS from the first byte.
    """

    noisy = False
    log = Logger()

    def __init__(
        self,
        hostname: str,
        accept: Accept,
        receive: Receive,
        *,
        clock: IReactorTime,
        record: Record,
        limits: SMTPLimits | None = None,
        tls: Callable[[], Any] = lambda: None,
        implicit_tls: bool = False,
        spool: str | None = None,
        send: Send = send_at_once,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.domain = hostname.encode("ascii")
        limits = limits or SMTPLimits()
        self._clock = clock
        self._implicit_tls = implicit_tls
        self._sessions: Connections[Session] = Connections(self._emptied)
        self._service = Service(
            hostname=hostname,
            accept=accept,
            receive=receive,
            record=record,
            tls=tls,
            send=send,
            now=now,
            clock=clock,
            limits=limits,
            spool=Spool(spool, limits.spool),
        )
        self._next_sweep: IDelayedCall | None = None
        self._swept = 0.0
        self._stopped: list[Deferred[None]] = []
        self._cut: IDelayedCall | None = None

    def buildProtocol(self, addr: "IAddress | None") -> Session | None:
        """Make a session for a new connection, None to close it when even refusing takes too much."""
        if len(self._sessions) >= self._service.limits.connections + _REFUSALS:
            return None
        if self._next_sweep is None:
            self._swept = self._clock.seconds()
            self._next_sweep = self._clock.callLater(_SWEEP, self._sweep)
        session = Session(self._service, self._sessions, self._implicit_tls)
        session.factory = self
        session.host = self.domain
        return session

    def shutdown(self) -> "Deferred[None]":
        """
        End all sessions with 421, those whose mail is being stored after its answer.

        Fires when none is left, or `shutdown_timeout` seconds later, when those that are left have been cut off.
        """
        self._service.stopping = True
        for session in self._sessions:
            session.stop()
        if not self._sessions:
            return succeed(None)
        if self._cut is None:
            self._cut = self._clock.callLater(self._service.limits.shutdown_timeout, self._cut_off)
        done: Deferred[None] = Deferred()
        self._stopped.append(done)
        return done

    def _sweep(self) -> None:
        self._next_sweep = None
        now = self._clock.seconds()
        self._service.seconds += min(max(now - self._swept, 0.0), 2 * _SWEEP)
        self._swept = now
        for session in self._sessions:
            try:
                session.sweep()
            except Exception:  # the trouble of one session must not take the deadlines of all
                self.log.failure("an SMTP session broke")
                session.stop(force=True)
        if self._sessions:
            self._next_sweep = self._clock.callLater(_SWEEP, self._sweep)

    def _cut_off(self) -> None:
        self._cut = None
        for session in self._sessions:
            session.stop(force=True)
        self._all_gone()

    def _emptied(self) -> None:
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
