"""Where mail goes: addresses, tags, aliases and catch-alls, by SMTP and in the paths of REST, written out."""

from collections.abc import Sequence
from typing import Any

import pytest
from twisted.internet.defer import succeed

from mailsockd.actions.receive import Reception, Rejected
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.mail.address import InvalidAddress, canonical
from mailsockd.mail.envelope import Bytes, Envelope
from mailsockd.state.accounts import Account, Accounts
from mailsockd.state.activity import ActivityLog
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.domains import Domain, Domains
from tests.fakes import MemoryMailbox, MemoryStore

SECRET = b"0123456789abcdef"
ADDRESSES = (
    Address("mine@mail.test", "ada", 1.0, 1.0),
    Address("sales@caught.test", "bob", 1.0, 1.0),
    Address("*@caught.test", "bob", 1.0, 1.0, catch_all="caught.test"),
    Address("*@lost.test", "bob", 1.0, 1.0),
    Address("mine@lost.test", "bob", 1.0, 1.0),
)
DOMAINS = (
    Domain("mail.test", "admin", 1.0, 1.0, configured=True),
    Domain("caught.test", "bob", 1.0, 1.0, verified=True, is_private=True),
    Domain("own.test", "bob", 1.0, 1.0, verified=True, is_private=True),
    Domain("shown.test", "bob", 1.0, 1.0, verified=True),
    Domain("lost.test", "bob", 1.0, 1.0, is_private=True),
)
RELEASED = AddressBook(SECRET).alias("gone@mail.test")
ALIAS = AddressBook(SECRET).alias("mine@mail.test")
SALES = AddressBook(SECRET).alias("sales@caught.test")

NOT_HERE, NOBODY = 5_7_1, 5_1_1


class Post:
    """Takes mail as the daemon does, on fakes of the disk."""

    def __init__(self, any_domain: bool = False, unreserved: bool = True) -> None:
        book, domains = AddressBook(SECRET, ADDRESSES), Domains(DOMAINS)
        accounts = Accounts([Account("ada", 1.0, 1.0), Account("bob", 1.0, 1.0)])
        self.rights = Rights(book, domains)
        self.mailbox = MemoryMailbox()
        self.reception = Reception(
            Registry(accounts, book, domains, MemoryStore()),
            self.rights,
            self.mailbox,
            lambda *what: None,
            ActivityLog(lambda: 1.0),
            lambda function, content: succeed(function(content)),
            hostname="mx.mail.test",
            any_domain=any_domain,
            unreserved=unreserved,
            monotonic=lambda: 0.0,
            now=lambda: 1.0,
        )

    def send(self, *recipients: str) -> list[tuple[str, str, str]]:
        """Send a mail; give inbox, original address and owner of each copy. Raises Rejected."""
        taken = [canonical(recipient) for recipient in recipients]
        for recipient in taken:
            self.reception.accept(recipient, "192.0.2.1")
        self.reception.receive(Envelope("a@b.test", tuple(taken), "192.0.2.1", "c", "127.0.0.1", 1.0), Bytes(b"\r\n"))
        return [(message.inbox, message.original, message.owner) for message in self.mailbox.messages]


def outcome(post: Post, recipient: str) -> Any:
    try:
        ((inbox, original, owner),) = post.send(recipient)
    except Rejected as error:
        return int(error.status.replace(".", ""))
    return inbox, original, owner


TABLE: Sequence[tuple[str, Any]] = [
    # An address, whatever its spelling.
    ("mine@mail.test", ("mine@mail.test", "mine@mail.test", "ada")),
    ("MINE@Mail.Test.", ("mine@mail.test", "mine@mail.test", "ada")),
    ('"mine"@mail.test', ("mine@mail.test", "mine@mail.test", "ada")),
    ("any@mail.test", ("any@mail.test", "any@mail.test", "")),
    # Tags: what is behind the first plus.
    ("mine+shop@mail.test", ("mine@mail.test", "mine+shop@mail.test", "ada")),
    ("Mine+Shop+2@mail.test", ("mine@mail.test", "mine+shop+2@mail.test", "ada")),
    ("mine+@mail.test", ("mine@mail.test", "mine+@mail.test", "ada")),
    ('"mine+shop"@mail.test', ("mine@mail.test", "mine+shop@mail.test", "ada")),
    ("+mine@mail.test", ("+mine@mail.test", "+mine@mail.test", "")),
    ('"a b+c"@mail.test', ('"a b+c"@mail.test', '"a b+c"@mail.test', "")),
    # Aliases: at any domain that is served, with a tag, in capitals, quoted without need.
    (f"{ALIAS}@mail.test", ("mine@mail.test", f"{ALIAS}@mail.test", "ada")),
    (f"{ALIAS}@own.test", ("mine@mail.test", f"{ALIAS}@own.test", "ada")),
    (f"{ALIAS}@caught.test", ("mine@mail.test", f"{ALIAS}@caught.test", "ada")),
    (f"{ALIAS}+shop@mail.test", ("mine@mail.test", f"{ALIAS}+shop@mail.test", "ada")),
    (f"{ALIAS.upper()}@mail.test", ("mine@mail.test", f"{ALIAS}@mail.test", "ada")),
    (f'"{ALIAS}"@mail.test', ("mine@mail.test", f"{ALIAS}@mail.test", "ada")),
    (f"{SALES}@mail.test", ("sales@caught.test", f"{SALES}@mail.test", "bob")),
    (f"{ALIAS}@elsewhere.test", NOT_HERE),
    (f"{ALIAS}@lost.test", NOT_HERE),
    (f"{RELEASED}@mail.test", NOBODY),
    (f"{RELEASED}+shop@mail.test", NOBODY),
    ("inbox-support@mail.test", ("inbox-support@mail.test", "inbox-support@mail.test", "")),
    ("inbox-support+1@mail.test", ("inbox-support@mail.test", "inbox-support+1@mail.test", "")),
    (f"{ALIAS}0@mail.test", (f"{ALIAS}0@mail.test", f"{ALIAS}0@mail.test", "")),
    # A catch-all takes what nobody reserved, and no more.
    ("sales@caught.test", ("sales@caught.test", "sales@caught.test", "bob")),
    ("sales+1@caught.test", ("sales@caught.test", "sales+1@caught.test", "bob")),
    ("any@caught.test", ("*@caught.test", "any@caught.test", "bob")),
    ("any+1@caught.test", ("*@caught.test", "any+1@caught.test", "bob")),
    ("*@caught.test", ("*@caught.test", "*@caught.test", "bob")),
    ('"a b"@caught.test', ("*@caught.test", '"a b"@caught.test', "bob")),
    (f"{RELEASED}@caught.test", ("*@caught.test", f"{RELEASED}@caught.test", "bob")),
    ("any@sub.caught.test", NOT_HERE),
    # Domains of accounts: private, public, and one that is not verified any more.
    ("any@own.test", ("any@own.test", "any@own.test", "bob")),
    ("any@shown.test", ("any@shown.test", "any@shown.test", "")),
    ("any@lost.test", NOT_HERE),
    ("mine@lost.test", NOT_HERE),
    ("any@elsewhere.test", NOT_HERE),
    ("postmaster@mx.mail.test", ("postmaster@mx.mail.test", "postmaster@mx.mail.test", "")),
]


@pytest.mark.parametrize(("recipient", "expected"), TABLE, ids=[recipient for recipient, _ in TABLE])
def test_where_mail_for_a_recipient_goes(recipient: str, expected: Any) -> None:
    """Inbox, original address and owner; or the reply: 571 for a domain not served, 511 for no such address."""
    assert outcome(Post(), recipient) == expected


@pytest.mark.parametrize(
    ("asked", "inbox"),
    [
        ("Mine+Shop@Mail.Test", "mine@mail.test"),
        (f"{ALIAS}@mail.test", "mine@mail.test"),
        (f"{ALIAS.upper()}+shop@own.test", "mine@mail.test"),
        (f"{ALIAS}@elsewhere.test", "mine@mail.test"),
        (f"{RELEASED}@mail.test", f"{RELEASED}@mail.test"),
        ("+mine@mail.test", "+mine@mail.test"),
        ('"a b+c"@mail.test', '"a b+c"@mail.test'),
        ("any+1@caught.test", "any@caught.test"),
        ("*@caught.test", "*@caught.test"),
        ("a+x@elsewhere.test", "a+x@elsewhere.test"),
    ],
)
def test_which_inbox_a_path_names(asked: str, inbox: str) -> None:
    """The same folding as for recipients; a domain that is not ours has captured mail alone, and that is literal."""
    assert Post().rights.inbox(asked) == inbox


def test_one_mail_for_several_recipients() -> None:
    """A reserved address gets one copy however it is spelled; a catch-all one for each address it stands in for."""
    post = Post()
    sent = post.send(
        "mine+1@mail.test",
        f"{ALIAS}@mail.test",
        "a@caught.test",
        "b+1@caught.test",
        "b+2@caught.test",
        "sales@caught.test",
    )
    assert sent == [
        ("mine@mail.test", "mine+1@mail.test", "ada"),
        ("*@caught.test", "a@caught.test", "bob"),
        ("*@caught.test", "b+1@caught.test", "bob"),
        ("sales@caught.test", "sales@caught.test", "bob"),
    ]
    assert [message.id.rpartition("-")[2] for message in post.mailbox.messages] == ["0", "1", "2", "3"]


def test_where_unreserved_addresses_are_refused() -> None:
    """A catch-all makes every address of its domain one that is taken; elsewhere a reservation is needed."""
    post = Post(unreserved=False)
    assert outcome(post, "any@caught.test") == ("*@caught.test", "any@caught.test", "bob")
    for recipient in ("any@mail.test", "any@own.test", "inbox-support@mail.test"):
        assert outcome(Post(unreserved=False), recipient) == NOBODY
    assert outcome(Post(unreserved=False), f"{ALIAS}@own.test") == ("mine@mail.test", f"{ALIAS}@own.test", "ada")


def test_where_mail_for_every_domain_is_taken() -> None:
    """Nothing is refused; what stands for nothing is an inbox as it is called, and a lost catch-all catches nothing."""
    for recipient, expected in (
        ("any@elsewhere.test", ("any@elsewhere.test", "any@elsewhere.test", "")),
        (f"{ALIAS}@elsewhere.test", ("mine@mail.test", f"{ALIAS}@elsewhere.test", "ada")),
        (f"{RELEASED}@mail.test", (f"{RELEASED}@mail.test", f"{RELEASED}@mail.test", "")),
        ("any@lost.test", ("any@lost.test", "any@lost.test", "")),
    ):
        assert outcome(Post(any_domain=True), recipient) == expected


@pytest.mark.parametrize(
    "recipient", ["mine@", "@mail.test", "mi ne@mail.test", "mine@mail..test", "mine", '""@mail.test']
)
def test_what_is_no_address(recipient: str) -> None:
    """These never get as far as an inbox."""
    with pytest.raises(InvalidAddress):
        canonical(recipient)
