"""The SMTP server: a factory of sessions with their limits, their deadlines and their end."""

import time
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.mail import smtp

from mailsockd.sessions import Sessions
from mailsockd.smtp.content import Spool
from mailsockd.smtp.dialogue import Dialogue
from mailsockd.smtp.limits import SMTPLimits
from mailsockd.smtp.service import Accept, Receive, Record, Service
from mailsockd.smtp.session import Session
from mailsockd.state.denials import Denylist
from mailsockd.transport import Send, send_at_once

__all__ = ["SMTPFactory", "SMTPLimits"]

_REFUSALS = 100  # connections over the limit that are told so; more are closed without a word


class SMTPFactory(smtp.SMTPFactory):
    """
    Takes mail.

    `accept(recipient, peer)` raises mailsockd.actions.receive.Rejected for a recipient that is not taken.
    `receive(envelope, content)` gives a Deferred of the queue id that fires when the mail is durable. A failure of
    Rejected is answered with its code, StorageFull with 452, everything else, time out included, with 451.
    `tls()` gives the context that STARTTLS uses, or None; it is asked each time. `spool` is the folder of temporary
    files. `implicit_tls` says that the listener has TLS from the first byte. `denylist` is asked at each connection and
    each mail. `dialogue` makes what answers the commands of one client.
    """

    noisy = False

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
        denylist: Denylist | None = None,
        dialogue: Callable[..., Dialogue] = Dialogue,
        send: Send = send_at_once,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.domain = hostname.encode("ascii")
        limits = limits or SMTPLimits()
        self._implicit_tls = implicit_tls
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
            denylist=Denylist() if denylist is None else denylist,
            dialogue=dialogue,
        )
        self._sessions: Sessions[Session] = Sessions(clock, self._service.passed, limits.shutdown_timeout)

    def buildProtocol(self, addr: "IAddress | None") -> Session | None:
        """Make a session for a new connection, None to close it when even refusing takes too much."""
        if len(self._sessions) >= self._service.limits.connections + _REFUSALS:
            return None
        self._sessions.watch()
        session = Session(self._service, self._sessions, self._implicit_tls)
        session.factory = self
        session.host = self.domain
        return session

    def limit(self, limits: SMTPLimits) -> None:
        """Let other bounds hold from now on; those of the spool and of the end are those of the start."""
        self._service.limit(limits)

    def shutdown(self) -> "Deferred[None]":
        """
        End all sessions with 421, those whose mail is being stored after its answer.

        Fires when none is left, or `shutdown_timeout` seconds later, when those that are left have been cut off.
        """
        self._service.stopping = True
        return self._sessions.shutdown()
