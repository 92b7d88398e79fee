"""Activity as people read it."""

import re
from pathlib import Path

import pytest

from mailsockd.state.activity import Event, Kind
from mailsockd.wire.activity import event_json, event_row, kind_named, summary

AT = 1_795_334_470.004
DOCUMENT = Path(__file__).parent.parent / "docs/activity.md"


def event(kind: Kind, **fields: object) -> Event:
    return Event(kind, AT, **{"account": "ada", "address": "a@b.test", "message": "m1-0", **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        (event(Kind.STORED, peer="192.0.2.1", count=812), "inbound to a@b.test"),
        (event(Kind.PUBLISHED, count=3), "published to web socket for a@b.test (3 listeners)"),
        (event(Kind.PUBLISHED, count=1), "published to web socket for a@b.test (1 listener)"),
        (
            event(Kind.UNPUBLISHED, text="nobody listens"),
            "not published to web socket for a@b.test: nobody listens",
        ),
        (event(Kind.DELIVERED, channel="webhook"), "published to webhook for a@b.test"),
        (event(Kind.DELIVERED, channel="slack"), "forwarded to Slack for a@b.test"),
        (event(Kind.DELIVERED, channel="forward"), "forwarded to another address for a@b.test"),
        (event(Kind.DELIVERED, channel="relay", text="250 Ok"), "sent to somebody outside for a@b.test: 250 Ok"),
        (
            event(Kind.DEFERRED, channel="webhook", text="it answered 503; tried again in 5 seconds"),
            "not yet published to webhook for a@b.test: it answered 503; tried again in 5 seconds",
        ),
        (
            event(Kind.FAILED, channel="slack", text="it answered 404"),
            "not forwarded to Slack for a@b.test, given up: it answered 404",
        ),
        (event(Kind.SENT), "sent outbound from a@b.test"),
        (
            Event(Kind.CONNECTED, AT, peer="192.0.2.1", text="EHLO mx.test, with TLS"),
            "connected from 192.0.2.1: EHLO mx.test, with TLS",
        ),
        (
            Event(Kind.REFUSED, AT, peer="192.0.2.1", text="421 4.7.0 Too many"),
            "connection from 192.0.2.1 refused: 421 4.7.0 Too many",
        ),
        (
            Event(Kind.REFUSED, AT, peer="192.0.2.1", text="421 4.7.0 Too many", similar=312),
            "… and 312 more like this: connection from 192.0.2.1 refused: 421 4.7.0 Too many",
        ),
        (
            event(Kind.REJECTED, message="", peer="192.0.2.1", text="550 5.1.1 No such address"),
            "rejected for a@b.test from 192.0.2.1: 550 5.1.1 No such address",
        ),
        (
            Event(Kind.SOCKET_REFUSED, AT, "ada", peer="192.0.2.1", text="403 x@b.test is not owned by this account"),
            "web socket from 192.0.2.1 refused: 403 x@b.test is not owned by this account",
        ),
        (event(Kind.READ, text="as raw by REST"), "read for a@b.test: as raw by REST"),
        (Event(Kind.TROUBLE, AT, text="not stored: disk full"), "trouble: not stored: disk full"),
    ],
)
def test_each_event_is_a_sentence(happened: Event, sentence: str) -> None:
    """What happened is said as in Mailsac's own log, and why where it did not happen."""
    assert summary(happened) == sentence


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_sentence_with_the_reason(kind: Kind) -> None:
    """No kind is left without words, whichever fields it has."""
    assert len(summary(Event(kind, AT))) > 3
    if kind not in (Kind.STORED, Kind.PUBLISHED):
        assert summary(event(kind, text="because")).endswith(": because")


def test_every_kind_is_in_the_document_and_no_other() -> None:
    """The table of docs/activity.md is the vocabulary, in its order."""
    table = DOCUMENT.read_text().split("## What is noted\n", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^\| `([a-z_]+)` \|", table, flags=re.MULTILINE) == [kind.name.lower() for kind in Kind]


def test_every_field_is_in_the_document_and_no_other() -> None:
    """The table of fields in docs/activity.md names those of an event, in their order."""
    table = DOCUMENT.read_text().split("| Field | |\n", 1)[1].split("\n\n", 1)[0]
    rows = re.findall(r"^\| (`[^|]+) \|", table, flags=re.MULTILINE)
    assert [name for row in rows for name in re.findall(r"`([^`]+)`", row)] == list(event_json(event(Kind.STORED), 1))


def test_json_has_every_field() -> None:
    """An event that is followed has no number, all else is there."""
    value = event_json(event(Kind.STORED, peer="192.0.2.1", count=812, milliseconds=1.26, session="s1"))
    assert value == {
        "at": "2026-11-22T08:01:10.004Z",
        "kind": "stored",
        "summary": "inbound to a@b.test",
        "account": "ada",
        "address": "a@b.test",
        "message": "m1-0",
        "peer": "192.0.2.1",
        "session": "s1",
        "channel": "",
        "text": "",
        "detail": "",
        "count": 812,
        "milliseconds": 1.3,
        "similar": 0,
    }


def test_cells_are_no_formulas() -> None:
    """What a stranger wrote is text in a spreadsheet too."""
    row = event_row(event(Kind.REJECTED, text="=HYPERLINK(1)", detail="a\x00b", peer="-1"), 7)
    assert row[:3] == ["7", "2026-11-22T08:01:10.004Z", "rejected"]
    assert (row[7], row[10], row[11], row[12]) == ("'-1", "'=HYPERLINK(1)", "a\N{REPLACEMENT CHARACTER}b", "")


@pytest.mark.parametrize("name", ["socket_opened", "socket-opened", " SOCKET_OPENED "])
def test_kinds_have_names(name: str) -> None:
    """Dashes, underscores and case are the same."""
    assert kind_named(name) is Kind.SOCKET_OPENED
    assert kind_named("web socket opened") is None
