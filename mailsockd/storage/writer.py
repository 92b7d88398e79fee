"""
The one writer of the mailbox: whatever waits is committed in one transaction.

A commit with synchronous=FULL waits until the log is on the disk, so a job's success means that it survives a power
cut; and one such wait serves every job of the batch. When a batch fails, each of its jobs is tried alone, so that a bad
one costs no other.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from mailsockd.actions.onward import AlreadySettled
from mailsockd.mail.frozen import frozen
from mailsockd.mail.lines import line_octets
from mailsockd.mail.stored import Message
from mailsockd.state.deliveries import Delivery
from mailsockd.storage.changes import Change
from mailsockd.storage.database import connect, trouble
from mailsockd.storage.deliveries import content_of, insert, settle_by_append
from mailsockd.storage.index import index_some, step_back
from mailsockd.storage.inserting import Insert
from mailsockd.storage.reader import highest_seq
from mailsockd.storage.rows import Row, content_row, message_row

BATCH_JOBS = 256
BATCH_BYTES = 8 << 20

_SYNCHRONOUS = {"FULL": "PRAGMA synchronous = FULL", "OFF": "PRAGMA synchronous = OFF"}
_CHECKPOINT = "PRAGMA wal_autocheckpoint = 2000"  # pages
_insert_contents = Insert("INSERT INTO contents (id, summary, raw)", 3)
_insert_messages = Insert(
    """
    INSERT INTO messages (seq, id, content, inbox, original, owner, received, size, ip, via, helo, sender,
                          tls, esmtp, folder, labels, read, saved_by, octets)
    """,
    19,
)


@frozen
class Append:
    """
    Copies of one content, at least one, the deliveries that they want, and the one that is settled by them.

    What settles a delivery is its message once more: they share the content that is on disk already.
    """

    messages: Sequence[Message]
    content: bytes
    deliveries: Sequence[Delivery] = ()
    settled: int | None = None


@attrs.frozen
class Index:
    """A slice of what appends leave undone; gives True when there is more. It shares no transaction."""


@attrs.frozen
class Unhurried:
    """A change that shares no transaction, and is answered before it is safe on the disk."""

    change: Change


Job: TypeAlias = Append | Change | Index | Unhurried


def is_apart(job: Job) -> bool:
    """Tell whether a job is done apart from all others."""
    return isinstance(job, Index | Unhurried)


class Writer:
    """
    The Work of the writer's thread: appends and changes, in their order.

    `synchronous` "OFF" gives up what this is for; it exists so that a test can show that it would notice.
    """

    def __init__(self, path: Path, synchronous: str, factory: type[sqlite3.Connection]) -> None:
        self._path = path
        self._db = connect(path, factory)
        self._durable = synchronous == "FULL"
        self._db.execute(_SYNCHRONOUS[synchronous])
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA cache_size = -16384")  # KiB
        self._db.execute(_CHECKPOINT).fetchall()
        self._db.execute("PRAGMA journal_size_limit = 67108864").fetchall()  # bytes, after a checkpoint
        self._highest = highest_seq(self._db)

    def run(self, jobs: list[Job]) -> list[Any]:
        """Commit the jobs together, or else each alone; gives what each of them gives, or its StorageTrouble."""
        first = jobs[0]
        if isinstance(first, Index):
            return [self._index()]
        if isinstance(first, Unhurried):
            return [self._unhurried(first.change)]
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:  # no job's fault, so there is no use in trying each
            return [trouble(error, self._path) for _ in jobs]
        try:
            outcomes = self._do(jobs)
            self._db.execute("COMMIT")
            return outcomes
        except Exception:
            self._undo()
        return [self._alone(job) for job in jobs]

    def close(self) -> None:
        """Close the connection; when it is the last one this moves the log into the file."""
        self._db.close()

    def _index(self) -> Any:
        # The log is moved into the file in small parts, so that an append never waits for a large one behind this.
        try:
            return self._unhurried(index_some, "PRAGMA wal_autocheckpoint = 500")
        finally:
            self._db.execute(_CHECKPOINT).fetchall()

    def _unhurried(self, change: Change, first: str = "") -> Any:
        # Nobody was promised that this is on the disk, so it does not wait for it; the next commit's wait covers it.
        try:
            if first:
                self._db.execute(first).fetchall()
            if self._durable:
                self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("BEGIN IMMEDIATE")
            outcome = change(self._db)
            self._db.execute("COMMIT")
            return outcome
        except Exception as error:
            self._undo()
            return trouble(error, self._path)
        finally:
            if self._durable:
                self._db.execute("PRAGMA synchronous = FULL")

    def _alone(self, job: Job) -> Any:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            outcomes = self._do([job])
            self._db.execute("COMMIT")
            return outcomes[0]
        except Exception as error:
            self._undo()
            return trouble(error, self._path)

    def _undo(self) -> None:
        # SQLite ends the transaction by itself after some errors. If this fails the thread ends, and says so.
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _do(self, jobs: list[Job]) -> list[Any]:
        outcomes: list[Any] = []
        contents: list[Row] = []
        messages: list[Row] = []
        for job in jobs:
            if isinstance(job, Append):
                shared = None
                if job.settled is not None:
                    if not settle_by_append(self._db, job.settled):
                        outcomes.append(AlreadySettled(f"delivery {job.settled} waits no more"))
                        continue
                    shared = content_of(self._db, job.settled, len(job.content))
                if job.deliveries:
                    insert(self._db, job.deliveries)
                first = job.messages[0]
                if first.seq < self._highest:
                    step_back(self._db, first.seq)
                self._highest = max(self._highest, first.seq)
                if shared is None:
                    contents.append(content_row(first, job.content))
                octets = line_octets(job.content)
                for message in job.messages:
                    messages.append((*message_row(message, first.seq if shared is None else shared), octets))
                outcomes.append(None)
            elif not isinstance(job, Index | Unhurried):
                self._insert(contents, messages)
                contents, messages = [], []
                outcomes.append(job(self._db))
        self._insert(contents, messages)
        return outcomes

    def _insert(self, contents: list[Row], messages: list[Row]) -> None:
        if messages:
            _insert_contents(self._db, contents)
            _insert_messages(self._db, messages)
