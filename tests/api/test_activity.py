"""The activity by REST: who sees what, conditions, pages, exports."""

import csv
import io
import json
from typing import Any

import pytest

from mailsockd.state.activity import Kind
from mailsockd.state.addresses import Address
from tests.api.house import NOW, House

PATH = "/mailsockd/v1/activity"


@pytest.fixture
def house() -> House:
    """A house where something happened to ada, to bob and to nobody."""
    house = House()
    house.book.put(Address("mine@b.test", "ada", NOW, NOW))
    house.book.put(Address("his@b.test", "bob", NOW, NOW))
    record = house.activity.record
    record(Kind.STORED, account="ada", address="mine@b.test", message="m1-0", peer="192.0.2.1", count=100)
    record(Kind.UNPUBLISHED, account="ada", address="mine@b.test", message="m1-0", text="nobody listens", count=0)
    record(Kind.FAILED, account="ada", address="mine@b.test", message="m1-0", channel="webhook", detail="Secret body")
    record(Kind.STORED, account="bob", address="his@b.test", message="m2-0", peer="192.0.2.2", count=100)
    record(Kind.STORED, address="any@b.test", message="m3-0", peer="192.0.2.3", count=100)
    record(Kind.REJECTED, address="any@b.test", peer="192.0.2.3", text="552 5.3.4 Too big")
    record(Kind.REFUSED, peer="192.0.2.4", text="421 4.7.0 Too many")
    return house


def ids(house: House, query: str = "", who: str = "ada") -> list[int]:
    return [event["_id"] for event in house.json("GET", f"{PATH}?{query}", who)]


def test_who_sees_what(house: House) -> None:
    """An account sees its own, an administrator everything, newest first; nobody sees anything without a key."""
    assert ids(house) == [3, 2, 1]
    assert ids(house, who="bob") == [4]
    assert ids(house, who="admin") == [7, 6, 5, 4, 3, 2, 1]
    assert house.ask("GET", PATH, None).status == 401


def test_an_administrator_sees_no_details_of_others(house: House) -> None:
    """What a receiver answered is shown to its account, and found by it, and by nobody else."""
    assert house.json("GET", f"{PATH}?kind=failed")[0]["detail"] == "Secret body"
    [event] = house.json("GET", f"{PATH}?kind=failed", "admin")
    assert (event["account"], event["detail"]) == ("ada", "")
    assert ids(house, "q=secret") == [3]
    assert ids(house, "q=secret", "admin") == []


def test_another_account_is_for_administrators(house: House) -> None:
    """`account` chooses among what one may see; another account's is a 403 that does not say whether it exists."""
    assert ids(house, "account=bob", "admin") == [4]
    assert ids(house, "account=ada") == [3, 2, 1]
    answers = [house.ask("GET", f"{PATH}?account={name}") for name in ("bob", "nobody")]
    assert [(answer.status, answer.json["message"]) for answer in answers] == [
        (403, "Only an administrator sees the activity of another account.")
    ] * 2


def test_a_public_inbox_is_everybodys(house: House) -> None:
    """Who names a public inbox sees what happened to it; once somebody has it, only its owner sees what was before."""
    assert ids(house, "address=any%2Btag@b.test") == [6, 5]
    assert ids(house, "address=his@b.test") == []
    house.book.put(Address("any@b.test", "bob", NOW, NOW))
    assert ids(house, "address=any@b.test") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=stored", [5, 4, 1]),
        ("kind=stored,rejected&kind=REFUSED", [7, 6, 5, 4, 1]),
        ("message=m1-0", [3, 2, 1]),
        ("message=m1", [3, 2, 1]),
        ("peer=192.0.2.3", [6, 5]),
        ("q=LISTENS", [2]),
        ("q=web%20hook", []),
        ("q=webhook", [3]),
        ("address=MINE@b.test", [3, 2, 1]),
        ("address=mine@b.test&kind=failed", [3]),
        ("before=3", [2, 1]),
        ("after=5", [7, 6]),
        ("after=0&limit=2", [2, 1]),
        ("limit=2", [7, 6]),
        ("limit=0", []),
        ("since=2026-11-22T08:01:10.005Z", []),
        ("since=2026-11-22T08:01:10.000Z&limit=1", [7]),
        ("until=2026-11-22T08:01:10.000Z", []),
        ("kind=&message=&peer=&q=&before=&after=&account=", [7, 6, 5, 4, 3, 2, 1]),
    ],
)
def test_conditions(house: House, query: str, found: list[int]) -> None:
    """All conditions that are given must hold."""
    assert ids(house, query, "admin") == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("kind=stored,nonsense", "kind"),
        ("address=a@b@c", "address"),
        ("since=yesterday", "since"),
        ("before=0", "before"),
        ("after=-1", "after"),
        ("limit=1001", "limit"),
        ("format=xml", "format"),
        ("format=csv&limit=10001", "limit"),
    ],
)
def test_wrong_conditions_are_named(house: House, query: str, field: str) -> None:
    """A value that says nothing is a 400 with the name of the field."""
    answer = house.ask("GET", f"{PATH}?{query}")
    assert answer.status == 400
    assert answer.json["validationErrors"][0].startswith(f"{field}: ")


def test_others_on_the_same_connection_stay_unknown(house: House) -> None:
    """Whose mail came first on a connection is not told to the others who got mail on it."""
    record = house.activity.record
    record(Kind.CONNECTED, account="ada", peer="192.0.2.9", text="EHLO mx.test, with TLS", session="s1")
    record(Kind.STORED, account="ada", address="mine@b.test", message="m9-0", session="s1")
    record(Kind.STORED, account="bob", address="his@b.test", message="m9-1", session="s1")
    found = house.json("GET", f"{PATH}?message=m9", "bob")
    assert [(event["kind"], event["account"]) for event in found] == [("stored", "bob"), ("connected", "")]
    assert [event["account"] for event in house.json("GET", f"{PATH}?message=m9", "admin")] == ["bob", "ada", "ada"]


def test_json_lines(house: House) -> None:
    """An export in JSON lines has each event of the list as one line."""
    answer = house.ask("GET", f"{PATH}?format=jsonl&kind=stored,failed")
    assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="activity.jsonl"')
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert lines == house.json("GET", f"{PATH}?kind=stored,failed")
    assert [line["_id"] for line in lines] == [3, 1]


def test_csv(house: House) -> None:
    """An export in CSV begins with the names of the fields, also when there is nothing."""
    answer = house.ask("GET", f"{PATH}?format=csv&limit=2")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [(row["_id"], row["kind"], row["count"], row["detail"]) for row in rows] == [
        ("3", "failed", "", "Secret body"),
        ("2", "unpublished", "0", ""),
    ]
    assert house.ask("GET", f"{PATH}?format=csv&q=nowhere").body.count(b"\r\n") == 1


def test_long_exports_are_read_in_pages(house: House) -> None:
    """More events than one page has come once each, in order, and none beyond `after`."""
    for number in range(1200):
        house.activity.record(Kind.STORED, account="ada", address="mine@b.test", message=f"x{number}-0")
    asked: list[int] = []
    listed = house.activities.listed

    def noted(wanted: Any, limit: int) -> Any:
        asked.append(limit)
        return listed(wanted, limit)

    house.activities.listed = noted  # type: ignore[method-assign]
    lines = house.ask("GET", f"{PATH}?format=jsonl&after=1").body.splitlines()
    found = [json.loads(line)["_id"] for line in lines]
    assert found == [*range(1207, 7, -1), 3, 2]
    assert asked == [500, 500, 500]
    house.talk = house.connection()  # the other one has been sent more than it takes at once
    assert len(house.ask("GET", f"{PATH}?format=jsonl&limit=700").body.splitlines()) == 700


READ = [
    ("/api/addresses/mine@b.test/messages/{id}", "as JSON"),
    ("/api/addresses/mine@b.test/messages/{id}/headers", "as headers"),
    ("/api/headers/mine@b.test/{id}", "as headers"),
    ("/api/text/mine@b.test/{id}", "as text"),
    ("/api/body/mine@b.test/{id}", "as safe HTML"),
    ("/api/dirty/mine@b.test/{id}", "as HTML"),
    ("/api/raw/mine@b.test/{id}", "as received"),
    ("/api/addresses/mine@b.test/messages/{id}/attachments", "as a list of attachments"),
]


@pytest.mark.parametrize(("path", "form"), READ)
def test_reading_one_message_is_noted(house: House, path: str, form: str) -> None:
    """Who reads a message, in whatever form, leaves an event with form and peer; who may not see it leaves none."""
    message = house.put(b"Subject: x\r\n\r\nx", inbox="mine@b.test", owner="ada")
    assert house.ask("GET", path.format(id=message.id)).status == 200
    assert house.ask("GET", path.format(id=message.id), "bob").status == 404
    [event] = house.json("GET", f"{PATH}?kind=read", "admin")
    assert {name: event[name] for name in ("account", "address", "message", "peer", "text")} == {
        "account": "ada",
        "address": "mine@b.test",
        "message": message.id,
        "peer": "192.0.2.9",
        "text": f"{form} by REST",
    }


def test_reading_and_deleting_public_mail_is_the_callers(house: House) -> None:
    """What somebody does to a public inbox is in the activity of that account."""
    message = house.put(b"Subject: x\r\n\r\nx")
    house.ask("GET", f"/api/text/a@b.test/{message.id}", "bob")
    house.ask("DELETE", f"/api/addresses/a@b.test/messages/{message.id}", "bob")
    found = house.json("GET", f"{PATH}?kind=read,deleted", "bob")
    assert [(event["kind"], event["address"], event["text"]) for event in found] == [
        ("deleted", "a@b.test", "by bob"),
        ("read", "a@b.test", "as text by REST, by bob"),
    ]


def test_lists_and_changes_are_not_noted(house: House) -> None:
    """Lists, counts, stars and labels leave no event."""
    message = house.put(b"Subject: x\r\n\r\nx", inbox="mine@b.test", owner="ada")
    before = ids(house)
    house.ask("GET", "/api/addresses/mine@b.test/messages")
    house.ask("GET", "/api/addresses/mine@b.test/message-count")
    house.ask("PUT", f"/api/addresses/mine@b.test/messages/{message.id}/star")
    house.ask("PUT", f"/api/addresses/mine@b.test/messages/{message.id}/read/true")
    assert ids(house) == before


def test_deleting_much_is_one_event(house: House) -> None:
    """An inbox that is emptied, an address released with its mail, a domain emptied: one event with the number."""
    house.book.put(Address("other@private.test", "bob", NOW, NOW))
    for inbox, owner in (("mine@b.test", "ada"), ("his@b.test", "bob"), ("x@private.test", "bob")):
        house.put(b"Subject: x\r\n\r\nx", inbox=inbox, owner=owner)
        house.put(b"Subject: y\r\n\r\ny", inbox=inbox, owner=owner)
    house.ask("DELETE", "/api/addresses/mine@b.test/messages")
    house.ask("DELETE", "/api/addresses/mine@b.test/messages")
    house.ask("DELETE", "/api/addresses/his@b.test?deleteAddressMessages=true", "bob")
    house.ask("POST", "/api/domains/private.test/delete-all-domain-mail", "bob")
    found = house.json("GET", f"{PATH}?kind=deleted", "admin")
    assert [(event["account"], event["address"], event["text"], event["count"]) for event in found] == [
        ("bob", "", "2 messages of private.test, by bob", 2),
        ("bob", "his@b.test", "2 messages with the address, by bob", 2),
        ("ada", "mine@b.test", "2 messages by ada", 2),
    ]
