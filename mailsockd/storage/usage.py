"""What was used, in tables of the mailbox's file."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from mailsockd.actions.ports import StateUnreadable
from mailsockd.state.usage import Usage, Used
from mailsockd.storage.changes import Change
from mailsockd.storage.database import connect


class SQLiteUsage:
    """A UsageStore; `change` gives a change to the writer of the mailbox's file."""

    def __init__(self, change: "Callable[[Change], Deferred[Any]]") -> None:
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

        return self._change(change)

    def forget(self, account: str) -> "Deferred[None]":
        """Forget an account."""

        def change(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM usage WHERE account = ?", (account,))

        return self._change(change)


def load_usage(path: Path) -> Usage:
    """Read what was used; blocks, so only before the reactor runs. Raises StateUnreadable."""
    try:
        db = connect(path, read_only=True)
        try:
            rows = db.execute("SELECT account, key, day, count FROM usage").fetchall()
            seen = dict(db.execute("SELECT key, at FROM keys_seen").fetchall())
        finally:
            db.close()
    except sqlite3.Error as error:
        raise StateUnreadable(f"{path}: {error}") from error
    return Usage((Used(*row) for row in rows), seen)
