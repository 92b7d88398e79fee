"""Mail read straight from the file of the mailbox, for whoever may read that file. Everything here blocks."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from mailsockd.mail.stored import Message
from mailsockd.storage.database import connect
from mailsockd.storage.rows import message_from

SLICE = 100  # messages that are listed in one go, so that a long export keeps no log from being moved into the file


class Archive:
    """The messages of a mailbox's file; None as inbox or owner is any, "" as owner is nobody. Raises sqlite3.Error."""

    def __init__(self, path: Path, inbox: str | None = None, owner: str | None = None, since: float = 0.0) -> None:
        self._path = path
        self._selection = {"inbox": inbox, "owner": owner, "since": since}

    def count(self) -> int:
        """Count them."""
        with closing(connect(self._path, read_only=True)) as db:
            rows = db.execute(
                """
                SELECT count(*) FROM messages
                WHERE (:inbox IS NULL OR inbox = :inbox) AND (:owner IS NULL OR owner = :owner) AND received >= :since
                """,
                self._selection,
            )
            return int(rows.fetchone()[0])

    def __iter__(self) -> Iterator[tuple[Message, bytes]]:
        """Give each message with its content as received, the oldest first."""
        with closing(connect(self._path, read_only=True)) as db:
            after = -1
            while messages := self._slice(db, after):
                for message in messages:
                    found = db.execute(
                        "SELECT raw FROM contents WHERE id = (SELECT content FROM messages WHERE seq = ?)",
                        (message.seq,),
                    ).fetchone()
                    if found is not None:  # it was not deleted meanwhile
                        yield message, bytes(found[0])
                after = messages[-1].seq

    def _slice(self, db: sqlite3.Connection, after: int) -> list[Message]:
        rows = db.execute(
            """
            SELECT * FROM listed
            WHERE seq > :after AND (:inbox IS NULL OR inbox = :inbox) AND (:owner IS NULL OR owner = :owner)
                AND received >= :since
            ORDER BY seq LIMIT :limit
            """,
            {**self._selection, "after": after, "limit": SLICE},
        )
        return [message_from(row) for row in rows.fetchall()]
