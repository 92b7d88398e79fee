"""One stream of mail to an operator's terminal: a line for each message, in order, never more than its reader takes."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from twisted.internet.defer import ensureDeferred
from twisted.internet.interfaces import IPushProducer
from twisted.logger import Logger
from zope.interface import implementer

from mailsockd.state.activity import Event
from mailsockd.wire import dumps

MOST_WAITING = 10_000


class Stream(Protocol):
    """An answer that is sent in pieces."""

    def write(self, data: bytes) -> None:
        """Send a piece."""

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """Name who is told when the other end does not keep up."""


@implementer(IPushProducer)
class Tail:
    """
    Writes the line that `line` makes of each event, and nothing for None.

    While the reader does not keep up events wait, not messages; those that are more than MOST_WAITING are left out,
    and a line `{"skipped": n}` says how many.
    """

    _log = Logger()

    def __init__(self, stream: Stream, line: Callable[[Event], Awaitable[bytes | None]]) -> None:
        self._stream = stream
        self._line = line
        self._waiting: deque[Event] = deque()
        self._skipped = 0
        self._busy = self._paused = self._stopped = False
        stream.registerProducer(self, True)

    def put(self, event: Event) -> None:
        """Send the line of an event when its turn has come."""
        if len(self._waiting) >= MOST_WAITING:
            self._skipped += 1
        else:
            self._waiting.append(event)
        self._go_on()

    def pauseProducing(self) -> None:
        """The reader does not keep up."""
        self._paused = True

    def resumeProducing(self) -> None:
        """The reader has read what was sent."""
        self._paused = False
        self._go_on()

    def stopProducing(self) -> None:
        """The reader is gone."""
        self._stopped = True
        self._waiting.clear()

    def _go_on(self) -> None:
        if not self._busy:
            self._busy = True
            ensureDeferred(self._send())

    async def _send(self) -> None:
        while self._waiting and not self._paused and not self._stopped:
            event = self._waiting.popleft()
            try:
                data = await self._line(event)
                if data is not None and not self._stopped:
                    self._stream.write(data)
                if self._skipped and not self._waiting and not self._stopped:
                    self._stream.write(dumps({"skipped": self._skipped}) + b"\n")
                    self._skipped = 0
            except Exception:
                self._log.failure("a message could not be shown to an operator")
        self._busy = False
