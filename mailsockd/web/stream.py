"""Answers that go on: server-sent events (HTML standard, section 9.2), written as something happens."""

from collections.abc import Callable
from typing import Any

import attrs
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.python.failure import Failure
from zope.interface import implementer

from mailsockd.web.exchange import Exchange
from mailsockd.web.reply import encode

# Proxies close what is silent for a minute or less.
HEARTBEAT = 20.0


@implementer(IPushProducer)
@attrs.define(eq=False)
class Stream:
    """
    What a route returns to answer with events until the client leaves, or until `end`.

    `attend` is called with the stream when it is open, and gives what is called when it is over. To a client who does
    not read nothing is written: what `send` is given meanwhile is lost, and an event `missed` tells so afterwards.
    """

    _clock: IReactorTime
    _attend: Callable[["Stream"], Callable[[], object]]
    _exchange: Exchange | None = attrs.field(default=None, init=False)
    _leave: Callable[[], object] = attrs.field(default=lambda: None, init=False)
    _beat: "IDelayedCall | None" = attrs.field(default=None, init=False)
    _paused: bool = attrs.field(default=False, init=False)
    _missed: bool = attrs.field(default=False, init=False)

    def begin(self, exchange: Exchange) -> None:
        """Send the head, and whatever happens from now on; a HEAD request has the head alone."""
        exchange.setResponseCode(200)
        exchange.setHeader("Content-Type", "text/event-stream; charset=utf-8")
        exchange.setHeader("X-Accel-Buffering", "no")  # nginx would wait for more
        if exchange.method == b"HEAD":
            exchange.write(b"")
            exchange.finish()
            return
        self._exchange = exchange
        exchange.notifyFinish().addErrback(self._gone)
        exchange.registerProducer(self, True)
        exchange.write(b":\n\n")
        self._beat = self._clock.callLater(HEARTBEAT, self._still_here)
        self._leave = self._attend(self)

    def send(self, event: str, value: Any) -> None:
        """Write an event with a value as JSON."""
        if self._paused:
            self._missed = True
        elif self._exchange is not None:
            self._exchange.write(b"event: %s\ndata: %s\n\n" % (event.encode("ascii"), encode(value)))

    def end(self) -> None:
        """Finish the answer."""
        exchange = self._exchange
        if exchange is not None:
            self._over()
            exchange.unregisterProducer()
            exchange.finish()

    def pauseProducing(self) -> None:
        """The client does not read as fast as something happens."""
        self._paused = True

    def resumeProducing(self) -> None:
        """The client has read everything."""
        self._paused = False
        if self._missed:
            self._missed = False
            self.send("missed", None)

    def stopProducing(self) -> None:
        """The connection is gone; the request says so too."""

    def _still_here(self) -> None:
        assert self._exchange is not None
        self._beat = self._clock.callLater(HEARTBEAT, self._still_here)
        if not self._paused:
            self._exchange.write(b":\n\n")

    def _gone(self, _: Failure) -> None:
        if self._exchange is not None:
            self._over()

    def _over(self) -> None:
        self._exchange = None
        if self._beat is not None:
            self._beat.cancel()
        self._leave()
