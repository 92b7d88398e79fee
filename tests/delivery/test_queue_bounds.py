"""The queue: how much at one time, restarts, the end, trouble with the disk, and what is kept."""

from twisted.trial.unittest import SynchronousTestCase

from mailsockd.delivery.channel import Delivered, Outcome, Postponed
from mailsockd.delivery.queue_limits import LARGE, STOP_GRACE
from tests.delivery.desk import START, Desk


class ConcurrencyTests(SynchronousTestCase):
    """Who waits while much is under way."""

    def desk(self, **limits: int) -> Desk:
        desk = Desk(**limits)
        desk.hook.held = []
        # What is under way at the end of a test would be ended by the garbage collector, in the middle of another one.
        self.addCleanup(desk.end)
        return desk

    def answer(self, desk: Desk, id: str, outcome: Outcome = Delivered()) -> None:
        """Let the try of a message end."""
        assert desk.hook.held is not None
        place = next(place for place, (held, _) in enumerate(desk.hook.held) if held == id)
        desk.hook.held.pop(place)[1].callback(outcome)
        desk.clock.advance(0)

    def test_one_at_a_time_to_a_target(self) -> None:
        """A target gets the next message when it has taken the one before."""
        desk = self.desk()
        desk.address()
        for id in ("m1", "m2", "m3"):
            desk.mail(id)
        assert desk.hook.sent == ["m1"]
        self.answer(desk, "m1")
        assert desk.hook.sent == ["m1", "m2"]

    def test_several_at_a_time_to_a_target(self) -> None:
        """A target may be given several messages at one time, begun in order, but one once it has failed."""
        desk = self.desk(concurrency_per_target=3)
        desk.address()
        for number in range(1, 7):
            desk.mail(f"m{number}")
        assert desk.hook.sent == ["m1", "m2", "m3"]
        self.answer(desk, "m2")
        assert desk.hook.sent == ["m1", "m2", "m3", "m4"]
        self.answer(desk, "m1", Postponed("busy"))
        self.answer(desk, "m3", Postponed("busy"))
        self.answer(desk, "m4", Postponed("busy"))
        assert desk.hook.sent == ["m1", "m2", "m3", "m4"]
        desk.run(45)
        assert desk.hook.sent[4:] == ["m1"]
        self.answer(desk, "m1")
        assert desk.hook.sent[5:] == ["m3", "m4", "m5"]

    def test_one_question_at_a_time_for_a_line(self) -> None:
        """While the disk is asked for the next of a line it is not asked again: the same one would be sent twice."""
        desk = self.desk(concurrency_per_target=2)
        desk.address()
        desk.mail("m1")
        desk.held = []
        desk.mail("m2", wait=True)
        desk.clock.advance(0)
        assert len(desk.held) == 1
        self.answer(desk, "m1")
        written = desk.held.pop()
        written.callback(None)
        desk.clock.advance(0)
        assert len(desk.held) == 1
        desk.held.pop().callback(None)
        desk.held = None
        desk.clock.advance(0)
        assert desk.hook.sent == ["m1", "m2"]

    def test_one_that_is_taken_ends_the_pause(self) -> None:
        """When a target takes a message while another has failed, it is not left alone any longer."""
        desk = self.desk(concurrency_per_target=2)
        desk.address()
        for number in range(1, 4):
            desk.mail(f"m{number}")
        self.answer(desk, "m1", Postponed("busy", 3600.0))
        assert desk.hook.sent == ["m1", "m2"]
        self.answer(desk, "m2")
        assert desk.hook.sent == ["m1", "m2", "m1", "m3"]

    def test_so_many_in_all_and_of_one_account(self) -> None:
        """No more are under way than may be, and an account with many targets leaves room for another's one."""
        desk = self.desk(concurrency=4, concurrency_per_account=3)
        for number in range(6):
            desk.address(f"a{number}@b.test", hook=f"ada-{number}")
            desk.address(f"e{number}@b.test", owner="eve", hook=f"eve-{number}")
        for number in range(6):
            desk.mail(f"ada-{number}", f"a{number}@b.test")
        desk.mail("eve-0", "e0@b.test", "eve")
        desk.mail("eve-1", "e1@b.test", "eve")
        assert desk.hook.sent == ["ada-0", "ada-1", "ada-2", "eve-0"]
        self.answer(desk, "eve-0")
        assert desk.hook.sent[4:] == ["eve-1"]
        self.answer(desk, "ada-1")
        assert desk.hook.sent[5:] == ["ada-3"]

    def test_large_messages_are_few(self) -> None:
        """Of messages that fill the memory only some are under way at one time; small ones pass them."""
        desk = self.desk()
        for number in range(7):
            desk.address(f"a{number}@b.test", hook=f"t{number}")
        for number in range(6):
            desk.mail(f"large-{number}", f"a{number}@b.test", size=LARGE + 1)
        desk.mail("small", "a6@b.test", size=LARGE)
        assert desk.hook.sent == ["large-0", "large-1", "large-2", "large-3", "small"]
        self.answer(desk, "large-2")
        assert desk.hook.sent[5:] == ["large-4"]

    def test_lines_that_are_empty_are_forgotten(self) -> None:
        """Memory holds nothing of a target for which nothing waits."""
        desk = Desk()
        for number in range(50):
            desk.address(f"a{number}@b.test", hook=f"t{number}")
            desk.mail(f"m{number}", f"a{number}@b.test")
        assert len(desk.hook.tries) == 50
        assert len(desk.queue._lines) == 0


class RestartTests(SynchronousTestCase):
    """What a start finds, and what an end leaves."""

    def setUp(self) -> None:
        self.desk = Desk()
        self.desk.address()
        self.hook = self.desk.hook

    def test_what_was_under_way_is_made_again(self) -> None:
        """After a kill in the middle of a try the delivery is made again, and those behind it after it."""
        self.hook.held = []
        self.desk.mail("m1")
        self.desk.mail("m2")
        assert self.hook.sent == ["m1"]
        self.hook.held = None
        self.desk.start()
        assert self.hook.sent == ["m1", "m1", "m2"]
        assert [row[1] for row in self.desk.rows()] == ["delivered", "delivered"]

    def test_pauses_go_on(self) -> None:
        """A start does not try what is to be left alone; the pauses go on as they were."""
        self.hook.says = lambda parcel: Postponed("refused")
        self.desk.mail("m1")
        self.desk.run(21)
        assert self.hook.times == [0, 5, 20]
        self.desk.start()
        self.desk.mail("m2")
        self.desk.run(180)
        assert self.hook.times == [0, 5, 20, 65, 200]
        assert self.hook.sent == ["m1"] * 5

    def test_what_is_too_old_is_tried_once(self) -> None:
        """After a day without the daemon each target gets a try before anything is given up."""
        self.hook.held = []
        self.desk.mail("m1")
        self.desk.mail("m2")
        self.hook.held = None
        self.desk.clock.rightNow += 2 * 86_400.0
        self.desk.start()
        assert [row[1] for row in self.desk.rows()] == ["delivered", "delivered"]

    def test_a_clock_that_was_set_back(self) -> None:
        """A due time far in the future holds nothing up for longer than the longest pause."""
        self.hook.says = lambda parcel: Postponed("refused")
        self.desk.mail("m1")
        self.desk.db.execute("UPDATE deliveries SET due = ?", (START + 1e9,))
        self.desk.start()
        self.desk.run(6 * 3600 + 1, step=60)
        assert len(self.hook.tries) == 2

    def test_an_end_waits_for_what_is_under_way(self) -> None:
        """The end begins nothing more, and is over when what was under way is."""
        self.hook.held = []
        self.desk.mail("m1")
        self.desk.mail("m2")
        ended = self.desk.queue.stopService()
        self.assertNoResult(ended)
        self.hook.held[0][1].callback(Delivered())
        self.successResultOf(ended)
        assert [row[:2] for row in self.desk.rows()] == [("m1", "delivered"), ("m2", "waiting")]
        assert self.hook.sent == ["m1"]
        assert self.desk.clock.getDelayedCalls() == []

    def test_an_end_does_not_wait_for_ever(self) -> None:
        """A try that goes on too long is cancelled; nothing is written of it, and the next start makes it again."""
        self.hook.held = []
        self.desk.mail("m1")
        ended = self.desk.queue.stopService()
        self.desk.run(STOP_GRACE)
        self.successResultOf(ended)
        assert self.hook.cancelled == ["m1"]
        assert self.desk.rows() == [("m1", "waiting", 0, "")]
        assert self.desk.clock.getDelayedCalls() == []

    def test_an_end_with_pauses(self) -> None:
        """Targets that are left alone do not hold up the end."""
        self.hook.says = lambda parcel: Postponed("refused")
        self.desk.mail("m1")
        self.successResultOf(self.desk.queue.stopService())
        assert self.desk.clock.getDelayedCalls() == []


class DiskTests(SynchronousTestCase):
    """Trouble with the disk, and how much is kept there."""

    def test_trouble_at_the_start(self) -> None:
        """A disk that does not answer at the start is asked again."""
        desk = Desk()
        desk.address()
        desk.mail("m1", wait=True)
        desk.trouble = True
        desk.start()
        assert desk.hook.sent == []
        desk.trouble = False
        desk.run(10)
        assert desk.hook.sent == ["m1"]

    def test_trouble_before_a_try(self) -> None:
        """When the next delivery cannot be read, the queue waits for the disk."""
        desk = Desk()
        desk.address()
        desk.mail("m1", wait=True)
        desk.trouble = True
        desk.clock.advance(0)
        desk.trouble = False
        assert desk.hook.sent == []
        desk.run(10)
        assert desk.hook.sent == ["m1"]

    def test_what_was_delivered_is_written_down_in_the_end(self) -> None:
        """When the disk has trouble after a delivery, it is not made again but written down once the disk does it."""
        desk = Desk()
        desk.address()
        desk.hook.held = []
        desk.mail("m1")
        desk.trouble = True
        desk.hook.held[0][1].callback(Delivered())
        desk.run(25)
        desk.trouble = False
        desk.run(10)
        assert desk.hook.sent == ["m1"]
        assert desk.rows() == [("m1", "delivered", 1, "")]

    def test_so_many_may_wait_for_an_account(self) -> None:
        """Beyond the most that may wait for an account the oldest are given up, told with the reason."""
        desk = Desk(waiting_per_account=3)
        desk.address()
        desk.address("e@b.test", owner="eve")
        desk.hook.says = lambda parcel: Postponed("refused", 3600.0)
        for number in range(5):
            desk.mail(f"m{number}")
        desk.mail("other", "e@b.test", "eve")
        desk.run(15)
        assert [row[:2] for row in desk.rows()] == [
            ("m0", "failed"),
            ("m1", "failed"),
            ("m2", "waiting"),
            ("m3", "waiting"),
            ("m4", "waiting"),
            ("other", "waiting"),
        ]
        assert desk.rows()[1][3] == "more than 3 deliveries waited for ada"
        told = ("delivery failed", "m1", "more than 3 deliveries waited for ada")
        assert told in desk.events()

    def test_what_is_finished_is_forgotten_in_time(self) -> None:
        """What was finished long ago is forgotten, what waits is not."""
        desk = Desk(keep=3600.0)
        desk.address()
        desk.address("c@b.test", hook="two")
        desk.mail("m1")
        desk.hook.says = lambda parcel: Postponed("refused")
        desk.mail("m2", "c@b.test")
        desk.run(3600, step=15)
        assert [row[0] for row in desk.rows()] == ["m1", "m2"]
        desk.run(15)
        assert [row[0] for row in desk.rows()] == ["m2"]

    def test_so_many_finished_are_kept_for_an_account(self) -> None:
        """Of what is finished for an account the newest are kept."""
        desk = Desk(finished_per_account=2)
        desk.address()
        for number in range(5):
            desk.mail(f"m{number}")
        desk.run(15)
        assert [row[0] for row in desk.rows()] == ["m3", "m4"]

    def test_a_line_in_memory_costs_no_question_while_it_waits(self) -> None:
        """While a target is left alone nothing is read for it, however much waits."""
        desk = Desk()
        desk.address()
        desk.hook.says = lambda parcel: Postponed("refused", 3600.0)
        desk.mail("m0")
        before = desk.questions
        for number in range(1, 100):
            desk.mail(f"m{number}")
        assert desk.questions == before
