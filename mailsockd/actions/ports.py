"""What the actions need of the disk. The room `storage` provides it; nothing here says how."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import attrs
from twisted.internet.defer import Deferred

from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Account, ApiKey
from mailsockd.state.addresses import Address
from mailsockd.state.domains import Domain
from mailsockd.state.secrets import Secret

Entry: TypeAlias = Account | ApiKey | Address | Domain | Secret


class StorageTrouble(Exception):
    """The disk did not do what was asked; nothing was changed. For mail that is 451: the sender tries again."""


class StorageFull(StorageTrouble):
    """There is no room; nothing was changed. For mail that is 452."""


class StateUnreadable(Exception):
    """State on disk that cannot be read or understood: the start must end, never go on with an empty state."""


@attrs.frozen
class Snapshot:
    """The whole state, as it is loaded at the start."""

    accounts: tuple[Account, ...] = ()
    keys: tuple[ApiKey, ...] = ()
    addresses: tuple[Address, ...] = ()
    domains: tuple[Domain, ...] = ()
    secrets: tuple[Secret, ...] = ()


class StateStore(Protocol):
    """Accounts, keys, addresses, domains and secrets on disk; what `state` holds in memory is the truth."""

    def load(self) -> Snapshot:
        """Read everything; blocks, so only before the reactor runs. Raises StateUnreadable. Nothing there is empty."""

    def change(self, saved: Sequence[Entry], removed: Sequence[Entry] = ()) -> "Deferred[None]":
        """Save and remove entries, all or none, durably. Entries are known by their name. Fails with StorageTrouble."""

    def close(self) -> "Deferred[None]":
        """Finish what was asked and let go of the files."""


class Passwords(Protocol):
    """Slow hashes of passwords, made apart from the reactor and few at once."""

    def hash(self, password: str) -> "Deferred[str]":
        """Give the text to keep in place of a password."""

    def verify(self, kept: str, password: str) -> "Deferred[bool]":
        """Tell whether a password is the one that was kept."""


@attrs.frozen
class Selection:
    """
    The messages of one inbox that one reader may see.

    These are public ones (no owner) and the reader's own; a public message that somebody starred is seen by that
    account alone. `reader` None sees public ones only.
    """

    inbox: str
    reader: str | None


class Mailbox(Protocol):
    """Messages on disk. Reads run beside the writer and see every finished append."""

    def next_seq(self) -> int:
        """Give the next number in the order of all messages. Numbers that are not used are left out for ever."""

    def append(self, messages: Sequence[Message], content: bytes) -> "Deferred[None]":
        """
        Store copies of one content for several inboxes, all or none, in the order of calls.

        Fires when it is durable; fails with StorageTrouble or StorageFull.
        """

    def newest(self, selection: Selection, limit: int, until: float | None = None) -> "Deferred[list[Message]]":
        """Give at most `limit` messages, newest first; `until` leaves out those received later (UTC seconds)."""

    def count(self, selection: Selection) -> "Deferred[int]":
        """Count the messages."""

    def get(self, selection: Selection, id: str) -> "Deferred[Message | None]":
        """Give one message of the inbox, None when the reader may not see it or it is not there."""

    def content(self, message: Message) -> "Deferred[bytes | None]":
        """Give the bytes as received, None when the message was deleted meanwhile."""

    def delete(self, message: Message) -> "Deferred[bool]":
        """Delete one message for good; tells whether it was still there."""

    def purge(self, selection: Selection, starred: bool = False) -> "Deferred[int]":
        """Delete the messages, starred ones only if asked; gives how many."""

    def purge_owner(self, owner: str) -> "Deferred[int]":
        """Delete all messages that an account owns; gives how many."""

    def adopt(self, inbox: str, owner: str) -> "Deferred[int]":
        """Give the public messages of an inbox to whoever reserved it; gives how many."""

    def close(self) -> "Deferred[None]":
        """Finish what was asked and let go of the files."""
