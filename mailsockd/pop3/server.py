"""The POP3 server: a factory of sessions with their limits, their deadlines and their end."""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import ServerFactory

from mailsockd.actions.maildrop import Maildrops
from mailsockd.pop3.limits import POP3Limits
from mailsockd.pop3.service import Record, Service, SignIn
from mailsockd.pop3.session import Session
from mailsockd.sessions import Sessions
from mailsockd.transport import Send, send_at_once

__all__ = ["POP3Factory", "POP3Limits"]

_REFUSALS = 100  # connections over the limit that are told so; more are closed without a word


class POP3Factory(ServerFactory):
    """
    Gives mail to mail programs.

    `sign_in(user, password, peer)` gives who may read what, or raises Refusal. `tls()` gives the context that
    STLS uses, or None; it is asked each time. `implicit_tls` says that the listener has TLS from the first byte,
    `in_clear` that signing in needs no TLS here.
    """

    protocol = Session
    noisy = False

    def __init__(
        self,
        sign_in: SignIn,
        maildrops: Maildrops,
        *,
        clock: IReactorTime,
        record: Record,
        limits: POP3Limits | None = None,
        tls: Callable[[], Any] = lambda: None,
        implicit_tls: bool = False,
        in_clear: bool = False,
        send: Send = send_at_once,
    ) -> None:
        limits = limits or POP3Limits()
        self._implicit_tls = implicit_tls
        self._service = Service(
            sign_in=sign_in,
            maildrops=maildrops,
            record=record,
            tls=tls,
            send=send,
            clock=clock,
            limits=limits,
            in_clear=in_clear,
        )
        self._sessions: Sessions[Session] = Sessions(clock, self._service.passed, limits.shutdown_timeout)

    def buildProtocol(self, addr: "IAddress | None") -> Session | None:
        """Make a session for a new connection, None to close it when even refusing takes too much."""
        if len(self._sessions) >= self._service.limits.connections + _REFUSALS:
            return None
        self._sessions.watch()
        session = Session(self._service, self._sessions, self._implicit_tls)
        session.factory = self
        return session

    def limit(self, limits: POP3Limits) -> None:
        """Let other bounds hold from now on, but for that of the end."""
        self._service.limits = limits

    def shutdown(self) -> "Deferred[None]":
        """
        End all sessions, those that are in the middle of something after that.

        Fires when none is left, or `shutdown_timeout` seconds later, when those that are left have been cut off.
        """
        self._service.stopping = True
        return self._sessions.shutdown()
