"""Sessions in the mailbox's file: what browsers are signed in survives a restart."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from mailsockd.actions.ports import StateUnreadable
from mailsockd.state.sessions import Session
from mailsockd.storage.changes import Change
from mailsockd.storage.database import connect


class SQLiteSessions:
    """A SessionStore; `change` gives a change to the writer of the mailbox's file."""

    def __init__(self, change: "Callable[[Change], Deferred[Any]]") -> None:
        self._change = change

    def change(self, saved: Sequence[Session], removed: Sequence[Session] = ()) -> "Deferred[None]":
        """Save and remove sessions, all or none."""
        return self._change(_changed(saved, removed))


def load_sessions(path: Path) -> list[Session]:
    """Read all sessions of a mailbox's file; blocks, so only before the reactor runs. Raises StateUnreadable."""
    try:
        db = connect(path, read_only=True)
        try:
            rows = db.execute(
                "SELECT digest, account, created, used, peer, browser FROM sessions ORDER BY digest"
            ).fetchall()
        finally:
            db.close()
    except sqlite3.Error as error:
        raise StateUnreadable(f"{path}: {error}") from error
    return [Session(*row) for row in rows]


def _changed(saved: Sequence[Session], removed: Sequence[Session]) -> Change:
    def change(db: sqlite3.Connection) -> None:
        db.executemany("DELETE FROM sessions WHERE digest = ?", [(session.digest,) for session in removed])
        db.executemany(
            """
            INSERT INTO sessions (digest, account, created, used, peer, browser) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (digest) DO UPDATE SET used = excluded.used
            """,
            [(one.digest, one.account, one.created, one.used, one.peer, one.browser) for one in saved],
        )

    return change
