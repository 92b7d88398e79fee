"""Changes of state: memory first, disk second."""

import attrs
import pytest
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.ports import StorageTrouble
from mailsockd.actions.registry import Registry
from mailsockd.state.accounts import Account, Accounts, ApiKey
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.denials import Denial
from mailsockd.state.domains import Domain, Domains
from tests.fakes import MemoryStore

ADA = Account("ada", 1.0, 1.0)
KEY = ApiKey("00" * 32, "ada", "first", "abcd", 1.0)
ADDRESS = Address("a@b.test", "ada", 1.0, 1.0)
DOMAIN = Domain("b.test", "ada", 1.0, 1.0)
SPAM = Denial("spam.example", 1.0)


class RegistryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = MemoryStore()
        self.registry = Registry(Accounts(), AddressBook(b"secret"), Domains(), self.store)

    def test_every_kind_of_entry_is_kept_and_removed(self) -> None:
        """Accounts, keys, addresses, domains and denials reach memory and disk, and leave both."""
        entries = [ADA, KEY, ADDRESS, DOMAIN, SPAM]
        self.successResultOf(ensureDeferred(self.registry.change(entries)))
        self.assertEqual(self.registry.accounts.get("ada"), ADA)
        self.assertEqual(self.registry.accounts.key(KEY.digest), KEY)
        self.assertEqual(self.registry.book.get("a@b.test"), ADDRESS)
        self.assertEqual(self.registry.domains.claim("b.test", "ada"), DOMAIN)
        self.assertEqual(self.registry.denylist.get("spam.example"), SPAM)
        self.assertEqual(self.store.saved, entries)
        self.successResultOf(ensureDeferred(self.registry.change([], entries)))
        self.assertIsNone(self.registry.accounts.get("ada"))
        self.assertIsNone(self.registry.book.get("a@b.test"))
        self.assertIsNone(self.registry.domains.claim("b.test", "ada"))
        self.assertIsNone(self.registry.denylist.get("spam.example"))
        self.assertEqual(self.store.removed, entries)

    def test_memory_changes_before_the_disk_answers(self) -> None:
        """A second caller sees the change at once, so that nothing is reserved twice."""
        self.store.held = []
        waiting = ensureDeferred(self.registry.change([ADDRESS]))
        self.assertNoResult(waiting)
        self.assertEqual(self.registry.book.get("a@b.test"), ADDRESS)
        self.store.held[0].callback(None)
        self.successResultOf(waiting)

    def test_what_the_disk_refuses_is_taken_back(self) -> None:
        """After a failed save the state in memory is as it was, for new, changed and removed entries."""
        self.successResultOf(ensureDeferred(self.registry.change([ADDRESS, DOMAIN])))
        self.store.trouble = True
        changed = attrs.evolve(ADDRESS, info="new")
        self.failureResultOf(ensureDeferred(self.registry.change([changed, ADA], [DOMAIN])), StorageTrouble)
        self.assertEqual(self.registry.book.get("a@b.test"), ADDRESS)
        self.assertEqual(self.registry.domains.claim("b.test", "ada"), DOMAIN)
        self.assertIsNone(self.registry.accounts.get("ada"))

    def test_a_later_change_is_not_undone(self) -> None:
        """When an entry has changed again meanwhile, the failure of the earlier change leaves it alone."""
        self.store.held = []
        first = ensureDeferred(self.registry.change([ADDRESS]))
        newer = attrs.evolve(ADDRESS, info="newer")
        second = ensureDeferred(self.registry.change([newer]))
        self.store.held[0].errback(StorageTrouble("no"))
        self.store.held[1].callback(None)
        self.failureResultOf(first, StorageTrouble)
        self.successResultOf(second)
        self.assertEqual(self.registry.book.get("a@b.test"), newer)

    def test_a_caller_who_leaves_does_not_undo_what_the_disk_does(self) -> None:
        """Cancelling the wait changes nothing: what was sent to the disk stays in memory too."""
        self.store.held = []
        waiting: Deferred[None] = ensureDeferred(self.registry.change([ADDRESS]))
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertEqual(self.registry.book.get("a@b.test"), ADDRESS)
        self.store.held[0].callback(None)
        self.assertEqual(self.registry.book.get("a@b.test"), ADDRESS)

    def test_a_caller_who_leaves_does_not_hide_a_failure(self) -> None:
        """When the caller is gone and the disk refuses after all, memory is put back."""
        self.store.held = []
        waiting = ensureDeferred(self.registry.change([ADDRESS]))
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.store.held[0].errback(StorageTrouble("no"))
        self.assertIsNone(self.registry.book.get("a@b.test"))


def test_a_store_that_raises_at_once_is_a_failure_too() -> None:
    """An exception on the way to the store undoes the change as well."""

    class Broken(MemoryStore):
        def change(self, *arguments: object) -> "Deferred[None]":
            raise StorageTrouble("closed")

    registry = Registry(Accounts(), AddressBook(b"secret"), Domains(), Broken())
    with pytest.raises(StorageTrouble):
        registry.change([ADDRESS]).send(None)
    assert registry.book.get("a@b.test") is None
