"""A database of an older mailsockd: it is copied before its schema changes, or left alone."""

import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import pytest

from mailsockd.actions.ports import StateUnreadable
from mailsockd.storage import database
from mailsockd.storage.database import connect, create_private, prepare, steps

Usage = namedtuple("Usage", "total used free")


def old(path: Path, step: int) -> None:
    """Make a mailbox as it was after some steps, with one row of contents."""
    create_private(path)
    with closing(connect(path)) as connection:
        for text in steps("mailbox")[:step]:
            connection.executescript("BEGIN;" + text + "COMMIT;")
        connection.execute("INSERT INTO contents VALUES (1, '{}', x'00')")
        connection.execute("PRAGMA journal_mode = WAL").fetchall()


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_what_was_there_is_kept_before_the_first_step(tmp_path: Path) -> None:
    """The copy has the old step and rows, for its owner alone; an older copy goes; a second start makes none."""
    path = tmp_path / "mailbox.db"
    old(path, 1)
    (tmp_path / "mailbox.db.step-0").write_text("older")
    prepare(path, "mailbox")
    kept = tmp_path / "mailbox.db.step-1"
    assert (version(path), version(kept)) == (len(steps("mailbox")), 1)
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT count(*) FROM contents").fetchone() == (1,)
    assert kept.stat().st_mode & 0o777 == 0o600
    before = sorted(tmp_path.glob("*.step*"))
    assert before == [kept]
    kept.unlink()
    prepare(path, "mailbox")
    assert sorted(tmp_path.glob("*.step*")) == []


def test_a_new_database_needs_no_copy(tmp_path: Path) -> None:
    """Nothing was there before."""
    prepare(tmp_path / "mailbox.db", "mailbox")
    assert sorted(tmp_path.glob("*.step*")) == []


def test_without_room_no_step_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The start ends with how much is needed and how much there is, and the database is at its old step."""
    path = tmp_path / "mailbox.db"
    old(path, 2)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(1 << 40, 1 << 40, 60 << 20))
    with pytest.raises(StateUnreadable) as raised:
        prepare(path, "mailbox")
    newest = len(steps("mailbox"))
    assert str(raised.value) == (
        f"{path}: before its schema is brought from step 2 to {newest} it is copied, which needs 64 MiB, "
        "and the disk has 60 MiB left"
    )
    assert (version(path), sorted(tmp_path.glob("*.step*"))) == (2, [])


def test_a_step_that_fails_leaves_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy is there to go back to, and the database is at the step before the one that failed."""
    path = tmp_path / "mailbox.db"
    old(path, 1)
    good = steps("mailbox")
    monkeypatch.setattr(database, "steps", lambda kind: [*good, "CREATE TABLE messages (x);"])
    with pytest.raises(StateUnreadable, match="already exists"):
        prepare(path, "mailbox")
    assert (version(path), version(tmp_path / "mailbox.db.step-1")) == (len(good), 1)
