"""The route that sends."""

import json
from base64 import b64encode
from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from mailsockd.actions.ports import StorageTrouble
from mailsockd.mail.message import attachment_bytes, parse
from mailsockd.mail.people import Person
from tests.api.house import House

PATH = "/api/outgoing-messages"
FORM = "application/x-www-form-urlencoded"
MAIL = {"from": "a@b.test", "to": "x@b.test", "subject": "Hello", "text": "It works."}


@pytest.fixture
def house() -> House:
    house = House()
    house.json("POST", "/api/addresses/a@b.test")
    house.json("POST", "/api/addresses/bobs@b.test", "bob")
    return house


def sent(house: House, **fields: Any) -> Any:
    return house.json("POST", PATH, body={**MAIL, **fields})


def test_a_mail_is_stored_for_its_recipient(house: House) -> None:
    """The answer names sender, recipients and id; the mail is there under that id, from this machine."""
    answer = sent(house)
    assert list(answer) == ["from", "to", "id"]
    assert (answer["from"], answer["to"], answer["id"][:3]) == ("a@b.test", ["x@b.test"], "fe-")
    (message,) = house.json("GET", "/api/addresses/x@b.test/messages")
    assert message["_id"] == answer["id"].removeprefix("fe-") + "-0"
    assert (message["subject"], message["ip"]) == ("Hello", "127.0.0.1")
    assert message["from"] == [{"address": "a@b.test", "name": ""}]
    assert house.ask("GET", f"/api/text/x@b.test/{message['_id']}").body == b"It works."


@pytest.mark.parametrize(
    ("to", "addresses"),
    [
        ("X@b.test", ["x@b.test"]),
        ("x@b.test, y@b.test", ["x@b.test", "y@b.test"]),
        (["x@b.test", "y@b.test", "z@b.test"], ["x@b.test", "y@b.test", "z@b.test"]),
        ([{"address": "x@b.test", "name": "Ex"}, {"address": "y@b.test"}], ["x@b.test", "y@b.test"]),
        ({"address": "x@b.test", "name": None}, ["x@b.test"]),
        ('"Ex, Y" <x@b.test>', ["x@b.test"]),
        (["x@b.test", "X@b.test"], ["x@b.test"]),
        ("bobs@b.test", ["bobs@b.test"]),
        ("x@private.test", ["x@private.test"]),
    ],
)
def test_every_shape_of_recipients(house: House, to: object, addresses: list[str]) -> None:
    """Text, text with commas, names, lists and objects; each recipient gets one copy of the one mail."""
    assert sent(house, to=to)["to"] == addresses
    assert [message.inbox for message in house.mailbox.messages] == addresses
    assert len({message.id.rpartition("-")[0] for message in house.mailbox.messages}) == 1


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("a+tag@b.test", "a+tag@b.test"),
        ("Ada <A@b.test>", "a@b.test"),
        ([{"address": "a@b.test", "name": "Ada"}], "a@b.test"),
        ("nobodys@b.test", "nobodys@b.test"),
    ],
)
def test_senders(house: House, sender: object, address: str) -> None:
    """An address of the account, or one of a served domain that is nobody's."""
    assert sent(house, **{"from": sender})["from"] == address
    assert house.mailbox.messages[0].sender == address


@pytest.mark.parametrize("sender", ["bobs@b.test", "x@private.test", "a@elsewhere.test"])
def test_senders_that_are_not_the_callers(house: House, sender: str) -> None:
    """Another's address, one in another's domain and a foreign one are refused alike."""
    answer = house.ask("POST", PATH, body={**MAIL, "from": sender})
    reason = "must be an address of this account, or one of a served domain that is nobody's"
    assert (answer.status, answer.json["message"], answer.json["validationErrors"]) == (
        400,
        f"{sender} cannot be used as the sender: it {reason}.",
        [f"from: {reason}"],
    )
    assert house.mailbox.messages == []


def test_the_owner_of_a_domain_sends_from_all_of_it(house: House) -> None:
    """In a domain of one's own every address that nobody else has is fine."""
    answer = house.ask("POST", PATH, "bob", {**MAIL, "from": "any@private.test"})
    assert (answer.status, answer.json["from"]) == (200, "any@private.test")


def test_a_foreign_recipient_names_the_relay(house: House) -> None:
    """Without a relay there is no way out, and nobody gets the mail, not even those who could."""
    answer = house.ask("POST", PATH, body={**MAIL, "to": ["x@b.test", "y@gmail.test"]})
    reason = "gmail.test is not served here, and no relay is configured (relay.host)"
    assert (answer.status, answer.json["message"], answer.json["validationErrors"]) == (
        400,
        f"y@gmail.test cannot be sent to: {reason}.",
        [f"to: {reason}"],
    )
    assert house.mailbox.messages == []
    everywhere = House(any_domain=True)
    assert everywhere.json("POST", PATH, body={**MAIL, "to": "y@gmail.test"})["to"] == ["y@gmail.test"]


def relayed() -> House:
    """Give a house whose relay takes mail for gmail.test."""
    house = House(outside=lambda address: "" if address.endswith("@gmail.test") else "mail leaves for gmail.test alone")
    house.json("POST", "/api/addresses/a@b.test")
    house.json("POST", "/api/addresses/bobs@b.test", "bob")
    return house


def test_mail_that_leaves_is_kept_and_queued() -> None:
    """Recipients here get it; a copy is the account's, in the folder sent, with a delivery for each one outside."""
    house = relayed()
    to = ["x@b.test", "Y@Gmail.test", "z@gmail.test"]
    answer = sent(house, **{"from": "A+x@b.test", "to": to})
    assert answer["to"] == ["x@b.test", "y@gmail.test", "z@gmail.test"]
    id = answer["id"].removeprefix("fe-")
    first, copy = house.mailbox.messages
    assert (first.id, first.inbox, first.folder, first.read) == (f"{id}-0", "x@b.test", "inbox", None)
    assert (copy.id, copy.inbox, copy.owner, copy.folder, copy.read) == (f"{id}-1", "a@b.test", "ada", "sent", True)
    assert copy.sender == "a+x@b.test"
    assert house.mailbox.contents[first.id] == house.mailbox.contents[copy.id]
    found = [(one.channel, one.target, one.message, one.account, one.address) for one in house.mailbox.deliveries]
    assert found == [
        ("relay", "y@gmail.test", copy.id, "ada", "a@b.test"),
        ("relay", "z@gmail.test", copy.id, "ada", "a@b.test"),
    ]
    assert [one.id for one in house.queued] == [0, 0]
    assert [event.address for event in house.activity] == ["x@b.test"]


def test_mail_for_the_outside_alone() -> None:
    """There is the copy and nothing else; large mail goes the same way."""
    house = relayed()
    id = sent(house, to="y@gmail.test", text="x" * 100_000)["id"].removeprefix("fe-")
    assert [(message.id, message.folder) for message in house.mailbox.messages] == [(f"{id}-0", "sent")]
    assert [one.target for one in house.mailbox.deliveries] == ["y@gmail.test"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"from": "nobodys@b.test"}, "from: must be an address of this account for mail to y@gmail.test"),
        (
            {"raw": "From: boss@b.test\r\n\r\nx"},
            "from: must be an address of this account for mail to y@gmail.test",
        ),
        ({"to": "y@other.test"}, "to: mail leaves for gmail.test alone"),
        ({"to": ["y@gmail.test", "x@b.test", "y@other.test"]}, "to: mail leaves for gmail.test alone"),
    ],
)
def test_mail_that_may_not_leave(fields: dict[str, Any], reason: str) -> None:
    """Only an account's own address writes to the outside, in the envelope and in the mail, and only where allowed."""
    house = relayed()
    answer = house.ask("POST", PATH, body={**MAIL, "to": "y@gmail.test", **fields})
    assert (answer.status, answer.json["validationErrors"]) == (400, [reason])
    assert house.mailbox.messages == []


def test_raw_mail_leaves_as_it_is() -> None:
    """A whole mail is sent byte for byte when its From is the sender."""
    house = relayed()
    raw = "From: Ada <a+tag@b.test>\r\nSubject: x\r\n\r\n.x\r\n"
    sent(house, to="y@gmail.test", raw=raw)
    assert list(house.mailbox.contents.values()) == [raw.encode()]


def test_nothing_leaves_where_all_mail_stays() -> None:
    """With smtp.accept: any mail for every domain stays here, with a relay too."""
    house = House(any_domain=True, outside=lambda address: "")
    house.json("POST", "/api/addresses/a@b.test")
    sent(house, to="y@gmail.test")
    assert [message.inbox for message in house.mailbox.messages] == ["y@gmail.test"]
    assert house.mailbox.deliveries == []


def test_an_unreserved_recipient_is_refused_where_smtp_would(house: House) -> None:
    """With inboxes.unreserved: reject, mail for an address that nobody reserved is refused here too."""
    strict = House(unreserved=False)
    strict.json("POST", "/api/addresses/a@b.test")
    answer = strict.ask("POST", PATH, body=MAIL)
    assert (answer.status, answer.json["validationErrors"]) == (400, ["to: No such address: x@b.test"])
    assert strict.ask("POST", PATH, body={**MAIL, "to": "a@b.test"}).status == 200


@pytest.mark.parametrize(
    "to", [["w@b.test", "x@b.test", "y@b.test", "z@b.test"], "w@b.test,x@b.test,y@b.test,z@b.test", ["x@b.test"] * 900]
)
def test_three_recipients_are_the_most(house: House, to: object) -> None:
    """A fourth is refused with the documented text."""
    answer = house.ask("POST", PATH, body={**MAIL, "to": to})
    assert (answer.status, answer.json["message"]) == (400, "The to field exceeds the maximum allowed size")
    assert answer.json["validationErrors"] == ["to: has more than 3 recipients"]


def test_a_whole_mail_is_written(house: House) -> None:
    """Text, HTML, files and trace fields are all in it, and a reader has them back."""
    sent(
        house,
        **{"from": {"address": "a@b.test", "name": "Ada Lovelace"}, "to": [{"address": "x@b.test", "name": "Grün"}]},
        subject="Grüße",
        html='<p>See <a href="https://shop.test/">this</a></p>',
        attachments=[
            {"content": b64encode(b"a\0b").decode(), "encoding": "base64", "filename": "a.bin"},
            {"content": "a,b\n", "filename": "ü.csv", "contentDisposition": "attachment"},
            {"content": "<svg/>", "filename": "l.svg", "cid": "<logo>"},
        ],
        received=[["from one by two; Sun, 22 Nov 2026 08:00:00 +0000"], "from zero by one"],
    )
    (message,) = house.mailbox.messages
    content = house.mailbox.contents[message.id]
    mail = parse(content)
    assert (mail.sender, mail.to) == ((Person("a@b.test", "Ada Lovelace"),), (Person("x@b.test", "Grün"),))
    assert (mail.subject, mail.text) == ("Grüße", "It works.")
    assert mail.html == '<p>See <a href="https://shop.test/">this</a></p>'
    assert [value for name, value in mail.headers if name == "Received"] == [
        "from one by two; Sun, 22 Nov 2026 08:00:00 +0000",
        "from zero by one",
    ]
    assert [
        (found.file_name, found.content_type, found.disposition, found.content_id, attachment_bytes(content, found))
        for found in mail.attachments
    ] == [
        ("a.bin", "application/octet-stream", "attachment", "", b"a\0b"),
        ("ü.csv", "text/csv", "attachment", "", b"a,b\n"),
        ("l.svg", "image/svg+xml", "inline", "logo", b"<svg/>"),
    ]
    assert mail.message_id.endswith("@mail.test")


def test_no_field_can_add_a_header(house: House) -> None:
    """A subject with line ends stays a subject."""
    sent(house, subject="Hi\r\nBcc: y@b.test\r\n\r\nbody")
    (message,) = house.mailbox.messages
    assert (message.summary.subject, message.summary.bcc) == ("Hi Bcc: y@b.test body", ())


def test_a_raw_mail_goes_out_as_it_is(house: House) -> None:
    """raw overrides everything but the envelope; line ends become CRLF."""
    sent(house, raw="From: Else <e@x.test>\nTo: all@x.test\nSubject: Raw\n\nline\r\nlast")
    (message,) = house.mailbox.messages
    assert (message.inbox, message.sender, message.summary.subject) == ("x@b.test", "a@b.test", "Raw")
    assert house.mailbox.contents[message.id] == (
        b"From: Else <e@x.test>\r\nTo: all@x.test\r\nSubject: Raw\r\n\r\nline\r\nlast\r\n"
    )


def test_a_raw_mail_may_name_its_own_envelope(house: House) -> None:
    """Without from and to, its headers say who and to whom, under the same rules."""
    raw = "From: Ada <a@b.test>\r\nTo: x@b.test\r\nCc: y@b.test\r\n\r\nHello\r\n"
    assert house.json("POST", PATH, body={"raw": raw})["to"] == ["x@b.test", "y@b.test"]
    answer = house.ask("POST", PATH, body={"raw": raw.replace("a@b.test", "bobs@b.test")})
    assert (answer.status, answer.json["validationErrors"][0][:5]) == (400, "from:")
    answer = house.ask("POST", PATH, body={"raw": "Subject: nobody\r\n\r\n"})
    assert (answer.status, answer.json["validationErrors"]) == (400, ["from: is missing"])


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"from=a%40b.test&to=x@b.test&subject=Hello&text=It+works.", FORM),
        (b"from=a@b.test&to=x@b.test&to=y@b.test&subject=Hello&text=It%20works.", FORM),
        (json.dumps(MAIL).encode(), FORM),
        (
            b'--b\r\nContent-Disposition: form-data; name="from"\r\n\r\na@b.test\r\n--b\r\n'
            b'Content-Disposition: form-data; name="to"\r\n\r\nx@b.test\r\n--b\r\n'
            b'Content-Disposition: form-data; name="subject"\r\n\r\nHello\r\n--b\r\n'
            b'Content-Disposition: form-data; name="text"\r\n\r\nIt works.\r\n--b--',
            "multipart/form-data; boundary=b",
        ),
    ],
)
def test_forms_are_taken(house: House, body: bytes, content_type: str) -> None:
    """Forms of both kinds, and JSON declared as a form, send the same mail."""
    answer = house.ask("POST", PATH, body=body, content_type=content_type)
    assert (answer.status, answer.json["to"][0]) == (200, "x@b.test")
    assert parse(house.mailbox.contents[house.mailbox.messages[0].id]).text == "It works."


def test_a_form_may_hold_files_as_json(house: House) -> None:
    """The attachments of a form are JSON in text."""
    body = b"from=a@b.test&to=x@b.test&attachments=" + b'[{"content":"abc","filename":"a.txt"}]'
    assert house.ask("POST", PATH, body=body, content_type=FORM).status == 200
    assert house.mailbox.messages[0].summary.attachments == ("900150983cd24fb0d6963f7d28e17f72",)
    answer = house.ask("POST", PATH, body=b"from=a@b.test&to=x@b.test&attachments=[x", content_type=FORM)
    assert (answer.status, answer.json["validationErrors"]) == (400, ["attachments: is not valid JSON"])


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"from": None}, "from: is missing"),
        ({"from": "nobody"}, "from: is not a valid email address"),
        ({"from": "a@b.test, c@b.test"}, "from: must be one address"),
        ({"from": {"address": 5}}, 'from: must be {"address": text, "name": text}'),
        ({"from": "a@b..test"}, "from: the domain has an empty label"),
        ({"to": None}, "to: is missing"),
        ({"to": []}, "to: is missing"),
        ({"to": 5}, "to: must be an address"),
        ({"to": ["x@b.test", "nobody"]}, "to[1]: is not a valid email address"),
        ({"to": [{"name": "Ex"}]}, 'to[0]: must be {"address": text, "name": text}'),
        ({"to": {"address": "x y@b.test"}}, "to: the local part contains a character that needs quotes"),
        ({"to": "x@b.test" * 2000}, "to: must be an address"),
        ({"subject": 5}, "subject: must be text"),
        ({"text": ["a"]}, "text: must be text"),
        ({"html": {}}, "html: must be text"),
        ({"raw": 1}, "raw: must be text"),
        ({"received": 1}, "received: must be a list of text"),
        ({"received": ["x"] * 51}, "received: has more than 50 items"),
        ({"attachments": "x"}, "attachments[0]: must be an object"),
        ({"attachments": [{"content": 1}]}, "attachments[0].content: must be text"),
        ({"attachments": [{"content": "?", "encoding": "base64"}]}, "attachments[0].content: is not valid base64"),
        ({"attachments": [{}, {"encoding": "rot13"}]}, "attachments[1].encoding: must be base64 or byte"),
        (
            {"attachments": [{"contentDisposition": "form-data"}]},
            "attachments[0].contentDisposition: must be attachment or inline",
        ),
        ({"attachments": [{}] * 101}, "attachments: has 101 items, and 100 are allowed"),
    ],
)
def test_fields_that_are_refused(house: House, fields: dict[str, Any], error: str) -> None:
    """Each wrong field is a 400 that names it, and nothing is sent."""
    answer = house.ask("POST", PATH, body={**MAIL, **fields})
    assert (answer.status, answer.json["validationErrors"]) == (400, [error])
    assert house.mailbox.messages == []


def test_a_large_mail_is_read_and_written_in_threads(house: House) -> None:
    """A body beyond the usual bound is taken with a key in the header, and its mail is not made on the reactor."""
    text = "line of text\n" * 30_000
    sent(house, text=text)
    assert len(house.threads) == 4  # the body, the draft, the mail, and its parse on arrival
    assert parse(house.mailbox.contents[house.mailbox.messages[0].id]).text == text


def test_a_mail_that_is_too_large(house: House) -> None:
    """The size of a mail by SMTP holds here too."""
    small = House(largest=100_000)
    small.json("POST", "/api/addresses/a@b.test")
    for fields in ({"text": "x" * 100_001}, {"text": "x" * 99_900}, {"raw": "x" * 100_001}):
        answer = small.ask("POST", PATH, body={**MAIL, **fields})
        assert (answer.status, answer.json["message"]) == (
            413,
            "The mail may have at most 100000 bytes (limits.message_size).",
        )
    assert small.mailbox.messages == []


def test_a_key_is_needed_and_trouble_is_told(house: House) -> None:
    """Without a key nothing is sent; when the disk refuses, the answer is not a success."""
    assert house.ask("POST", PATH, None, MAIL).status == 401
    house.mailbox.trouble = StorageTrouble("full")
    assert house.ask("POST", PATH, body=MAIL).status == 500  # 503 where storage trouble is translated
    assert house.mailbox.messages == []


def test_who_stops_waiting_has_sent_all_the_same(house: House) -> None:
    """A client that hangs up while the mail is being stored changes nothing."""
    house.mailbox.held = []
    body = json.dumps(MAIL).encode()
    connection = house.connection()
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nMailsac-Key: k_ada\r\nContent-Type: application/json\r\n"
    connection.send(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    connection.channel.connectionLost(Failure(ConnectionDone()))
    house.mailbox.held[0].callback(None)
    assert [message.inbox for message in house.mailbox.messages] == ["x@b.test"]
    assert [event.message for event in house.activity] == [house.mailbox.messages[0].id]
