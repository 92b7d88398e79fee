"""The operators' log."""

import io

import pytest
from twisted.logger import LogLevel, formatEvent
from twisted.python.failure import Failure

from mailsockd.log import LineObserver, log_event
from mailsockd.state.activity import Event, Kind


def written(journal: bool, **event: object) -> str:
    stream = io.StringIO()
    LineObserver(stream, journal, now=lambda: 0.0)({"log_level": LogLevel.info, **event})
    return stream.getvalue()


def test_lines_have_the_time_or_the_journals_priority() -> None:
    """On a terminal a line begins with the time; for the journal with the level as it knows it."""
    assert written(False, line="stored x").endswith(" stored x\n")
    assert written(False, line="stored x").startswith("19")
    assert written(True, line="stored x") == "<6>stored x\n"
    assert written(True, log_format="no {what}", what="room", log_level=LogLevel.critical) == "<2>no room\n"


def test_a_traceback_stays_with_its_line() -> None:
    """The lines of a traceback are indented below the line that they belong to."""
    try:
        raise ValueError("broken")
    except ValueError:
        text = written(True, log_format="it failed", log_failure=Failure(), log_level=LogLevel.error)
    head, *rest = text.splitlines()
    assert head == "<3>it failed"
    assert rest[-1].strip() == "builtins.ValueError: broken"
    assert all(line.startswith("  ") for line in rest)


def test_a_full_or_closed_log_stops_nothing() -> None:
    """When the stream is closed the event is lost and nothing else."""
    stream = io.StringIO()
    observer = LineObserver(stream, True)
    stream.close()
    observer({"line": "x"})


def test_one_line_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stored message has a line; what goes with it, and reads, which are requests, is for the activity alone."""
    lines: list[str] = []
    monkeypatch.setattr("mailsockd.log.globalLogPublisher", lambda event: lines.append(formatEvent(event)))
    log_event(Event(Kind.STORED, 1.0, address="a@b.test"))
    for kind in (Kind.CONNECTED, Kind.PUBLISHED, Kind.UNPUBLISHED, Kind.READ):
        log_event(Event(kind, 1.0, address="a@b.test"))
    log_event(Event(Kind.FAILED, 1.0, channel="slack", text="it answered 404", detail="what it said"))
    assert lines == ["stored address=a@b.test", "delivery failed channel=slack text='it answered 404'"]
