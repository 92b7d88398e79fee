"""The route that sends an account a test mail."""

from email import message_from_bytes, policy

import attrs
import pytest
from twisted.internet.defer import Deferred, fail, succeed

from mailsockd.actions.addresses import Addresses
from mailsockd.actions.ports import StorageTrouble
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.api import test_message as route
from mailsockd.mail.message import parse
from mailsockd.state.addresses import Address
from mailsockd.web.router import HTTPError, Router
from tests.api.house import NOW, House
from tests.web.talk import Answer, Talk, request


def translated(error: Exception) -> HTTPError | None:
    if isinstance(error, StorageTrouble):
        return HTTPError(503, "The server cannot store this now.")
    return HTTPError(error.status, error.message, error.errors) if isinstance(error, Refusal) else None


@attrs.define
class Sender:
    """The route over a fake reception; ada owns a@b.test, bob owns bob@b.test and the domain private.test."""

    sent: list[tuple[str, str, bytes]] = attrs.Factory(list)
    answers: "list[Deferred[str]]" = attrs.Factory(list)
    house: House = attrs.Factory(House)
    talk: Talk = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        house = self.house
        for owner, address in (("ada", "a@b.test"), ("ada", '"a<i>&grün"@b.test'), ("bob", "bob@b.test")):
            house.book.put(Address(address, owner, NOW, NOW))
        registry = Registry(house.accounts, house.book, house.domains, house.store)
        rights = Rights(house.book, house.domains)
        addresses = Addresses(registry, rights, house.mailbox, house.subscriptions, any_domain=False, now=lambda: NOW)
        routes = route.TestMessageRoutes(addresses, self.inject, hostname="mail.test", now=lambda: NOW)
        self.talk = Talk(Router(routes, authenticate=house.accounts.by_key, translate=translated))

    def inject(self, sender: str, recipient: str, content: bytes) -> "Deferred[str]":
        self.sent.append((sender, recipient, content))
        return self.answers.pop() if self.answers else succeed("queueid")

    def ask(self, email: str, who: str = "ada") -> Answer:
        headers = {"Mailsac-Key": f"k_{who}"} if who else {}
        self.talk.send(request("POST", f"/mailsockd/v1/addresses/{email}/test-message", headers=headers))
        (answer,) = self.talk.answers()
        return answer


@pytest.fixture
def sender() -> Sender:
    return Sender()


def test_a_test_mail_goes_to_the_address_and_its_id_is_answered(sender: Sender) -> None:
    """The owner of an address gets one mail, and the answer names the message that it became."""
    answer = sender.ask("A@B.test")
    assert (answer.status, answer.body) == (200, b'{"_id":"queueid-0","inbox":"a@b.test"}')
    [(envelope_sender, recipient, _)] = sender.sent
    assert (envelope_sender, recipient) == ("mailsockd@mail.test", "a@b.test")


def test_the_mail_has_text_and_html_that_name_the_account_and_the_address(sender: Sender) -> None:
    """The content is a valid mail with a text and an HTML part, both about this address at this moment."""
    sender.ask("a@b.test")
    content = sender.sent[0][2]
    assert b"\n" not in content.replace(b"\r\n", b"")
    read = message_from_bytes(content, policy=policy.default)
    assert read.defects == []
    assert read["Subject"] == "It works: your test mail"
    assert read["From"] == "mailsockd <mailsockd@mail.test>"
    assert read["To"] == "a@b.test"
    assert read["Date"] == "Sun, 22 Nov 2026 08:01:10 +0000"
    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    mail = parse(content)
    for body in (mail.text, mail.html):
        assert "Hello ada" in body
        assert "a@b.test" in body
        assert "2026-11-22 08:01:10 UTC" in body


def test_what_an_address_holds_is_no_markup(sender: Sender) -> None:
    """An address with letters of HTML and of other scripts stands in the text as it is and in the HTML escaped."""
    assert sender.ask("%22a%3Ci%3E%26gr%C3%BCn%22@b.test").status == 200
    mail = parse(sender.sent[0][2])
    assert '"a<i>&grün"@b.test' in mail.text
    assert "&quot;a&lt;i&gt;&amp;grün&quot;@b.test" in mail.html
    assert "<i>" not in mail.html


def test_no_two_test_mails_have_one_message_id(sender: Sender) -> None:
    """Every test mail has a Message-ID of its own, so that no program drops the second as a copy."""
    sender.ask("a@b.test")
    sender.ask("a@b.test")
    first, second = (parse(content).message_id for _, _, content in sender.sent)
    assert first.endswith("@mail.test")
    assert first != second


@pytest.mark.parametrize(
    ("who", "email", "status", "message"),
    [
        ("", "a@b.test", 401, "Not authorized. You may need to log in first."),
        ("eve", "a@b.test", 401, "Not authorized. You may need to log in first."),
        ("ada", "bob@b.test", 401, "bob@b.test is owned by another account."),
        ("admin", "bob@b.test", 401, "bob@b.test is owned by another account."),
        ("ada", "x@private.test", 401, "x@private.test is owned by another account."),
        ("bob", "x@private.test", 404, "The private address was not found for this user."),
        ("ada", "nobody@b.test", 404, "The private address was not found for this user."),
    ],
)
def test_only_the_owner_of_an_address_may_have_one_sent(
    sender: Sender, who: str, email: str, status: int, message: str
) -> None:
    """Without a key, for another's address or one that nobody reserved, nothing is sent and the answer says why."""
    answer = sender.ask(email, who)
    assert (answer.status, answer.json["message"]) == (status, message)
    assert sender.sent == []


def test_what_is_no_address_is_refused(sender: Sender) -> None:
    """Text that is no address is a 400 that names the field."""
    answer = sender.ask("nonsense")
    assert answer.status == 400
    assert answer.json["validationErrors"][0].startswith("email: ")
    assert sender.sent == []


def test_a_full_disk_is_said_and_not_hidden(sender: Sender) -> None:
    """When the mail cannot be stored, the answer is the refusal and no id."""
    sender.answers.append(fail(StorageTrouble("disk full")))
    answer = sender.ask("a@b.test")
    assert (answer.status, answer.json) == (
        503,
        {"message": "The server cannot store this now.", "error": "Service Unavailable", "status": 503},
    )
