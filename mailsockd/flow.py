"""The two directions of a connection: replies go out together, and input is read no faster than it is dealt with."""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPushProducer, IReactorTime
from zope.interface import implementer

from mailsockd.transport import Send, close, write


@implementer(IPushProducer)
class Flow:
    """
    What a session does with its transport.

    `clogged` is True while the peer does not read what it was sent; `unclogged()` is called when it has read.
    """

    def __init__(self, transport: Any, send: Send, unclogged: Callable[[], None]) -> None:
        self.clogged = False
        self._transport = transport
        self._send = send
        self._unclogged = unclogged
        self._out: list[bytes] = []
        self._reading = True
        transport.registerProducer(self, True)

    def add(self, data: bytes) -> None:
        """Have `data` sent with the next flush."""
        self._out.append(data)

    def flush(self) -> None:
        """Send what was added, in one piece."""
        out = self._out
        if out:
            data = out[0] if len(out) == 1 else b"".join(out)
            out.clear()
            self._send(self._transport, data)

    def read(self, reading: bool) -> None:
        """Read from the peer, or do not."""
        if reading is not self._reading:
            self._reading = reading
            if reading:
                self._transport.resumeProducing()
            else:
                self._transport.pauseProducing()

    def start_tls(self, context: Any) -> None:
        """Put TLS between this and the peer. From here on all bytes must pass its layer."""
        self.flush()
        self._send = write
        self._transport.startTLS(context)

    def close(self, clock: IReactorTime) -> None:
        """Send what was added and close."""
        self.flush()
        self.stopProducing()
        self._transport.unregisterProducer()  # with one, loseConnection would wait for it
        close(self._transport, clock)

    def abort(self) -> None:
        """Cut the connection off."""
        self._transport.abortConnection()

    def pauseProducing(self) -> None:
        """Hear that the peer does not read."""
        self.clogged = True

    def resumeProducing(self) -> None:
        """Hear that the peer has read."""
        self.clogged = False
        self._unclogged()

    def stopProducing(self) -> None:
        """Let go of the session: the end of the connection reaches it from the transport."""
        self._unclogged = _nobody


def _nobody() -> None:
    """Stand for a session that is over."""
