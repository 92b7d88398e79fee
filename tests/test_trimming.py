"""Memory that large mail took is given back."""

from collections.abc import Callable

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.trimming import LARGE, Trimming, trim


class TrimmingTests(SynchronousTestCase):
    """On a clock."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.activity = ActivityLog(self.clock.seconds)
        self.calls: list[Callable[[], None]] = []
        self.service = Trimming(self.activity, self.clock, self.in_thread)
        self.service.startService()

    def in_thread(self, call: Callable[[], None]) -> "Deferred[None]":
        self.calls.append(call)
        return succeed(None)

    def test_once_after_a_burst(self) -> None:
        """Ten seconds after the last large mail it is done, once; small mail changes nothing."""
        for _ in range(3):
            self.activity.record(Kind.STORED, count=LARGE)
            self.clock.advance(9)
        self.assertEqual(self.calls, [])
        self.activity.record(Kind.STORED, count=LARGE - 1)
        self.clock.advance(1)
        self.assertEqual(self.calls, [trim])
        self.clock.advance(100)
        self.assertEqual(self.calls, [trim])

    def test_small_mail_and_other_events(self) -> None:
        """Neither small mail nor anything else that happens makes it begin."""
        self.activity.record(Kind.STORED, count=LARGE - 1)
        self.activity.record(Kind.PUBLISHED, count=LARGE)
        self.clock.advance(100)
        self.assertEqual(self.calls, [])

    def test_again_after_another_burst(self) -> None:
        """Each burst has an end of its own."""
        for _ in range(2):
            self.activity.record(Kind.STORED, count=LARGE)
            self.clock.advance(10)
        self.assertEqual(self.calls, [trim, trim])

    def test_stopped(self) -> None:
        """A service that has stopped begins no more."""
        self.activity.record(Kind.STORED, count=LARGE)
        self.service.stopService()
        self.activity.record(Kind.STORED, count=LARGE)
        self.clock.advance(100)
        self.assertEqual(self.calls, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])


def test_the_c_library_is_asked() -> None:
    """The call can be made on this machine."""
    trim()
