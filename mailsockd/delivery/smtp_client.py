"""A connection to an SMTP server: one command, one reply; content as fast as it is taken; an end for certain."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from zope.interface import implementer

from mailsockd.delivery.pauses import in_words
from mailsockd.delivery.smtp_replies import Improper, Replies, Reply
from mailsockd.transport import close


class Lost(Exception):
    """The connection ended, or was given up, before the reply; the message says why."""


@implementer(IPushProducer)
class SMTPClient(Protocol):
    """
    One connection. `clock` counts its deadlines; whatever goes wrong is raised by what is waited for, and ends it.

    A reply that nobody asked for is one of a server that has lost count, or of an attacker before TLS: never taken for
    the answer to what is asked next.
    """

    transport: Any

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._replies = Replies()
        self._unread: deque[Reply] = deque()
        self._trouble: Exception | None = None
        self._waiting: Deferred[Any] | None = None
        self._pieces: Iterator[bytes] | None = None
        self._timer: Any = None
        self._stage = "after the connection was made"
        self._paused = self._midway = False

    def dataReceived(self, data: bytes) -> None:
        """Take what the server says."""
        if self._trouble is not None:
            return
        try:
            self._unread.extend(self._replies.feed(data))
        except Improper as error:
            self._fail(error)
            return
        if self._unread and self._pieces is not None:
            self._stop_sending()
        elif self._unread and self._waiting is not None:
            self._answer(self._unread.popleft())

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Tell whoever waits."""
        if self._trouble is None:
            self._trouble, self._pieces = Lost(_words(reason)), None
            self._answer(_failure(self._trouble))

    def reply(self, seconds: float) -> "Deferred[Reply]":
        """Give the next reply. Fails with Lost and Improper."""
        if self._unread:
            return succeed(self._unread.popleft())
        return self._wait(seconds)

    def ask(self, line: str, seconds: float, stage: str = "") -> "Deferred[Reply]":
        """Send a command; give its reply. `stage` is what it is called before people, by default the command."""
        if "\r" in line or "\n" in line:
            raise ValueError("a command is one line")
        if self._unread and self._unread[0].code != 421:  # RFC 5321 section 3.8: that one may come at any time
            error = Improper(f"it spoke out of turn: {self._unread[0].words}")
            self._fail(error)
            return fail(error)
        self._stage = f"after {stage or line.partition(' ')[0]}"
        if not self._unread and self._trouble is None:
            self.transport.write(line.encode("utf-8") + b"\r\n")
        return self.reply(seconds)

    def start_tls(self, options: Any) -> None:
        """Put TLS between this and the server. Raises Improper when the server said something that TLS should hide."""
        if self._unread or self._replies.partial:
            error = Improper("it sent something between STARTTLS and TLS")
            self._fail(error)
            raise error
        self._stage = "in the handshake of TLS"
        self.transport.startTLS(options)

    async def send(self, pieces: Iterator[bytes], piece_seconds: float, seconds: float) -> Reply:
        """
        Send content, each piece within some seconds, and give the reply to it.

        A server that refuses before it has all is not sent the rest. Raises Lost and Improper.
        """
        self._stage = "in the content"
        self._midway = True
        self._pieces = pieces
        self._piece_seconds = piece_seconds
        sending = self._wait(piece_seconds)
        if self._waiting is not None:
            self.transport.registerProducer(self, True)
            self.resumeProducing()
        await sending
        self._stage = "after the content"
        if self._midway and self._unread and self._unread[0].code < 400:
            error = Improper(f"it answered content that it had not seen: {self._unread[0].words}")
            self._fail(error)
            raise error
        return await self.reply(seconds)

    def resumeProducing(self) -> None:
        """Send on: the transport has room."""
        self._paused = False
        while self._pieces is not None and not self._paused:
            piece = next(self._pieces, None)
            if piece is None:
                self._midway = False
                self._stop_sending()
            else:
                self._restart(self._piece_seconds)
                self.transport.write(piece)

    def pauseProducing(self) -> None:
        """Send no more for now."""
        self._paused = True

    def stopProducing(self) -> None:
        """Hear that the connection is over, which is told apart from this."""
        self._pieces = None

    def end(self) -> None:
        """Take leave, and close."""
        if self._trouble is not None:
            return
        self._trouble = Lost("the connection was closed")
        if self._midway:  # the server would take QUIT for a line of it
            self.transport.abortConnection()
            return
        self.transport.write(b"QUIT\r\n")
        close(self.transport, self._clock)

    def _stop_sending(self) -> None:
        self._pieces = None
        self.transport.unregisterProducer()
        self._answer(None)

    def _wait(self, seconds: float) -> "Deferred[Any]":
        if self._trouble is not None:
            return fail(self._trouble)
        self._waiting = Deferred(self._given_up)
        self._restart(seconds)
        return self._waiting

    def _given_up(self, waiting: "Deferred[Any]") -> None:
        self._waiting = None
        self._fail(Lost("the try was given up"))

    def _restart(self, seconds: float) -> None:
        self._calm()
        self._timer = self._clock.callLater(seconds, self._silent, seconds)

    def _calm(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _silent(self, seconds: float) -> None:
        self._fail(Lost(f"nothing happened for {in_words(seconds)} {self._stage}"))

    def _answer(self, result: Any) -> None:
        self._calm()
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(result)

    def _fail(self, trouble: Exception) -> None:
        self._trouble, self._pieces = trouble, None
        self.transport.abortConnection()
        self._answer(_failure(trouble))


def _failure(trouble: Exception) -> Failure:
    return Failure(trouble)  # type: ignore[no-untyped-call]


def _words(reason: Failure | None) -> str:
    error = reason.value if reason is not None else None
    name = type(error).__name__
    if name in ("ConnectionDone", "ConnectionLost", "NoneType", "ConnectionAborted"):
        return "the connection was closed"
    if name == "VerificationError":
        return "its certificate is for another name"
    if name == "Error":
        texts = [text for entry in (error.args[0] if error and error.args else []) for text in entry[2:] if text]
        return f"TLS failed: {', '.join(texts) or 'the other side ended it'}"
    return f"the connection failed ({name})"
