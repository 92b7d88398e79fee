"""Stars, labels, folders and read marks, as bytes on a connection."""

from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from mailsockd.mail.stored import Message
from tests.api.house import House
from tests.web.talk import request

MAIL = b"From: Robot <robot@shop.test>\r\nSubject: Hello\r\n\r\nHi\r\n"
BASE = "/api/addresses/a@b.test/messages/m1-0"


@pytest.fixture
def house() -> House:
    house = House()
    house.put(MAIL)
    return house


def test_a_star_is_toggled(house: House) -> None:
    """The first call stars for the caller, the second takes the star away; both answer the whole message."""
    starred = house.json("PUT", f"{BASE}/star")
    assert (starred["_id"], starred["savedBy"], starred["subject"]) == ("m1-0", "ada", "Hello")
    assert house.json("GET", BASE) == starred
    assert house.json("PUT", f"{BASE}/star")["savedBy"] is None


def test_a_starred_public_message_is_hidden_from_others(house: House) -> None:
    """It is neither listed nor found nor changed by another account until its star is gone."""
    house.ask("PUT", f"{BASE}/star")
    assert house.json("GET", "/api/addresses/a@b.test/messages", "bob") == []
    for method, path in (
        ("GET", BASE),
        ("PUT", f"{BASE}/star"),
        ("PUT", f"{BASE}/labels/x"),
        ("PUT", f"{BASE}/folder/spam"),
        ("PUT", f"{BASE}/read/true"),
        ("GET", f"{BASE}/attachments"),
        ("DELETE", BASE),
    ):
        refused = house.ask(method, path, "bob")
        assert (refused.status, refused.json["message"]) == (404, "Message not found by id m1-0 and inbox a@b.test")
    house.ask("PUT", f"{BASE}/star")
    assert house.json("GET", BASE, "bob")["savedBy"] is None


def test_starred_messages_are_listed(house: House) -> None:
    """The list has what this account starred, own and public, newest first, within limit and until."""
    house.ask("POST", "/api/addresses/own@b.test")
    house.put(MAIL, "own@b.test", "ada")
    house.put(MAIL, "other@b.test")
    for inbox, number in (("a", 1), ("own", 2), ("other", 3)):
        house.ask("PUT", f"/api/addresses/{inbox}@b.test/messages/m{number}-0/star", "bob" if inbox == "a" else "ada")
    path = "/api/addresses/starred/messages"
    assert [item["_id"] for item in house.json("GET", path)] == ["m3-0", "m2-0"]
    assert [item["_id"] for item in house.json("GET", f"{path}?limit=1")] == ["m3-0"]
    assert [item["_id"] for item in house.json("GET", f"{path}?until=2026-11-22T08:01:12.004Z")] == ["m2-0"]
    assert [item["_id"] for item in house.json("GET", path, "bob")] == ["m1-0"]
    assert house.json("GET", path, "admin") == []
    assert house.ask("GET", f"{path}?limit=x").status == 400


def test_labels_are_added_and_removed(house: House) -> None:
    """Both answer id and labels; a label that is there stays where it is, one that is not is no error."""
    assert house.ask("PUT", f"{BASE}/labels/work").body == b'{"_id":"m1-0","labels":["work"]}'
    assert house.json("PUT", f"{BASE}/labels/taxes%202026") == {"_id": "m1-0", "labels": ["work", "taxes 2026"]}
    assert house.json("PUT", f"{BASE}/labels/work")["labels"] == ["work", "taxes 2026"]
    assert house.json("DELETE", f"{BASE}/labels/other")["labels"] == ["work", "taxes 2026"]
    assert house.json("DELETE", f"{BASE}/labels/work")["labels"] == ["taxes 2026"]
    assert house.json("GET", BASE)["labels"] == ["taxes 2026"]


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("a/b", "a/b"),
        ("a%2Fb", "a/b"),
        ("a//b", "a//b"),
        ("a/b/", "a/b"),
        ("%C3%A4+b", "ä+b"),
        ("%22%3Cb%3E", '"<b>'),
        ("..", ".."),
    ],
)
def test_labels_are_any_text(house: House, written: str, label: str) -> None:
    """A label may have slashes, encoded or not, and any character that is not a control."""
    assert house.json("PUT", f"{BASE}/labels/{written}")["labels"] == [label]
    assert house.json("DELETE", f"{BASE}/labels/{written}")["labels"] == []


@pytest.mark.parametrize(
    ("body", "labels"),
    [
        ({"labels": ["a", "b/c", "a"]}, ["a", "b/c"]),
        ({"labels": "one, two"}, ["one, two"]),
        ({"labels": []}, []),
        ({"labels": ""}, []),
        (b"labels=a&labels=b", ["a", "b"]),
        (b"labels=a", ["a"]),
    ],
)
def test_labels_are_replaced(house: House, body: object, labels: list[str]) -> None:
    """PUT on the labels themselves puts those of the body in the place of all."""
    house.ask("PUT", f"{BASE}/labels/old")
    assert house.json("PUT", f"{BASE}/labels", body=body) == {"_id": "m1-0", "labels": labels}


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("PUT", "labels", {"labels": 1}, "labels must be a list of strings, or a string"),
        ("PUT", "labels", {"labels": ["a", 2]}, "labels must be a list of strings, or a string"),
        ("PUT", "labels", {}, "labels must be a list of strings, or a string"),
        ("PUT", "labels/%20", b"", "The labels are not valid: a label has 1 to 200 characters."),
        ("PUT", "labels/" + "x" * 201, b"", "The labels are not valid: a label has 1 to 200 characters."),
        ("PUT", "labels/a%0Ab", b"", "The labels are not valid: a label has no control characters."),
        ("PUT", "labels/a%00", b"", "The labels are not valid: a label has no control characters."),
        (
            "PUT",
            "labels",
            {"labels": [str(number) for number in range(101)]},
            "The labels are not valid: a message has at most 100 labels.",
        ),
        ("PUT", "folder/bin", b"", "folder must be one of inbox, all, spam, trash, sent, drafts"),
        ("PUT", "read/yes", b"", "read must be true, false, 1 or 0."),
    ],
)
def test_wrong_values_are_named(house: House, method: str, path: str, body: object, message: str) -> None:
    """What is not a label, a folder or a flag is a 400 that names the field, and changes nothing."""
    before = house.json("GET", BASE)
    answer = house.ask(method, f"{BASE}/{path}", body=body)
    assert (answer.status, answer.json["message"]) == (400, message)
    assert house.json("GET", BASE) == before


def test_a_full_message_takes_no_further_label(house: House) -> None:
    """The hundred-and-first label is refused, the hundred before stay."""
    house.ask("PUT", f"{BASE}/labels", body={"labels": [str(number) for number in range(100)]})
    assert house.ask("PUT", f"{BASE}/labels/more").status == 400
    assert len(house.json("GET", BASE)["labels"]) == 100


@pytest.mark.parametrize("folder", ["all", "spam", "trash", "sent", "drafts", "inbox"])
def test_a_message_is_moved(house: House, folder: str) -> None:
    """The answer is id and folder, and so is what is read later."""
    assert house.ask("PUT", f"{BASE}/folder/{folder}").body == b'{"_id":"m1-0","folder":"%s"}' % folder.encode()
    assert house.json("GET", BASE)["folder"] == folder


@pytest.mark.parametrize(
    ("written", "read"), [("true", True), ("True", True), ("1", True), ("false", False), ("FALSE", False), ("0", False)]
)
def test_a_message_is_marked(house: House, written: str, read: bool) -> None:
    """The flag is written in any case, or as a number."""
    assert house.json("PUT", f"{BASE}/read/{written}") == {"_id": "m1-0", "read": read}
    assert house.json("GET", BASE)["read"] is read


@pytest.mark.parametrize("path", ["star", "labels/x", "folder/spam", "read/true"])
def test_empty_forms_are_fine(house: House, path: str) -> None:
    """A PUT may be declared a form and have no body, as clients send it."""
    house.talk.send(
        request("PUT", f"{BASE}/{path}", b"", "application/x-www-form-urlencoded", {"Mailsac-Key": "k_bob"})
    )
    (answer,) = house.talk.answers()
    assert answer.status == 200


@pytest.mark.parametrize("path", ["star", "labels/x", "labels", "folder/spam", "read/true"])
def test_no_get_changes_anything(house: House, path: str) -> None:
    """GET and HEAD on the routes that change a message are 405."""
    before = house.mailbox.messages[0]
    assert house.ask("GET", f"{BASE}/{path}").status == 405
    house.talk.send(request("HEAD", f"{BASE}/{path}", headers={"Mailsac-Key": "k_ada"}))
    (answer,) = house.talk.answers(heads=1)
    assert answer.status == 405
    assert house.mailbox.messages == [before]


@pytest.mark.parametrize("who", ["bob", "admin"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "star"),
        ("PUT", "labels/x"),
        ("DELETE", "labels/x"),
        ("PUT", "folder/spam"),
        ("PUT", "read/true"),
        ("GET", "attachments"),
        ("GET", "attachments/x"),
    ],
)
def test_anothers_messages_are_left_alone(house: House, who: str, method: str, path: str) -> None:
    """Of an inbox of another account nothing is changed or told; a wrong address with the right id is not found."""
    house.ask("POST", "/api/addresses/own@b.test")
    house.put(MAIL, "own@b.test", "ada")
    before = list(house.mailbox.messages)
    refused = house.ask(method, f"/api/addresses/own@b.test/messages/m2-0/{path}", who)
    assert (refused.status, refused.json["message"]) == (404, "No permission to view message m2-0")
    missed = house.ask(method, f"/api/addresses/else@b.test/messages/m2-0/{path}", who)
    assert (missed.status, missed.json["message"]) == (404, "Message not found by id m2-0 and inbox else@b.test")
    assert house.ask(method, f"/api/addresses/own@b.test/messages/m2-0/{path}", None).status == 401
    assert house.mailbox.messages == before


class SlowMailbox:
    """Holds back the writing of labels until it is told to go on."""

    def __init__(self, house: House) -> None:
        self._label = house.mailbox.label
        self._held: list[Deferred[None]] = []
        house.mailbox.label = self.label  # type: ignore[method-assign]

    def label(self, message: Message, labels: tuple[str, ...]) -> "Deferred[Message | None]":
        held: Deferred[Any] = Deferred()
        self._held.append(held)
        return held.addCallback(lambda _: self._label(message, labels))

    def go_on(self) -> None:
        self._held.pop(0).callback(None)


def test_two_labels_at_once_are_both_kept(house: House) -> None:
    """Changes of one message wait for each other, so that neither overwrites the other."""
    slow = SlowMailbox(house)
    first, second = house.connection(), house.connection()
    first.send(request("PUT", f"{BASE}/labels/one", headers={"Mailsac-Key": "k_ada"}))
    second.send(request("PUT", f"{BASE}/labels/two", headers={"Mailsac-Key": "k_bob"}))
    slow.go_on()
    slow.go_on()
    assert first.answers()[0].json["labels"] == ["one"]
    assert second.answers()[0].json["labels"] == ["one", "two"]


def test_a_change_goes_on_when_the_client_leaves(house: House) -> None:
    """What has begun is finished, and the next change builds on it."""
    slow = SlowMailbox(house)
    leaving, staying = house.connection(), house.connection()
    leaving.send(request("PUT", f"{BASE}/labels/one", headers={"Mailsac-Key": "k_ada"}))
    staying.send(request("PUT", f"{BASE}/labels/two", headers={"Mailsac-Key": "k_ada"}))
    leaving.channel.connectionLost(Failure(ConnectionDone()))
    slow.go_on()
    slow.go_on()
    assert staying.answers()[0].json["labels"] == ["one", "two"]


def test_a_message_deleted_meanwhile_is_not_found(house: House) -> None:
    """Between reading and changing the message may go; that is a 404."""
    house.mailbox.star = lambda message, account: succeed(None)  # type: ignore[method-assign]
    assert house.ask("PUT", f"{BASE}/star").status == 404
