"""The mailbox in SQLite: one writer, a few readers, each in a thread of its own."""

import sqlite3
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred, succeed

from mailsockd.actions.ports import EVERYTHING, Filter, InboxTotals, Selection, StateUnreadable, Top, Totals, View
from mailsockd.mail.stored import Message
from mailsockd.state.deliveries import Delivery
from mailsockd.storage import accounts, changes, finding, reader, statistics, writer
from mailsockd.storage.counts import Count, Counts
from mailsockd.storage.database import connect, prepare
from mailsockd.storage.finding import Place
from mailsockd.storage.search import Search
from mailsockd.storage.terms import terms_of_query
from mailsockd.storage.worker import CallFromThread, OnDeath, Soon, Timed, Worker, at_once

READERS = 2
CHECKED_AT_START = 256 << 20  # bytes; a larger file would keep the start waiting, `check` reads it later


class SQLiteMailbox:
    """
    A Mailbox in one file, `mailbox.db`.

    It is WAL with synchronous=FULL: an append has answered when SQLite's COMMIT has, and that is after the log was
    flushed with fdatasync. After a kill or a power cut SQLite plays the log when the file is opened again, and leaves
    out what was not committed whole. `synchronous`, `factory` (of connections) and `index_in_the_quiet` are for tests;
    `timed` is told what the writer took, in its thread.

    What an append leaves undone (see `index`) is done when nothing waits, or else before a question that needs it.

    The constructor makes or checks the file, and blocks. It raises StateUnreadable. Threads start with the first job.
    """

    def __init__(
        self,
        path: str | Path,
        call_from_thread: CallFromThread,
        on_death: OnDeath,
        *,
        soon: Soon = at_once,
        synchronous: str = "FULL",
        factory: type[sqlite3.Connection] = sqlite3.Connection,
        index_in_the_quiet: bool = True,
        timed: Timed | None = None,
    ) -> None:
        self._path = Path(path)
        prepare(self._path, "mailbox", CHECKED_AT_START)
        self._seq = _highest_seq(self._path)
        self._writer: Worker[writer.Job] = Worker(
            "the mailbox's writer",
            partial(writer.Writer, self._path, synchronous, factory),
            call_from_thread,
            on_death,
            writer.BATCH_JOBS,
            writer.BATCH_BYTES,
            soon,
            writer.is_apart,
            writer.Index() if index_in_the_quiet else None,
            timed=timed,
        )
        self._readers: list[Worker[reader.Question]] = [
            Worker(
                f"the mailbox's reader {number}",
                partial(reader.Reader, self._path, factory),
                call_from_thread,
                on_death,
            )
            for number in range(1, READERS + 1)
        ]

        self._highest = self._seq
        self._counts = Counts(self.ask)
        self._search = Search(self.ask, self._writer.submit)

    @property
    def alive(self) -> bool:
        """Tell whether every thread runs; when one does not, the process should end."""
        return self._writer.alive and all(worker.alive for worker in self._readers)

    def next_seq(self) -> int:
        """Give the next number in the order of all messages. Only numbers that were stored count after a restart."""
        self._seq += 1
        return self._seq

    def append(
        self,
        messages: Sequence[Message],
        content: bytes,
        deliveries: Sequence[Delivery] = (),
        settled: int | None = None,
    ) -> "Deferred[None]":
        """Store copies of one content; they share the first one's summary. Fires when the disk has them."""
        if not messages:
            return succeed(None)
        if messages[0].seq < self._highest:
            self._counts.forget()
        self._highest = max(self._highest, messages[-1].seq)
        self._seq = max(self._seq, self._highest)
        self._search.behind()
        return self._writer.submit(writer.Append(messages, content, deliveries, settled), len(content))

    def newest(
        self,
        selection: Selection,
        limit: int,
        until: float | None = None,
        filter: Filter = EVERYTHING,
        after: int | None = None,
    ) -> "Deferred[list[Message]]":
        """Give the newest messages; terms are looked up when what was appended before is indexed."""
        if filter.sender is filter.recipient is filter.subject is filter.text is None:
            return self.ask(reader.newest(selection, limit, until, filter.read, after))
        place = Place(
            selection.inbox, selection.reader, until=until, read=filter.read, after=-1 if after is None else after
        )
        return ensureDeferred(self._search.found(place, filter, limit))

    def count(self, selection: Selection) -> "Deferred[int]":
        """Count the messages."""
        return ensureDeferred(self._count(("inbox", selection), partial(reader.count, selection)))

    def get(self, selection: Selection, id: str) -> "Deferred[Message | None]":
        """Give one message of the inbox, None when the reader may not see it or it is not there."""
        return self.ask(reader.get(selection, id))

    def content(self, message: Message) -> "Deferred[bytes | None]":
        """Give the bytes as received, None when the message was deleted meanwhile."""
        return self.ask(reader.content(message))

    def star(self, message: Message, account: str | None) -> "Deferred[Message | None]":
        """Have an account star a message, or nobody."""
        return self.change(changes.star(message, account))

    def move(self, message: Message, folder: str) -> "Deferred[Message | None]":
        """Put a message into a folder."""
        return self.change(changes.move(message, folder))

    def label(self, message: Message, labels: tuple[str, ...]) -> "Deferred[Message | None]":
        """Give a message these labels and no others."""
        return self.change(changes.label(message, labels))

    def mark(self, message: Message, read: bool) -> "Deferred[Message | None]":
        """Mark a message as read or not."""
        return self.change(changes.mark(message, read))

    def delete(self, message: Message) -> "Deferred[bool]":
        """Delete one message for good; tells whether it was still there."""
        return self.change(changes.delete(message))

    def purge(self, selection: Selection, starred: bool = False, filter: Filter = EVERYTHING) -> "Deferred[int]":
        """
        Delete the messages, starred ones only if asked; gives how many.

        This is done in slices with mail taken between them; what arrives meanwhile stays. When a slice fails, those
        before it are deleted. A filter looks at all that is there, however short its terms.
        """
        if filter == EVERYTHING:
            return ensureDeferred(self._in_slices(changes.purge(selection, starred, self._seq)))
        return ensureDeferred(self._purge_found(selection, starred, filter, self._seq))

    def purge_owner(self, owner: str) -> "Deferred[int]":
        """Delete all messages that an account owns, in slices as `purge` does; gives how many."""
        return ensureDeferred(self._in_slices(changes.purge_owner(owner, self._seq)))

    def purge_domain(self, domain: str, owner: str) -> "Deferred[int]":
        """Delete what an account sees in a domain, starred too, in slices as `purge` does; gives how many."""
        return ensureDeferred(self._purge_domain(domain, owner, self._seq))

    def adopt(self, inbox: str, owner: str) -> "Deferred[int]":
        """Give the public messages of an inbox to whoever reserved it; gives how many."""
        return self.change(changes.adopt(inbox, owner))

    def starred(self, account: str, limit: int, until: float | None = None) -> "Deferred[list[Message]]":
        """Give what an account starred."""
        return self.ask(accounts.starred(account, limit, until))

    def owned(
        self, owner: str, limit: int, skip: int = 0, since: float | None = None, filter: Filter = EVERYTHING
    ) -> "Deferred[list[Message]]":
        """Give what belongs to an account."""
        place = Place(None, owner, since=since, read=filter.read)
        return ensureDeferred(self._search.found(place, filter, limit, skip))

    def unread(self, owner: str) -> "Deferred[int]":
        """Count what belongs to an account and is not marked as read."""
        return ensureDeferred(self._sums(owner)).addCallback(lambda sums: sums[3])

    def totals(self, owner: str) -> "Deferred[Totals]":
        """Count and measure what belongs to an account."""
        return ensureDeferred(self._sums(owner)).addCallback(lambda sums: Totals(*sums[:3]))

    def inboxes_of(self, owner: str) -> "Deferred[list[str]]":
        """Give the inboxes that have mail which an account owns, sorted."""
        return ensureDeferred(self._search.ask(accounts.inboxes_of(owner)))

    def largest_inboxes(self, owner: str, limit: int) -> "Deferred[list[InboxTotals]]":
        """Give the inboxes with mail that an account owns, the largest first."""
        return ensureDeferred(self._search.ask(accounts.largest_inboxes(owner, limit)))

    def search(self, owner: str, query: str, limit: int) -> "Deferred[list[Message]]":
        """Give what belongs to an account and has the query in its sender, recipients or subject."""
        question = finding.found(Place(None, owner), terms_of_query(query), limit)
        return ensureDeferred(self._search.ask(question))

    def page(self, view: View, limit: int, before: int | None = None) -> "Deferred[list[Message]]":
        """Give messages of a view."""
        return ensureDeferred(self._search.page(view, limit, before))

    def of_domain(
        self, domain: str, reader: str | None, limit: int, until: float | None = None
    ) -> "Deferred[list[Message]]":
        """Give the newest messages of a domain."""
        return ensureDeferred(self._search.ask(accounts.of_domain(domain, reader, limit, until)))

    def count_domain(self, domain: str, reader: str | None) -> "Deferred[int]":
        """Count the messages of a domain."""
        return ensureDeferred(self._count_domain(domain, reader))

    def top(self, kind: Top, start: float, end: float, skip: int, limit: int) -> "Deferred[list[tuple[str, int]]]":
        """Count public messages by inbox, sender or domain."""
        return ensureDeferred(self._search.ask(statistics.top(kind, start, end, skip, limit)))

    def common_attachments(self, start: float, end: float, skip: int, limit: int) -> "Deferred[list[tuple[str, int]]]":
        """Count public messages by the MD5 of what is attached to them."""
        question = statistics.common_attachments(start, end, skip, limit)
        return ensureDeferred(self._search.ask(question))

    def attachment_count(self, checksum: str) -> "Deferred[int]":
        """Count the public messages with an attachment."""
        return ensureDeferred(self._search.ask(statistics.attachment_count(checksum)))

    def messages_with_attachment(self, checksum: str, limit: int) -> "Deferred[list[Message]]":
        """Give the newest public messages with an attachment."""
        return ensureDeferred(self._search.ask(statistics.messages_with_attachment(checksum, limit)))

    def check(self) -> "Deferred[list[str]]":
        """Read the whole file and say what is damaged; an empty list when nothing is."""
        return self.ask(reader.damage)

    def close(self) -> "Deferred[None]":
        """Finish what was asked and let go of the files."""
        return ensureDeferred(self._close())

    def ask(self, question: reader.Question) -> "Deferred[Any]":
        """Ask a reader; for what lives in the same file in tables of its own, too."""
        return min(self._readers, key=lambda worker: worker.waiting).submit(question)

    def change(self, change: changes.Change) -> "Deferred[Any]":
        """Have the writer make a change of messages, in its order among the appends."""
        self._counts.forget()
        return self._writer.submit(change).addBoth(self._changed)

    def change_beside(self, change: changes.Change) -> "Deferred[Any]":
        """Have the writer make a change that touches no message: of what lives in tables of its own."""
        return self._writer.submit(change)

    def change_unhurried(self, change: changes.Change) -> "Deferred[Any]":
        """Do the same for what a crash may take along: apart from all mail, answered before the disk has it."""
        return self._writer.submit(writer.Unhurried(change))

    def _changed(self, result: Any) -> Any:
        self._counts.forget()
        return result

    async def _count(self, key: Hashable, question: Callable[[int], reader.Question]) -> int:
        return (await self._counts.get(key, question))[0]

    async def _count_domain(self, domain: str, of: str | None) -> int:
        await self._search.index()
        return await self._count(("domain", domain, of), partial(accounts.count_domain, domain, of))

    async def _sums(self, owner: str) -> Count:
        return await self._counts.get(("account", owner), partial(accounts.sums, owner))

    async def _purge_domain(self, domain: str, owner: str, up_to: int) -> int:
        await self._search.index()
        return await self._in_slices(changes.purge_domain(domain, owner, up_to))

    async def _purge_found(self, selection: Selection, starred: bool, filter: Filter, up_to: int) -> int:
        place = Place(selection.inbox, selection.reader, read=filter.read, up_to=up_to, unstarred=not starred)
        numbers = await self._search.all(place, filter)
        deleted = 0
        for start in range(0, len(numbers), changes.PURGE_SLICE):
            some = numbers[start : start + changes.PURGE_SLICE]
            deleted += await self.change(changes.purge_found(selection, some, starred))
        return deleted

    async def _in_slices(self, change: changes.Change) -> int:
        deleted = 0
        while True:
            some: int = await self.change(change)
            deleted += some
            if some < changes.PURGE_SLICE:
                return deleted

    async def _close(self) -> None:
        for worker in self._readers:
            await worker.stop()
        await self._writer.stop()


def _highest_seq(path: Path) -> int:
    try:
        db = connect(path)
        try:
            return reader.highest_seq(db)
        finally:
            db.close()
    except sqlite3.Error as error:
        raise StateUnreadable(f"{path}: {error}") from error
