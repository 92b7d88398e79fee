"""Who may sign in to an inbox."""

from typing import Any

import attrs
import pytest
from twisted.internet.defer import Deferred, ensureDeferred

from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.actions.signin import FROM_ONE_PEER, TO_ONE_ADDRESS, Admitted, SigningIn
from mailsockd.state.accounts import Account, Accounts, ApiKey, key_digest
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.domains import Domain, Domains
from tests.fakes import ImmediatePasswords, MemoryStore

NOW = 1_800_000_000.0


class Watched(ImmediatePasswords):
    """Passwords that remember what they were asked to verify; `held` keeps that waiting."""

    def __init__(self) -> None:
        self.verified: list[str] = []
        self.held: Deferred[bool] | None = None

    def verify(self, kept: str, password: str) -> "Deferred[bool]":
        self.verified.append(password)
        return self.held or super().verify(kept, password)


class Door:
    """The accounts ada and bob with a key each; a@b.test is ada's and has a password."""

    def __init__(self) -> None:
        names = ("ada", "bob", "admin")
        self.accounts = Accounts(
            [Account(name, NOW, NOW, admin=name == "admin") for name in names],
            [ApiKey(key_digest(f"k_{name}"), name, "first", "last", NOW) for name in names],
        )
        self.book = AddressBook(
            b"secret",
            [
                Address("a@b.test", "ada", NOW, NOW, password="hash of correct horse"),
                Address("other@b.test", "ada", NOW, NOW),
            ],
        )
        domains = Domains([Domain("ada.test", "ada", NOW, NOW, verified=True, is_private=True)])
        self.time = 0.0
        self.admitted: list[Admitted] = []
        self.activity = ActivityLog(lambda: NOW)
        self.passwords = Watched()
        registry = Registry(self.accounts, self.book, domains, MemoryStore())
        self.signing_in = SigningIn(
            registry, Rights(self.book, domains), self.passwords, self.activity, lambda: self.time
        )

    def start(self, user: str, password: str, peer: str = "192.0.2.7") -> list[Any]:
        """Begin to sign in; the list gets the account's name and the inbox, or the status and the text."""
        outcome: list[Any] = []

        def failed(failure: Any) -> None:
            failure.trap(Refusal)
            outcome.append((failure.value.status, failure.value.message))

        count = len(self.admitted)
        signing = ensureDeferred(self.signing_in.pop3(user, password, peer))
        signing.addCallbacks(self.admitted.append, failed)
        outcome += [(one.account.name, one.inbox) for one in self.admitted[count:]]
        return outcome

    def pop3(self, user: str, password: str, peer: str = "192.0.2.7") -> Any:
        (outcome,) = self.start(user, password, peer)
        return outcome


WRONG = (401, "The user or the password is wrong")
LATER = (429, "Too many sign-ins failed, try again later")


@pytest.mark.parametrize(
    ("user", "password", "outcome"),
    [
        ("a@b.test", "k_ada", ("ada", "a@b.test")),
        ("A+shop@B.test", "k_ada", ("ada", "a@b.test")),
        ("a@b.test", "correct horse", ("ada", "a@b.test")),
        ("other@b.test", "k_ada", ("ada", "other@b.test")),
        ("any@ada.test", "k_ada", ("ada", "any@ada.test")),
        ("public@b.test", "k_bob", ("bob", "public@b.test")),
        ("other@b.test", "correct horse", WRONG),
        ("a@b.test", "k_bob", WRONG),
        ("a@b.test", "k_admin", WRONG),
        ("any@ada.test", "k_bob", WRONG),
        ("public@b.test", "wrong", WRONG),
        ("a@b.test", "Correct horse", WRONG),
        ("a@b.test", "", WRONG),
        ("a@b.test", "hash of correct horse", WRONG),
        ("ada", "k_ada", WRONG),
        ("", "k_ada", WRONG),
        ("k_ada", "a@b.test", WRONG),
    ],
)
def test_who_may_sign_in(user: str, password: str, outcome: Any) -> None:
    """A key of the owner opens any inbox of theirs and public ones, an address's password that address alone."""
    assert Door().pop3(user, password) == outcome


def test_an_alias_is_its_address() -> None:
    """An alias names the address that it stands for."""
    door = Door()
    assert door.pop3(f"{door.book.alias('a@b.test')}@b.test", "correct horse") == ("ada", "a@b.test")


def test_disabled_and_removed_accounts_do_not_sign_in() -> None:
    """Neither a key nor a password speaks for an account that is disabled or gone."""
    door = Door()
    door.accounts.put(Account("ada", NOW, NOW, disabled=True))
    assert door.pop3("a@b.test", "k_ada") == WRONG
    assert door.pop3("a@b.test", "correct horse") == WRONG
    door.accounts.remove("ada")
    assert door.pop3("a@b.test", "correct horse") == WRONG


def test_a_password_that_changes_while_it_is_checked() -> None:
    """What was true when the check began does not count when it ends."""
    door = Door()
    door.passwords.held = held = Deferred()
    outcome = door.start("a@b.test", "correct horse")
    address = door.book.get("a@b.test")
    assert address is not None
    door.book.put(attrs.evolve(address, password="hash of another", owner="bob"))
    held.callback(True)
    assert outcome == [WRONG]


def test_what_opened_an_inbox_may_hold_no_more() -> None:
    """A key that is revoked, and a password that is changed, cleared or released, hold no more."""
    door = Door()
    assert door.pop3("a@b.test", "k_ada") == ("ada", "a@b.test")
    assert door.pop3("a@b.test", "correct horse") == ("ada", "a@b.test")
    by_key, by_password = door.admitted
    assert by_key.holds() and by_password.holds()
    door.accounts.remove_key(key_digest("k_ada"))
    assert (by_key.holds(), by_password.holds()) == (False, True)
    address = door.book.get("a@b.test")
    assert address is not None
    door.book.put(attrs.evolve(address, info="a note"))
    assert by_password.holds()
    door.book.put(attrs.evolve(address, password=None))
    assert not by_password.holds()
    door.book.put(address)
    assert by_password.holds()
    door.book.remove("a@b.test")
    assert not by_password.holds()


def test_the_time_does_not_tell_which_addresses_have_a_password() -> None:
    """A password is checked against something also where there is none, but not where a key opens."""
    door = Door()
    for user in ("a@b.test", "other@b.test", "unknown@b.test"):
        door.pop3(user, "wrong")
    assert door.passwords.verified == ["wrong"] * 3
    door.pop3("a@b.test", "k_ada")
    assert len(door.passwords.verified) == 3


def test_what_happened_is_recorded_without_secrets() -> None:
    """The activity has peer, address and reason, and neither the password nor a user that is no address."""
    door = Door()
    door.pop3("a@b.test", "k_ada")
    door.pop3("a@b.test", "s3cret")
    door.pop3("k_ada", "s3cret")
    assert [(event.kind, event.account, event.address, event.peer, event.text) for event in door.activity] == [
        (Kind.SIGNED_IN, "ada", "a@b.test", "192.0.2.7", "by POP3"),
        (Kind.SIGN_IN_REFUSED, "ada", "a@b.test", "192.0.2.7", "by POP3: no key or password for this address"),
        (Kind.SIGN_IN_REFUSED, "", "", "192.0.2.7", "by POP3: the user is no address"),
    ]


def test_failures_of_one_peer_are_limited() -> None:
    """After its failures a peer is refused with anything, its whole IPv6 network too, until ten minutes have passed."""
    door = Door()
    for number in range(FROM_ONE_PEER):
        assert door.pop3(f"u{number}@b.test", "wrong", f"2001:db8::{number}") == WRONG
    assert door.pop3("a@b.test", "k_ada", "2001:db8::ffff") == LATER
    assert door.pop3("a@b.test", "k_ada", "2001:db8:0:1::1") == ("ada", "a@b.test")
    assert len(door.passwords.verified) == FROM_ONE_PEER
    door.time += 600
    assert door.pop3("a@b.test", "k_ada", "2001:db8::ffff") == ("ada", "a@b.test")


def test_failures_at_one_address_are_limited() -> None:
    """After many failures from anywhere an address takes no password, but keys, which nobody guesses."""
    door = Door()
    for number in range(TO_ONE_ADDRESS):
        assert door.pop3("a@b.test", "wrong", f"192.0.2.{number}") == WRONG
    assert door.pop3("a@b.test", "correct horse", "198.51.100.1") == LATER
    assert door.pop3("a@b.test", "k_ada", "198.51.100.1") == ("ada", "a@b.test")
