"""Writing the activity down: when, how much at once, and what is done when the disk does not keep up."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.activity_store import SLICE
from mailsockd.actions.ports import StorageTrouble
from mailsockd.state.activity import Event, Kind
from mailsockd.state.recorded import Recorded, Wanted
from mailsockd.storage.journal import TROUBLED, Journal, Kept
from tests.memory_activities import MemoryActivities

NOW = 1_000_000.0


def stored(number: int, account: str = "ada", at: float = NOW) -> Event:
    return Event(Kind.STORED, at, account, message=f"m{number}-0")


def refused(number: int) -> Event:
    return Event(Kind.REFUSED, NOW, peer="192.0.2.1", text=f"421 {number}")


class Disk:
    """An ActivityStore that answers when the test says so; what was asked of it is noted."""

    def __init__(self) -> None:
        self.added: list[list[Event]] = []
        self.answers: list[Deferred[None]] = []

    def add(self, events: Sequence[Event]) -> "Deferred[None]":
        self.added.append(list(events))
        answer: Deferred[None] = Deferred()
        self.answers.append(answer)
        return answer

    def go_on(self, trouble: bool = False) -> None:
        answer = self.answers.pop(0)
        if trouble:
            answer.errback(Failure(StorageTrouble("the disk is gone")))
        else:
            answer.callback(None)

    def purge(self, before: float) -> "Deferred[int]":
        return succeed(0)

    def counts(self) -> "Deferred[dict[str, int]]":
        return succeed({})

    def trim(self, account: str, count: int) -> "Deferred[int]":
        return succeed(0)

    def listed(self, wanted: Wanted, limit: int) -> "Deferred[list[Recorded]]":
        return succeed([])


class WritingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.disk = Disk()
        self.journal = Journal(self.disk, self.clock, lambda: NOW, Kept(waiting=1000))

    def collect(self, *numbers: int) -> None:
        for number in numbers:
            self.journal.collect(stored(number))

    def sizes(self) -> list[int]:
        return [len(events) for events in self.disk.added]

    def test_events_are_written_once_a_second(self) -> None:
        """What came within a second is one batch, in its order; nothing is asked of the disk before."""
        self.collect(1)
        self.clock.advance(0.9)
        self.collect(2)
        assert self.disk.added == []
        self.clock.advance(0.1)
        assert self.disk.added == [[stored(1), stored(2)]]
        self.disk.go_on()
        self.clock.advance(100)
        assert self.sizes() == [2]

    def test_many_events_are_written_sooner(self) -> None:
        """A full batch does not wait for the second, and there is one batch at a time on its way to the disk."""
        self.collect(*range(2 * SLICE + 1))
        assert self.disk.added == []
        self.clock.advance(0)
        assert self.sizes() == [SLICE]
        self.disk.go_on()
        self.disk.go_on()
        self.disk.go_on()
        assert self.sizes() == [SLICE, SLICE, 1]

    def test_what_comes_meanwhile_waits_for_the_next_second(self) -> None:
        """A disk that takes a while is not asked for a small batch after the other."""
        self.collect(1)
        self.clock.advance(1)
        self.collect(2)
        self.disk.go_on()
        assert self.sizes() == [1]
        self.clock.advance(1)
        assert self.disk.added[1] == [stored(2)]

    def test_who_looks_has_it_written_at_once(self) -> None:
        """A flush fires when all is written that there was, also what is on its way; with nothing to do at once."""
        self.successResultOf(self.journal.flush())
        self.collect(1)
        first = self.journal.flush()
        self.collect(2)
        second = self.journal.flush()
        self.assertNoResult(first)
        self.disk.go_on()
        self.successResultOf(first)
        self.assertNoResult(second)
        self.disk.go_on()
        self.successResultOf(second)
        assert self.sizes() == [1, 1]

    def test_trouble_is_tried_again_in_order(self) -> None:
        """What the disk did not take comes first at the next try, which is not made at once; who waited goes on."""
        self.collect(1)
        flush = self.journal.flush()
        self.disk.go_on(trouble=True)
        self.successResultOf(flush)
        self.collect(2)
        self.clock.advance(TROUBLED - 1)
        assert self.sizes() == [1]
        self.clock.advance(1)
        assert self.disk.added[1] == [stored(1), stored(2)]
        self.disk.go_on()
        assert self.journal.dropped == 0

    def test_a_slow_disk_costs_the_oldest_and_no_memory(self) -> None:
        """Beyond its bound the oldest events give way, and the next batch says how many there were."""
        self.collect(1)
        self.clock.advance(1)
        self.collect(*range(2, 1012))
        assert self.journal.dropped == 10
        self.disk.go_on()
        first, *rest = self.disk.added[1]
        assert first == Event(
            Kind.TROUBLE, NOW, text="10 events came faster than the disk took them, and were not written"
        )
        assert rest == [stored(number) for number in range(12, 12 + SLICE)]
        self.disk.go_on()
        assert self.disk.added[2][0] == stored(12 + SLICE)

    def test_trouble_with_a_full_memory_is_counted(self) -> None:
        """What does not fit back is lost and counted, once, and told when the disk is back."""
        self.collect(1, 2)
        self.clock.advance(1)
        self.collect(*range(3, 1003))
        self.disk.go_on(trouble=True)
        assert self.journal.dropped == 2
        self.clock.advance(TROUBLED)
        self.disk.go_on(trouble=True)
        assert self.journal.dropped == 2
        self.clock.advance(TROUBLED)
        assert self.disk.added[2][0].text.startswith("2 events came faster")
        assert self.disk.added[2][1] == stored(3)

    def test_a_stop_writes_everything(self) -> None:
        """The end waits until all is written, what was held of floods too; nothing is taken afterwards."""
        self.journal.startService()
        self.collect(*range(SLICE + 1))
        for number in range(7):
            self.journal.collect(refused(number))
        stopped = self.journal.stopService()
        self.disk.go_on()
        self.assertNoResult(stopped)
        self.disk.go_on()
        self.successResultOf(stopped)
        self.collect(1)
        assert self.sizes() == [SLICE, 7]
        assert self.disk.added[1][-1].similar == 2
        assert self.clock.getDelayedCalls() == []

    def test_a_stop_does_not_wait_for_a_disk_that_is_gone(self) -> None:
        """When the last batch cannot be written the daemon ends all the same."""
        self.journal.startService()
        self.collect(1)
        stopped = self.journal.stopService()
        self.disk.go_on(trouble=True)
        self.successResultOf(stopped)
        assert self.clock.getDelayedCalls() == []

    def test_a_flood_becomes_one_event_a_minute(self) -> None:
        """Of a thousand refusals of one peer a few are written, and after a minute how many more there were."""
        self.journal.startService()
        for number in range(1000):
            self.journal.collect(refused(number))
        self.clock.advance(1)
        assert self.sizes() == [5]
        self.disk.go_on()
        self.clock.advance(59)
        self.clock.advance(1)
        assert [(event.text, event.similar) for event in self.disk.added[1]] == [("421 999", 995)]


class KeepingTests(SynchronousTestCase):
    """How much is kept, on a real store."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.store = MemoryActivities()
        self.journal = Journal(self.store, self.clock, lambda: NOW, Kept(keep=100.0, most=1000))
        self.journal.startService()

    def write(self, *events: Event) -> None:
        for event in events:
            self.journal.collect(event)
        self.successResultOf(self.journal.flush())

    def counts(self) -> dict[str, int]:
        return self.successResultOf(self.store.counts())

    def test_what_is_old_is_forgotten_every_minute(self) -> None:
        """Events older than the setting go, however many they are, and no younger one."""
        self.write(*(stored(number, at=NOW - 101) for number in range(300)), stored(1, at=NOW - 99))
        self.clock.advance(59)
        assert self.counts() == {"ada": 301}
        self.clock.advance(1)
        assert self.counts() == {"ada": 1}

    def test_whoever_has_most_gives_way(self) -> None:
        """Beyond the number of events the largest share is cut, and who has little keeps all of it."""
        self.write(*(stored(number, "bob") for number in range(30)))
        self.write(*(stored(number, "") for number in range(900)))
        self.write(*(stored(number) for number in range(600)))
        assert self.counts() == {"bob": 30, "": 485, "ada": 485}

    def test_a_rush_does_not_wait_for_the_minute(self) -> None:
        """Between two minutes the table does not grow much beyond its bound."""
        for start in range(0, 20_000, 100):
            self.write(*(stored(number) for number in range(start, start + 100)))
            assert sum(self.counts().values()) <= 1000 + 100 + SLICE + 100
