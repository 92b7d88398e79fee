"""Accounts that are shut out: what ends, what stays, and who cannot be."""

import pytest
from twisted.internet.defer import Deferred, ensureDeferred

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.state.accounts import Account, Accounts, ApiKey, key_digest
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.domains import Domains
from mailsockd.state.subscriptions import Subscription, Subscriptions
from tests.fakes import ImmediatePasswords, MemoryMailbox, MemoryStore

NOW = 1000.0


class House:
    """The account ada and the administrators root and spare, of whom spare is disabled."""

    def __init__(self) -> None:
        self.accounts = Accounts(
            [
                Account("ada", NOW, NOW),
                Account("root", NOW, NOW, admin=True),
                Account("spare", NOW, NOW, admin=True, disabled=True),
            ],
            [ApiKey(key_digest("k_ada"), "ada", "first", "_ada", NOW)],
        )
        self.book = AddressBook(b"secret", [Address("a@mail.test", "ada", NOW, NOW)])
        self.subscriptions = Subscriptions()
        self.activity = ActivityLog(lambda: NOW)
        self.signed_out: list[str] = []
        self.actions = AccountActions(
            Registry(self.accounts, self.book, Domains(), MemoryStore()),
            MemoryMailbox(),
            ImmediatePasswords(),
            self.subscriptions,
            lambda: NOW + 1,
            end_sessions=self.sign_out,
            activity=self.activity,
        )

    async def sign_out(self, account: str) -> None:
        self.signed_out.append(account)

    def listen(self, account: str) -> list[str]:
        """Open a socket; gives why it ended."""
        ended: list[str] = []
        one = Subscription(account, "", frozenset("x"), frozenset(), "flat", True, lambda data: None, ended.append)
        self.subscriptions.add(one)
        return ended

    def set(self, name: str, disabled: bool, by: str = "by the operator") -> Account:
        """Disable or enable an account, at once."""
        done: Deferred[Account] = ensureDeferred(self.actions.set(name, disabled=disabled, by=by))
        found: list[Account] = []
        failed: list[Exception] = []
        done.addCallbacks(found.append, lambda failure: failed.append(failure.value))
        if failed:
            raise failed[0]
        return found[0]

    def told(self) -> list[tuple[Kind, str, str]]:
        return [(event.kind, event.account, event.text) for event in self.activity]


def test_who_is_disabled_can_do_nothing_from_that_moment() -> None:
    """Sockets and browsers of the account end within the same turn, others' do not, and its key opens nothing."""
    house = House()
    mine, roots = house.listen("ada"), house.listen("root")
    assert house.set("ada", True, "by root").disabled is True
    assert (mine, roots, house.signed_out) == (["the account is disabled"], [], ["ada"])
    assert house.accounts.by_key("k_ada") is None
    assert house.told() == [(Kind.ACCOUNT_DISABLED, "ada", "by root")]


def test_what_it_has_stays_for_when_it_is_enabled() -> None:
    """Keys and addresses are kept; the same key opens the account again."""
    house = House()
    house.set("ada", True)
    assert [one.address for one in house.book.of("ada")] == ["a@mail.test"]
    assert house.set("ada", False).disabled is False
    account = house.accounts.by_key("k_ada")
    assert account is not None and account.name == "ada"
    assert [kind for kind, _, _ in house.told()] == [Kind.ACCOUNT_DISABLED, Kind.ACCOUNT_ENABLED]


def test_doing_it_twice_is_told_once() -> None:
    """Whoever is disabled already is no event."""
    house = House()
    house.set("ada", True)
    house.set("ada", True)
    house.set("spare", False)
    house.set("spare", False)
    assert [kind for kind, _, _ in house.told()] == [Kind.ACCOUNT_DISABLED, Kind.ACCOUNT_ENABLED]


def test_the_last_administrator_is_not_shut_out() -> None:
    """An administrator who is disabled looks after nothing, so that root is the last; with another one root may go."""
    house = House()
    with pytest.raises(Refusal, match="root is the last administrator"):
        house.set("root", True)
    account = house.accounts.get("root")
    assert account is not None and not account.disabled
    house.set("spare", False)
    assert house.set("root", True).disabled is True
