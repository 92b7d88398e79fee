"""An SMTP client on a transport in memory, and what a server says to it."""

from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from mailsockd.delivery.relaying import Letter, Manners, hand_over, letter
from mailsockd.delivery.smtp_client import SMTPClient

MAIL = b"Subject: x\r\n\r\nHello\r\n"


class Line(StringTransport):
    """A transport that remembers how it was ended and takes content as fast as the test lets it."""

    def __init__(self, slow: bool = False) -> None:
        super().__init__()
        self.slow = slow
        self.aborted = False
        self.tls: object = None

    def write(self, data: bytes) -> None:
        super().write(data)
        if self.slow and self.producer is not None:
            self.producer.pauseProducing()

    def abortConnection(self) -> None:
        self.aborted = True

    def startTLS(self, options: object) -> None:
        self.tls = options


class Talk:
    """One mail on its way: `says` gives it what the server says, `heard` is what the server was sent since."""

    def __init__(self, mail: Letter | None = None, *, slow: bool = False, **manners: Any) -> None:
        self.clock = Clock()
        self.line = Line(slow)
        self.client = SMTPClient(self.clock)
        self.client.makeConnection(self.line)
        self.outcome: Any = None
        mail = mail or letter("a@b.test", "c@d.test", MAIL)
        manners = {"hello": "mx.b.test", "tls": "none", **manners}
        self.handing: Deferred[str] = ensureDeferred(hand_over(self.client, mail, Manners(**manners), "options"))
        self.handing.addBoth(self._done)

    def _done(self, outcome: Any) -> None:
        self.outcome = outcome
        self.client.end()

    def says(self, *lines: str | bytes) -> bytes:
        """Have the server say lines, and give what it hears then."""
        self.line.clear()
        for line in lines:
            self.client.dataReceived(line if isinstance(line, bytes) else line.encode() + b"\r\n")
        return self.heard

    @property
    def heard(self) -> bytes:
        return bytes(self.line.value())

    @property
    def trouble(self) -> str:
        """The kind and words of what went wrong."""
        error = self.outcome.value
        return f"{type(error).__name__}: {error}"

    def to_data(self, *extensions: str) -> bytes:
        """Say yes to everything until the content is asked for; give what is heard then."""
        lines = ["mx.d.test", *extensions]
        said = [f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines]
        self.says("220 mx.d.test ESMTP")
        self.says(*said)
        self.says("250 2.1.0 Ok")
        self.says("250 2.1.5 Ok")
        return self.says("354 go on")
