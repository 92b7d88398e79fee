"""The questions that are asked of the mailbox, on connections that cannot write."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from mailsockd.actions.ports import Selection
from mailsockd.mail.stored import Message
from mailsockd.storage.database import connect, trouble
from mailsockd.storage.rows import message_from, messages_from

Question: TypeAlias = Callable[[sqlite3.Connection], Any]


class Reader:
    """
    The Work of a reader's thread.

    Each statement is one transaction of its own, so it sees every commit that ended before it began.
    """

    def __init__(self, path: Path, factory: type[sqlite3.Connection]) -> None:
        self._path = path
        self._db = connect(path, factory, read_only=True)
        self._db.execute("PRAGMA cache_size = -4096")  # KiB

    def run(self, jobs: list[Question]) -> list[Any]:
        """Ask each question; gives the answers, a StorageTrouble where there is none."""
        return [self._ask(job) for job in jobs]

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def _ask(self, question: Question) -> Any:
        try:
            return question(self._db)
        except Exception as error:
            return trouble(error, self._path)


def newest(selection: Selection, limit: int, until: float | None, read: bool | None, after: int | None) -> Question:
    """Ask for the newest messages of a selection, a list; `read` None takes all, `after` is a seq."""

    def ask(db: sqlite3.Connection) -> list[Message]:
        rows = db.execute(
            """
            SELECT * FROM listed
            WHERE inbox = :inbox AND seq > :after AND (:until IS NULL OR received <= :until)
                AND (owner = :reader OR owner = '' AND (saved_by IS NULL OR saved_by = :reader))
                AND (:read IS NULL OR (read IS 1) = :read)
            ORDER BY seq DESC LIMIT :limit
            """,
            {
                "inbox": selection.inbox,
                "reader": selection.reader or None,
                "until": until,
                "after": -1 if after is None else after,
                "read": None if read is None else int(read),
                "limit": max(limit, 0),
            },
        )
        return messages_from(rows)

    return ask


def count(selection: Selection, after: int) -> Question:
    """Ask for the highest seq, and how many messages a selection has behind a seq."""

    def ask(db: sqlite3.Connection) -> tuple[int, ...]:
        rows = db.execute(
            """
            SELECT (SELECT COALESCE(MAX(seq), 0) FROM messages), COUNT(*) FROM messages
            WHERE inbox = :inbox AND seq > :after
                AND (owner = :reader OR owner = '' AND (saved_by IS NULL OR saved_by = :reader))
            """,
            {"inbox": selection.inbox, "reader": selection.reader or None, "after": after},
        ).fetchall()
        return tuple(rows[0])

    return ask


def get(selection: Selection, id: str) -> Question:
    """Ask for one message of a selection."""

    def ask(db: sqlite3.Connection) -> Message | None:
        rows = db.execute(
            """
            SELECT * FROM listed
            WHERE id = :id AND inbox = :inbox
                AND (owner = :reader OR owner = '' AND (saved_by IS NULL OR saved_by = :reader))
            """,
            {"inbox": selection.inbox, "reader": selection.reader or None, "id": id},
        ).fetchall()
        return message_from(rows[0]) if rows else None

    return ask


def content(message: Message) -> Question:
    """Ask for the bytes of a message."""

    def ask(db: sqlite3.Connection) -> bytes | None:
        rows = db.execute(
            """
            SELECT raw FROM contents
            WHERE id = (SELECT content FROM messages WHERE seq = ? AND id = ?)
            """,
            (message.seq, message.id),
        ).fetchall()
        return rows[0][0] if rows else None

    return ask


def damage(db: sqlite3.Connection) -> list[str]:
    """Say what is wrong with the file; empty when nothing is."""
    found = [str(row[0]) for row in db.execute("PRAGMA quick_check").fetchall()]
    return [] if found == ["ok"] else found


def highest_seq(db: sqlite3.Connection) -> int:
    """Give the highest number ever stored, 0 when there was none."""
    rows = db.execute(
        """
        SELECT MAX(
            COALESCE((SELECT MAX(seq) FROM messages), 0),
            COALESCE((SELECT MAX(seq) FROM sqlite_sequence WHERE name = 'messages'), 0))
        """
    ).fetchall()
    return int(rows[0][0])
