"""What the actions need of the disk. The room `storage` provides it; nothing here says how."""

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

import attrs
from twisted.internet.defer import Deferred

from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Account, ApiKey
from mailsockd.state.addresses import Address
from mailsockd.state.deliveries import Delivery
from mailsockd.state.denials import Denial
from mailsockd.state.domains import Domain
from mailsockd.state.secrets import Secret

Entry: TypeAlias = Account | ApiKey | Address | Domain | Secret | Denial


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
    denials: tuple[Denial, ...] = ()


class StateStore(Protocol):
    """Accounts, keys, addresses, domains, secrets and denials on disk; what `state` holds in memory is the truth."""

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


@attrs.frozen
class Term:
    """What a text should contain, or be when `exact`; case does not matter (Unicode's casefold)."""

    text: str
    exact: bool = False


@attrs.frozen
class Filter:
    """
    Conditions that all hold; None is no condition.

    `sender` is of From's address or name, `recipient` of any address or name of To and Cc, the inbox and the original
    address. `text` is of the mail's text: it is read on demand, of the newest TEXTS_READ messages that meet the other
    conditions. `read` False also finds what nobody said anything about.
    """

    sender: Term | None = None
    recipient: Term | None = None
    subject: Term | None = None
    text: Term | None = None
    read: bool | None = None


@attrs.frozen
class View:
    """
    What a page lists: messages of `inbox`, or of all that belongs to the account `reader` when that is None.

    `query` is what sender, recipients or subject contain; `starred` and `unread` leave out all others, as `label` does,
    a label that a message has. `folder` "" is every folder but those of ASIDE.
    """

    inbox: str | None
    reader: str | None
    query: str = ""
    starred: bool = False
    unread: bool = False
    folder: str = ""
    label: str = ""


@attrs.frozen
class Totals:
    """Of what an account owns or starred: how many messages, their bytes, and how many it starred."""

    messages: int = 0
    bytes: int = 0
    starred: int = 0


@attrs.frozen
class InboxTotals:
    """Of one inbox, what an account owns in it: how many messages, their bytes, and how many of them are starred."""

    inbox: str
    messages: int
    bytes: int
    starred: int


Top: TypeAlias = Literal["addresses", "senders", "domains"]
EVERYTHING = Filter()
TEXTS_READ = 1000
ASIDE = ("spam", "trash")
SHORT_SCAN = 1000


class Mailbox(Protocol):
    """
    Messages on disk. Reads run beside the writer and see every finished append.

    Lists are newest first, by `seq`. A message is public while its owner is ""; whoever starred a public message is
    the only one who sees it. A message `belongs` to an account that owns it, or that starred it while it is public.
    """

    def next_seq(self) -> int:
        """Give the next number in the order of all messages. Numbers that are not used are left out for ever."""

    def append(
        self,
        messages: Sequence[Message],
        content: bytes,
        deliveries: Sequence[Delivery] = (),
        settled: int | None = None,
    ) -> "Deferred[None]":
        """
        Store copies of one content for several inboxes, and their deliveries, all or none, in the order of calls.

        `settled` is the id of a waiting delivery that is delivered by this, at the same moment. Fires when it is
        durable; fails with StorageTrouble or StorageFull, and with AlreadySettled when that delivery waits no more.
        """

    def newest(
        self,
        selection: Selection,
        limit: int,
        until: float | None = None,
        filter: Filter = EVERYTHING,
        after: int | None = None,
    ) -> "Deferred[list[Message]]":
        """
        Give at most `limit` messages, newest first, that the filter lets through.

        `until` leaves out those received later (UTC seconds), `after` those with no greater seq.
        """

    def count(self, selection: Selection) -> "Deferred[int]":
        """Count the messages."""

    def get(self, selection: Selection, id: str) -> "Deferred[Message | None]":
        """Give one message of the inbox, None when the reader may not see it or it is not there."""

    def content(self, message: Message) -> "Deferred[bytes | None]":
        """Give the bytes as received, None when the message was deleted meanwhile."""

    def delete(self, message: Message) -> "Deferred[bool]":
        """Delete one message for good; tells whether it was still there."""

    def star(self, message: Message, account: str | None) -> "Deferred[Message | None]":
        """
        Have an account star a message, or nobody (None); gives it as it is now.

        This and the other changes of a message answer when they are durable. They give None, and change nothing, when
        meanwhile the message was deleted, got another owner, or was starred by another account while it is public.
        """

    def move(self, message: Message, folder: str) -> "Deferred[Message | None]":
        """Put a message into a folder."""

    def label(self, message: Message, labels: tuple[str, ...]) -> "Deferred[Message | None]":
        """Give a message these labels and no others."""

    def mark(self, message: Message, read: bool) -> "Deferred[Message | None]":
        """Mark a message as read or not."""

    def purge(self, selection: Selection, starred: bool = False, filter: Filter = EVERYTHING) -> "Deferred[int]":
        """Delete the messages that the filter lets through, starred ones only if asked; gives how many."""

    def purge_owner(self, owner: str) -> "Deferred[int]":
        """Delete all messages that an account owns; gives how many."""

    def adopt(self, inbox: str, owner: str) -> "Deferred[int]":
        """Give the public messages of an inbox to whoever reserved it; gives how many."""

    def starred(self, account: str, limit: int, until: float | None = None) -> "Deferred[list[Message]]":
        """Give at most `limit` messages that an account starred and that belong to it."""

    def owned(
        self, owner: str, limit: int, skip: int = 0, since: float | None = None, filter: Filter = EVERYTHING
    ) -> "Deferred[list[Message]]":
        """Give what belongs to an account, but the first `skip`; `since` leaves out those received earlier."""

    def unread(self, owner: str) -> "Deferred[int]":
        """Count what belongs to an account and is not marked as read."""

    def totals(self, owner: str) -> "Deferred[Totals]":
        """Count and measure what belongs to an account."""

    def inboxes_of(self, owner: str) -> "Deferred[list[str]]":
        """Give the inboxes that have mail which an account owns, sorted."""

    def largest_inboxes(self, owner: str, limit: int) -> "Deferred[list[InboxTotals]]":
        """Give the inboxes with mail that an account owns, the largest first, equal ones by name."""

    def search(self, owner: str, query: str, limit: int) -> "Deferred[list[Message]]":
        """
        Give what belongs to an account and has the query in its sender, recipients or subject, as Filter knows them.

        A query or term of less than three characters looks at the newest SHORT_SCAN messages only.
        """

    def page(self, view: View, limit: int, before: int | None = None) -> "Deferred[list[Message]]":
        """Give at most `limit` messages of a view, none with a seq of `before` or more; searched as `search` does."""

    def of_domain(
        self, domain: str, reader: str | None, limit: int, until: float | None = None
    ) -> "Deferred[list[Message]]":
        """Give at most `limit` messages of all inboxes of a canonical domain that one reader may see."""

    def count_domain(self, domain: str, reader: str | None) -> "Deferred[int]":
        """Count what `of_domain` gives without limits."""

    def purge_domain(self, domain: str, owner: str) -> "Deferred[int]":
        """Delete what an account may see in all inboxes of a domain, starred too; gives how many."""

    def top(self, kind: Top, start: float, end: float, skip: int, limit: int) -> "Deferred[list[tuple[str, int]]]":
        """
        Count public messages received from `start` to `end`, both included, UTC seconds; the largest numbers first.

        Starred ones, which others do not see, count for nothing in this and the next three. They are counted by inbox
        ("addresses"), From's address in lower case ("senders") or the inbox's domain ("domains"). Equal numbers are
        sorted by name; an empty name is left out.
        """

    def common_attachments(self, start: float, end: float, skip: int, limit: int) -> "Deferred[list[tuple[str, int]]]":
        """Count, as `top` does, the public messages that have an attachment, by its MD5 in hex."""

    def attachment_count(self, checksum: str) -> "Deferred[int]":
        """Count the public messages that have the attachment with this MD5."""

    def messages_with_attachment(self, checksum: str, limit: int) -> "Deferred[list[Message]]":
        """Give at most `limit` public messages that have the attachment with this MD5."""

    def close(self) -> "Deferred[None]":
        """Finish what was asked and let go of the files."""
