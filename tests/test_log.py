"""The operators' log."""

import configparser
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from twisted.logger import LogLevel, formatEvent
from twisted.python.failure import Failure

from mailsockd.log import JSONObserver, LineObserver, line, log_event, observer
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


def as_json(**event: object) -> dict[str, Any]:
    stream = io.StringIO()
    JSONObserver(stream, now=lambda: 0.5)({"log_level": LogLevel.warn, **event})
    text = stream.getvalue()
    assert text.count("\n") == 1
    found: dict[str, Any] = json.loads(text)
    return found


def test_json_has_the_fields_of_an_event() -> None:
    """What is empty is left out; the time is UTC to the millisecond."""
    event = Event(Kind.STORED, 1.25, "ada", "a@b.test", "m-0", "192.0.2.1", count=7, milliseconds=1.50004, session="s")
    assert as_json(log_time=1.25, activity=event, line="x") == {
        "time": "1970-01-01T00:00:01.250Z",
        "level": "warn",
        "event": "stored",
        "account": "ada",
        "address": "a@b.test",
        "message": "m-0",
        "peer": "192.0.2.1",
        "count": 7,
        "milliseconds": 1.5,
        "session": "s",
    }


def test_json_has_requests_texts_and_tracebacks() -> None:
    """A request has its fields, another line its text and who said it, and a traceback stays in its line."""
    request = {"log_format": "{peer}", "peer": "192.0.2.1", "method": "GET", "path": "/x", "status": 200, "sent": 3}
    assert as_json(**request, id="ab", milliseconds=4) == {
        "time": "1970-01-01T00:00:00.500Z",
        "level": "warn",
        "event": "request",
        "peer": "192.0.2.1",
        "method": "GET",
        "path": "/x",
        "status": 200,
        "sent": 3,
        "milliseconds": 4,
        "id": "ab",
    }
    try:
        raise ValueError("broken\nin two lines")
    except ValueError:
        said = as_json(log_format="no {what}", what="room\nleft", log_namespace="a.b", log_failure=Failure())
    assert (said["text"], said["logger"]) == ("no room\nleft", "a.b")
    assert said["traceback"].rstrip().endswith("in two lines")


@pytest.mark.parametrize(("value", "kind"), [("json", JSONObserver), ("", LineObserver), ("text", LineObserver)])
def test_the_environment_chooses_the_form(monkeypatch: pytest.MonkeyPatch, value: str, kind: type) -> None:
    """Only MAILSOCKD_LOG=json makes it JSON."""
    monkeypatch.setenv("MAILSOCKD_LOG", value)
    assert type(observer()) is kind


def fail2ban(text: str) -> str | None:
    """Give the peer that the filter of fail2ban finds in a line without its time, None when it finds none."""
    filter = configparser.RawConfigParser()
    filter.read(Path(__file__).parent.parent / "etc/fail2ban/filter.d/mailsockd.conf")
    expression = filter["Definition"]["failregex"].replace("%(_field)s", filter["Definition"]["_field"])
    expression = expression.replace("(?:%(__prefix_line)s)?", "").replace("<ADDR>", r"(?P<host>[0-9a-fA-F:.]+)")
    assert "%(" not in expression
    found = re.search(expression, text)
    return found["host"] if found else None


@pytest.mark.parametrize(
    ("event", "peer"),
    [
        (Event(Kind.SIGN_IN_REFUSED, 1.0, peer="192.0.2.1", text="the password is wrong"), "192.0.2.1"),
        (Event(Kind.SIGN_IN_REFUSED, 1.0, "ada", "a@b.test", peer="2001:db8::1", text="x"), "2001:db8::1"),
        (Event(Kind.SIGN_IN_REFUSED, 1.0, address="x peer=198.51.100.1 y", peer="192.0.2.1"), "192.0.2.1"),
        (Event(Kind.SIGN_IN_REFUSED, 1.0, address="it's\" peer=198.51.100.1 y", peer="192.0.2.1"), "192.0.2.1"),
        (Event(Kind.SIGN_IN_REFUSED, 1.0, address="it's peer=198.51.100.1 y", peer="192.0.2.1"), "192.0.2.1"),
        (Event(Kind.SIGNED_IN, 1.0, peer="192.0.2.1", text="sign-in refused peer=198.51.100.1"), None),
        (Event(Kind.REJECTED, 1.0, address="a@b.test", peer="192.0.2.1", text="sign-in refused peer=1.2.3.4"), None),
    ],
)
def test_fail2ban_finds_who_fails_to_sign_in(event: Event, peer: str | None) -> None:
    """Whatever strangers put into an address or a name, the peer is the one that the connection came from."""
    assert fail2ban(line(event)) == peer
