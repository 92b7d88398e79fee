"""The mailbox in SQLite: one writer, a few readers, each in a thread of its own."""

import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred, succeed

from mailsockd.actions.ports import EVERYTHING, Filter, Selection, StateUnreadable, Top, Totals
from mailsockd.mail.stored import Message
from mailsockd.storage import reader, writer
from mailsockd.storage.database import connect, prepare
from mailsockd.storage.worker import CallFromThread, OnDeath, Soon, Worker, at_once

READERS = 2
CHECKED_AT_START = 256 << 20  # bytes; a larger file would keep the start waiting, `check` reads it later


class SQLiteMailbox:
    """
    A Mailbox in one file, `mailbox.db`.

    It is WAL with synchronous=FULL: an append has answered when SQLite's COMMIT has, and that is after the log was
    flushed with fdatasync. After a kill or a power cut SQLite plays the log when the file is opened again, and leaves
    out what was not committed whole. `synchronous` and `factory` (of connections) are for tests.

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
    ) -> None:
        self._path = Path(path)
        prepare(self._path, "mailbox", CHECKED_AT_START)
        self._seq = _highest_seq(self._path)
        self._writer: Worker[writer.Append | writer.Change] = Worker(
            "the mailbox's writer",
            partial(writer.Writer, self._path, synchronous, factory),
            call_from_thread,
            on_death,
            writer.BATCH_JOBS,
            writer.BATCH_BYTES,
            soon,
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

    @property
    def alive(self) -> bool:
        """Tell whether every thread runs; when one does not, the process should end."""
        return self._writer.alive and all(worker.alive for worker in self._readers)

    def next_seq(self) -> int:
        """Give the next number in the order of all messages. Only numbers that were stored count after a restart."""
        self._seq += 1
        return self._seq

    def append(self, messages: Sequence[Message], content: bytes) -> "Deferred[None]":
        """Store copies of one content; they share the first one's summary. Fires when the disk has them."""
        if not messages:
            return succeed(None)
        self._seq = max(self._seq, messages[-1].seq)
        return self._writer.submit(writer.Append(messages, content), len(content))

    def newest(
        self,
        selection: Selection,
        limit: int,
        until: float | None = None,
        filter: Filter = EVERYTHING,
        after: int | None = None,
    ) -> "Deferred[list[Message]]":
        """Give at most `limit` messages, newest first; `until` leaves out those received later (UTC seconds)."""
        if filter != EVERYTHING or after is not None:
            raise NotImplementedError
        return self._ask(reader.newest(selection, limit, until))

    def count(self, selection: Selection) -> "Deferred[int]":
        """Count the messages."""
        return self._ask(reader.count(selection))

    def get(self, selection: Selection, id: str) -> "Deferred[Message | None]":
        """Give one message of the inbox, None when the reader may not see it or it is not there."""
        return self._ask(reader.get(selection, id))

    def content(self, message: Message) -> "Deferred[bytes | None]":
        """Give the bytes as received, None when the message was deleted meanwhile."""
        return self._ask(reader.content(message))

    def delete(self, message: Message) -> "Deferred[bool]":
        """Delete one message for good; tells whether it was still there."""
        return self._writer.submit(writer.delete(message))

    def purge(self, selection: Selection, starred: bool = False, filter: Filter = EVERYTHING) -> "Deferred[int]":
        """
        Delete the messages, starred ones only if asked; gives how many.

        This is done in slices with mail taken between them; what arrives meanwhile stays. When a slice fails, those
        before it are deleted.
        """
        if filter != EVERYTHING:
            raise NotImplementedError
        return ensureDeferred(self._in_slices(writer.purge(selection, starred, self._seq)))

    def purge_owner(self, owner: str) -> "Deferred[int]":
        """Delete all messages that an account owns, in slices as `purge` does; gives how many."""
        return ensureDeferred(self._in_slices(writer.purge_owner(owner, self._seq)))

    def adopt(self, inbox: str, owner: str) -> "Deferred[int]":
        """Give the public messages of an inbox to whoever reserved it; gives how many."""
        return self._writer.submit(writer.adopt(inbox, owner))

    def star(self, message: Message, account: str | None) -> "Deferred[Message | None]":
        """See the port."""
        raise NotImplementedError

    def move(self, message: Message, folder: str) -> "Deferred[Message | None]":
        """See the port."""
        raise NotImplementedError

    def label(self, message: Message, labels: tuple[str, ...]) -> "Deferred[Message | None]":
        """See the port."""
        raise NotImplementedError

    def mark(self, message: Message, read: bool) -> "Deferred[Message | None]":
        """See the port."""
        raise NotImplementedError

    def starred(self, account: str, limit: int, until: float | None = None) -> "Deferred[list[Message]]":
        """See the port."""
        raise NotImplementedError

    def owned(
        self, owner: str, limit: int, skip: int = 0, since: float | None = None, filter: Filter = EVERYTHING
    ) -> "Deferred[list[Message]]":
        """See the port."""
        raise NotImplementedError

    def unread(self, owner: str) -> "Deferred[int]":
        """See the port."""
        raise NotImplementedError

    def totals(self, owner: str) -> "Deferred[Totals]":
        """See the port."""
        raise NotImplementedError

    def inboxes_of(self, owner: str) -> "Deferred[list[str]]":
        """See the port."""
        raise NotImplementedError

    def search(self, owner: str, query: str, limit: int) -> "Deferred[list[Message]]":
        """See the port."""
        raise NotImplementedError

    def of_domain(
        self, domain: str, reader: str | None, limit: int, until: float | None = None
    ) -> "Deferred[list[Message]]":
        """See the port."""
        raise NotImplementedError

    def count_domain(self, domain: str, reader: str | None) -> "Deferred[int]":
        """See the port."""
        raise NotImplementedError

    def purge_domain(self, domain: str, owner: str) -> "Deferred[int]":
        """See the port."""
        raise NotImplementedError

    def top(self, kind: Top, start: float, end: float, skip: int, limit: int) -> "Deferred[list[tuple[str, int]]]":
        """See the port."""
        raise NotImplementedError

    def common_attachments(self, start: float, end: float, skip: int, limit: int) -> "Deferred[list[tuple[str, int]]]":
        """See the port."""
        raise NotImplementedError

    def attachment_count(self, checksum: str) -> "Deferred[int]":
        """See the port."""
        raise NotImplementedError

    def messages_with_attachment(self, checksum: str, limit: int) -> "Deferred[list[Message]]":
        """See the port."""
        raise NotImplementedError

    def check(self) -> "Deferred[list[str]]":
        """Read the whole file and say what is damaged; an empty list when nothing is."""
        return self._ask(reader.damage)

    def close(self) -> "Deferred[None]":
        """Finish what was asked and let go of the files."""
        return ensureDeferred(self._close())

    def _ask(self, question: reader.Question) -> "Deferred[Any]":
        return min(self._readers, key=lambda worker: worker.waiting).submit(question)

    async def _in_slices(self, change: writer.Change) -> int:
        deleted = 0
        while True:
            some: int = await self._writer.submit(change)
            deleted += some
            if some < writer.PURGE_SLICE:
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
