"""What waits for readers that are slower than the mail."""

from twisted.trial.unittest import SynchronousTestCase

from mailsockd.transport import write
from mailsockd.websocket.backlog import SLICE, Budget, Outlet
from mailsockd.websocket.frames import PING, PONG
from tests.websocket.client import Wire

CAP = 1_000_000


class OutletTest(SynchronousTestCase):
    def setUp(self) -> None:
        self.budget = Budget(10 * CAP)
        self.overflows: list[bool] = []
        self.wire, self.outlet = self.make()

    def make(self) -> tuple[Wire, Outlet]:
        wire = Wire()
        outlet = Outlet(wire, write, self.budget, CAP, self.overflows.append)
        wire.registerProducer(outlet, True)
        return wire, outlet

    def stall(self) -> None:
        """The reader stops reading, with little in the transport."""
        self.wire.room = 0
        self.outlet.put(b"!")
        self.assertEqual(self.wire.read(), b"!")

    def test_a_reader_that_keeps_up_gets_each_frame_at_once(self) -> None:
        """Nothing is kept for a transport that takes everything."""
        self.outlet.put(b"one")
        self.outlet.put(b"two" * SLICE)
        self.assertEqual(self.wire.read(), b"one" + b"two" * SLICE)
        self.assertEqual((self.outlet.queued, self.budget.used), (0, 0))

    def test_frames_wait_in_order(self) -> None:
        """What comes while the reader is slow waits by reference and follows in its order."""
        self.stall()
        for frame in (b"a" * 10, b"b" * 100_000, b"c" * 10, b"d" * 10):
            self.outlet.put(frame)
        self.assertEqual(self.wire.read(), b"")
        self.assertEqual(self.outlet.queued, 100_030)
        self.wire.take(CAP)
        self.assertEqual(self.wire.read(), b"a" * 10 + b"b" * 100_000 + b"c" * 10 + b"d" * 10)
        self.assertEqual((self.outlet.queued, self.budget.used), (0, 0))

    def test_a_large_frame_goes_in_slices(self) -> None:
        """The transport never holds more than a slice of a frame that its reader is slow to take."""
        frame = bytes(range(256)) * 2000
        self.wire.room = 0
        self.outlet.put(frame)
        got = []
        while self.outlet.paused:
            got.append(self.wire.read())
            self.wire.take(0)
        self.assertEqual([len(piece) for piece in got], [SLICE] * 7 + [len(frame) - 7 * SLICE])
        self.assertEqual(b"".join(got), frame)

    def test_a_large_frame_leaves_others_their_turn(self) -> None:
        """Only the first slices are sent without waiting for the reactor, however fast the reader is."""
        at_once: list[int] = []

        def send(transport: Wire, data: bytes) -> None:
            at_once.append(len(data))
            transport.write(data)

        wire = Wire()
        outlet = Outlet(wire, send, self.budget, CAP, self.overflows.append)
        outlet.put(b"a" * (10 * SLICE))
        self.assertEqual(at_once, [SLICE] * 4)
        self.assertEqual(wire.read(), b"a" * (10 * SLICE))

    def test_control_frames_pass_what_waits_but_never_split_a_frame(self) -> None:
        """A Pong goes behind the frame that is half sent and before those that wait."""
        self.wire.room = 0
        self.outlet.put(b"a" * (SLICE + 5))
        self.outlet.put(b"b" * 7)
        self.outlet.put_control(PONG, b"pong")
        self.outlet.put_control(PING, b"ping")
        self.wire.take(CAP)
        self.assertEqual(self.wire.read(), b"a" * (SLICE + 5) + b"pong" + b"ping" + b"b" * 7)

    def test_only_the_latest_pong_waits(self) -> None:
        """A flood of pings costs a reader that does not read one Pong of memory (RFC 6455 section 5.5.3)."""
        self.stall()
        for number in range(10_000):
            self.outlet.put_control(PONG, b"%d" % number)
        self.wire.take(CAP)
        self.assertEqual(self.wire.read(), b"9999")

    def test_a_close_is_last(self) -> None:
        """A Close goes behind everything that waits, and nothing goes behind it."""
        self.stall()
        self.outlet.put(b"a")
        self.outlet.put_last(b"close")
        self.outlet.put(b"b")
        self.outlet.put_control(PONG, b"pong")
        self.wire.take(CAP)
        self.outlet.put(b"c")
        self.assertEqual(self.wire.read(), b"aclose")
        self.assertFalse(self.wire.disconnecting)

    def test_the_transport_is_closed_when_everything_is_out(self) -> None:
        """Closing waits for the reader to take what it was promised, and lets go of the transport first."""
        self.wire.room = 0
        self.outlet.put(b"a" * (SLICE + 1))
        self.outlet.close()
        self.assertFalse(self.wire.disconnecting)
        self.wire.take(CAP)
        self.assertEqual(self.wire.read(), b"a" * (SLICE + 1))
        self.assertTrue(self.wire.disconnecting)
        self.assertIsNone(self.wire.producer)

    def test_dropping_what_waits_spares_the_frame_that_is_half_sent(self) -> None:
        """The rest of a frame that was begun still goes out; whole frames that wait do not."""
        self.wire.room = 0
        self.outlet.put(b"a" * (SLICE + 1))
        self.outlet.put(b"b" * 500)
        self.outlet.drop_waiting()
        self.assertEqual(self.outlet.queued, 1)
        self.wire.take(CAP)
        self.assertEqual(self.wire.read(), b"a" * (SLICE + 1))

    def test_the_cap_holds(self) -> None:
        """A frame that would exceed the cap is not taken, and the owner is told that nothing must break off."""
        self.stall()
        self.outlet.put(b"a" * CAP)
        self.assertEqual(self.overflows, [])
        self.outlet.put(b"b")
        self.assertEqual(self.overflows, [False])
        self.assertEqual(self.outlet.queued, CAP)

    def test_a_frame_larger_than_the_cap_goes_to_a_reader_for_whom_nothing_waits(self) -> None:
        """One message is never too large for a socket that keeps up."""
        frame = b"a" * (3 * CAP)
        self.wire.room = 0
        self.outlet.put(frame)
        self.assertEqual(self.overflows, [])
        self.wire.take(4 * CAP)
        self.assertEqual(self.wire.read(), frame)

    def test_release_gives_everything_back(self) -> None:
        """A connection that is gone costs nothing and takes nothing."""
        self.wire.room = 0
        self.outlet.put(b"a" * (2 * SLICE))
        self.outlet.put(b"b")
        self.outlet.release()
        self.wire.read()
        self.outlet.put(b"c")
        self.outlet.resumeProducing()
        self.assertEqual(self.wire.read(), b"")
        self.assertEqual((self.outlet.queued, self.budget.used), (0, 0))


class BudgetTest(SynchronousTestCase):
    def setUp(self) -> None:
        self.budget = Budget(1_000_000)
        self.evicted: list[tuple[int, bool]] = []

    def stalled(self, number: int) -> tuple[Wire, Outlet]:
        """A reader that does not read, with one byte in its transport."""
        wire = Wire()
        outlet: Outlet

        def overflow(half: bool) -> None:
            self.evicted.append((number, half))
            outlet.release()

        outlet = Outlet(wire, write, self.budget, 10_000_000, overflow)
        wire.registerProducer(outlet, True)
        wire.room = 0
        outlet.put(b"!")
        return wire, outlet

    def test_a_frame_that_waits_for_many_counts_once(self) -> None:
        """A hundred stalled readers of one frame cost one frame, until the last of them has it."""
        readers = [self.stalled(number) for number in range(100)]
        frame = b"f" * 50_000
        for _, outlet in readers:
            outlet.put(frame)
        self.assertEqual(self.budget.used, 100 + 50_000)
        for wire, _ in readers[1:]:
            wire.take(1_000_000)
        self.assertEqual(self.budget.used, 1 + 50_000)
        readers[0][1].release()
        self.assertEqual(self.budget.used, 0)

    def test_the_longest_stuck_makes_room(self) -> None:
        """When the budget is used up, those that have not read for longest are let go, and nobody else."""
        readers = [self.stalled(number) for number in range(4)]
        readers[0][0].take(0)  # the first has just read; it stalls again now
        readers[0][1].put(b"!")
        for number in (0, 1, 2):
            readers[number][1].put(bytes([number]) * 300_000)
        self.assertEqual(self.evicted, [])
        readers[3][1].put(b"3" * 300_000)
        self.assertEqual(self.evicted, [(1, False)])
        self.assertEqual(self.budget.used, 3 * 300_000 + 3)

    def test_a_reader_may_be_the_one_to_go(self) -> None:
        """If the reader for whom the last frame came is itself the longest stuck, it is let go."""
        _, first = self.stalled(1)
        first.put(b"a" * 900_000)
        first.put(b"b" * 900_000)
        self.assertEqual(self.evicted, [(1, False)])
        self.assertEqual(self.budget.used, 0)

    def test_half_a_frame_is_told(self) -> None:
        """The owner of an outlet that is let go in the middle of a frame learns that no Close can follow."""
        _, first = self.stalled(1)
        wire, _ = self.stalled(2)
        first.put(b"a" * 500_000)
        first.resumeProducing()
        wire.producer.put(b"b" * 600_000)
        self.assertEqual(self.evicted, [(2, False)])
        wire, outlet = self.stalled(3)
        outlet.put(b"c" * 600_000)
        self.assertEqual(self.evicted, [(2, False), (1, True)])

    def test_what_transports_keep_counts_too(self) -> None:
        """Many stalled readers of one frame stay within the budget, although each transport keeps a slice of it."""
        frame = b"f" * (SLICE + 1)
        for number in range(40):
            _, outlet = self.stalled(number)
            outlet.resumeProducing()
            outlet.put(frame)
            self.assertLessEqual(self.budget.used, 1_000_000 + SLICE)
        self.assertEqual([number for number, _ in self.evicted], list(range(25)))

    def test_an_idle_reader_gets_a_frame_that_is_larger_than_the_budget(self) -> None:
        """Nobody is closed for a frame that its reader takes at once."""
        wire = Wire()
        outlet = Outlet(wire, write, self.budget, 10_000_000, lambda half: self.evicted.append((1, half)))
        wire.registerProducer(outlet, True)
        outlet.put(b"a" * 3_000_000)
        self.assertEqual(len(wire.read()), 3_000_000)
        self.assertEqual((self.evicted, self.budget.used), ([], 0))
