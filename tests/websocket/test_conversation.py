"""An open socket: what it gets, what it may send, and how it ends."""

import struct

import pytest
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.websocket.frames import text_frame
from mailsockd.websocket.limits import SocketLimits
from tests.websocket.client import House, close, frames, masked

PROTOCOL_ERROR, BAD_TEXT, POLICY, TOO_BIG = b"\x03\xea", b"\x03\xef", b"\x03\xf0", b"\x03\xf1"


def test_a_message_is_one_text_frame() -> None:
    """What is published to the subscription goes on the wire as it is, to every socket the same bytes."""
    house = House()
    _, one = house.listening()
    _, two = house.listening()
    frame = text_frame(b'{"status":200,"subject":"\xc3\xbc"}')
    for subscription in house.subscriptions:
        subscription.send(frame)
    assert one.read() == two.read() == b'\x81\x1d{"status":200,"subject":"\xc3\xbc"}'


def test_what_the_client_sends_is_ignored() -> None:
    """Text, binary, empty and fragmented messages get no answer and do no harm."""
    house = House()
    socket, wire = house.listening()
    socket.dataReceived(masked(1, b'{"text":"hello"}') + masked(2, b"\x00\xff") + masked(1))
    socket.dataReceived(masked(1, b"1", fin=False) + masked(9, b"between") + masked(0, b"2"))
    assert frames(wire.read()) == [(10, b"between")]
    (subscription,) = house.subscriptions
    subscription.send(text_frame(b"{}"))
    assert frames(wire.read()) == [(1, b"{}")]


def test_a_ping_is_answered() -> None:
    """A Ping of the client gets its Pong with the same payload."""
    socket, wire = House().listening()
    socket.dataReceived(masked(9, b"are you there"))
    assert frames(wire.read()) == [(10, b"are you there")]


@pytest.mark.parametrize("sent", [close(1000, b"bye"), close(1001), close(4000), masked(8)])
def test_a_close_is_answered_with_1000(sent: bytes) -> None:
    """The closing handshake is answered at once and the connection closed politely, then by force."""
    house = House()
    socket, wire = house.listening()
    socket.dataReceived(sent)
    assert frames(wire.read()) == [(8, b"\x03\xe8")]
    assert wire.disconnecting
    assert not wire.aborted
    assert len(house.subscriptions) == 0
    house.clock.advance(2)
    assert wire.aborted


BAD_FRAMES = {
    "unmasked": (b"\x81\x02hi", PROTOCOL_ERROR),
    "rsv1": (masked(1, b"hi", rsv=4), PROTOCOL_ERROR),
    "rsv2": (masked(1, b"hi", rsv=2), PROTOCOL_ERROR),
    "reserved opcode 3": (masked(3), PROTOCOL_ERROR),
    "reserved control opcode 11": (masked(11), PROTOCOL_ERROR),
    "bad UTF-8": (masked(1, b"\xff\xfe"), BAD_TEXT),
    "bad UTF-8 in a fragment": (masked(1, b"\xce\xba\xed\xa0\x80", fin=False), BAD_TEXT),
    "UTF-8 that ends too early": (masked(1, b"\xc3"), BAD_TEXT),
    "long control frame": (masked(9, b"x" * 126), PROTOCOL_ERROR),
    "control frame that says 2^62": (b"\x89\xff" + struct.pack("!Q", 1 << 62) + b"\0\0\0\0", PROTOCOL_ERROR),
    "fragmented control frame": (masked(9, b"x", fin=False), PROTOCOL_ERROR),
    "continuation of nothing": (masked(0, b"x"), PROTOCOL_ERROR),
    "new message inside a message": (masked(1, b"a", fin=False) + masked(1, b"b"), PROTOCOL_ERROR),
    "close of one byte": (masked(8, b"x"), PROTOCOL_ERROR),
    "close code 999": (close(999), PROTOCOL_ERROR),
    "close code 1005": (close(1005), PROTOCOL_ERROR),
    "close reason not UTF-8": (close(1000, b"\xff"), BAD_TEXT),
    "length over 2^63": (b"\x81\xff" + b"\xff" * 8 + b"\0\0\0\0", PROTOCOL_ERROR),
    "length not minimal": (b"\x81\xfe\x00\x05" + b"\0\0\0\0", PROTOCOL_ERROR),
    "frame of 300 MB": (b"\x82\xff" + struct.pack("!Q", 300_000_000) + b"\0\0\0\0", TOO_BIG),
    "frame over the limit": (masked(1, b"x" * 65_537), TOO_BIG),
    "message over the limit": (masked(1, b"x" * 65_536, fin=False) + masked(0, b"x"), TOO_BIG),
}


@pytest.mark.parametrize("kind", BAD_FRAMES)
def test_a_bad_frame_is_told_by_its_code(kind: str) -> None:
    """Whoever breaks the protocol gets a Close with the right code, is not heard any more, and is dropped."""
    sent, code = BAD_FRAMES[kind]
    house = House()
    socket, wire = house.listening()
    socket.dataReceived(sent)
    for _ in range(50):
        socket.dataReceived(b"\x89\xff" + b"x" * 60_000)  # whatever else is on its way
    opcode, payload = frames(wire.read())[-1]
    assert (opcode, payload[:2]) == (8, code)
    assert socket.data == b""
    assert len(house.subscriptions) == 0
    house.clock.advance(2)
    assert wire.aborted


@pytest.mark.parametrize("apart", [True, False])
def test_nothing_is_parsed_after_a_bad_frame(apart: bool) -> None:
    """What follows a bad frame, in the same read or a later one, costs no work."""
    socket, _ = House().listening()
    parsed = []
    begin = socket.onFrameBegin
    socket.onFrameBegin = lambda: (parsed.append(1), begin())
    for data in [masked(3), masked(1) * 100] if apart else [masked(3) + masked(1) * 100]:
        socket.dataReceived(data)
    assert parsed == []


def test_the_largest_message_is_within_the_limit() -> None:
    """A client may send a message of exactly the limit."""
    house = House()
    socket, wire = house.listening()
    socket.dataReceived(masked(1, b"x" * 65_536))
    assert wire.read() == b""
    assert len(house.subscriptions) == 1


def test_a_flood_of_frames_is_ended() -> None:
    """Thousands of empty fragments cost a bounded number of steps and then Close 1008."""
    house = House(SocketLimits(frames_per_second=10))
    socket, wire = house.listening()
    parsed = []
    begin = socket.onFrameBegin
    socket.onFrameBegin = lambda: (parsed.append(1), begin())
    socket.dataReceived(masked(2, fin=False))
    for _ in range(20):
        socket.dataReceived(masked(0, fin=False) * 1000)
    assert frames(wire.read()) == [(8, POLICY + b"too many frames")]
    assert len(parsed) == 101


def test_a_flood_of_bytes_is_ended() -> None:
    """A client that sends much more than anybody needs is closed with 1008."""
    house = House(SocketLimits(bytes_per_second=10_000))
    socket, wire = house.listening()
    for _ in range(5):
        socket.dataReceived(masked(2, b"x" * 30_000))
    assert frames(wire.read()) == [(8, POLICY + b"too many bytes")]


def test_a_chatty_client_is_fine() -> None:
    """A client that writes a little every second, as a documented example does, may do so for ever."""
    house = House(SocketLimits(frames_per_second=2, bytes_per_second=100))
    socket, wire = house.listening()
    for second in range(1000):
        house.clock.advance(1)
        socket.dataReceived(masked(1, b"it is now second %d" % second))
    assert {opcode for opcode, _ in frames(wire.read())} == {9}


class PingTest(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = House(SocketLimits(ping_interval=25, missed_pongs=2))
        self.socket, self.wire = self.house.listening()

    def test_an_idle_socket_is_pinged(self) -> None:
        """A Ping goes out every interval, and a client that answers stays."""
        for _ in range(10):
            self.house.clock.advance(25)
            self.assertEqual(self.wire.read(), b"\x89\x00")
            self.socket.dataReceived(masked(10))
        self.assertFalse(self.wire.aborted)

    def test_a_dead_peer_is_dropped(self) -> None:
        """After two Pings without any answer the connection is dropped, and so is its subscription."""
        self.house.clock.pump([25, 25])
        self.assertFalse(self.wire.aborted)
        self.assertEqual(self.wire.read(), b"\x89\x00\x89\x00")
        self.house.clock.advance(25)
        self.assertTrue(self.wire.aborted)
        self.assertEqual(len(self.house.subscriptions), 0)
        self.house.lose(self.socket)
        self.assertEqual(self.house.events()[-1], ("SOCKET_CLOSED", "ada", "192.0.2.7", "1006 no answer to pings"))
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_whatever_comes_is_a_sign_of_life(self) -> None:
        """A client that sends anything, or takes some of what waits for it, is not dead."""
        self.house.clock.pump([25, 25])
        self.socket.dataReceived(masked(1, b"hello"))
        self.house.clock.pump([25, 25])
        self.wire.room = 0
        (subscription,) = self.house.subscriptions
        subscription.send(text_frame(b"x" * 500_000))
        self.wire.take(0)
        self.house.clock.pump([25, 25])
        self.assertFalse(self.wire.aborted)
        self.house.clock.advance(25)
        self.assertTrue(self.wire.aborted)

    def test_pings_do_not_pile_up(self) -> None:
        """A reader that takes nothing has at most one Ping waiting, between frames and never inside one."""
        self.wire.room = 0
        (subscription,) = self.house.subscriptions
        subscription.send(text_frame(b"x" * 500_000))
        subscription.send(text_frame(b"y"))
        self.house.clock.pump([25, 25])
        self.wire.take(10_000_000)
        self.assertEqual(frames(self.wire.read()), [(1, b"x" * 500_000), (9, b""), (1, b"y")])


class SlowReaderTest(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = House(SocketLimits(backlog=1_000_000, budget=3_000_000))

    def stalled(self) -> tuple:
        socket, wire = self.house.listening()
        wire.room = 0
        return socket, wire, list(self.house.subscriptions)[-1]

    def test_a_reader_over_its_cap_is_closed_with_1013(self) -> None:
        """What waits is dropped, the Close follows, and by force when the reader does not take even that."""
        _, wire, subscription = self.stalled()
        for _ in range(30):
            subscription.send(text_frame(b"m" * 50_000))
        self.assertEqual(len(self.house.subscriptions), 0)
        self.assertEqual(self.house.factory.budget.used, 50_004)
        wire.take(10_000_000)
        self.assertEqual(frames(wire.read()), [(1, b"m" * 50_000), (8, b"\x03\xf5the reader is too slow")])
        self.house.clock.advance(2)
        self.assertTrue(wire.aborted)

    def test_the_close_comes_behind_the_frame_that_is_half_sent(self) -> None:
        """A reader that is closed in the middle of a frame still gets that frame whole, and nothing after the Close."""
        _, wire, subscription = self.stalled()
        subscription.send(text_frame(b"a" * 900_000))
        subscription.send(text_frame(b"b" * 900_000))
        wire.take(10_000_000)
        self.assertEqual(frames(wire.read()), [(1, b"a" * 900_000), (8, b"\x03\xf5the reader is too slow")])

    def test_others_are_not_concerned(self) -> None:
        """Twenty readers that stalled do not cost the one that reads a frame, and stay within the budget."""
        stalled = [self.stalled() for _ in range(20)]
        _, wire = self.house.listening()
        got = []
        for number in range(8):
            frame = text_frame(b"%d" % number * 900_000)
            for subscription in self.house.subscriptions:
                subscription.send(frame)
            got += frames(wire.read())
            self.assertLessEqual(self.house.factory.budget.used, 3_000_000)
        self.assertEqual([payload[:1] for _, payload in got], [b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7"])
        self.assertEqual(len(self.house.subscriptions), 1)
        self.house.clock.advance(2)
        self.assertTrue(all(wire.aborted for _, wire, _ in stalled))
        for socket, _, _ in stalled:
            self.house.lose(socket)
        self.assertEqual(self.house.factory.budget.used, 0)

    def test_the_budget_lets_the_longest_stuck_go(self) -> None:
        """With frames of their own, stalled readers are closed before all of them exceed the budget."""
        readers = [self.stalled() for _ in range(5)]
        for number, (_, _, subscription) in enumerate(readers):
            subscription.send(text_frame(bytes([65 + number]) * 900_000))
            self.assertLessEqual(self.house.factory.budget.used, 3_000_000)
        self.assertEqual([wire.aborted for _, wire, _ in readers], [True, True, False, False, False])
        self.assertEqual(len(self.house.subscriptions), 3)

    def test_a_lost_reader_costs_nothing(self) -> None:
        """When a stalled reader's connection breaks, what waited for it is let go."""
        socket, _, subscription = self.stalled()
        subscription.send(text_frame(b"a" * 500_000))
        subscription.send(text_frame(b"b"))
        self.house.lose(socket)
        self.assertEqual(self.house.factory.budget.used, 0)

    def test_one_message_is_never_too_large(self) -> None:
        """A message of 25 MiB reaches a reader that keeps up, whatever the cap."""
        _, wire = self.house.listening()
        (subscription,) = self.house.subscriptions
        wire.room = 100_000
        subscription.send(text_frame(b"x" * (25 * 1024 * 1024)))
        got = []
        while subscription.send.__self__.queued:
            got.append(wire.read())
            wire.take(100_000)
        got.append(wire.read())
        self.assertEqual(frames(b"".join(got)), [(1, b"x" * (25 * 1024 * 1024))])
        self.assertLess(max(map(len, got)), 300_000)

    def test_closing_gives_a_stalled_reader_its_half_frame_only(self) -> None:
        """A client that closes gets the answer behind the frame it is in, and no more mail."""
        socket, wire, subscription = self.stalled()
        subscription.send(text_frame(b"a" * 500_000))
        subscription.send(text_frame(b"b"))
        socket.dataReceived(close(1000))
        self.assertFalse(wire.disconnecting)
        wire.take(10_000_000)
        self.assertEqual(frames(wire.read()), [(1, b"a" * 500_000), (8, b"\x03\xe8")])
        self.assertTrue(wire.disconnecting)


class EndTest(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = House()

    def test_a_lost_right_ends_the_socket(self) -> None:
        """When the account loses its right, the socket is closed with 1008 and the reason, without another frame."""
        socket, wire = self.house.listening()
        (subscription,) = self.house.subscriptions
        subscription.end("the key was revoked")
        subscription.send(text_frame(b"too late"))
        self.assertEqual(frames(wire.read()), [(8, b"\x03\xf0the key was revoked")])
        self.assertEqual(len(self.house.subscriptions), 0)
        socket.dataReceived(close(1008))
        self.assertTrue(wire.disconnecting)
        socket.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.house.events()[-1][3], "1008 the key was revoked")

    def test_ending_twice_is_one_close(self) -> None:
        """A subscription that is ended again, or whose socket is gone, does nothing more."""
        socket, wire = self.house.listening()
        (subscription,) = self.house.subscriptions
        subscription.end("once")
        subscription.end("twice")
        self.assertEqual(frames(wire.read()), [(8, b"\x03\xf0once")])
        self.house.lose(socket)
        subscription.end("thrice")
        subscription.send(text_frame(b"{}"))
        self.assertEqual(wire.read(), b"")

    def test_what_the_peer_said_is_recorded(self) -> None:
        """The record of a close has the peer's code and reason, without control characters."""
        socket, _ = self.house.listening()
        socket.dataReceived(close(4001, b"tab closed\x1b[2J\r\n"))
        socket.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.house.events()[-1], ("SOCKET_CLOSED", "ada", "192.0.2.7", "4001 tab closed?[2J"))

    def test_shutting_down_tells_everybody(self) -> None:
        """At the end every socket gets what waits for it and Close 1001, and the end is known when all have gone."""
        listener, wire = self.house.listening()
        connecting, other = self.house.connect()
        wire.room = 0
        (subscription,) = self.house.subscriptions
        for text in (b"1", b"2", b"3"):
            subscription.send(text_frame(text))
        gone = self.house.factory.shut()
        wire.take(1000)
        self.assertEqual(
            frames(wire.read()), [(1, b"1"), (1, b"2"), (1, b"3"), (8, b"\x03\xe9the server is going away")]
        )
        self.assertTrue(other.disconnecting)
        self.house.clock.advance(2)
        self.assertTrue(wire.aborted)
        self.house.lose(connecting)
        self.assertNoResult(gone)
        self.house.lose(listener)
        self.assertIsNone(self.successResultOf(gone))
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_shutting_down_without_sockets(self) -> None:
        """With nobody connected the end is there at once, and later upgrades get 503."""
        self.assertIsNone(self.successResultOf(self.house.factory.shut()))
        socket, wire = self.house.connect()
        socket.dataReceived(b"GET / HTTP/1.1\r\n")
        from tests.websocket.client import handshake

        socket, wire = self.house.connect()
        socket.dataReceived(handshake())
        self.assertTrue(wire.read().startswith(b"HTTP/1.1 503 "))

    def test_autobahns_own_senders_keep_the_order(self) -> None:
        """What is sent by Autobahn's methods goes behind what waits, like everything else."""
        socket, wire = self.house.listening()
        wire.room = 0
        (subscription,) = self.house.subscriptions
        subscription.send(text_frame(b"x" * 500_000))
        socket.sendMessage(b"by name")
        socket.sendPreparedMessage(self.house.factory.prepareMessage(b"prepared"))
        socket.sendPing(b"ping")
        socket.sendClose(1000, "done")
        wire.take(10_000_000)
        self.assertEqual(
            frames(wire.read()),
            [(1, b"x" * 500_000), (9, b"ping"), (1, b"by name"), (1, b"prepared"), (8, b"\x03\xe8done")],
        )


class SecretsTest(SynchronousTestCase):
    def test_the_key_is_never_logged_nor_kept(self) -> None:
        """Even when somebody turns Autobahn's log up to debug, neither key nor query is in it or in the socket."""
        import txaio
        from twisted.logger import globalLogPublisher

        events: list[str] = []
        observer = lambda event: events.append(repr(event))  # noqa: E731
        globalLogPublisher.addObserver(observer)
        level = txaio.get_global_log_level()
        txaio.set_global_log_level("debug")
        try:
            house = House()
            house.accounts["k_SECRET"] = house.accounts["k_right"]
            socket, _ = house.open("key=k_SECRET&addresses=a@mail.test", ["Mailsac-Key: k_SECRET"])
            bad, _ = house.connect()
            bad.dataReceived(b"GET /?key=k_SECRET#x HTTP/1.1\r\n\r\n")
            house.lose(socket)
        finally:
            txaio.set_global_log_level(level)
            globalLogPublisher.removeObserver(observer)
        self.assertNotIn("SECRET", "".join(events))
        self.assertNotIn("SECRET", repr(vars(socket)))
