"""Whole inboxes: lists that read no content, content in pieces, and the deletion of what a list named."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.logger import Logger

from mailsockd.actions.maildrop import Listed
from mailsockd.actions.ports import Selection, StorageTrouble
from mailsockd.mail.lines import line_octets
from mailsockd.mail.stored import Message, Summary
from mailsockd.storage.changes import PURGE_SLICE, Change, purge_found
from mailsockd.storage.mailbox import SQLiteMailbox
from mailsockd.storage.reader import Question

_NO_SUMMARY = Summary(sender=())

Octets = dict[int, int]  # by seq


class SQLiteMaildrops:
    """A MaildropStore on the mailbox's threads."""

    _log = Logger()

    def __init__(self, mailbox: SQLiteMailbox) -> None:
        self._mailbox = mailbox

    def listing(self, selection: Selection, most: int, added: Callable[[Message], int]) -> "Deferred[list[Listed]]":
        """List messages, oldest first."""
        return ensureDeferred(self._listing(selection, most, added))

    def piece(self, message: Message, start: int, length: int) -> "Deferred[bytes | None]":
        """Give some bytes of a message."""
        return self._mailbox.ask(piece(message, start, length))

    def remove(self, selection: Selection, numbers: Sequence[int]) -> "Deferred[int]":
        """Delete messages by their seqs."""
        return ensureDeferred(self._remove(selection, numbers))

    async def _listing(self, selection: Selection, most: int, added: Callable[[Message], int]) -> list[Listed]:
        found: list[Listed]
        measured: Octets
        found, measured = await self._mailbox.ask(listing(selection, most, added))
        if measured:  # once, for what an older version stored
            self._mailbox.change_beside(keep(measured)).addErrback(
                lambda failure: self._log.warn("sizes were not kept: {error}", error=failure.getErrorMessage())
            )
        return found

    async def _remove(self, selection: Selection, numbers: Sequence[int]) -> int:
        deleted = 0
        for start in range(0, len(numbers), PURGE_SLICE):
            some = list(numbers[start : start + PURGE_SLICE])
            deleted += await self._mailbox.change(purge_found(selection, some, starred=True))
        return deleted


def listing(selection: Selection, most: int, added: Callable[[Message], int]) -> Question:
    """Ask for a list, and for the octets of those contents that had to be measured for it."""

    def ask(db: sqlite3.Connection) -> tuple[list[Listed], Octets]:
        rows = db.execute(
            """
            SELECT seq, id, original, owner, received, size, ip, via, helo, sender, tls, esmtp, octets
            FROM messages
            WHERE inbox = :inbox AND (owner = :reader OR owner = '' AND (saved_by IS NULL OR saved_by = :reader))
            ORDER BY seq DESC LIMIT :most
            """,
            {"inbox": selection.inbox, "reader": selection.reader or None, "most": max(most, 0)},
        ).fetchall()
        found: list[Listed] = []
        measured: Octets = {}
        for row in reversed(rows):
            octets = row[12]
            if octets is None:
                octets = _measure(db, row[0])
                if octets is None:
                    continue
                measured[row[0]] = octets
            found.append(Listed(row[0], row[1], octets + added(_message(selection.inbox, row))))
        return found, measured

    return ask


def keep(measured: Octets) -> Change:
    """Keep octets that were measured."""

    def change(db: sqlite3.Connection) -> None:
        values = [(octets, seq) for seq, octets in measured.items()]
        db.executemany("UPDATE messages SET octets = ? WHERE seq = ?", values)

    return change


def piece(message: Message, start: int, length: int) -> Question:
    """Ask for some bytes of a message."""

    def ask(db: sqlite3.Connection) -> bytes | None:
        rows = db.execute("SELECT content FROM messages WHERE seq = ? AND id = ?", (message.seq, message.id)).fetchall()
        if not rows:
            return None
        try:
            # Not by substr(), which reads all of the content for each piece of it.
            with db.blobopen("contents", "raw", rows[0][0], readonly=True) as blob:
                blob.seek(min(start, len(blob)))
                return blob.read(length)
        except sqlite3.Error as error:
            if db.execute("SELECT 1 FROM messages WHERE seq = ?", (message.seq,)).fetchall():
                raise StorageTrouble(str(error)) from error
            return None

    return ask


def _measure(db: sqlite3.Connection, seq: int) -> int | None:
    rows = db.execute(
        "SELECT raw FROM contents WHERE id = (SELECT content FROM messages WHERE seq = ?)", (seq,)
    ).fetchall()
    return line_octets(rows[0][0]) if rows else None


def _message(inbox: str, row: tuple[Any, ...]) -> Message:
    return Message(
        id=row[1],
        seq=row[0],
        inbox=inbox,
        original=row[2],
        owner=row[3],
        received=row[4],
        size=row[5],
        ip=row[6],
        via=row[7],
        helo=row[8],
        sender=row[9],
        tls=bool(row[10]),
        summary=_NO_SUMMARY,
        esmtp=bool(row[11]),
    )
