"""What callers without a key may do where the setting api.anonymous_public lets them in, and where it does not."""

import pytest

from tests.api.house import House

LETTER = (
    b"From: robot@shop.test\r\nSubject: Hello\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\nIt works.\r\n--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nabc\r\n--b--\r\n"
)
READING = [
    "/api/addresses/{inbox}/messages",
    "/api/addresses/{inbox}/messages/{id}",
    "/api/text/{inbox}/{id}",
    "/api/body/{inbox}/{id}",
    "/api/dirty/{inbox}/{id}",
    "/api/raw/{inbox}/{id}",
    "/api/addresses/{inbox}/messages/{id}/attachments",
    "/api/addresses/{inbox}/messages/{id}/attachments/a.txt",
]


def house(anonymous_public: bool) -> House:
    """A public mail m1-0 to public@b.test, one m2-0 that bob starred there, and m3-0 to ada's own address."""
    house = House(anonymous_public=anonymous_public)
    house.json("POST", "/api/addresses/adas@b.test")
    house.put(LETTER, inbox="public@b.test")
    house.put(LETTER, inbox="public@b.test", saved_by="bob")
    house.put(LETTER, inbox="adas@b.test", owner="ada")
    return house


@pytest.mark.parametrize("path", READING)
def test_public_mail_is_read_without_a_key(path: str) -> None:
    """With the setting every form of a public message is there, as with a key."""
    path = path.format(inbox="public@b.test", id="m1-0")
    there = house(True)
    answer = there.ask("GET", path, None)
    with_key = there.ask("GET", path, "ada")
    assert (answer.status, with_key.status) == (200, 200)
    assert answer.body == with_key.body


@pytest.mark.parametrize("path", READING[1:])
@pytest.mark.parametrize(("inbox", "id"), [("adas@b.test", "m3-0"), ("public@b.test", "m2-0")])
def test_other_mail_is_not_there_without_a_key(path: str, inbox: str, id: str) -> None:
    """Messages of reserved addresses, and public ones that somebody starred, are 404."""
    assert house(True).ask("GET", path.format(inbox=inbox, id=id), None).status == 404


def test_lists_show_what_is_public() -> None:
    """The list leaves out what somebody starred; that of a reserved address takes a key."""
    there = house(True)
    listed = there.json("GET", "/api/addresses/public@b.test/messages", None)
    assert [message["_id"] for message in listed] == ["m1-0"]
    answer = there.ask("GET", "/api/addresses/adas@b.test/messages", None)
    assert (answer.status, answer.json["message"]) == (401, "Not authorized. You may need to log in first.")


def test_one_message_is_deleted_without_a_key() -> None:
    """A single public message may be deleted, others are not there to be."""
    there = house(True)
    assert there.ask("DELETE", "/api/addresses/public@b.test/messages/m1-0", None).json == {
        "message": "Message was deleted.",
        "_id": "m1-0",
        "inbox": "public@b.test",
    }
    assert there.ask("DELETE", "/api/addresses/public@b.test/messages/m2-0", None).status == 404
    assert there.ask("DELETE", "/api/addresses/adas@b.test/messages/m3-0", None).status == 404
    assert [message.id for message in there.mailbox.messages] == ["m2-0", "m3-0"]


def test_availability_without_a_key() -> None:
    """It tells what can be reserved, and never that anything is the caller's."""
    there = house(True)
    for email, available in (("public@b.test", True), ("adas@b.test", False), ("x@private.test", False)):
        assert there.json("GET", f"/api/addresses/{email}/availability", None) == {
            "available": available,
            "email": email,
            "owned": False,
        }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/addresses"),
        ("GET", "/api/addresses/public@b.test"),
        ("POST", "/api/addresses/public@b.test"),
        ("PUT", "/api/addresses/public@b.test"),
        ("DELETE", "/api/addresses/public@b.test"),
        ("DELETE", "/api/addresses/public@b.test/messages"),
        ("PUT", "/api/addresses/public@b.test/messages/m1-0/star"),
        ("PUT", "/api/addresses/public@b.test/messages/m1-0/labels/a"),
        ("PUT", "/api/addresses/public@b.test/messages/m1-0/folder/spam"),
        ("PUT", "/api/addresses/public@b.test/messages/m1-0/read/true"),
        ("GET", "/api/addresses/starred/messages"),
        ("GET", "/api/inbox"),
        ("GET", "/api/inbox-search?query=Hello"),
        ("POST", "/api/private-addresses-bulk"),
        ("GET", "/api/domains"),
        ("GET", "/api/me/stats"),
        ("GET", "/api/mailstats/top-senders"),
        ("GET", "/api/validations/addresses/a@b.test"),
        ("POST", "/api/outgoing-messages"),
    ],
)
def test_everything_else_takes_a_key(method: str, path: str) -> None:
    """The setting opens nothing that belongs to an account, and changes nothing but by deletion."""
    there = house(True)
    assert there.ask(method, path, None).status == 401
    assert len(there.mailbox.messages) == 3


@pytest.mark.parametrize("path", [*READING, "/api/addresses/{inbox}/availability"])
def test_without_the_setting_a_key_is_needed(path: str) -> None:
    """A missing key is 401, but for one message, which is 404 with Mailsac's own text."""
    path = path.format(inbox="public@b.test", id="m1-0")
    answer = house(False).ask("GET", path, None)
    if path == "/api/addresses/public@b.test/messages/m1-0":
        assert (answer.status, answer.json["message"]) == (404, "No permission to view message m1-0")
    else:
        assert (answer.status, answer.json["message"]) == (401, "Not authorized. You may need to log in first.")
