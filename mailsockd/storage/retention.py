"""The mailbox as who makes room in it sees it."""

import json
import os
import sqlite3
from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred

from mailsockd.actions.retention import Room, Victim
from mailsockd.storage.changes import Change
from mailsockd.storage.mailbox import SQLiteMailbox
from mailsockd.storage.reader import Question

# Starred mail stays, and so does what must still go out.
_OLDEST = """
    SELECT seq, id, inbox, owner, received, size FROM messages
    WHERE seq > :after AND saved_by IS NULL
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE message = messages.id AND status = 'waiting')
    ORDER BY seq LIMIT :limit
"""
_OLDEST_PUBLIC = """
    SELECT seq, id, inbox, owner, received, size FROM messages
    WHERE owner = '' AND saved_by IS NULL AND domain IS NOT NULL AND received < :before
    ORDER BY received LIMIT :limit
"""
_BEYOND = """
    SELECT seq, id, inbox, owner, received, size FROM messages
    WHERE seq IN (
        SELECT seq FROM messages
        WHERE inbox = :inbox AND saved_by IS NULL AND (owner = '' OR NOT :public)
        ORDER BY seq DESC LIMIT -1 OFFSET :keep)
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE message = messages.id AND status = 'waiting')
    ORDER BY seq LIMIT :limit
"""
_OLDEST_OF = """
    SELECT seq, id, inbox, owner, received, size FROM messages
    WHERE owner = :owner AND owner <> '' AND saved_by IS NULL
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE message = messages.id AND status = 'waiting')
    ORDER BY seq LIMIT :limit
"""
_EVICT = """
    DELETE FROM messages WHERE seq IN (SELECT value FROM json_each(:numbers)) AND saved_by IS NULL RETURNING seq
"""


class SQLiteRetention:
    """A RetentionStore over the mailbox."""

    def __init__(self, mailbox: SQLiteMailbox) -> None:
        self._mailbox = mailbox

    def room(self) -> "Deferred[Room]":
        """Measure the file by its pages, and its disk."""
        return self._mailbox.ask(_room)

    def oldest(self, after: int, limit: int) -> "Deferred[list[Victim]]":
        """Give the oldest messages behind a seq."""
        return self._mailbox.ask(_victims(_OLDEST, after=after, limit=limit))

    def oldest_public(self, before: float, limit: int) -> "Deferred[list[Victim]]":
        """Give the oldest public messages that were received before then."""
        return self._mailbox.ask(_victims(_OLDEST_PUBLIC, before=before, limit=limit))

    def beyond(self, inbox: str, keep: int, limit: int, public: bool) -> "Deferred[list[Victim]]":
        """Give messages of an inbox but for the newest."""
        return self._mailbox.ask(_victims(_BEYOND, inbox=inbox, keep=keep, limit=limit, public=int(public)))

    def oldest_of(self, owner: str, limit: int) -> "Deferred[list[Victim]]":
        """Give the oldest messages that an account owns."""
        return self._mailbox.ask(_victims(_OLDEST_OF, owner=owner, limit=limit))

    def count_of(self, owner: str) -> "Deferred[int]":
        """Count what an account owns or starred."""
        return self._mailbox.totals(owner).addCallback(lambda totals: totals.messages)

    def evict(self, victims: Sequence[Victim]) -> "Deferred[list[Victim]]":
        """Delete them in one transaction."""
        return self._mailbox.change(_evicted(victims))

    def give_back(self, pages: int) -> "Deferred[None]":
        """Give empty pages back; a file that was made without auto_vacuum keeps them."""
        return self._mailbox.change_beside(_given_back(pages))


def _victims(statement: str, **values: Any) -> Question:
    def ask(db: sqlite3.Connection) -> list[Victim]:
        return [Victim(*row) for row in db.execute(statement, values).fetchall()]

    return ask


def _room(db: sqlite3.Connection) -> Room:
    pages, empty, size = (
        db.execute(statement).fetchall()[0][0]
        for statement in ("PRAGMA page_count", "PRAGMA freelist_count", "PRAGMA page_size")
    )
    path = db.execute("PRAGMA database_list").fetchall()[0][2]
    disk = os.statvfs(path)
    vacuums = db.execute("PRAGMA auto_vacuum").fetchall()[0][0]
    return Room((pages - empty) * size, empty * size if vacuums else 0, disk.f_bavail * disk.f_frsize)


def _evicted(victims: Sequence[Victim]) -> Change:
    numbers = json.dumps([victim.seq for victim in victims])

    def change(db: sqlite3.Connection) -> list[Victim]:
        gone = {row[0] for row in db.execute(_EVICT, {"numbers": numbers}).fetchall()}
        return [victim for victim in victims if victim.seq in gone]

    return change


def _given_back(pages: int) -> Change:
    def change(db: sqlite3.Connection) -> None:
        # A step of this statement is one page, and Python's sqlite3 takes one step of what has no columns.
        for _ in range(pages):
            db.execute("PRAGMA incremental_vacuum")

    return change
