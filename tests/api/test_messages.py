"""The routes for messages, as bytes on a connection."""

import pytest

from mailsockd.mail.message import parse
from tests.api.house import House

MAIL = (
    b"From: Robot <robot@shop.test>\r\nTo: ci@b.test\r\nReceived: one\r\nReceived: two\r\n"
    b"Subject: =?utf-8?q?H=C3=A4llo?=\r\n\r\nCode 1234\r\nhttps://shop.test/c?t=1\r\n"
)
TRACE = (
    "from client.test ([192.0.2.1]) by mail.test ([127.0.0.1]) with ESMTP id m1-0 "
    "for <a@b.test>; Sun, 22 Nov 2026 08:01:11 +0000"
)


@pytest.fixture
def house() -> House:
    return House()


def test_list_shows_every_field(house: House) -> None:
    """A list item has all documented keys in the documented order, and seq."""
    house.put(MAIL)
    (item,) = house.json("GET", "/api/addresses/a@b.test/messages")
    assert list(item.items()) == [
        ("_id", "m1-0"),
        ("from", [{"address": "robot@shop.test", "name": "Robot"}]),
        ("to", [{"address": "ci@b.test", "name": ""}]),
        ("cc", []),
        ("bcc", []),
        ("subject", "Hällo"),
        ("savedBy", None),
        ("inbox", "a@b.test"),
        ("originalInbox", "a@b.test"),
        ("domain", "b.test"),
        ("received", "2026-11-22T08:01:11.004Z"),
        ("size", len(MAIL)),
        ("attachments", []),
        ("ip", "192.0.2.1"),
        ("via", "127.0.0.1"),
        ("folder", "inbox"),
        ("labels", []),
        ("read", None),
        ("rtls", False),
        ("links", ["https://shop.test/c?t=1"]),
        ("spam", 0),
        ("seq", 1),
    ]
    assert house.json("GET", "/api/addresses/a@b.test/messages/m1-0") == item


def test_json_is_compact_and_unescaped(house: House) -> None:
    """There is no space after a colon or comma and no escaped letter, as scraping clients expect."""
    house.put(MAIL)
    body = house.ask("GET", "/api/addresses/a@b.test/messages").body.decode()
    assert '"links":["https://shop.test/c?t=1"]' in body
    assert '"subject":"Hällo"' in body


def test_list_limit_and_until(house: House) -> None:
    """The newest come first; 20 by default, as many as asked up to 1000, none later than `until`."""
    for number in range(25):
        house.put(b"Subject: %d\r\n\r\n" % number)
    path = "/api/addresses/a@b.test/messages"
    assert [item["seq"] for item in house.json("GET", path)] == list(range(25, 5, -1))
    assert [item["seq"] for item in house.json("GET", f"{path}?limit=2")] == [25, 24]
    assert house.json("GET", f"{path}?limit=0") == []
    assert len(house.json("GET", f"{path}?limit=1000&until=2026-11-22T08:01:12.004Z")) == 2
    assert len(house.json("GET", f"{path}?limit=1000&until=2999-12-31T23:59:59.999Z")) == 25
    for wrong in ("limit=x", "limit=-1", "limit=1001", "until=yesterday"):
        answer = house.ask("GET", f"{path}?{wrong}")
        assert answer.status == 400
        assert wrong.split("=")[0] in answer.json["message"]


def test_text_raw_and_headers(house: House) -> None:
    """Text, raw and the three forms of headers are those of the message with its trace header before it."""
    house.put(MAIL)
    text = house.ask("GET", "/api/text/a@b.test/m1-0")
    assert (text.headers["content-type"], text.body) == (
        "text/plain; charset=utf-8",
        b"Code 1234\nhttps://shop.test/c?t=1",
    )
    raw = house.ask("GET", "/api/raw/a@b.test/m1-0")
    assert raw.body.endswith(b"08:01:11 +0000\r\n" + MAIL)
    assert b"for <a@b.test>;" in raw.body
    base = "/api/addresses/a@b.test/messages/m1-0/headers"
    assert house.json("GET", base) == {
        "received": [TRACE, "one", "two"],
        "from": ["Robot <robot@shop.test>"],
        "to": ["ci@b.test"],
        "subject": ["Hällo"],
    }
    assert house.json("GET", f"{base}?messageHeadersFormat=json-ordered") == [
        {"name": "received", "value": TRACE},
        {"name": "from", "value": "Robot <robot@shop.test>"},
        {"name": "to", "value": "ci@b.test"},
        {"name": "received", "value": "one"},
        {"name": "received", "value": "two"},
        {"name": "subject", "value": "Hällo"},
    ]
    plain = house.ask("GET", f"{base}?format=plain&messageHeadersFormat=plain")
    assert plain.headers["content-type"] == "text/plain; charset=utf-8"
    assert plain.body.startswith(b"Received: from client.test") and b"Subject: =?utf-8?q?H=C3=A4llo?=" in plain.body
    assert house.json("GET", "/api/headers/a@b.test/m1-0")["received"] == [TRACE, "one", "two"]
    assert house.json("GET", "/api/headers/a@b.test/m1-0")["subject"] == "Hällo"
    assert house.ask("GET", f"{base}?format=xml").status == 400


def test_downloads_are_attachments(house: House) -> None:
    """With download=1 a browser saves the answer under the message's id."""
    house.put(MAIL)
    for path, name in (("text", "m1-0.txt"), ("raw", "m1-0.eml")):
        answer = house.ask("GET", f"/api/{path}/a@b.test/m1-0?download=1")
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "content-disposition" not in house.ask("GET", "/api/raw/a@b.test/m1-0").headers


def test_count_delete_and_purge(house: House) -> None:
    """Counting, deleting one and purging answer as documented."""
    house.ask("POST", "/api/addresses/a@b.test")
    for _ in range(3):
        house.put(MAIL, owner="ada")
    house.put(MAIL, owner="ada", saved_by="ada")
    assert house.json("GET", "/api/addresses/a@b.test/message-count") == {"count": 4, "inbox": "a@b.test"}
    answer = house.ask("DELETE", "/api/addresses/a@b.test/messages/m1-0")
    assert answer.body == b'{"message":"Message was deleted.","_id":"m1-0","inbox":"a@b.test"}'
    assert house.ask("DELETE", "/api/addresses/a@b.test/messages/m1-0").status == 404
    purged = house.ask("DELETE", "/api/addresses/a@b.test/messages/")
    assert (purged.status, purged.body) == (204, b"")
    assert [item["_id"] for item in house.json("GET", "/api/addresses/a@b.test/messages")] == ["m4-0"]


def test_public_inboxes_are_everybodys(house: House) -> None:
    """Any key reads and deletes single messages of a public inbox; purging it needs ownership; no key, no answer."""
    house.put(MAIL)
    assert house.json("GET", "/api/addresses/a@b.test/messages", "bob")[0]["_id"] == "m1-0"
    refused = house.ask("DELETE", "/api/addresses/a@b.test/messages", "bob")
    assert (refused.status, refused.json["message"]) == (
        401,
        "Cannot delete messages for inbox that is not owned by this account",
    )
    assert house.ask("GET", "/api/addresses/a@b.test/messages", None).status == 401
    assert house.ask("DELETE", "/api/addresses/a@b.test/messages/m1-0", "bob").status == 200


def test_an_unknown_inbox_is_empty(house: House) -> None:
    """An inbox that never had mail lists and counts nothing."""
    assert house.json("GET", "/api/addresses/never@b.test/messages") == []
    assert house.json("GET", "/api/addresses/never@b.test/message-count")["count"] == 0


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/api/addresses/a@b.test/messages", 403, "a@b.test is owned by another account."),
        ("GET", "/api/addresses/a+x@b.test/messages", 403, "a@b.test is owned by another account."),
        ("GET", "/api/addresses/a@b.test/message-count", 403, "a@b.test is owned by another account."),
        ("GET", "/api/addresses/a@b.test/messages/m1-0", 404, "No permission to view message m1-0"),
        ("DELETE", "/api/addresses/a@b.test/messages/m1-0", 404, "No permission to view message m1-0"),
        ("GET", "/api/addresses/a@b.test/messages/m1-0/headers", 404, "No permission to view message m1-0"),
        ("GET", "/api/text/a@b.test/m1-0", 404, "No permission to view message m1-0"),
        ("GET", "/api/raw/a@b.test/m1-0", 404, "No permission to view message m1-0"),
        ("GET", "/api/headers/a@b.test/m1-0", 404, "No permission to view message m1-0"),
        ("GET", "/api/raw/other@b.test/m1-0", 404, "Message not found by id m1-0 and inbox other@b.test"),
        ("DELETE", "/api/addresses/a@b.test/messages", 401, None),
    ],
)
@pytest.mark.parametrize("who", ["bob", "admin"])
def test_anothers_mail(house: House, who: str, method: str, path: str, status: int, message: str | None) -> None:
    """Another account, an administrator too, gets the documented refusal and never a word of the mail."""
    house.ask("POST", "/api/addresses/a@b.test")
    house.put(MAIL, owner="ada")
    answer = house.ask(method, path, who)
    assert answer.status == status
    if message is not None:
        assert answer.json["message"] == message
    assert b"1234" not in answer.body
    assert len(house.mailbox.messages) == 1


def test_a_later_owner_sees_only_new_mail(house: House) -> None:
    """After release and a new reservation the old mail stays with its old owner, and neither sees the other's."""
    house.ask("POST", "/api/addresses/a@b.test")
    house.put(MAIL, owner="ada")
    house.ask("DELETE", "/api/addresses/a@b.test")
    house.ask("POST", "/api/addresses/a@b.test", "bob")
    house.put(MAIL, owner="bob")
    assert [item["_id"] for item in house.json("GET", "/api/addresses/a@b.test/messages", "bob")] == ["m2-0"]
    assert house.ask("GET", "/api/raw/a@b.test/m1-0", "bob").status == 404


def test_a_message_without_a_key_is_not_to_be_seen(house: House) -> None:
    """Showing one message without a key, or with a wrong one, is the documented 404, whether it is there or not."""
    house.put(MAIL)
    for id in ("m1-0", "m9-0"):
        for who in (None, "nobody"):
            answer = house.ask("GET", f"/api/addresses/a@b.test/messages/{id}", who)
            assert (answer.status, answer.json["message"]) == (404, f"No permission to view message {id}")
    assert house.ask("DELETE", "/api/addresses/a@b.test/messages/m1-0", None).status == 401
    assert house.ask("GET", "/api/text/a@b.test/m1-0", None).status == 401


@pytest.mark.parametrize(
    "content",
    [
        b"From a@shop.test Sun Nov 22 07:30:51 2026\r\nSubject: mbox\r\n\r\nBody\r\n",
        b"\xef\xbb\xbfSubject: mark\r\n\r\nBody\r\n",
        b" folded into nothing\r\nSubject: fold\r\n\r\nBody\r\n",
        b"X: y\r\n" * 1000 + b"\r\nBody\r\n",
    ],
)
def test_contents_are_those_of_the_frame(house: House, content: bytes) -> None:
    """Headers and text are read from the bytes as received, as for the socket, and not from behind the trace header."""
    message = house.put(content)
    mail = parse(content)
    found = house.json("GET", f"/api/addresses/a@b.test/messages/{message.id}/headers?format=json-ordered")
    assert found[0]["name"] == "received"
    assert [(header["name"], header["value"]) for header in found[1:]] == [
        (name.lower(), value) for name, value in mail.headers
    ]
    older = house.json("GET", f"/api/headers/a@b.test/{message.id}")
    assert older.keys() == {"received", *(name.lower() for name, _ in mail.headers)}
    assert house.ask("GET", f"/api/text/a@b.test/{message.id}").body == b"Body"
