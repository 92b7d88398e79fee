"""
The one writer of the mailbox: whatever waits is committed in one transaction.

A commit with synchronous=FULL waits until the log is on the disk, so a job's success means that it survives a power
cut; and one such wait serves every job of the batch. When a batch fails, each of its jobs is tried alone, so that a bad
one costs no other.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from mailsockd.actions.ports import Selection
from mailsockd.mail.stored import Message
from mailsockd.storage.database import connect, trouble
from mailsockd.storage.rows import Row, content_row, message_row, storable_row

BATCH_JOBS = 256
BATCH_BYTES = 8 << 20
PURGE_SLICE = 100  # messages deleted in one transaction, so that mail is taken between the slices of a long purge

_SYNCHRONOUS = {"FULL": "PRAGMA synchronous = FULL", "OFF": "PRAGMA synchronous = OFF"}
_INSERT_CONTENT = "INSERT INTO contents (id, summary, raw) VALUES (?, ?, ?)"
_INSERT_MESSAGE = """
    INSERT INTO messages (seq, id, content, inbox, original, owner, received, size, ip, via, helo, sender,
                          tls, esmtp, folder, labels, read, saved_by)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@attrs.frozen
class Append:
    """Copies of one content, at least one."""

    messages: Sequence[Message]
    content: bytes


Change: TypeAlias = Callable[[sqlite3.Connection], Any]


class Writer:
    """
    The Work of the writer's thread: appends and changes, in their order.

    `synchronous` "OFF" gives up what this is for; it exists so that a test can show that it would notice.
    """

    def __init__(self, path: Path, synchronous: str, factory: type[sqlite3.Connection]) -> None:
        self._path = path
        self._db = connect(path, factory)
        self._db.execute(_SYNCHRONOUS[synchronous])
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA cache_size = -16384")  # KiB
        self._db.execute("PRAGMA wal_autocheckpoint = 2000").fetchall()  # pages
        self._db.execute("PRAGMA journal_size_limit = 67108864").fetchall()  # bytes, after a checkpoint

    def run(self, jobs: list[Append | Change]) -> list[Any]:
        """Commit the jobs together, or else each alone; gives what each of them gives, or its StorageTrouble."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:  # no job's fault, so there is no use in trying each
            return [trouble(error, self._path) for _ in jobs]
        try:
            outcomes = self._do(jobs, message_row)
            self._db.execute("COMMIT")
            return outcomes
        except Exception:
            self._undo()
        return [self._alone(job) for job in jobs]

    def close(self) -> None:
        """Close the connection; when it is the last one this moves the log into the file."""
        self._db.close()

    def _alone(self, job: Append | Change) -> Any:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            outcomes = self._do([job], storable_row)
            self._db.execute("COMMIT")
            return outcomes[0]
        except Exception as error:
            self._undo()
            return trouble(error, self._path)

    def _undo(self) -> None:
        # SQLite ends the transaction by itself after some errors. If this fails the thread ends, and says so.
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _do(self, jobs: list[Append | Change], row_of: Callable[[Message, int], Row]) -> list[Any]:
        outcomes: list[Any] = []
        contents: list[Row] = []
        messages: list[Row] = []
        for job in jobs:
            if isinstance(job, Append):
                first = job.messages[0]
                contents.append(content_row(first, job.content))
                for message in job.messages:
                    messages.append(row_of(message, first.seq))
                outcomes.append(None)
            else:
                self._insert(contents, messages)
                contents, messages = [], []
                outcomes.append(job(self._db))
        self._insert(contents, messages)
        return outcomes

    def _insert(self, contents: list[Row], messages: list[Row]) -> None:
        if contents:
            self._db.executemany(_INSERT_CONTENT, contents)
            self._db.executemany(_INSERT_MESSAGE, messages)


def delete(message: Message) -> Change:
    """Delete one message; gives whether it was there."""

    def change(db: sqlite3.Connection) -> bool:
        return db.execute("DELETE FROM messages WHERE seq = ? AND id = ?", (message.seq, message.id)).rowcount > 0

    return change


def purge(selection: Selection, starred: bool, up_to: int) -> Change:
    """Delete at most PURGE_SLICE messages of a selection, none with a seq above `up_to`; gives how many."""

    def change(db: sqlite3.Connection) -> int:
        return db.execute(
            """
            DELETE FROM messages WHERE seq IN (
                SELECT seq FROM messages
                WHERE inbox = :inbox AND seq <= :up_to AND (:starred OR saved_by IS NULL)
                    AND (owner = :reader OR owner = '' AND (saved_by IS NULL OR saved_by = :reader))
                LIMIT :slice)
            """,
            {
                "inbox": selection.inbox,
                "reader": selection.reader or None,
                "starred": int(starred),
                "up_to": up_to,
                "slice": PURGE_SLICE,
            },
        ).rowcount

    return change


def purge_owner(owner: str, up_to: int) -> Change:
    """Delete at most PURGE_SLICE messages that an account owns, none with a seq above `up_to`; gives how many."""

    def change(db: sqlite3.Connection) -> int:
        return db.execute(
            """
            DELETE FROM messages WHERE seq IN (
                SELECT seq FROM messages WHERE owner = ? AND owner <> '' AND seq <= ? LIMIT ?)
            """,
            (owner, up_to, PURGE_SLICE),
        ).rowcount

    return change


def adopt(inbox: str, owner: str) -> Change:
    """Give the public messages of an inbox to an account; one that another account starred stays that account's."""

    def change(db: sqlite3.Connection) -> int:
        return db.execute(
            """
            UPDATE messages SET owner = :owner
            WHERE inbox = :inbox AND owner = '' AND (saved_by IS NULL OR saved_by = :owner)
            """,
            {"inbox": inbox, "owner": owner},
        ).rowcount

    return change
