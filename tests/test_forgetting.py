"""Sessions that are over are removed now and then."""

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.ports import StorageTrouble
from mailsockd.forgetting import Forgetting
from mailsockd.state.sessions import Session
from tests.dashboard.pages_house import NOW, PagesHouse

HOUR = 3600.0


class Sweeps:
    """Counts the sweeps that it is asked for; `answers` are given one after the other, then each is done at once."""

    def __init__(self, *answers: "Deferred[None]") -> None:
        self.count = 0
        self.answers = list(answers)

    async def __call__(self) -> None:
        self.count += 1
        if self.answers:
            await self.answers.pop(0)


class ForgettingTests(SynchronousTestCase):
    """On a clock."""

    def start(self, sweeps: Sweeps) -> Forgetting:
        self.clock = Clock()
        service = Forgetting(sweeps, self.clock)
        service.startService()
        self.clock.advance(0)
        return service

    def test_every_hour(self) -> None:
        """It sweeps after the start and every hour from then on, until it is stopped."""
        sweeps = Sweeps()
        service = self.start(sweeps)
        assert sweeps.count == 1
        self.clock.advance(HOUR - 1)
        assert sweeps.count == 1
        self.clock.advance(1)
        assert sweeps.count == 2
        service.stopService()
        self.clock.advance(10 * HOUR)
        assert sweeps.count == 2
        assert self.clock.getDelayedCalls() == []

    def test_never_two_at_once(self) -> None:
        """The hour begins when a sweep has ended, and stopping waits for one that is on its way."""
        held: Deferred[None] = Deferred()
        sweeps = Sweeps(held)
        service = self.start(sweeps)
        self.clock.advance(2 * HOUR)
        assert sweeps.count == 1
        stopping = service.stopService()
        self.assertNoResult(stopping)
        held.callback(None)
        self.successResultOf(stopping)
        assert self.clock.getDelayedCalls() == []

    def test_trouble(self) -> None:
        """Trouble with the disk is for the log, a mistake of ours too, and it goes on an hour later."""
        sweeps = Sweeps(fail(StorageTrouble("disk I/O error")), fail(ValueError("mistake")))
        self.start(sweeps)
        self.clock.advance(HOUR)
        self.clock.advance(HOUR)
        assert sweeps.count == 3
        assert [str(failure.value) for failure in self.flushLoggedErrors(ValueError)] == ["mistake"]

    def test_what_is_over_is_removed_from_the_disk(self) -> None:
        """A session that nobody used for too long goes, and one that lasts stays."""
        house = PagesHouse()
        for digest, used in (("old", NOW - HOUR - 1), ("young", NOW - HOUR + 1)):
            house.sessions.put(Session(digest, "ada", NOW - HOUR - 1, used))
        self.clock = Clock()
        Forgetting(house.sign_ins.sweep, self.clock).startService()
        self.clock.advance(0)
        assert [session.digest for session in house.session_store.removed] == ["old"]
        assert [session.digest for session in house.sessions] == ["young"]
