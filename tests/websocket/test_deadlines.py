"""Many deadlines of one length on one timer."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.websocket.deadlines import AT_ONCE, Deadlines


class DeadlinesTest(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.late: list[str] = []
        self.deadlines: Deadlines[str] = Deadlines(self.clock, 5.0, self.late.append)

    def test_each_entry_has_its_own_time(self) -> None:
        """An entry is late when its delay is over, not before and not when another's is."""
        self.deadlines.set("a")
        self.clock.advance(2)
        self.deadlines.set("b")
        self.clock.advance(2.9)
        self.assertEqual(self.late, [])
        self.clock.advance(0.1)
        self.assertEqual(self.late, ["a"])
        self.clock.advance(2)
        self.assertEqual(self.late, ["a", "b"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_second_set_gives_more_time(self) -> None:
        """Setting an entry again begins its delay anew."""
        self.deadlines.set("a")
        self.clock.advance(4)
        self.deadlines.set("a")
        self.clock.advance(4)
        self.assertEqual(self.late, [])
        self.clock.advance(1)
        self.assertEqual(self.late, ["a"])

    def test_one_timer_serves_all(self) -> None:
        """A thousand entries need one timer, and none when all are dropped."""
        for number in range(1000):
            self.deadlines.set(str(number))
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        for number in range(1000):
            self.deadlines.drop(str(number))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_dropped_entry_is_never_late(self) -> None:
        """Dropping one leaves the others, and dropping one that is not there is no error."""
        self.deadlines.set("a")
        self.deadlines.set("b")
        self.deadlines.drop("a")
        self.deadlines.drop("c")
        self.clock.advance(5)
        self.assertEqual(self.late, ["b"])

    def test_a_call_may_drop_another(self) -> None:
        """An entry that is dropped, or given more time, by one that is due in the same moment is not late."""

        def late(entry: str) -> None:
            self.late.append(entry)
            deadlines.drop("b")
            deadlines.set("c")

        deadlines: Deadlines[str] = Deadlines(self.clock, 5.0, late)
        for entry in "abcd":
            deadlines.set(entry)
        self.clock.advance(5)
        self.assertEqual(self.late, ["a", "d"])
        deadlines.drop("c")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_crowd_is_served_in_turns(self) -> None:
        """When many are due at once, a part is served in one turn of the reactor and the rest right after."""
        for number in range(AT_ONCE + 1):
            self.deadlines.set(str(number))
        self.clock.advance(5)
        self.assertEqual(len(self.late), AT_ONCE)
        self.clock.advance(0.01)
        self.assertEqual(len(self.late), AT_ONCE + 1)

    def test_one_failure_costs_nobody_else(self) -> None:
        """An entry whose call fails is logged, and the next ones have their call."""

        def late(entry: str) -> None:
            self.late.append(entry)
            if entry == "a":
                raise RuntimeError("broken")

        deadlines: Deadlines[str] = Deadlines(self.clock, 1.0, late)
        deadlines.set("a")
        deadlines.set("b")
        self.clock.advance(1)
        self.assertEqual(self.late, ["a", "b"])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_an_entry_may_set_itself_again(self) -> None:
        """A call that sets its entry again, as a repeated ping does, is called every `delay` seconds."""

        def again(entry: str) -> None:
            self.late.append(entry)
            deadlines.set(entry)

        deadlines: Deadlines[str] = Deadlines(self.clock, 25.0, again)
        deadlines.set("a")
        self.clock.pump([25.0, 25.0, 25.0])
        self.assertEqual(self.late, ["a", "a", "a"])
