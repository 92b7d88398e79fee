"""When the mailbox is looked over: now and then, soon after much mail, and never twice at once."""

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mailsockd.actions.retention import Kept, Retention, Room
from mailsockd.state.accounts import Accounts
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.sweeping import BURST, PAUSE, Sweeping
from tests.fakes import MemoryMailbox
from tests.memory_retention import MemoryRetention

GIB = 1024**3


class Slow(MemoryRetention):
    """A store that counts the looks; with `held` a look does not end before that fires."""

    looks = 0
    held: "Deferred[Room] | None" = None

    def room(self) -> "Deferred[Room]":
        self.looks += 1
        return super().room() if self.held is None else self.held


class House:
    """A mailbox that is looked over on a clock."""

    def __init__(self, total: int = 5 * GIB) -> None:
        self.clock = Clock()
        self.store = Slow(MemoryMailbox())
        self.activity = ActivityLog(self.clock.seconds)
        kept = Kept(total_bytes=total, free_disk=0)
        retention = Retention(self.store, Accounts(), self.activity, kept, self.clock.seconds)
        self.service = Sweeping(retention, self.activity, self.clock)
        self.service.startService()
        self.clock.advance(0)

    def mail(self, size: int) -> None:
        self.activity.record(Kind.STORED, address="a@b.test", message="m1-0", count=size)
        self.clock.advance(0)


def test_it_begins_at_once_and_goes_on() -> None:
    """The bounds may be others than at the last start; then every ten seconds."""
    house = House()
    assert house.store.looks == 1
    house.clock.advance(PAUSE - 0.1)
    assert house.store.looks == 1
    house.clock.advance(0.1)
    assert house.store.looks == 2
    house.service.stopService()
    assert house.clock.getDelayedCalls() == []


@pytest.mark.parametrize(("total", "much"), [(5 * GIB, BURST), (0, BURST), (320 * 1024, 10 * 1024)])
def test_much_mail_is_not_waited_out(total: int, much: int) -> None:
    """64 MiB, or half of what may be too much for a moment where that is less."""
    house = House(total)
    house.mail(much)
    assert house.store.looks == 1
    house.mail(1)
    assert house.store.looks == 2
    house.mail(1)
    assert house.store.looks == 2


def test_a_look_that_takes_long_is_the_only_one() -> None:
    """Neither time nor mail begins a second; the end of the daemon waits for it."""
    house = House()
    house.store.held = look = Deferred()
    house.clock.advance(PAUSE)
    for _ in range(3):
        house.clock.advance(PAUSE)
        house.mail(BURST + 1)
    assert house.store.looks == 2
    stopped = house.service.stopService()
    assert not stopped.called
    house.store.held = None
    look.callback(Room(0, 0, 0))
    assert stopped.called
    assert house.clock.getDelayedCalls() == []
