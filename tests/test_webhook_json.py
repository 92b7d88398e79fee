"""The body of a web hook."""

from mailsockd.mail.message import parse
from mailsockd.mail.stored import summary_of
from mailsockd.mail.trace import received_value, with_trace
from mailsockd.state.addresses import Address
from mailsockd.state.deliveries import Trial
from mailsockd.state.secrets import SigningSecret
from mailsockd.wire import message_json
from mailsockd.wire.webhook import secret_json, trial_json, webhook_json
from tests.fakes import stored

MAIL = b"""\
From: Shop Robot <robot@shop.test>\r
To: a@b.test\r
Subject: Your code\r
Date: Sun, 22 Nov 2026 09:01:09 +0100\r
Message-ID: <x1@shop.test>\r
X-Priority: 1\r
X-Tag: one\r
X-Tag: two\r
\r
Code 1234\r
"""


def body_of(content: bytes) -> dict[str, object]:
    mail = parse(content)
    message = stored("m-0", received=1795334470.504, size=len(content), seq=17, summary=summary_of(mail, "env@d.test"))
    traced = with_trace(message, content, "mx.test")
    return webhook_json(message, mail, received_value(message, "mx.test"), traced, alias="inbox-00ff")


def test_the_body_is_the_flat_message_and_the_older_fields() -> None:
    """Every field is there, in the order of the contract."""
    received = (
        "from client.test ([192.0.2.1]) by mx.test ([127.0.0.1]) with ESMTP id m-0 for <a@b.test>; "
        "Sun, 22 Nov 2026 08:01:10 +0000"
    )
    body = body_of(MAIL)
    assert list(body.items()) == list(
        {
            "_id": "m-0",
            "to": [{"address": "a@b.test", "name": ""}],
            "from": [{"address": "robot@shop.test", "name": "Shop Robot"}],
            "subject": "Your code",
            "inbox": "a@b.test",
            "originalInbox": "a@b.test",
            "domain": "b.test",
            "received": "2026-11-22T08:01:10.504Z",
            "raw": "Received: from client.test ([192.0.2.1])\r\n by mx.test ([127.0.0.1]) with ESMTP id m-0\r\n for "
            "<a@b.test>; Sun, 22 Nov 2026 08:01:10 +0000\r\n" + MAIL.decode(),
            "size": len(MAIL),
            "rtls": False,
            "ip": "192.0.2.1",
            "spam": 0,
            "headers": {
                "received": received,
                "from": "Shop Robot <robot@shop.test>",
                "to": "a@b.test",
                "subject": "Your code",
                "date": "Sun, 22 Nov 2026 09:01:09 +0100",
                "message-id": "<x1@shop.test>",
                "x-priority": "1",
                "x-tag": ["one", "two"],
            },
            "text": "Code 1234",
            "html": body["html"],
            "via": "127.0.0.1",
            "cc": [],
            "bcc": [],
            "savedBy": None,
            "attachments": [],
            "folder": "inbox",
            "labels": [],
            "read": None,
            "links": [],
            "seq": 17,
            "messageId": "x1@shop.test",
            "priority": "high",
            "date": "2026-11-22T08:01:09.000Z",
            "receivedDate": "2026-11-22T08:01:10.000Z",
            "encryptedInbox": "inbox-00ff",
        }.items()
    )
    assert "Code 1234" in str(body["html"])


def test_it_has_every_field_of_the_message() -> None:
    """What a list shows of a message, the web hook has with the same value."""
    body = body_of(MAIL)
    shown = message_json(
        stored("m-0", received=1795334470.504, size=len(MAIL), seq=17, summary=summary_of(parse(MAIL), ""))
    )
    assert {name: body[name] for name in shown} == shown


def test_mail_that_says_little_has_all_fields_too() -> None:
    """Without Date it is when the mail was received, without Message-ID it is empty; bytes beyond UTF-8 are marked."""
    body = body_of(b"Subject: gr\xfcn\r\n\r\n\xff")
    assert (body["date"], body["messageId"], body["priority"]) == ("2026-11-22T08:01:10.504Z", "", "normal")
    assert body["rawEncoding"] == "latin1"
    assert str(body["raw"]).encode("latin-1").endswith(b"Subject: gr\xfcn\r\n\r\n\xff")
    assert list(body)[7:11] == ["received", "raw", "rawEncoding", "size"]


def test_the_secret_is_told_with_the_one_before_it_while_that_signs() -> None:
    """After its time the older secret is not told any more."""
    address = Address("a@b.test", "ada", 0.0, 0.0)
    secret = SigningSecret("whsec_bmV3", "whsec_b2xk", 1795334470.0)
    both = {
        "_id": "a@b.test",
        "secret": "whsec_bmV3",
        "previous": "whsec_b2xk",
        "previousUntil": "2026-11-22T08:01:10.000Z",
    }
    assert secret_json(address, secret, 1795334469.0) == both
    assert secret_json(address, secret, 1795334470.0) == {**both, "previous": None, "previousUntil": None}


def test_a_trial_is_told() -> None:
    """All fields are there, a status that there is none as well."""
    assert trial_json(Trial(False, None, 3, "the connection was refused")) == {
        "delivered": False,
        "status": None,
        "milliseconds": 3,
        "reason": "the connection was refused",
    }
