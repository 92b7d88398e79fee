"""Callers who stop waiting: a change of several steps is done to its end all the same."""

from collections.abc import Callable, Coroutine
from typing import Any

import attrs
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.addresses import Addresses, Changes
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.mail.people import Person
from mailsockd.mail.stored import Message, Summary
from mailsockd.state.accounts import Account, Accounts, ApiKey
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.domains import Domain, Domains
from mailsockd.state.subscriptions import Subscription, Subscriptions
from tests.fakes import ImmediatePasswords, MemoryMailbox, MemoryStore

ADA = Account("ada", 1.0, 1.0)
KEY = ApiKey("00" * 32, "ada", "first", "abcd", 1.0)
MAIL = Message(
    "m-0", 1, "a@b.test", "a@b.test", "", 1.0, 1, "192.0.2.9", "127.0.0.1", "h", "", False, Summary((Person("", ""),))
)


class LeavingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = MemoryStore()
        self.mailbox = MemoryMailbox()
        self.ended: list[str] = []
        subscriptions = Subscriptions()
        subscriptions.add(
            Subscription(
                account="ada",
                key=KEY.digest,
                addresses=frozenset(("a@b.test",)),
                domains=frozenset(),
                shape="flat",
                raw=True,
                send=lambda frame: None,
                end=self.ended.append,
            )
        )
        self.registry = Registry(
            Accounts([ADA], [KEY]),
            AddressBook(b"secret"),
            Domains([Domain("b.test", "admin", 1.0, 1.0, configured=True)]),
            self.store,
        )
        rights = Rights(self.registry.book, self.registry.domains)
        self.addresses = Addresses(
            self.registry, rights, self.mailbox, subscriptions, any_domain=False, now=lambda: 2.0
        )
        self.accounts = AccountActions(self.registry, self.mailbox, ImmediatePasswords(), subscriptions, lambda: 2.0)

    def leave(self, action: Callable[[], Coroutine[Deferred[Any], Any, Any]]) -> None:
        """Ask for a change, stop waiting for it while the disk works, and let the disk end its work."""
        self.store.held = []
        waiting = ensureDeferred(action())
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        held, self.store.held = self.store.held, None
        held[0].callback(None)

    def test_a_revoked_key_loses_its_sockets(self) -> None:
        """A key that is revoked by somebody who hung up listens no more."""
        self.leave(lambda: self.accounts.revoke_key("ada", "first"))
        self.assertEqual(self.ended, ["the key was revoked"])

    def test_a_removed_account_loses_its_sockets(self) -> None:
        """An account that is removed by somebody who hung up listens no more."""
        self.leave(lambda: self.accounts.remove("ada", False))
        self.assertEqual(self.ended, ["the account was removed"])

    def test_a_released_address_loses_sockets_and_mail(self) -> None:
        """An address that is released by somebody who hung up loses its sockets, and its mail when that was asked."""
        self.registry.book.put(Address("a@b.test", "ada", 1.0, 1.0))
        self.mailbox.append([attrs.evolve(MAIL, owner="ada")], b"x")
        self.leave(lambda: self.addresses.release(ADA, "a@b.test", True))
        self.assertEqual(self.ended, ["a@b.test was released"])
        self.assertEqual(self.mailbox.messages, [])

    def test_a_reserved_address_takes_its_mail_along(self) -> None:
        """An address that is reserved by somebody who hung up has the mail that was there."""
        self.mailbox.append([MAIL], b"x")
        self.leave(lambda: self.addresses.reserve(ADA, "a@b.test", Changes()))
        self.assertEqual([message.owner for message in self.mailbox.messages], ["ada"])
