"""Secrets of web hooks: made with the first one, replaced, gone with the address; and tests, few at once."""

from base64 import b64decode
from typing import Any

import pytest
from twisted.internet.defer import Deferred, ensureDeferred

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.addresses import Addresses, Changes
from mailsockd.actions.ports import StorageTrouble
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.actions.webhooks import BOTH_SIGN, TESTS_AT_ONCE, Webhooks
from mailsockd.state.accounts import Account, Accounts
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.deliveries import Trial
from mailsockd.state.domains import Domain, Domains
from mailsockd.state.secrets import Secret, webhook_secret
from mailsockd.state.subscriptions import Subscriptions
from tests.fakes import ImmediatePasswords, MemoryMailbox, MemoryStore

NAME = "webhook:a@b.test"
HOOK = Changes(settings={"webhook": "https://hook.test/"})


class House:
    """Accounts ada and bob, the domain b.test, and a time that stands still."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.now = 1000.0
        accounts = Accounts([Account(name, 0.0, 0.0, admin=name == "root") for name in ("ada", "bob", "root")])
        domains = Domains([Domain("b.test", "root", 0.0, 0.0, configured=True)])
        self.registry = Registry(accounts, AddressBook(b"secret"), domains, self.store)
        rights = Rights(self.registry.book, domains)
        mailbox, subscriptions = MemoryMailbox(), Subscriptions()
        self.addresses = Addresses(
            self.registry, rights, mailbox, subscriptions, any_domain=False, now=lambda: self.now
        )
        self.accounts = AccountActions(self.registry, mailbox, ImmediatePasswords(), subscriptions, lambda: self.now)
        self.webhooks = Webhooks(self.registry, rights, lambda: self.now)

    def account(self, name: str) -> Account:
        account = self.registry.accounts.get(name)
        assert account is not None
        return account

    @property
    def kept(self) -> Secret | None:
        return self.registry.secrets.get(NAME)


def result(work: Any) -> Any:
    """Give what a coroutine comes to, or raise what it raises."""
    found: list[Any] = []
    failures: list[Any] = []
    ensureDeferred(work).addCallbacks(found.append, failures.append)
    if failures:
        failures[0].raiseException()
    (value,) = found
    return value


@pytest.fixture
def house() -> House:
    return House()


def test_the_secret_is_made_with_the_first_web_hook(house: House) -> None:
    """Reserving without one makes none; setting one makes a random key of 32 bytes, saved in the same change."""
    ada = house.account("ada")
    result(house.addresses.reserve(ada, "a@b.test", Changes()))
    assert house.kept is None
    changed = result(house.addresses.update(ada, "a@b.test", HOOK))
    assert house.kept is not None
    assert house.store.saved[-2:] == [changed, house.kept]
    assert house.kept.value.startswith("whsec_") and len(b64decode(house.kept.value[6:])) == 32
    result(house.addresses.reserve(ada, "c@b.test", HOOK))
    other = house.registry.secrets.get(webhook_secret("c@b.test"))
    assert other is not None and other.value != house.kept.value


def test_the_secret_stays_while_the_address_does(house: House) -> None:
    """Another URL, and none for a while, leave the secret as it is."""
    ada = house.account("ada")
    result(house.addresses.reserve(ada, "a@b.test", HOOK))
    before = house.kept
    for url in (None, "https://other.test/"):
        result(house.addresses.update(ada, "a@b.test", Changes(settings={"webhook": url})))
    assert before is not None and house.kept == before


def test_the_secret_goes_with_the_address(house: House) -> None:
    """Whoever has the address next has another secret."""
    ada = house.account("ada")
    result(house.addresses.reserve(ada, "a@b.test", HOOK))
    before = house.kept
    result(house.addresses.release(ada, "a@b.test", False))
    assert house.kept is None and before in house.store.removed
    result(house.addresses.reserve(house.account("bob"), "a@b.test", HOOK))
    assert house.kept is not None and house.kept != before


def test_the_secret_goes_with_the_account(house: House) -> None:
    """Removing an account removes the secrets of its addresses."""
    result(house.addresses.reserve(house.account("ada"), "a@b.test", HOOK))
    before = house.kept
    result(house.accounts.remove("ada", False))
    assert house.kept is None and before in house.store.removed


def test_a_disk_that_refuses_changes_no_secret(house: House) -> None:
    """What could not be saved did not happen, in memory neither."""
    ada = house.account("ada")
    result(house.addresses.reserve(ada, "a@b.test", HOOK))
    before = house.kept
    house.store.trouble = True
    for work in (house.webhooks.rotate(ada, "a@b.test"), house.addresses.release(ada, "a@b.test", False)):
        with pytest.raises(StorageTrouble):
            result(work)
        assert house.kept == before


def test_a_rotation_lets_both_sign_for_a_day(house: House) -> None:
    """The new secret stands first; after a day it signs alone."""
    ada = house.account("ada")
    result(house.addresses.reserve(ada, "a@b.test", HOOK))
    address, old = result(house.webhooks.secret(ada, "A+tag@b.test"))
    assert address.address == "a@b.test"
    _, rotated = result(house.webhooks.rotate(ada, "a@b.test"))
    assert (rotated.previous, rotated.until) == (old.current, 1000.0 + BOTH_SIGN)
    assert result(house.webhooks.signing(address)) == (rotated.current, old.current)
    house.now += BOTH_SIGN
    assert result(house.webhooks.signing(address)) == (rotated.current,)


def test_a_state_that_was_edited_gets_its_secret(house: House) -> None:
    """A web hook that came into the state without a secret has one as soon as it is needed, and keeps it."""
    address = Address("a@b.test", "ada", 0.0, 0.0, settings={"webhook": "https://hook.test/"})
    house.registry.book.put(address)
    signing = result(house.webhooks.signing(address))
    assert house.kept is not None and signing == (house.kept.value,) and house.kept in house.store.saved
    assert result(house.webhooks.signing(address)) == signing


@pytest.mark.parametrize(
    ("who", "email", "status", "message"),
    [
        ("bob", "a@b.test", 404, "The private address was not found for this user."),
        ("root", "a@b.test", 404, "The private address was not found for this user."),
        ("ada", "no@b.test", 404, "The private address was not found for this user."),
        ("ada", "bare@b.test", 404, "bare@b.test has no web hook yet: set `webhook` first."),
        ("ada", "@", 400, "@ is not a valid email address"),
    ],
)
def test_a_web_hook_is_its_owners(house: House, who: str, email: str, status: int, message: str) -> None:
    """Nobody else sees, replaces or tries it, an administrator neither."""
    result(house.addresses.reserve(house.account("ada"), "a@b.test", HOOK))
    result(house.addresses.reserve(house.account("ada"), "bare@b.test", Changes()))
    before, caller = house.kept, house.account(who)

    async def never(address: Address) -> Trial:
        raise AssertionError("it was tried")

    for work in (
        house.webhooks.secret(caller, email),
        house.webhooks.rotate(caller, email),
        house.webhooks.test(caller, email, never),
    ):
        with pytest.raises(Refusal) as caught:
            result(work)
        assert (caught.value.status, caught.value.message) == (status, message)
    assert house.kept == before


def test_tests_are_few_at_a_time(house: House) -> None:
    """An account has one test at a time, all of them together a few; one that ends, however, makes room."""
    waiting: list[Deferred[Trial]] = []

    async def slow(address: Address) -> Trial:
        waiting.append(Deferred())
        return await waiting[-1]

    names = [f"tester{number}" for number in range(TESTS_AT_ONCE + 1)]
    for name in names:
        house.registry.accounts.put(Account(name, 0.0, 0.0))
        result(house.addresses.reserve(house.account(name), f"{name}@b.test", HOOK))
    running = [ensureDeferred(house.webhooks.test(house.account(name), f"{name}@b.test", slow)) for name in names[:-1]]
    for name in (names[0], names[-1]):
        with pytest.raises(Refusal) as caught:
            result(house.webhooks.test(house.account(name), f"{name}@b.test", slow))
        assert caught.value.status == 429
    found: list[Trial] = []
    running[0].addCallback(found.append)
    waiting[0].callback(Trial(True, 200, 1, "it answered 200 OK"))
    assert found == [Trial(True, 200, 1, "it answered 200 OK")]
    running[1].addErrback(lambda failure: None)
    waiting[1].errback(RuntimeError("no"))
    ensureDeferred(house.webhooks.test(house.account(names[0]), f"{names[0]}@b.test", slow))
    ensureDeferred(house.webhooks.test(house.account(names[-1]), f"{names[-1]}@b.test", slow))
    assert len(waiting) == TESTS_AT_ONCE + 2
