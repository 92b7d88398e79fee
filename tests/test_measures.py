"""What is counted and timed while the daemon works."""

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mailsockd.measures import LagProbe, Measures, Times
from mailsockd.state.activity import Event, Kind


def test_times_fall_into_their_buckets() -> None:
    """A bound belongs to its own bucket, and what is longer than the last one has a bucket too."""
    times = Times()
    for seconds in (0.0, 0.0005, 0.0006, 10.0, 11.0):
        times.add(seconds)
    assert times.counts == [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert times.sum == pytest.approx(21.0011)


def test_a_mail_counts_once_and_its_messages_each() -> None:
    """Of a mail to two inboxes the first copy counts mail, bytes and time; both are stored messages."""
    measures = Measures()
    for number in (0, 1):
        measures.hear(Event(Kind.STORED, 1.0, message=f"abc-{number}", count=1000, milliseconds=3.0))
    assert (measures.mails, measures.bytes, measures.events[Kind.STORED]) == (1, 1000, 2)
    assert sum(measures.stored.counts) == 1
    assert measures.stored.sum == pytest.approx(0.003)


def test_refusals_count_by_their_code() -> None:
    """Only what looks like a code of SMTP makes a label: strangers cannot make new ones."""
    measures = Measures()
    for text in ("550 5.1.1 No such address", "550 5.7.1 x", "421 4.3.2 x", "anything", "5500 x", "250 fine"):
        measures.hear(Event(Kind.REJECTED, 1.0, text=text))
    assert measures.rejected == {"550": 2, "421": 1, "other": 3}


def test_only_mail_that_somebody_heard_is_timed() -> None:
    """The time runs from the end of the data; without a listener there is none, and a large mail's ends later."""
    now = [5.0]
    measures = Measures(lambda: now[0])
    measures.mail_published(4.0, None)
    assert sum(measures.published.counts) == 0
    measures.hear(Event(Kind.PUBLISHED, 1.0, count=1))
    measures.mail_published(4.0, None)
    assert (sum(measures.published.counts), measures.published.sum) == (1, 1.0)
    measures.hear(Event(Kind.PUBLISHED, 1.0, count=1))
    making: Deferred[Any] = Deferred()
    measures.mail_published(4.0, making)
    now[0] = 7.0
    assert sum(measures.published.counts) == 1
    making.callback("frames")
    assert (sum(measures.published.counts), measures.published.sum) == (2, 4.0)
    results: list[Any] = []
    making.addCallback(results.append)
    assert results == ["frames"]


def test_the_reactor_is_looked_at_twice_a_second() -> None:
    """What the clock comes late is the lag; after the end nothing waits."""
    clock, now, lag = Clock(), [0.0], Times()
    probe = LagProbe(lag, clock, lambda: now[0])
    probe.startService()
    now[0] = 0.53
    clock.advance(0.5)
    now[0] = 1.03
    clock.advance(0.5)
    assert sum(lag.counts) == 2
    assert lag.sum == pytest.approx(0.03)
    probe.stopService()
    assert clock.getDelayedCalls() == []
