"""The activity over the control socket: listing it, following it, and the command for both."""

import json
from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from mailsockd.state.activity import Kind
from tests.control.house import House
from tests.web.talk import Talk, request

MAIL = b"From: Shop <shop@d.test>\r\nSubject: Order\r\n\r\nThanks.\r\n"


@pytest.fixture
def house() -> House:
    house = House()
    house.json("POST", "accounts", {"_id": "ada"})
    house.json("POST", "addresses/a@mail.test?account=ada", {})
    return house


def event(**fields: Any) -> dict[str, Any]:
    return {
        "_id": 1,
        "at": "2026-11-22T08:01:10.004Z",
        "kind": "stored",
        "summary": "inbound to a@mail.test",
        "account": "ada",
        "address": "a@mail.test",
        "message": "m1-0",
        "peer": "192.0.2.1",
        "session": "",
        "channel": "",
        "text": "",
        "detail": "",
        "count": 812,
        "milliseconds": 1.3,
        "similar": 0,
        **fields,
    }


class Follower:
    """A connection that follows activity."""

    def __init__(self, house: House, query: str = "") -> None:
        self.talk = Talk(house.router)
        self.talk.send(request("GET", f"/control/v1/activity/follow{query}"))
        self.head, _, self._rest = self.talk.heard().partition(b"\r\n\r\n")

    def lines(self) -> list[Any]:
        """The lines that came since the last time, out of their chunks."""
        data, self._rest = self._rest + self.talk.heard(), b""
        content = b""
        while data:
            size, _, data = data.partition(b"\r\n")
            content, data = content + data[: int(size, 16)], data[int(size, 16) + 2 :]
        return [json.loads(line) for line in content.splitlines()]


def test_an_operator_sees_everything_with_details(house: House) -> None:
    """All accounts' events are listed, newest first, with what receivers answered."""
    house.activity.record(Kind.FAILED, account="ada", address="a@mail.test", channel="webhook", detail="no room")
    house.activity.record(Kind.REFUSED, peer="192.0.2.4")
    found = house.json("GET", "activity")
    assert [(one["kind"], one["account"], one["detail"]) for one in found] == [
        ("refused", "", ""),
        ("failed", "ada", "no room"),
    ]
    assert [one["kind"] for one in house.json("GET", "activity?account=ada&q=ROOM&limit=1")] == ["failed"]
    assert [one["kind"] for one in house.json("GET", "activity?kind=refused&before=2")] == []
    answer = house.ask("GET", "activity?kind=nonsense")
    assert (answer.status, answer.json["message"][:30]) == (400, "kind must be one of connected,")


def test_following_begins_with_what_was(house: House) -> None:
    """The newest events come first, oldest of them first, then each new one, without a gap and once."""
    house.receive("a@mail.test", MAIL)
    house.receive("b@mail.test", MAIL)
    follower = Follower(house, "?kind=stored&limit=1")
    assert b"\r\nContent-Type: application/x-ndjson; charset=utf-8" in follower.head
    first, before = follower.lines()
    assert first == {"status": 200, "msg": "Following"}
    assert before["summary"] == "inbound to b@mail.test"
    house.receive("a@mail.test", MAIL)
    assert [(line["summary"], "_id" in line) for line in follower.lines()] == [("inbound to a@mail.test", False)]


def test_following_has_what_happens_while_the_disk_is_read(house: House) -> None:
    """An event between the question to the disk and its answer is neither lost nor shown twice."""
    listed = house.activities.listed

    def late(wanted: Any, limit: int) -> Any:
        found = listed(wanted, limit)
        house.activity.record(Kind.STORED, address="late@mail.test")
        return found

    house.activities.listed = late  # type: ignore[method-assign]
    house.receive("a@mail.test", MAIL)
    follower = Follower(house, "?kind=stored&limit=5")
    assert [line.get("address") for line in follower.lines()] == [None, "a@mail.test", "late@mail.test"]


def test_only_what_is_wanted_is_followed(house: House) -> None:
    """Conditions hold for what happens later too, and nothing that was is shown unless asked for."""
    house.receive("a@mail.test", MAIL)
    follower = Follower(house, "?address=A%2Btag@mail.test&kind=stored")
    house.receive("b@mail.test", MAIL)
    house.receive("a@mail.test", MAIL)
    assert [line.get("address") for line in follower.lines()] == [None, "a@mail.test"]


def test_a_follower_that_goes_leaves_nothing_behind(house: House) -> None:
    """When the operator ends it, nothing listens any more; a wrong question never begins to."""
    before = dict(house.activity._listeners)
    follower = Follower(house)
    assert all(len(now) == len(before[kind]) + 1 for kind, now in house.activity._listeners.items())
    follower.talk.channel.connectionLost(Failure(ConnectionDone()))
    assert house.activity._listeners == before
    assert b" 400 " in Follower(house, "?kind=nonsense").head
    assert house.activity._listeners == before


def test_the_command_shows_lines(house: House) -> None:
    """For people the newest event is the last line, with whose it is and what is known of it."""
    house.activity.record(
        Kind.STORED, account="ada", address="a@mail.test", message="m1-0", peer="192.0.2.1", count=812, milliseconds=1.3
    )
    house.activity.record(
        Kind.FAILED, account="ada", address="a@mail.test", message="m1-0", channel="webhook", text="it answered 503",
        detail="no \x1b[31mroom",
    )  # fmt: skip
    run = house.ctl("activity", "--message", "m1")
    assert run.status == 0
    assert run.out.splitlines() == [
        "2026-11-22 08:01:10.004  inbound to a@mail.test  (m1-0, account ada, from 192.0.2.1, 812 bytes, 1.3 ms)",
        "2026-11-22 08:01:10.004  not published to webhook for a@mail.test, given up: it answered 503"
        "  (m1-0, account ada)",
        "                         no \N{REPLACEMENT CHARACTER}[31mroom",
    ]
    assert [one["kind"] for one in house.ctl("activity", "--json", "--kind", "failed,refused").json] == ["failed"]
    assert house.ctl("activity", "--account", "bob").out == "none\n"
    assert house.ctl("activity", "--kind", "x").err.startswith("mailsockctl: kind must be one of connected, refused")


def test_the_command_follows(house: House) -> None:
    """Each event is a line until Ctrl-C; JSON is passed on as it comes."""
    lines = ({"status": 200, "msg": "Following"}, event(), {"skipped": 3})
    run = house.ctl("activity", "--follow", lines=lines)
    assert run.out.splitlines() == [
        "following; Ctrl-C ends it",
        "2026-11-22 08:01:10.004  inbound to a@mail.test  (m1-0, account ada, from 192.0.2.1, 812 bytes, 1.3 ms)",
        "(3 events came faster than they could be shown)",
        "",
    ]
    run = house.ctl("activity", "--follow", "--json", lines=lines)
    assert [json.loads(line) for line in run.out.splitlines()] == list(lines)
