"""What all sessions of one factory share."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from mailsockd.actions.maildrop import Maildrops
from mailsockd.actions.signin import Admitted
from mailsockd.pop3.limits import POP3Limits
from mailsockd.state.activity import Kind
from mailsockd.transport import Send

SignIn = Callable[[str, str, str], Coroutine["Deferred[Any]", Any, Admitted]]


class Record(Protocol):
    """Remembers what happened: the part of ActivityLog.record that is used here."""

    def __call__(self, kind: Kind, *, peer: str = "", text: str = "") -> None:
        """Remember one event."""


@attrs.define(eq=False)
class Service:
    """
    The server as a session sees it.

    `sign_in(user, password, peer)` gives who may read what, or raises Refusal. `in_clear` says that signing in
    needs no TLS. `seconds` is the time that deadlines are counted in; the factory's sessions move it, see Sessions.
    """

    sign_in: SignIn
    maildrops: Maildrops
    record: Record
    tls: Callable[[], Any]
    send: Send
    clock: IReactorTime
    limits: POP3Limits
    in_clear: bool
    seconds: float = 0.0
    stopping: bool = False

    def passed(self, seconds: float) -> None:
        """Count the time that went by."""
        self.seconds += seconds
