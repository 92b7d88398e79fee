"""The end of a site: what was asked is answered, and nobody who is about to ask is cut off."""

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime

from mailsockd.web.limits import Limits
from mailsockd.web.stream import Stream

if TYPE_CHECKING:
    from mailsockd.web.channel import Channel


class Open:
    """The connections of a site that speak HTTP. `ending` is true when each answer is the last on its connection."""

    def __init__(self, clock: IReactorTime) -> None:
        self.ending = False
        self._clock = clock
        self._channels: dict[Channel, None] = {}
        self._ended: Deferred[None] = Deferred()

    def add(self, channel: "Channel") -> None:
        """A connection was made."""
        self._channels[channel] = None

    def leave(self, channel: "Channel") -> None:
        """A connection has ended, or somebody took it over."""
        self._channels.pop(channel, None)
        if self.ending and not self._channels and not self._ended.called:
            self._ended.callback(None)

    def shut(self, limits: Limits) -> "Deferred[None]":
        """
        Answer what was asked, then close; fires when no connection is left, or their time is over.

        Nobody listens for new ones any more. Who has not asked yet has `silence_seconds` for it, all have
        `ending_seconds`.
        """
        self.ending = True
        for channel in tuple(self._channels):
            _finish(channel)
        if not self._channels:
            return succeed(None)
        late = self._clock.callLater(limits.ending_seconds, self._cut)
        return self._ended.addCallback(lambda _: late.cancel() if late.active() else None)

    def _cut(self) -> None:
        for channel in tuple(self._channels):
            channel.abort()
            self.leave(channel)


def _finish(channel: "Channel") -> None:
    """Make the answer in work the last; give who is silent a moment for one more request."""
    for request in tuple(channel.requests):
        channel.persistent = 0  # not without a request: the parser would drop the next one
        request.last()
        if isinstance(request.producer, Stream):
            request.producer.end()
    busy = channel.requests or channel._buffer or channel._head_lines or channel._waitingForTransport
    if not (busy or channel.closing):
        channel._idle = True
        channel._deadline.set(channel.limits.silence_seconds, channel.loseConnection)
