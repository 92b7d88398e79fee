"""The loop that tells the service manager that the daemon is alive."""

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mailsockd.notify import Notifier
from mailsockd.watchdog import PAUSE, Watched


class House:
    """A daemon of which only the watchdog is there, with a writer that answers when it is told to."""

    def __init__(self, watchdog: float = 30.0) -> None:
        self.clock = Clock()
        self.said: list[str] = []
        self.asked: list[Deferred[object]] = []
        self.started: Deferred[None] = Deferred()
        self.line = "good"
        notifier = Notifier(lambda content: self.said.append(content.decode()), watchdog)
        self.service = Watched(notifier, self.started, self.touch, lambda: self.line, self.clock)
        self.service.startService()

    def touch(self) -> "Deferred[object]":
        self.asked.append(Deferred())
        return self.asked[-1]


def test_ready_is_said_when_the_start_is_over() -> None:
    """Not before, whatever the writer answers; the status comes with it."""
    house = House()
    house.asked[0].callback(None)
    assert house.said == ["WATCHDOG=1"]
    house.started.callback(None)
    assert house.said == ["WATCHDOG=1", "READY=1\nSTATUS=good"]


def test_the_watchdog_is_fed_when_the_writer_answers() -> None:
    """It is asked again a third of the watchdog's time after its answer; without an answer nothing is said any more."""
    house = House()
    house.started.callback(None)
    house.asked[0].callback(None)
    house.clock.advance(9.9)
    assert len(house.asked) == 1
    house.clock.advance(0.1)
    assert len(house.asked) == 2
    house.clock.advance(1000)
    assert (len(house.asked), house.said.count("WATCHDOG=1")) == (2, 1)
    house.asked[1].callback(None)
    assert house.said.count("WATCHDOG=1") == 2


def test_a_failure_is_an_answer() -> None:
    """A disk that is full keeps the daemon alive: a new start would not mend it."""
    house = House()
    house.asked[0].errback(OSError("full"))
    assert house.said == ["WATCHDOG=1"]


def test_the_status_follows_what_happens() -> None:
    """It is sent again when it has changed, also where no watchdog is asked for."""
    house = House(watchdog=0)
    house.started.callback(None)
    house.asked[0].callback(None)
    house.line = "NO MAIL IS TAKEN"
    house.clock.advance(PAUSE)
    house.asked[1].callback(None)
    assert house.said == ["READY=1\nSTATUS=good", "WATCHDOG=1", "WATCHDOG=1", "STATUS=NO MAIL IS TAKEN"]


def test_the_end_is_said_and_nothing_after_it() -> None:
    """No timer is left, and an answer or a start that comes later changes nothing."""
    house = House()
    house.asked[0].callback(None)
    house.clock.advance(10)
    house.service.stopService()
    house.asked[1].callback(None)
    house.started.callback(None)
    assert house.said == ["WATCHDOG=1", "STOPPING=1\nSTATUS=ending"]
    assert house.clock.getDelayedCalls() == []


def test_the_end_takes_the_timer_along() -> None:
    """A question that was due is not asked any more."""
    house = House()
    house.asked[0].callback(None)
    house.service.stopService()
    assert house.clock.getDelayedCalls() == []
