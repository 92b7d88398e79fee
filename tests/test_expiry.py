"""Certificates that end are in the log in time."""

from twisted.internet.task import Clock
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.expiry import Expiry


class ExpiryTests(SynchronousTestCase):
    """The service with a clock of the test's."""

    def test_it_looks_at_the_start_and_once_a_day(self) -> None:
        """Each look says all sentences once; after the end there are no more."""
        clock = Clock()
        sentences: list[str] = ["the certificate a.pem ends in 3 days"]
        lines: list[str] = []

        def collect(event: LogEvent) -> None:
            if event["log_namespace"].startswith("mailsockd.expiry"):
                lines.append(formatEvent(event))

        globalLogPublisher.addObserver(collect)
        self.addCleanup(globalLogPublisher.removeObserver, collect)
        service = Expiry(lambda: sentences, clock)
        service.startService()
        assert lines == ["the certificate a.pem ends in 3 days"]
        clock.advance(86_400)
        assert lines == ["the certificate a.pem ends in 3 days"] * 2
        sentences.clear()
        service.look()
        assert len(lines) == 2
        service.stopService()
        sentences.append("late")
        clock.advance(200_000)
        assert len(lines) == 2
        assert clock.getDelayedCalls() == []
