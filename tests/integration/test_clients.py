"""Mail through the clients that other people wrote, and the kinds of mail that clients send."""

import email
import hashlib
import json
import smtplib
import subprocess
import uuid
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import websocket

from tests.integration.clients import Talk, call, frame, listen, new_address, rest
from tests.integration.daemon import DOMAIN, Daemon
from tests.integration.test_journey import swaks

MIB = 1024 * 1024


def send_with_smtplib(daemon: Daemon, address: str, subject: str, folder: Path) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "robot@shop.example", address, subject
    mail.set_content("Hello.\n")
    with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as client:
        assert client.send_message(mail) == {}


def send_with_curl(daemon: Daemon, address: str, subject: str, folder: Path) -> None:
    content = folder / "mail"
    content.write_bytes(f"From: robot@shop.example\r\nSubject: {subject}\r\n\r\nHello.\r\n".encode())
    subprocess.run(
        ["curl", "-sS", f"smtp://127.0.0.1:{daemon.smtp}", "--mail-from", "robot@shop.example", "--mail-rcpt", address,
         "-T", str(content)],
        check=True, timeout=30,
    )  # fmt: skip


def send_with_swaks(daemon: Daemon, address: str, subject: str, folder: Path) -> None:
    swaks(daemon, address, "--header", f"Subject: {subject}", "--pipeline")


@pytest.mark.parametrize("send", [send_with_smtplib, send_with_curl, send_with_swaks])
def test_mail_of_each_smtp_client_reaches_each_socket_client(daemon: Daemon, tmp_path: Path, send: Any) -> None:
    """Mail sent by smtplib, curl or swaks is one frame, the same for websockets and for websocket-client."""
    address, subject = new_address(daemon), f"Code {uuid.uuid4().hex}"
    other: Any = websocket.create_connection(
        f"{daemon.socket_url}?_id={daemon.account};key={daemon.key};addresses={address}", timeout=30
    )
    try:
        assert json.loads(other.recv())["msg"] == "Listening"
        with listen(daemon, address) as connection:
            send(daemon, address, subject, tmp_path)
            received = frame(connection)
            assert json.loads(other.recv()) == received
    finally:
        other.close()
    assert (received["subject"], received["inbox"], received["status"]) == (subject, address, 200)
    assert received["from"][0]["address"] == "robot@shop.example"
    assert [item["_id"] for item in rest(daemon, "GET", f"/addresses/{address}/messages")] == [received["_id"]]


@pytest.mark.parametrize("options", [{"compression": "deflate"}, {"compression": None}])
def test_a_client_that_offers_compression_is_served_without(daemon: Daemon, options: dict[str, Any]) -> None:
    """An offer of permessage-deflate is declined, and frames arrive whole all the same."""
    address = new_address(daemon)
    with listen(daemon, address, **options) as connection, Talk.begin(daemon) as talk:
        assert connection.response is not None
        assert "Sec-WebSocket-Extensions" not in connection.response.headers
        talk.mail("a@shop.example", address, b"Subject: x\r\n\r\n" + b"same\r\n" * 20_000)
        assert frame(connection)["text"] == "\n".join(["same"] * 20_000)


def test_a_mail_of_24_mib_reaches_a_reader_that_keeps_up(daemon: Daemon) -> None:
    """A mail near the size limit arrives as one text frame whose `raw` is, byte for byte, what was sent."""
    address = new_address(daemon)
    line = b"0123456789abcdef" * 4 + b" %08d\r\n"
    content = b"Subject: large\r\n\r\n" + b"".join(line % number for number in range(24 * MIB // 75))
    assert 23 * MIB < len(content) < 25 * MIB
    with listen(daemon, address) as connection, Talk.begin(daemon) as talk:
        talk.mail("a@shop.example", address, content)
        received = frame(connection)
    raw = received["raw"].encode()
    assert received["size"] == len(content)
    assert hashlib.sha256(raw[-len(content) :]).digest() == hashlib.sha256(content).digest()
    assert raw[: -len(content)].startswith(b"Received: ")
    assert raw[: -len(content)].count(b"Received:") == 1
    answer = call(daemon, "GET", f"/raw/{address}/{received['_id']}")
    assert hashlib.sha256(answer[1]).digest() == hashlib.sha256(raw).digest()


def test_a_mail_over_the_limit_is_refused_and_the_session_goes_on(daemon: Daemon) -> None:
    """One byte over the limit is 552 at the end of the content, by declaration at once, and the next mail is taken."""
    address = new_address(daemon)
    limit = 25 * MIB
    with Talk.begin(daemon) as talk:
        assert talk.say(f"MAIL FROM:<a@shop.example> SIZE={limit + 1}").startswith("552 5.3.4 ")
        talk.offer("a@shop.example", address)
        head = b"Subject: too large\r\n\r\n"
        talk.send(head + b"x" * (limit + 1 - len(head) - 2) + b"\r\n.\r\n")
        assert talk.reply().startswith("552 5.3.4 ")
        talk.mail("a@shop.example", address, b"Subject: small\r\n\r\n")
    assert [item["subject"] for item in rest(daemon, "GET", f"/addresses/{address}/messages")] == ["small"]


def test_eight_bit_mail_is_kept_byte_for_byte(daemon: Daemon) -> None:
    """Mail with BODY=8BITMIME keeps its bytes; bytes that are no UTF-8 come as latin-1 in `raw`, which says so."""
    address = new_address(daemon)
    utf8 = "Subject: caf\u00e9\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nna\u00efve \u2615\r\n".encode()
    latin1 = b"Subject: x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nna\xefve \xff\r\n"
    with listen(daemon, address) as connection, Talk.begin(daemon) as talk:
        for content in (utf8, latin1):
            assert talk.say("MAIL FROM:<a@shop.example> BODY=8BITMIME").startswith("250 ")
            assert talk.say(f"RCPT TO:<{address}>").startswith("250 ")
            assert talk.say("DATA").startswith("354 ")
            talk.send(content + b".\r\n")
            assert talk.reply().startswith("250 ")
        first, second = frame(connection), frame(connection)
    assert (first["subject"], first["text"]) == ("caf\u00e9", "na\u00efve \u2615")
    assert first["raw"].encode().endswith(utf8)
    assert second["text"] == "na\u00efve \u00ff"
    assert second["rawEncoding"] == "latin1"
    assert second["raw"].encode("latin-1").endswith(latin1)


def test_mail_to_an_address_in_unicode(daemon: Daemon) -> None:
    """With SMTPUTF8 an address may have letters of any script, and REST finds it by them."""
    address = f"\u0438\u0432\u0430\u043d{uuid.uuid4().hex[:8]}@{DOMAIN}"
    path = "/addresses/" + "".join(f"%{byte:02X}" for byte in address.encode())
    rest(daemon, "POST", path, {"enablews": True})
    with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as client:
        client.ehlo()
        assert client.has_extn("smtputf8")
        client.sendmail(
            "\u043e\u0442\u0434\u0435\u043b@shop.example", [address],
            "Subject: \u043f\u0440\u0438\u0432\u0435\u0442\r\n\r\n\u0434\u0430\r\n".encode(),
            mail_options=["SMTPUTF8", "BODY=8BITMIME"],
        )  # fmt: skip
    (message,) = rest(daemon, "GET", f"{path}/messages")
    assert (message["inbox"], message["subject"]) == (address, "\u043f\u0440\u0438\u0432\u0435\u0442")
    assert message["from"] == [{"address": "\u043e\u0442\u0434\u0435\u043b@shop.example", "name": ""}]


def test_a_tag_is_folded_into_its_address(daemon: Daemon) -> None:
    """Mail to a+tag@d arrives at a@d, and `originalInbox` keeps the tag."""
    address = new_address(daemon)
    tagged = address.replace("@", "+tag@")
    with listen(daemon, address) as connection, Talk.begin(daemon) as talk:
        talk.mail("a@shop.example", tagged.upper(), b"Subject: x\r\n\r\n")
        received = frame(connection)
    assert (received["inbox"], received["originalInbox"]) == (address, tagged)


def test_two_recipients_get_a_message_each(daemon: Daemon) -> None:
    """One mail for two addresses is a message in each inbox, with ids that differ in their last number."""
    one, two = new_address(daemon), new_address(daemon)
    with listen(daemon, f"{one},{two}") as connection, Talk.begin(daemon) as talk:
        talk.offer("a@shop.example", one, two, one)
        talk.send(b"Subject: both\r\n\r\n.\r\n")
        token = talk.reply().rpartition(" ")[2]
        received = [frame(connection), frame(connection)]
    assert [(item["_id"], item["inbox"]) for item in received] == [(f"{token}-0", one), (f"{token}-1", two)]
    assert received[0]["seq"] < received[1]["seq"]
    assert call(daemon, "GET", f"/addresses/{one}/messages/{token}-1")[0] == 404


def test_a_notice_without_sender_and_without_from(daemon: Daemon) -> None:
    """Mail from <> that has no From field has one sender without address and name."""
    address = new_address(daemon)
    with listen(daemon, address) as connection, Talk.begin(daemon) as talk:
        talk.mail("", address, b"Subject: Undeliverable\r\n\r\nSorry.\r\n")
        received = frame(connection)
    assert received["from"] == [{"address": "", "name": ""}]
    assert received["text"] == "Sorry."


def test_attachments_and_dots_survive(daemon: Daemon) -> None:
    """A mail with an attachment and lines of dots, as smtplib sends it, is read back as the mail that it was."""
    address = new_address(daemon)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Shop <robot@shop.example>", address, "Invoice"
    mail.set_content(".\n..\n.leading\n")
    mail.add_attachment(b"abc", maintype="application", subtype="pdf", filename="invoice.pdf")
    with listen(daemon, address) as connection:
        with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as client:
            client.send_message(mail)
        received = frame(connection)
    assert received["attachments"] == ["900150983cd24fb0d6963f7d28e17f72"]
    assert received["from"] == [{"address": "robot@shop.example", "name": "Shop"}]
    again: Any = email.message_from_string(received["raw"])
    assert again.get_payload(0).get_payload() == ".\r\n..\r\n.leading\r\n"
    assert again.get_payload(1).get_payload(decode=True) == b"abc"
