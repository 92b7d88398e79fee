"""Mail over the control socket: following it, and sending a test mail."""

import base64
import json
from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from mailsockd.actions.ports import StorageTrouble
from tests.control.house import House
from tests.web.talk import Talk, request

MAIL = b"From: Shop <shop@d.test>\r\nSubject: Order\r\n\r\nThanks.\r\n"


@pytest.fixture
def house() -> House:
    house = House()
    for name in ("ada", "bob"):
        house.json("POST", "accounts", {"_id": name})
    house.json("POST", "addresses/a@mail.test?account=ada", {})
    return house


class Follower:
    """A connection that follows mail."""

    def __init__(self, house: House, query: str = "") -> None:
        self.talk = Talk(house.router)
        self.talk.send(request("GET", f"/control/v1/tail{query}"))
        self.head, _, self._rest = self.talk.heard().partition(b"\r\n\r\n")

    def lines(self) -> list[Any]:
        """The lines that came since the last time, out of their chunks."""
        data, self._rest = self._rest + self.talk.heard(), b""
        content = b""
        while data:
            size, _, data = data.partition(b"\r\n")
            content, data = content + data[: int(size, 16)], data[int(size, 16) + 2 :]
        return [json.loads(line) for line in content.splitlines()]


def test_following_begins_with_what_is_followed(house: House) -> None:
    """The head and a Listening line are sent at once, before any mail."""
    follower = Follower(house, "?address=A%2Bx@mail.test&address=Other.test")
    assert follower.head.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nContent-Type: application/x-ndjson; charset=utf-8" in follower.head
    assert follower.lines() == [
        {"status": 200, "msg": "Listening", "addresses": ["a@mail.test"], "domains": ["other.test"]}
    ]


def test_mail_is_shown_when_it_is_stored(house: House) -> None:
    """Each mail to what is followed is one line, in order, whether it goes to web sockets or not."""
    follower = Follower(house, "?address=a+x@mail.test")
    follower.lines()
    for subject in (b"one", b"two"):
        house.receive("a@mail.test", b"Subject: " + subject + b"\r\n\r\nx")
        house.receive("b@mail.test", b"Subject: not followed\r\n\r\nx")
    lines = follower.lines()
    assert [(line["subject"], line["inbox"], line["size"]) for line in lines] == [
        ("one", "a@mail.test", 17),
        ("two", "a@mail.test", 17),
    ]
    assert "raw" not in lines[0]


def test_without_an_address_all_mail_is_followed(house: House) -> None:
    """No item is the firehose, private mail included: who may open the socket is an operator."""
    follower = Follower(house)
    assert follower.lines()[0]["addresses"] == ["*"]
    house.receive("a@mail.test", MAIL)
    house.receive("free@mail.test", MAIL)
    assert [line["inbox"] for line in follower.lines()] == ["a@mail.test", "free@mail.test"]


def test_a_domain_is_followed_by_equality(house: House) -> None:
    """A domain is all of its addresses and no subdomain's."""
    follower = Follower(house, "?address=mail.test")
    follower.lines()
    house.receive("free@mail.test", MAIL)
    house.receive("a@sub.mail.test", MAIL)
    assert [line["inbox"] for line in follower.lines()] == ["free@mail.test"]


def test_an_account_narrows_what_is_shown(house: House) -> None:
    """With `account`, mail is that account's or public, and another's address is refused."""
    follower = Follower(house, "?account=bob")
    follower.lines()
    house.receive("a@mail.test", MAIL)
    house.receive("free@mail.test", MAIL)
    assert [line["inbox"] for line in follower.lines()] == ["free@mail.test"]
    answer = house.ask("GET", "tail?account=bob&address=a@mail.test")
    assert (answer.status, answer.json["message"]) == (403, "a@mail.test is owned by another account.")
    assert house.ask("GET", "tail?account=eve").status == 404


def test_a_wrong_item_is_refused(house: House) -> None:
    """What is neither address nor domain is a 400 that names it."""
    assert house.ask("GET", "tail?address=a@").status == 400
    answer = house.ask("GET", "tail?address=not%20one")
    assert answer.json["validationErrors"][0].startswith("address: not one is not an address or a domain:")


def test_a_frame_holds_the_whole_mail(house: House) -> None:
    """With `frame`, a line is the flat frame of the socket, content as every reader gets it."""
    follower = Follower(house, "?frame=true")
    follower.lines()
    house.receive("a@mail.test", MAIL)
    (frame,) = follower.lines()
    assert (frame["status"], frame["subject"], frame["text"]) == (200, "Order", "Thanks.")
    assert frame["raw"].startswith("Received: from client.test ([192.0.2.1])\r\n by mail.test ([127.0.0.1])")
    assert frame["raw"].endswith(MAIL.decode())
    assert house.threads == []


def test_a_large_frame_is_made_in_a_thread(house: House) -> None:
    """Parsing and encoding of much content does not hold the reactor."""
    follower = Follower(house, "?frame=true")
    follower.lines()
    house.receive("a@mail.test", b"Subject: big\r\n\r\n" + b"x" * 70_000)
    assert len(house.threads) == 1
    assert follower.lines()[0]["subject"] == "big"


def test_a_follower_who_does_not_read_is_sent_nothing_more(house: House) -> None:
    """While the transport is full, messages wait in the store and not in memory."""
    follower = Follower(house)
    follower.lines()
    follower.talk.transport.producer.pauseProducing()
    house.receive("a@mail.test", MAIL)
    assert follower.lines() == []
    follower.talk.transport.producer.resumeProducing()
    assert [line["subject"] for line in follower.lines()] == ["Order"]


def test_a_follower_who_left_costs_nothing(house: House) -> None:
    """When the connection ends, nobody listens any more."""
    follower = Follower(house)
    follower.talk.channel.connectionLost(Failure(ConnectionDone()))
    house.receive("a@mail.test", MAIL)
    assert follower.talk.heard() == b""


def test_a_message_deleted_meanwhile_is_left_out(house: House) -> None:
    """A message that is gone before its turn is no line and no error."""
    follower = Follower(house)
    follower.lines()
    get = house.mailbox.get
    house.mailbox.get = lambda selection, id: get(selection, "another")  # type: ignore[method-assign]
    house.receive("a@mail.test", MAIL)
    house.mailbox.get = get  # type: ignore[method-assign]
    house.receive("free@mail.test", MAIL)
    assert [line["inbox"] for line in follower.lines()] == ["free@mail.test"]


def sent(mail: bytes, **fields: object) -> dict[str, object]:
    return {"from": "Me@D.test", "to": "A@mail.test", "content": base64.b64encode(mail).decode(), **fields}


def test_a_test_mail_is_stored_as_it_is(house: House) -> None:
    """The bytes of the content are the mail; sender and recipient are the envelope."""
    answer = house.json("POST", "mail", sent(MAIL))
    (message,) = house.mailbox.messages
    assert message.id == f"{answer['_id']}-0"
    assert (message.inbox, message.sender, message.ip, message.helo) == (
        "a@mail.test", "me@d.test", "127.0.0.1", "localhost",
    )  # fmt: skip
    assert house.mailbox.contents[message.id] == MAIL


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"to": ""}, "to: must be text"),
        ({"to": "nobody"}, "to: an address needs a local part, an @ and a domain"),
        ({"to": "a@elsewhere.test"}, "to: No mail for elsewhere.test here (smtp.accept is domains)"),
        ({"from": "nobody"}, "from: nobody is not an address: an address needs a local part, an @ and a domain"),
        ({"content": "%%%"}, "content: must be base64"),
        ({"content": ""}, "content: must be text"),
        ({"subject": "x"}, "subject: is not a field here; there are content, from, to"),
    ],
)  # fmt: skip
def test_a_wrong_test_mail_is_refused_by_field(house: House, fields: dict[str, object], reason: str) -> None:
    """What SMTP would not take is not taken here either, and the field is named."""
    answer = house.ask("POST", "mail", sent(MAIL, **fields))
    assert (answer.status, answer.json["validationErrors"]) == (400, [reason])
    assert house.mailbox.messages == []


def test_the_null_sender_is_a_sender(house: House) -> None:
    """Without `from` the mail has the null reverse-path, as bounces have."""
    house.json("POST", "mail", {"to": "a@mail.test", "content": base64.b64encode(MAIL).decode()})
    assert house.mailbox.messages[0].sender == ""


def test_storage_trouble_is_an_error(house: House) -> None:
    """A mail that could not be stored is never answered as if it were."""
    house.mailbox.trouble = StorageTrouble("the disk is full")
    assert house.ask("POST", "mail", sent(MAIL)).status == 500
