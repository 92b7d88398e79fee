"""Mail that an account submits with a password: where it goes, whose it is, and who may submit it."""

from typing import Any

import attrs
import pytest
from twisted.internet.defer import ensureDeferred, succeed

from mailsockd.actions.ports import Selection
from mailsockd.actions.receive import Reception
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.mail.envelope import Bytes, Envelope
from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Account, Accounts
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.domains import Domain, Domains
from tests.actions.test_signin import Door
from tests.fakes import MemoryMailbox, MemoryStore

CONTENT = b"Subject: Hello\r\n\r\nHello\r\n"


class House:
    """ada captures; bob has an address here and one outside; b.test is served, and so is ada.test, which is private."""

    def __init__(self, private: bool = False, any_domain: bool = False) -> None:
        book = AddressBook(
            b"secret",
            [
                Address("ada@b.test", "ada", 1.0, 1.0),
                Address("bob@b.test", "bob", 1.0, 1.0),
                Address("bob@outside.test", "bob", 1.0, 1.0),
            ],
        )
        served = [
            Domain("b.test", "admin", 1.0, 1.0, configured=True),
            Domain("ada.test", "ada", 1.0, 1.0, verified=True, is_private=True),
        ]
        domains = Domains(served, any_domain)
        accounts = Accounts([Account("ada", 1.0, 1.0, capture_private=private), Account("bob", 1.0, 1.0)])
        self.rights = Rights(book, domains)
        self.mailbox = MemoryMailbox()
        self.published: list[Message] = []
        self.activity = ActivityLog(lambda: 1.0)
        self.reception = Reception(
            Registry(accounts, book, domains, MemoryStore()),
            self.rights,
            self.mailbox,
            lambda messages, mail, content: self.published.extend(messages),
            self.activity,
            lambda function, content: succeed(function(content)),
            hostname="mx.test",
            any_domain=any_domain,
            unreserved=True,
            monotonic=lambda: 0.0,
            now=lambda: 1.0,
        )

    def capture(self, *recipients: str, account: str = "ada") -> list[Message]:
        """Have an account submit a mail; give its messages."""
        for recipient in recipients:
            self.reception.capture(recipient, "192.0.2.9")
        envelope = Envelope("app@shop.test", recipients, "192.0.2.9", "app", "127.0.0.1", 2.0, account=account)
        self.reception.receive(envelope, Bytes(CONTENT))
        return self.mailbox.messages

    def seen(self, reader: str | None, email: str) -> list[str]:
        """Give the inboxes of what a reader finds under an address."""
        inbox = self.rights.inbox(email)
        found: list[Any] = []
        self.mailbox.newest(Selection(inbox, reader), 10).addCallback(found.extend)
        return [message.inbox for message in found]


@pytest.mark.parametrize(
    ("recipient", "inbox", "owner"),
    [
        ("mycustomer@gmail.com", "mycustomer@gmail.com", ""),
        ("mycustomer+tag@gmail.com", "mycustomer+tag@gmail.com", ""),
        ("inbox-0123@gmail.com", "inbox-0123@gmail.com", ""),
        ("nobody+tag@b.test", "nobody@b.test", ""),
        ("ada+tag@b.test", "ada@b.test", "ada"),
        ("bob@b.test", "bob@b.test", "bob"),
        ("bob+tag@outside.test", "bob@outside.test", "bob"),
        ("any@ada.test", "any@ada.test", "ada"),
    ],
)
def test_where_captured_mail_goes(recipient: str, inbox: str, owner: str) -> None:
    """As it was written outside of our domains, by the usual rules inside; who owns an address has its mail."""
    (message,) = House().capture(recipient)
    assert (message.inbox, message.original, message.owner) == (inbox, recipient, owner)
    assert (message.submitter, message.saved_by) == ("ada", None)


@pytest.mark.parametrize(
    ("recipient", "owner", "saved_by"),
    [
        ("mycustomer@gmail.com", "ada", "ada"),
        ("nobody@b.test", "ada", "ada"),
        ("ada@b.test", "ada", "ada"),
        ("bob@b.test", "bob", None),
    ],
)
def test_private_captures_are_the_accounts_alone(recipient: str, owner: str, saved_by: str | None) -> None:
    """With capturePrivate they are owned and saved by it, but for what goes to another's address."""
    (message,) = House(private=True).capture(recipient)
    assert (message.owner, message.saved_by) == (owner, saved_by)


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("email", ["mycustomer@gmail.com", "MyCustomer+tag@Gmail.com"])
def test_what_was_captured_is_read_where_it_was_sent_to(private: bool, email: str) -> None:
    """Its account finds it under the address as it was written; others only what is public."""
    house = House(private)
    house.capture("mycustomer@gmail.com", "mycustomer+tag@gmail.com")
    assert house.seen("ada", email) == [email.lower()]
    assert house.seen("bob", email) == ([] if private else [email.lower()])
    assert house.seen(None, email) == ([] if private else [email.lower()])


def test_where_every_domain_is_taken_tags_are_folded_everywhere() -> None:
    """Mail that comes by itself and mail that is captured meet in the same inbox."""
    house = House(any_domain=True)
    (message,) = house.capture("mycustomer+tag@gmail.com")
    assert message.inbox == "mycustomer@gmail.com"
    assert house.seen("ada", "mycustomer+tag@gmail.com") == ["mycustomer@gmail.com"]


def test_what_was_captured_is_in_the_accounts_activity() -> None:
    """Stored, in the name of who submitted it, also when the inbox is public."""
    house = House()
    house.capture("mycustomer@gmail.com")
    assert [(event.kind, event.account, event.address) for event in house.activity] == [
        (Kind.STORED, "ada", "mycustomer@gmail.com")
    ]


def test_mail_from_anybody_has_no_submitter() -> None:
    """And goes by the usual rules."""
    house = House(private=True)
    (message,) = house.capture("nobody+tag@b.test", account="")
    assert (message.inbox, message.owner, message.saved_by, message.submitter) == ("nobody@b.test", "", None, "")


@pytest.mark.parametrize(
    ("user", "key", "account"),
    [
        ("ada", "k_ada", "ada"),
        (" Ada ", "k_ada", "ada"),
        ("a@b.test", "k_ada", "ada"),
        ("A+tag@B.test", "k_ada", "ada"),
        ("any@ada.test", "k_ada", "ada"),
        ("bob", "k_ada", None),
        ("a@b.test", "k_bob", None),
        ("any@ada.test", "k_bob", None),
        ("public@b.test", "k_bob", None),
        ("a@b.test", "correct horse", None),
        ("ada", "", None),
        ("", "k_ada", None),
    ],
)
def test_who_may_submit(user: str, key: str, account: str | None) -> None:
    """The account's name, its addresses and those of its domains, with a key of the account and nothing else."""
    door = Door()
    outcome: list[Any] = []
    signing = ensureDeferred(door.signing_in.capture(user, key, "192.0.2.7"))
    signing.addCallbacks(lambda admitted: outcome.append(admitted.account.name), lambda _: outcome.append(None))
    assert outcome == [account]


def test_a_key_that_is_revoked_opens_nothing_more() -> None:
    """Who signed in with it is told so when asked."""
    door = Door()
    outcome: list[Any] = []
    ensureDeferred(door.signing_in.capture("ada", "k_ada", "192.0.2.7")).addCallback(outcome.append)
    assert outcome[0].holds()
    (key,) = door.accounts.keys_of("ada")
    door.accounts.remove_key(key.digest)
    assert not outcome[0].holds()


def test_guessing_is_bounded_and_disabled_accounts_stay_out() -> None:
    """After twenty failures from one place even the right key has to wait."""
    door = Door()
    statuses: list[int] = []
    for key in ["guess"] * 20 + ["k_ada"]:
        signing = ensureDeferred(door.signing_in.capture("ada", key, "192.0.2.7"))
        signing.addErrback(lambda failure: failure.trap(Refusal) and statuses.append(failure.value.status))
    assert statuses == [401] * 20 + [429]
    account = door.accounts.get("ada")
    assert account is not None
    door.accounts.put(attrs.evolve(account, disabled=True))
    signing = ensureDeferred(door.signing_in.capture("ada", "k_ada", "192.0.2.8"))
    signing.addErrback(lambda failure: failure.trap(Refusal) and statuses.append(failure.value.status))
    assert statuses[-1] == 401
