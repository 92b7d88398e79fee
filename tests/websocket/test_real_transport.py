"""The socket on Twisted's own TCP transport, over a pair of connected sockets that the test turns by hand."""

import socket as sockets

import pytest
from twisted.internet.tcp import Server
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.websocket.frames import text_frame
from mailsockd.websocket.limits import SocketLimits
from tests.websocket.client import House, frames, handshake

MIB = 1024 * 1024


class Turns:
    """A reactor that only remembers who wants to read or write."""

    def __init__(self) -> None:
        self.readers: set[object] = set()
        self.writers: set[object] = set()
        self.addReader, self.removeReader = self.readers.add, self.readers.discard
        self.addWriter, self.removeWriter = self.writers.add, self.writers.discard


class Pair:
    """An open socket on a real transport, and the client's end of it."""

    def __init__(self, house: House) -> None:
        self.reactor = Turns()
        near, self.far = sockets.socketpair()
        near.setblocking(False)
        self.far.setblocking(False)
        near.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 65_536)
        self.socket = house.factory.protocol()
        self.socket.factory = house.factory
        self.transport = Server(near, self.socket, ("192.0.2.7", 40_000), None, 0, self.reactor)
        self.transport.setTcpNoDelay = lambda enabled: None  # a pair of sockets is not TCP, and has no such option
        self.socket.makeConnection(self.transport)
        self.socket.dataReceived(handshake())
        head, _, rest = self.receive().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert len(frames(rest)) == 1

    def receive(self) -> bytes:
        """Everything that can be read now."""
        found = []
        while True:
            try:
                data = self.far.recv(MIB)
            except BlockingIOError:
                return b"".join(found)
            if not data:
                return b"".join(found)
            found.append(data)

    def turn(self) -> None:
        """One turn of the reactor: the transport may write."""
        if self.transport in self.reactor.writers:
            self.transport.doWrite()

    def kept(self) -> int:
        """What Twisted's transport holds in its own buffers."""
        size: int = len(self.transport.dataBuffer) - self.transport.offset + self.transport._tempDataLen
        return size

    def end(self) -> None:
        self.far.close()
        self.transport.socket.close()


class RealTransportTest(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = House(SocketLimits(backlog=20 * MIB))
        self.pair = Pair(self.house)
        self.addCleanup(self.pair.end)
        (self.subscription,) = self.house.subscriptions

    def test_a_small_frame_is_on_the_wire_at_once(self) -> None:
        """A reader that keeps up has the frame before the reactor's next turn."""
        self.subscription.send(text_frame(b"now"))
        self.assertEqual(frames(self.pair.receive()), [(1, b"now")])

    def test_little_waits_where_it_is_not_counted(self) -> None:
        """When the reader stops, the transport says so after a few kilobytes, and frames wait by reference."""
        frame = text_frame(b"m" * 1000)
        for _ in range(5000):
            self.subscription.send(frame)
        self.assertLess(self.pair.kept(), 6000)
        self.assertGreater(self.subscription.send.__self__.queued, 4 * MIB)  # type: ignore[attr-defined]

    def test_a_slow_reader_gets_everything_in_order(self) -> None:
        """Small and large frames, and a Ping among them, arrive whole and in order over many turns."""
        sent = [b"%d" % number * (1 + number * number * 500) for number in range(10, 40)]
        for number, payload in enumerate(sent):
            self.subscription.send(text_frame(payload))
            if number == 15:
                self.house.clock.advance(25)
        got = []
        most = 0
        for _ in range(5000):
            got.append(self.pair.receive())
            self.pair.turn()
            most = max(most, self.pair.kept())
        received = frames(b"".join(got))
        self.assertEqual([payload for opcode, payload in received if opcode == 1], sent)
        self.assertEqual([opcode for opcode, _ in received if opcode != 1], [9])
        self.assertLessEqual(most, 2 * 65_536)
        self.assertEqual(self.house.factory.budget.used, 0)

    def test_a_close_arrives_behind_a_large_frame(self) -> None:
        """A socket that is ended in the middle of a frame sends its rest, the Close, and then closes the transport."""
        self.subscription.send(text_frame(b"x" * MIB))
        self.subscription.end("the key was revoked")
        got = []
        for _ in range(200):
            got.append(self.pair.receive())
            self.pair.turn()
        self.assertEqual(frames(b"".join(got)), [(1, b"x" * MIB), (8, b"\x03\xf0the key was revoked")])
        self.pair.socket.dataReceived(b"\x88\x80\0\0\0\0")
        self.assertTrue(self.pair.transport.disconnecting)


@pytest.mark.parametrize("size", [1, 125, 126, 65_535, 65_536, 65_537, 1_000_000])
def test_any_size_arrives_whole(size: int) -> None:
    """Around every boundary of lengths and slices a frame arrives as it was made."""
    house = House()
    pair = Pair(house)
    (subscription,) = house.subscriptions
    subscription.send(text_frame(b"s" * size))
    got = []
    for _ in range(100):
        got.append(pair.receive())
        pair.turn()
    pair.end()
    assert frames(b"".join(got)) == [(1, b"s" * size)]
