"""What all sessions of one factory share."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from mailsockd.mail.envelope import Content, Envelope
from mailsockd.smtp import reply
from mailsockd.smtp.content import Spool
from mailsockd.smtp.limits import SMTPLimits
from mailsockd.smtp.reply import Reply
from mailsockd.state.activity import Kind
from mailsockd.state.denials import Denylist
from mailsockd.transport import Send

Accept = Callable[[str, str], None]
Receive = Callable[[Envelope, Content], "Deferred[str]"]


class Record(Protocol):
    """Remembers what happened: the part of ActivityLog.record that is used here."""

    def __call__(
        self,
        kind: Kind,
        *,
        address: str = "",
        peer: str = "",
        text: str = "",
        session: str = "",
        at: float | None = None,
    ) -> None:
        """Remember one event."""


@attrs.define(eq=False)
class Service:
    """
    The server as a session sees it.

    `seconds` is the time that deadlines are counted in; the factory's sessions move it, see Sessions.
    """

    hostname: str
    accept: Accept
    receive: Receive
    record: Record
    tls: Callable[[], Any]
    send: Send
    now: Callable[[], float]
    clock: IReactorTime
    limits: SMTPLimits
    spool: Spool
    denylist: Denylist
    dialogue: Callable[..., Any]
    """Makes what answers the commands of one client: a Dialogue."""
    greeting: Reply = attrs.field(init=False)
    hello: Reply = attrs.field(init=False)
    offers: Sequence[str] = attrs.field(init=False)
    """The extensions that every client is offered."""
    extensions: tuple[Reply, Reply] = attrs.field(init=False)
    """The answer to EHLO, without and with STARTTLS."""
    seconds: float = 0.0
    commits: int = 0
    stopping: bool = False

    def __attrs_post_init__(self) -> None:
        self.greeting = reply.reply(220, "", f"{self.hostname} ESMTP mailsockd")
        self.hello = reply.reply(250, "", self.hostname)
        self.limit(self.limits)

    def limit(self, limits: SMTPLimits) -> None:
        """Let other bounds hold from now on."""
        self.limits = limits
        self.offers = (
            f"SIZE {self.limits.size}",
            "8BITMIME",
            "SMTPUTF8",
            "PIPELINING",
            "ENHANCEDSTATUSCODES",
            "HELP",
        )
        texts = [self.hostname, *self.offers]
        self.extensions = reply.lines(250, texts), reply.lines(250, [*texts, "STARTTLS"])

    def passed(self, seconds: float) -> None:
        """Count the time that went by."""
        self.seconds += seconds
