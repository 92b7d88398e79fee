"""The clients of Mailsac, unchanged but for the base URL: `@mailsac/api` from npm and pymailsac from PyPI."""

import base64
import hashlib
import json
import os
import re
import smtplib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import attrs
import pytest
from pymailsac import MailsacClient
from pymailsac.client import MailsacException

from tests.integration.clients import new_address
from tests.integration.daemon import DOMAIN, ROOT, Daemon

DRIVER = Path(__file__).parent / "official_client.mjs"
# Two operations of the client stand for chapters of the documentation; Mailsac does not serve them either.
PLACEHOLDERS = {"webSockets.doNotUseWebSocketDocsOnly", "webhooks.doNotUseWebhookDocsOnly"}
# Bytes that are no text in any charset.
LOGO = b"\x89PNG\r\n\x1a\n\x00\xff\xfe"
LOGO_MD5 = hashlib.md5(LOGO).hexdigest()
JSON = "application/json; charset=utf-8"


@attrs.frozen
class Answer:
    status: int
    type: str
    data: Any


@attrs.define
class OfficialClient:
    """The npm client in a process of its own; `succeeded` are the operations that had an answer 2xx."""

    _process: "subprocess.Popen[str]"
    operations: set[str] = attrs.field(factory=set)
    succeeded: set[str] = attrs.field(factory=set)

    def call(self, name: str, *arguments: Any) -> Answer:
        """Call one operation."""
        assert self._process.stdin is not None
        print(json.dumps({"name": name, "args": arguments}), file=self._process.stdin, flush=True)
        return Answer(**self.line())

    def ok(self, name: str, *arguments: Any, status: int = 200, type: str = JSON) -> Any:
        """Call one operation, which must succeed with this status and content type, and give what it answers."""
        answer = self.call(name, *arguments)
        assert (answer.status, answer.type) == (status, type), (name, answer)
        self.succeeded.add(name)
        return answer.data

    def line(self) -> Any:
        """Take one line of the client's."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the client ended"
        return json.loads(line)


@contextmanager
def official_client(daemon: Daemon) -> Iterator[OfficialClient]:
    variables = {"MAILSAC_URL": f"{daemon.url}/api", "MAILSAC_KEY": daemon.key}
    with subprocess.Popen(
        ["node", str(DRIVER)], env={**os.environ, **variables}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            client = OfficialClient(process)
            client.operations.update(client.line())
            yield client
        finally:
            process.kill()


def send(daemon: Daemon, address: str, subject: str) -> None:
    """Send a mail with text, HTML and two attachments."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Cc"] = "Shop <robot@shop.example>", f"You <{address}>", "archive@shop.example"
    mail["Subject"] = subject
    mail.set_content(f"Your code is 4711.\nhttps://shop.example/verify?t={subject}\n", cte="7bit")
    mail.add_alternative(
        '<p onclick="x()">Your code is <b>4711</b>.</p><script>bad()</script><img src="cid:logo">', subtype="html"
    )
    mail.add_attachment(b"No. 1\n", maintype="text", subtype="plain", filename="invoice 1.txt")
    mail.add_attachment(LOGO, maintype="image", subtype="png", filename="logo.png", cid="<logo>")
    with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as smtp:
        assert smtp.sendmail("bounce@shop.example", [address], mail.as_bytes(policy=SMTP)) == {}


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    """Give a daemon of its own to each test: what is counted over all inboxes is this test's mail."""
    with Daemon() as running:
        yield running


def test_every_operation_of_the_official_client(daemon: Daemon) -> None:
    """Each operation that the client has succeeds on real mail with the content that Mailsac documents for it."""
    with official_client(daemon) as client:
        addresses(client)
        send(daemon, f"ours@{DOMAIN}", "one")
        send(daemon, f"ours+tag@{DOMAIN}", "two")
        send(daemon, f"public@{DOMAIN}", "three")
        reading(client)
        attachments(client)
        changing(client)
        unified(client)
        figures(client)
        domains(client)
        deleting(client)
        for name in PLACEHOLDERS:
            answer = client.call(name)
            assert (answer.status, answer.data["error"], answer.type) == (404, "Not Found", JSON)
    assert client.operations - client.succeeded == PLACEHOLDERS
    assert len(client.operations) == 47


def addresses(client: OfficialClient) -> None:
    """Reserve, change, look at and release addresses."""
    one, two = f"ours@{DOMAIN}", f"other@{DOMAIN}"
    assert client.ok("addresses.listAddresses") == []
    available = {"available": True, "email": one, "owned": False}
    assert client.ok("addresses.checkAvailability", one) == available
    made = client.ok("addresses.createAddress", one)
    assert (made["_id"], made["owner"], made["forward"], made["enablews"]) == (one, "admin", None, False)
    assert client.ok("addresses.checkAvailability", one) == {**available, "available": False, "owned": True}
    assert client.call("addresses.createAddress", one).status == 400
    changed = client.ok("addresses.updateAddress", one, {"info": "for CI", "enablews": True})
    assert (changed["info"], changed["enablews"], changed["enabledws"]) == ("for CI", True, True)
    assert client.ok("addresses.getAddress", one) == changed
    bulk = client.ok("addresses.createAddresses", {"addresses": [two, f"third@{DOMAIN}"]})
    assert [address["_id"] for address in bulk] == [two, f"third@{DOMAIN}"]
    released = client.ok("addresses.deleteAddress", two, {"deleteAddressMessages": True})
    assert released == {"message": "Address was released.", "_id": two}
    assert [address["_id"] for address in client.ok("addresses.listAddresses")] == [one, f"third@{DOMAIN}"]


def reading(client: OfficialClient) -> None:
    """List messages, and read one in each of its forms."""
    inbox = f"ours@{DOMAIN}"
    second, first = client.ok("messages.listMessages", inbox)
    assert (first["subject"], second["subject"]) == ("one", "two")
    assert first["from"] == [{"address": "robot@shop.example", "name": "Shop"}]
    assert (first["to"], first["bcc"]) == ([{"address": inbox, "name": "You"}], [])
    assert first["cc"] == [{"address": "archive@shop.example", "name": ""}]
    assert (first["inbox"], first["originalInbox"], first["domain"]) == (inbox, inbox, DOMAIN)
    assert second["originalInbox"] == f"ours+tag@{DOMAIN}"
    assert first["links"] == ["https://shop.example/verify?t=one"]
    assert (first["savedBy"], first["folder"], first["labels"], first["read"]) == (None, "inbox", [], None)
    assert first["attachments"] == [hashlib.md5(b"No. 1\n").hexdigest(), LOGO_MD5]
    assert client.ok("messages.listMessages", inbox, {"limit": 1}) == [second]
    assert client.ok("messages.listMessages", inbox, {"until": first["received"]}) == [first]
    assert client.ok("messages.countMessages", inbox) == {"count": 2, "inbox": inbox}
    id = first["_id"]
    assert client.ok("messages.getMessageMetadata", inbox, id) == first
    text = client.ok("messages.getBodyPlainText", inbox, id, type="text/plain; charset=utf-8")
    assert text == "Your code is 4711.\nhttps://shop.example/verify?t=one\n"
    clean = client.ok("messages.getBodySanitized", inbox, id, type="text/html; charset=utf-8")
    assert "<b>4711</b>" in clean
    assert not any(word in clean for word in ("script", "onclick", "<img"))
    dirty = client.ok("messages.getBodyDirty", inbox, id, type="text/html; charset=utf-8")
    assert f"data:image/png;base64,{base64.b64encode(LOGO).decode()}" in dirty
    raw = client.ok("messages.getFullRawMessage", inbox, id, {"download": True}, type="text/plain; charset=utf-8")
    assert raw.startswith("Received: ")
    assert f"for <{inbox}>;" in raw
    assert raw.count("Subject: one\r\n") == 1
    headers = client.ok("messages.getHeaders", inbox, id)
    assert (headers["subject"], headers["to"], len(headers["received"])) == (["one"], [f"You <{inbox}>"], 1)
    ordered = client.ok("messages.getHeaders", inbox, id, {"messageHeadersFormat": "json-ordered"})
    assert ordered[0]["name"] == "received"
    assert {"name": "subject", "value": "one"} in ordered
    plain = client.ok(
        "messages.getHeaders", inbox, id, {"messageHeadersFormat": "plain"}, type="text/plain; charset=utf-8"
    )
    assert "\r\nSubject: one\r\n" in plain


def attachments(client: OfficialClient) -> None:
    """List and download the attachments of a message."""
    inbox = f"ours@{DOMAIN}"
    id = client.ok("messages.listMessages", inbox)[0]["_id"]
    invoice, logo = client.ok("attachments.listMessageAttachments", inbox, id)
    assert (invoice["fileName"], invoice["contentType"], invoice["length"]) == ("invoice 1.txt", "text/plain", 6)
    assert (logo["checksum"], logo["contentId"], logo["transferEncoding"]) == (LOGO_MD5, "logo", "base64")
    for identifier in (LOGO_MD5, "logo", "<logo>", "logo.png"):
        found = client.ok(
            "attachments.downloadAttachment", inbox, id, identifier, {"format": "arraybuffer"}, type="image/png"
        )
        assert base64.b64decode(found["base64"]) == LOGO
    assert client.call("attachments.downloadAttachment", inbox, id, "none.txt").status == 404


def changing(client: OfficialClient) -> None:
    """Star, label, move and mark a message."""
    inbox = f"ours@{DOMAIN}"
    id = client.ok("messages.listMessages", inbox)[0]["_id"]
    assert client.ok("messages.toggleMessageStar", inbox, id)["savedBy"] == "admin"
    assert [message["_id"] for message in client.ok("messages.listStarredMessages")] == [id]
    for labels in (["taxes 2026"], ["taxes 2026", "a/b"]):
        assert client.ok("messages.addMessageLabel", inbox, id, labels[-1]) == {"_id": id, "labels": labels}
    assert client.ok("messages.deleteMessageLabel", inbox, id, "a/b") == {"_id": id, "labels": ["taxes 2026"]}
    assert client.ok("messages.setMessageFolder", inbox, id, "spam") == {"_id": id, "folder": "spam"}
    assert client.ok("messages.setMessageReadStatus", inbox, id, True) == {"_id": id, "read": True}
    message = client.ok("messages.getMessageMetadata", inbox, id)
    kept = (message["savedBy"], message["labels"], message["folder"], message["read"])
    assert kept == ("admin", ["taxes 2026"], "spam", True)


def unified(client: OfficialClient) -> None:
    """List, filter and search everything that is the account's."""
    everything = client.ok("messages.listInboxMessages", {"limit": 5})
    assert [message["subject"] for message in everything["messages"]] == ["two", "one"]
    assert (everything["unread"], everything["limit"], everything["skip"], everything["since"]) == (1, 5, 0, None)
    found = client.ok("messages.filterInboxMessages", {"andSubjectIncludes": "ON", "andFrom": "shop", "andRead": False})
    assert [message["subject"] for message in found["messages"]] == ["one"]
    assert client.call("messages.filterInboxMessages").status == 400
    found = client.ok("messages.searchInboxMessages", {"query": "robot@shop"})
    assert (found["query"], len(found["messages"])) == ("robot@shop", 2)


def figures(client: OfficialClient) -> None:
    """Ask for the account, for statistics of public mail, and what can be said of addresses."""
    me = client.ok("account.user")
    assert (me["_id"], me["privateAddressCredits"], me["apiAccess"]) == ("admin", 1_000_000, 1)
    stats = client.ok("account.accountStats")
    assert (stats["addresses"], stats["domains"]) == ([f"ours@{DOMAIN}", f"third@{DOMAIN}"], [DOMAIN])
    assert (stats["storedMessages"], stats["starredMessages"]) == (2, 1)
    day = datetime.now(UTC)
    dates = {"startDate": f"{day - timedelta(1):%Y-%m-%d}", "endDate": f"{day + timedelta(1):%Y-%m-%d}"}
    for query in ({}, dates):
        assert client.ok("messageStats.listTopPublicAddresses", query) == [{"_id": f"public@{DOMAIN}", "n": 1}]
        assert client.ok("messageStats.listTopPublicSenders", query) == [{"_id": "robot@shop.example", "n": 1}]
        assert client.ok("messageStats.listTopPublicDomains", query) == [{"_id": DOMAIN, "n": 1}]
    assert {"_id": LOGO_MD5, "n": 1} in client.ok("attachments.listPublicAttachments", dates)
    assert client.ok("attachments.countPublicAttachments", LOGO_MD5) == {"n": 1}
    (public,) = client.ok("attachments.listMessagesForAttachment", LOGO_MD5)
    assert (public["subject"], public["inbox"]) == ("three", f"public@{DOMAIN}")
    logo = client.ok("attachments.downloadPublicAttachment", LOGO_MD5, {"format": "arraybuffer"}, type="image/png")
    assert base64.b64decode(logo["base64"]) == LOGO
    assert client.ok("messageStats.denylist") == []
    for name in ("shop.example", "192.0.2.1", "https://shop.example/"):
        assert client.ok("messageStats.checkDenylist", name) == {"blacklisted": False}
    one = client.ok("emailValidation.validateAddress", f"a+b@{DOMAIN}")
    assert (one["validFormat"], one["isValidFormat"], one["isDisposable"]) == (True, True, True)
    many = client.ok("emailValidation.validateAddressesBulk", {"emails": [f"a+b@{DOMAIN}", "nothing"]})
    assert (many[0], many[1]["isValidFormat"]) == (one, False)


def domains(client: OfficialClient) -> None:
    """List the domains of the account, and the mail in one."""
    (domain,) = client.ok("domains.listDomains")
    assert (domain["_id"], domain["owner"], domain["verified"]) == (DOMAIN, "admin", True)
    shown = client.ok("domains.getDomain", DOMAIN)
    assert (shown["domain"], shown["totalMessages"], shown["catchAllAddress"]) == (domain, 3, None)
    found = client.ok("messages.listDomainMessages", DOMAIN, {"limit": 2})
    assert [message["subject"] for message in found] == ["three", "two"]
    assert client.call("domains.getDomain", "example.org").status == 404


def deleting(client: OfficialClient) -> None:
    """Delete one message, all of an inbox but for starred ones, and all of a domain."""
    inbox, public = f"ours@{DOMAIN}", f"public@{DOMAIN}"
    id = client.ok("messages.listMessages", public)[0]["_id"]
    gone = {"message": "Message was deleted.", "_id": id, "inbox": public}
    assert client.ok("messages.deleteMessage", public, id) == gone
    assert client.call("messages.getMessageMetadata", public, id).status == 404
    client.ok("messages.deleteAllMessages", inbox, status=204, type="")
    assert [message["subject"] for message in client.ok("messages.listMessages", inbox)] == ["two"]
    client.ok("messages.deleteAllDomainMessages", DOMAIN, status=204, type="")
    assert client.ok("messages.listMessages", inbox) == []
    assert client.ok("domains.getDomain", DOMAIN)["totalMessages"] == 0


def test_the_program_of_the_migration_page(daemon: Daemon) -> None:
    """The program that docs/migrating-from-mailsac.md shows prints subject and text of the newest mail."""
    page = (ROOT / "docs/migrating-from-mailsac.md").read_text()
    (program,) = re.findall(r"```js\n(.*?)```", page, flags=re.DOTALL)
    for shown, real in (("http://127.0.0.1:8025", daemon.url), ("@example.org", f"@{DOMAIN}")):
        assert shown in program
        program = program.replace(shown, real)
    with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as smtp:
        smtp.sendmail("you@example.net", [f"user1@{DOMAIN}"], "Subject: Hello\r\n\r\nIt works.\r\n")
    variables = {**os.environ, "MAILSAC_KEY": daemon.key, "NO_PROXY": "127.0.0.1"}
    ran = subprocess.run(
        ["node", "-e", program],
        cwd=DRIVER.parent,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout == "Hello\nIt works.\n"


def test_every_method_of_pymailsac(daemon: Daemon) -> None:
    """The Python client checks the connection, lists, reads and deletes; its models take every message."""
    client = MailsacClient(daemon.key, f"{daemon.url}/api")
    assert client.check_health() is True
    assert MailsacClient("k_wrong", f"{daemon.url}/api").check_health() is False
    address = new_address(daemon)
    assert client.get_messages(address) == []
    for subject in ("one", "two", "three"):
        send(daemon, address, subject)
    with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as smtp:
        smtp.sendmail("", [address], "Received: from a by b\r\n\r\nNo fields.\r\n")
    bare, three, two, one = client.get_messages(address)
    assert [message.subject for message in (one, two, three, bare)] == ["one", "two", "three", ""]
    assert [(person.address, person.name) for person in one.to] == [(address, "You")]
    assert (one.attachments, one.read, one.spam) == ([hashlib.md5(b"No. 1\n").hexdigest(), LOGO_MD5], None, 0)
    assert client.get_message(address, one.id) == one
    assert client.get_message_plain_text(address, bare.id) == "No fields."
    assert client.delete_message(address, one.id) is True
    with pytest.raises(MailsacException, match="Message not found"):
        client.get_message(address, one.id)
    assert client.delete_messages(address) is True
    assert client.get_messages(address) == []
    assert public_methods(client) == {
        "check_health", "delete_message", "delete_messages", "get_message", "get_message_plain_text", "get_messages"
    }  # fmt: skip


def public_methods(client: MailsacClient) -> set[str]:
    return {name for name in dir(client) if not name.startswith("_") and callable(getattr(client, name))}
