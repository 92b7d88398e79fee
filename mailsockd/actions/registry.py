"""The one way in which state changes: memory first, disk second, answer third."""

from collections.abc import Coroutine, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.python.failure import Failure

from mailsockd.actions.ports import Entry, StateStore
from mailsockd.state.accounts import Account, Accounts, ApiKey
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.denials import Denial, Denylist
from mailsockd.state.domains import Domain, Domains
from mailsockd.state.secrets import Secret, Secrets, webhook_secret

Before: TypeAlias = tuple[Entry, Entry | None]
Result = TypeVar("Result")


def shielded(working: "Deferred[Result]") -> "Deferred[Result]":
    """Give a Deferred to wait on that can be cancelled without cancelling the work behind it."""
    waiting: Deferred[Result] = Deferred()

    def done(result: Result | Failure) -> None:
        if not waiting.called:
            waiting.callback(result)  # a Failure given to callback is the failure

    working.addBoth(done)
    return waiting


def to_the_end(work: "Coroutine[Deferred[Any], Any, Result]") -> "Deferred[Result]":
    """
    Do work of several steps, all of them even when whoever waits for it stops waiting.

    A client that hangs up must not leave the key revoked and its sockets open.
    """
    return shielded(ensureDeferred(work))


class Registry:
    """
    Accounts, addresses, domains, secrets and denials in memory, and the store that keeps them.

    `change` takes effect in memory before it first waits, so a check made just before it still holds. When the disk
    refuses, what was there before is put back, unless it has been changed again meanwhile. A caller who stops waiting
    changes nothing: the disk is still doing it. What belongs to an address alone goes away with it.
    """

    def __init__(
        self,
        accounts: Accounts,
        book: AddressBook,
        domains: Domains,
        store: StateStore,
        secrets: Secrets | None = None,
        denylist: Denylist | None = None,
    ) -> None:
        self.accounts = accounts
        self.book = book
        self.domains = domains
        self.secrets = secrets or Secrets()
        self.denylist = Denylist() if denylist is None else denylist
        self._store = store

    async def change(self, saved: Sequence[Entry], removed: Sequence[Entry] = ()) -> None:
        """Save and remove entries, all or none. Raises StorageTrouble, and then nothing has changed."""
        removed = [*removed, *self._orphans(removed)]
        before = [(entry, self._current(entry)) for entry in (*saved, *removed)]
        for entry in saved:
            self._put(entry)
        for entry in removed:
            self._remove(entry)
        try:
            kept = self._store.change(saved, removed)
        except BaseException:
            self._put_back(before, saved)
            raise
        await shielded(kept.addErrback(self._undo, before, saved))

    def _orphans(self, removed: Sequence[Entry]) -> Iterator[Secret]:
        for entry in removed:
            secret = self.secrets.get(webhook_secret(entry.address)) if isinstance(entry, Address) else None
            if secret is not None:
                yield secret

    def _undo(self, failure: Failure, before: Sequence[Before], saved: Sequence[Entry]) -> Failure:
        self._put_back(before, saved)
        return failure

    def _put_back(self, before: Sequence[Before], saved: Sequence[Entry]) -> None:
        for entry, previous in before:
            if self._current(entry) is (entry if entry in saved else None):
                if previous is None:
                    self._remove(entry)
                else:
                    self._put(previous)

    def _current(self, entry: Entry) -> Entry | None:
        if isinstance(entry, Account):
            return self.accounts.get(entry.name)
        if isinstance(entry, ApiKey):
            return self.accounts.key(entry.digest)
        if isinstance(entry, Address):
            return self.book.get(entry.address)
        if isinstance(entry, Domain):
            return self.domains.claim(entry.name, entry.owner)
        if isinstance(entry, Denial):
            return self.denylist.get(entry.item)
        return self.secrets.get(entry.name)

    def _put(self, entry: Entry) -> None:
        if isinstance(entry, Account):
            self.accounts.put(entry)
        elif isinstance(entry, ApiKey):
            self.accounts.put_key(entry)
        elif isinstance(entry, Address):
            self.book.put(entry)
        elif isinstance(entry, Domain):
            self.domains.put(entry)
        elif isinstance(entry, Denial):
            self.denylist.put(entry)
        else:
            self.secrets.put(entry)

    def _remove(self, entry: Entry) -> None:
        if isinstance(entry, Account):
            self.accounts.remove(entry.name)
        elif isinstance(entry, ApiKey):
            self.accounts.remove_key(entry.digest)
        elif isinstance(entry, Address):
            self.book.remove(entry.address)
        elif isinstance(entry, Domain):
            self.domains.remove(entry.name, entry.owner)
        elif isinstance(entry, Denial):
            self.denylist.remove(entry.item)
        else:
            self.secrets.remove(entry.name)
