"""A connection that bounds what the other side may answer: bytes, lines of the head, and time."""

import re
from typing import Any

from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure

from mailsockd.delivery.limits import ANSWER_BYTES, HEAD_BYTES, HEAD_LINES, PIECE_BYTES

_HEAD_END = re.compile(rb"\n\r?\n")
_INFORMATIONAL = re.compile(rb"HTTP/1\.[01] 1[0-9][0-9][ \r\n]")
_FINAL = re.compile(rb"HTTP/1\.[01] [2-9][0-9][0-9][ \r\n]")


class Unbearable(Exception):
    """The other side did what no server should; the message says what."""


class Capped(ProtocolWrapper):
    """
    One connection. It is aborted when its time is over or the answer is too large.

    The head of the answer is held back until it is whole, so that the client parses only what is within the bounds.
    """

    _received = 0
    _end: Any = None
    _head: bytearray | None = None
    _lines = 0
    _trouble: Exception | None = None

    def makeConnection(self, transport: Any) -> None:
        """Begin to count the time."""
        factory: Any = self.factory
        self._head = bytearray()
        self._end = factory.clock.callLater(factory.seconds, self._abort, Unbearable("the answer took too long"))
        super().makeConnection(transport)

    def dataReceived(self, data: bytes) -> None:
        """Hand on what is within the bounds."""
        if self._trouble is not None:
            return
        room = ANSWER_BYTES - self._received
        self._received += len(data)
        if self._head is None:
            self._hand_on(data[:room])
        else:
            self._head += data[:room]
            self._heads(self._head)
        if len(data) > room and self._trouble is None:
            self._abort(Unbearable(f"the answer is larger than {ANSWER_BYTES // 1024} KB"))

    def _heads(self, head: bytearray) -> None:
        """Hand on each whole head, and what follows the last one."""
        while found := _HEAD_END.search(head):
            whole = bytes(head[: found.end()])
            self._lines += whole.count(b"\n")
            final = _FINAL.match(whole)
            if not (final or _INFORMATIONAL.match(whole)):
                self._abort(Unbearable("the answer is not HTTP/1.1"))
            elif found.end() > HEAD_BYTES or self._lines > HEAD_LINES:
                self._abort(Unbearable("the head of the answer is too large"))
            if self._trouble is not None:
                return
            self._hand_on(whole)
            del head[: found.end()]
            if final:
                self._head = None
                self._hand_on(bytes(head))
                return
        if head[:5] != b"HTTP/"[: len(head)]:
            self._abort(Unbearable("the answer is not HTTP/1.1"))
        elif len(head) > HEAD_BYTES or self._lines + head.count(b"\n") > HEAD_LINES:
            self._abort(Unbearable("the head of the answer is too large"))

    def _hand_on(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE_BYTES):
            super().dataReceived(data[start : start + PIECE_BYTES])

    def _abort(self, trouble: Exception) -> None:
        self._trouble = trouble
        transport: Any = self.transport
        transport.abortConnection()

    def connectionLost(self, reason: Any) -> None:  # type: ignore[override]
        """Say why, when it was this side that ended it."""
        if self._end.active():
            self._end.cancel()
        super().connectionLost(reason if self._trouble is None else Failure(self._trouble))


class CappedFactory(WrappingFactory):
    """Wraps what another factory makes; a connection lasts `seconds` of a clock at most."""

    protocol = Capped
    noisy = False

    def __init__(self, factory: Any, clock: Any, seconds: float) -> None:
        super().__init__(factory)
        factory.noisy = False
        self.clock = clock
        self.seconds = seconds
