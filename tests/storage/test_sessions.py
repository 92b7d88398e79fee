"""Sessions on disk: what is saved is read again, with what came in a later step of the schema."""

import sqlite3
from pathlib import Path
from typing import Any

import attrs
from twisted.internet.defer import Deferred, succeed

from mailsockd.state.sessions import Session
from mailsockd.storage.changes import Change
from mailsockd.storage.database import connect, steps
from mailsockd.storage.sessions import SQLiteSessions, load_sessions

FIRST = Session("d1", "ada", 1.0, 2.0, "192.0.2.9", "Firefox/128.0 \u00e9")
SECOND = Session("d2", "bob", 3.0, 3.0)


def database(path: Path, known: int) -> sqlite3.Connection:
    """Make the file of a mailbox of the first steps of its schema."""
    db = sqlite3.connect(path, isolation_level=None)
    for step in steps("mailbox")[:known]:
        db.executescript(step)
    return db


def test_sessions_are_read_as_they_were_saved(tmp_path: Path) -> None:
    """Of one that is saved again only the last use is another; what is removed is gone."""
    db = database(tmp_path / "mailbox.db", len(steps("mailbox")))

    def change(work: Change) -> "Deferred[Any]":
        return succeed(work(db))

    store = SQLiteSessions(change)
    store.change([FIRST, SECOND])
    assert load_sessions(tmp_path / "mailbox.db") == [FIRST, SECOND]
    store.change([attrs.evolve(FIRST, used=9.0)], [SECOND])
    assert load_sessions(tmp_path / "mailbox.db") == [attrs.evolve(FIRST, used=9.0)]
    db.close()


def test_sessions_from_before_their_browsers_were_kept_last(tmp_path: Path) -> None:
    """Who was signed in stays signed in when the daemon is updated."""
    db = database(tmp_path / "mailbox.db", 3)
    db.execute("INSERT INTO sessions VALUES ('d1', 'ada', 1.0, 2.0)")
    db.executescript(steps("mailbox")[3])
    assert load_sessions(tmp_path / "mailbox.db") == [Session("d1", "ada", 1.0, 2.0, "", "")]
    assert connect(tmp_path / "mailbox.db", read_only=True).execute("PRAGMA user_version").fetchone() == (4,)
    db.close()
