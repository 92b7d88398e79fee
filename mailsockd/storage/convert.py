"""Taking the state from one kind of store to another, while no daemon runs."""

from typing import Protocol

from mailsockd.actions.ports import Snapshot
from mailsockd.storage.entries import entries_of


class NotEmpty(Exception):
    """The store that should be filled has entries already; nothing was changed."""


class Source(Protocol):
    """A store that can be read."""

    def load(self) -> Snapshot:
        """Read everything."""


class Target(Source, Protocol):
    """A store that can be filled without a reactor."""

    def fill(self, snapshot: Snapshot) -> None:
        """Write a whole state into this empty one, all or nothing."""


def convert(source: Source, target: Target) -> Snapshot:
    """
    Copy every entry; gives them. Blocks, and changes nothing in `source`.

    Raises NotEmpty, StateUnreadable for either store, StorageTrouble when the disk refuses.
    """
    snapshot = source.load()
    if entries_of(target.load()):
        raise NotEmpty("the store to convert to has entries already")
    target.fill(snapshot)
    return snapshot
