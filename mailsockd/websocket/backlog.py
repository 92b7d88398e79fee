"""
What waits to be sent to readers that are slower than the mail.

An Outlet stands between one socket and its transport. While the reader keeps up it hands frames straight on. When
the transport says stop, it keeps references to the frames (one frame that waits for a thousand readers is in memory
once) and feeds them in slices, because a transport copies what it is given. A Budget bounds what waits for all
sockets together.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import attrs
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from mailsockd.transport import Send
from mailsockd.websocket.frames import PING, PONG

SLICE = 64 * 1024
# Of one large frame this many slices are sent in one go; then others have their turn.
SLICES_AT_ONCE = 4


class Budget:
    """Counts what waits for all sockets together, each frame once, and makes room when it is too much."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        # By identity: equal frames in two places are two pieces of memory. Whoever waits holds the reference.
        self._readers_of: dict[int, int] = {}
        # Those whose transport said stop, in the order in which it did: the first has been stuck for longest.
        self._stuck: dict[Outlet, int] = {}

    def take(self, frame: bytes) -> None:
        """Count one reader more of a frame. Those that have been stuck for longest make room if need be."""
        readers = self._readers_of.get(id(frame), 0)
        self._readers_of[id(frame)] = readers + 1
        if not readers:
            self.used += len(frame)
        if self.used > self.limit:
            self._make_room()

    def give_back(self, frame: bytes) -> None:
        """Count one reader less of a frame."""
        readers = self._readers_of[id(frame)] - 1
        if readers:
            self._readers_of[id(frame)] = readers
        else:
            del self._readers_of[id(frame)]
            self.used -= len(frame)

    def stuck(self, outlet: "Outlet", held: int) -> None:
        """Remember that a reader does not keep up; its transport keeps `held` bytes."""
        self._stuck[outlet] = held
        self.used += held

    def unstuck(self, outlet: "Outlet") -> None:
        """Forget what `stuck` said, if it did."""
        self.used -= self._stuck.pop(outlet, 0)

    def _make_room(self) -> None:
        while self.used > self.limit and self._stuck:
            outlet = next(iter(self._stuck))
            self.unstuck(outlet)
            outlet.evict()


@implementer(IPushProducer)
@attrs.define(eq=False)
class Outlet:
    """
    Everything that one socket has still to send, in order.

    `cap` bounds the bytes of data frames that wait; a frame that would exceed it is not taken and `overflow` is
    called with False. It is called with True when the Budget needs the room of a frame that is half sent.
    """

    transport: Any
    send_now: Send
    budget: Budget
    cap: int
    overflow: Callable[[bool], None]
    paused: bool = False
    # Set when the reader takes something; whoever looks for dead peers clears it.
    moved: bool = False
    queued: int = 0
    _frames: deque[bytes] | None = None
    # The frame that is half sent, and how much of it is.
    _current: bytes | None = None
    _offset: int = 0
    # At most one of each kind: a later Pong answers the earlier Ping as well (RFC 6455 section 5.5.3).
    _control: dict[int, bytes] | None = None
    _last: bytes | None = None
    _held: int = 0
    _closing: bool = False
    _dead: bool = False

    @property
    def idle(self) -> bool:
        """Whether nothing waits here; the transport may still have some bytes."""
        return not self.paused and self._current is None and not self._frames and not self._control

    def put(self, frame: bytes) -> None:
        """Send a data frame, at once or behind those that wait."""
        if self._dead or self._last is not None:
            return
        if self.idle and len(frame) <= SLICE:
            self._held = len(frame)
            self.send_now(self.transport, frame)
            return
        if self.queued and self.queued + len(frame) > self.cap:
            self.overflow(False)
            return
        if self._frames is None:
            self._frames = deque()
        self._frames.append(frame)
        self.queued += len(frame)
        self.budget.take(frame)
        self._feed()

    def put_control(self, kind: int, frame: bytes) -> None:
        """Send a Ping or Pong as soon as no frame is half sent."""
        if self._dead or self._last is not None:
            return
        if self.idle:
            self._held = len(frame)
            self.send_now(self.transport, frame)
        else:
            self._control = {**(self._control or {}), kind: frame}
            self._feed()

    def put_last(self, frame: bytes) -> None:
        """Send a Close behind everything that waits; what comes later is not sent."""
        if self._dead or self._last is not None:
            return
        self._last = frame
        self._feed()

    def drop_waiting(self) -> None:
        """Forget the data frames that wait, all but the rest of one that is half sent."""
        for frame in self._frames or ():
            self.queued -= len(frame)
            self.budget.give_back(frame)
        self._frames = None

    def close(self) -> None:
        """Close the transport when everything is out."""
        self._closing = True
        self._feed()

    def release(self) -> None:
        """Forget everything: the connection is gone, or about to be."""
        self.drop_waiting()
        if self._current is not None:
            self.budget.give_back(self._current)
            self._current = None
        self._control = self._last = None
        self.queued = 0
        self.budget.unstuck(self)
        self._dead = True

    def evict(self) -> None:
        """Make room for others."""
        self.overflow(self._current is not None)

    # IPushProducer

    def pauseProducing(self) -> None:
        """The transport has more than it can send now."""
        if not self.paused and not self._dead:
            self.paused = True
            self.budget.stuck(self, self._held)

    def resumeProducing(self) -> None:
        """The transport has sent everything it was given."""
        self.paused = False
        self.budget.unstuck(self)
        self.moved = True
        self._feed()

    def stopProducing(self) -> None:
        """The connection is gone."""
        self.release()

    def _feed(self) -> None:
        """Hand on what waits until the transport says stop."""
        at_once = SLICES_AT_ONCE
        while not self.paused and not self._dead:
            piece = self._next()
            if not piece:
                if self._closing:
                    self._dead = True
                    # A transport that waits for its producer would never close.
                    self.transport.unregisterProducer()
                    self.transport.loseConnection()
                return
            self._held = len(piece)
            if at_once:
                at_once -= 1
                self.send_now(self.transport, piece)
            else:
                self.transport.write(piece)

    def _next(self) -> bytes:
        """Give the next bytes for the wire, about a slice; b"" when nothing waits."""
        if self._current is not None:
            return self._slice(self._current)
        if self._control:
            control, self._control = self._control, None
            return b"".join(control[kind] for kind in (PONG, PING) if kind in control)
        if self._frames:
            return self._some(self._frames)
        last, self._last = self._last, b"" if self._last is not None else None
        return last or b""

    def _some(self, frames: deque[bytes]) -> bytes:
        """Give several small frames, joined, or the first slice of a large one."""
        pieces: list[bytes] = []
        size = 0
        while frames and size + len(frames[0]) <= SLICE:
            frame = frames.popleft()
            size += len(frame)
            pieces.append(frame)
            self.budget.give_back(frame)
        self.queued -= size
        if pieces:
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._current, self._offset = frames.popleft(), 0
        return self._slice(self._current)

    def _slice(self, frame: bytes) -> bytes:
        piece = frame[self._offset : self._offset + SLICE]
        self._offset += len(piece)
        self.queued -= len(piece)
        if self._offset >= len(frame):
            self._current = None
            self.budget.give_back(frame)
        return piece
