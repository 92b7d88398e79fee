"""What was used, in tables of the mailbox's file."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred

from mailsockd.actions.ports import StateUnreadable
from mailsockd.state.usage import Usage, Used, day_of
from mailsockd.storage.changes import Change
from mailsockd.storage.database import connect

_READ = """
    SELECT account, key, day, count FROM usage WHERE day >= :first
    UNION ALL
    SELECT account, key, substr(day, 1, 7), SUM(count) FROM usage WHERE day < :first
    GROUP BY account, key, substr(day, 1, 7)
"""
DAYS = 92  # before today that are told apart after a start; what is older is known by the month

Write: TypeAlias = Callable[[Change], "Deferred[Any]"]


class SQLiteUsage:
    """
    A UsageStore over the writer of the mailbox's file.

    `unhurried` writes what may be lost in a power cut, `change` what may not.
    """

    def __init__(self, unhurried: Write, change: Write) -> None:
        self._unhurried = unhurried
        self._change = change

    def save(self, used: Sequence[Used], seen: Mapping[str, float]) -> "Deferred[None]":
        """Write counts, each in the place of the one before, and when keys were used."""
        counts = [(one.account, one.key, one.day, one.count) for one in used]
        keys = list(seen.items())

        def change(db: sqlite3.Connection) -> None:
            db.executemany(
                """
                INSERT INTO usage (account, key, day, count) VALUES (?, ?, ?, ?)
                ON CONFLICT (account, key, day) DO UPDATE SET count = excluded.count
                """,
                counts,
            )
            db.executemany(
                "INSERT INTO keys_seen (key, at) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET at = excluded.at", keys
            )

        return self._unhurried(change)

    def forget(self, account: str) -> "Deferred[None]":
        """Forget an account and when its keys were used."""

        def change(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM keys_seen WHERE key IN (SELECT key FROM usage WHERE account = ?)", (account,))
            db.execute("DELETE FROM usage WHERE account = ?", (account,))

        return self._change(change)


def load_usage(path: Path, now: float) -> Usage:
    """
    Read what was used; blocks, so only before the reactor runs. `now` is UTC seconds. Raises StateUnreadable.

    What is longer ago than DAYS is added up by the month, so that memory does not grow with the years.
    """
    try:
        db = connect(path, read_only=True)
        try:
            rows = db.execute(_READ, {"first": day_of(now - DAYS * 86_400)}).fetchall()
            seen = dict(db.execute("SELECT key, at FROM keys_seen").fetchall())
        finally:
            db.close()
    except sqlite3.Error as error:
        raise StateUnreadable(f"{path}: {error}") from error
    return Usage((Used(*row) for row in rows), seen)
