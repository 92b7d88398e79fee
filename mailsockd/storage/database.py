"""Opening SQLite files: made whole or not at all, checked, brought to the newest step, and their errors in words."""

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path

from mailsockd.actions.ports import StateUnreadable, StorageFull, StorageTrouble
from mailsockd.storage.files import close_to_others, create_private, sync

SPARE = 64 << 20  # bytes that the disk should have left beside a copy
LOCK_TIMEOUT = 5.0  # seconds that a statement waits for another process, such as a backup
APPLICATIONS = {"state": 1836280691, "mailbox": 1836280685}
_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT))


def trouble(error: Exception, path: Path) -> StorageTrouble:
    """Say what went wrong with a file, as StorageFull when there is no room."""
    if isinstance(error, StorageTrouble):
        return error
    code = getattr(error, "sqlite_errorcode", None)
    full = code is not None and code & 0xFF == sqlite3.SQLITE_FULL
    full = full or (isinstance(error, OSError) and error.errno in _NO_ROOM)
    return (StorageFull if full else StorageTrouble)(f"{path}: {error}")


def connect(
    path: Path, factory: type[sqlite3.Connection] = sqlite3.Connection, read_only: bool = False
) -> sqlite3.Connection:
    """Connect to a database that is there, for the calling thread alone; transactions are begun in words."""
    return sqlite3.connect(
        path.absolute().as_uri() + ("?mode=ro" if read_only else "?mode=rw"),
        uri=True,
        timeout=LOCK_TIMEOUT,
        isolation_level=None,
        factory=factory,
    )


def prepare(path: Path, kind: str, check_up_to: int | None = None) -> None:
    """
    Make the database of a kind ("state", "mailbox") when it is not there; else check it and take the steps it lacks.

    Before it takes any, the file as it is goes into NAME.step-N beside it, N being the last step that it has; what was
    kept so at an earlier time is removed then. When there is no room for that, no step is taken.
    A new one gets its name only when it is whole, so that an empty file is always damage. The check reads the whole
    file, unless it has more than `check_up_to` bytes. Raises StateUnreadable naming the file and the reason.
    """
    try:
        if not path.exists():
            if path.with_name(path.name + "-wal").exists():
                raise StateUnreadable(f"{path}: the file is missing, but its log {path.name}-wal is there")
            _create(path, kind)
        elif not path.stat().st_size:
            raise StateUnreadable(f"{path}: the file is empty")
        else:
            close_to_others(path)
            with_check = check_up_to is None or path.stat().st_size <= check_up_to
            connection = connect(path)
            try:
                _examine(connection, path, kind, with_check)
                _keep_before_steps(connection, path, kind)
                _step(connection, kind)
            finally:
                connection.close()
    except (sqlite3.Error, OSError) as error:
        raise StateUnreadable(f"{path}: {error}") from error


def _create(path: Path, kind: str) -> None:
    beside = path.with_name(path.name + ".new")
    for left_over in (beside, beside.with_name(beside.name + "-journal"), beside.with_name(beside.name + "-wal")):
        left_over.unlink(missing_ok=True)
    create_private(beside)
    connection = connect(beside)
    try:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _step(connection, kind)
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
    finally:
        connection.close()
    sync(beside)
    os.replace(beside, path)
    sync(path.parent)


def _keep_before_steps(connection: sqlite3.Connection, path: Path, kind: str) -> None:
    version = connection.execute("PRAGMA user_version").fetchall()[0][0]
    if version == len(steps(kind)):
        return
    needed, free = path.stat().st_size + SPARE, shutil.disk_usage(path.parent).free
    if free < needed:
        raise StateUnreadable(
            f"{path}: before its schema is brought from step {version} to {len(steps(kind))} it is copied, which needs "
            f"{needed >> 20} MiB, and the disk has {free >> 20} MiB left"
        )
    kept, beside = path.with_name(f"{path.name}.step-{version}"), path.with_name(f"{path.name}.step.new")
    beside.unlink(missing_ok=True)
    create_private(beside)
    with closing(connect(beside)) as copy:
        connection.backup(copy)
    sync(beside)
    os.replace(beside, kept)
    sync(path.parent)
    for older in path.parent.glob(f"{path.name}.step-*"):
        if older != kept:
            older.unlink()


def _examine(connection: sqlite3.Connection, path: Path, kind: str, with_check: bool) -> None:
    application = connection.execute("PRAGMA application_id").fetchall()[0][0]
    if application != APPLICATIONS[kind]:
        raise StateUnreadable(f"{path}: this is not a {kind} database of mailsockd")
    version = connection.execute("PRAGMA user_version").fetchall()[0][0]
    newest = len(steps(kind))
    if not 1 <= version <= newest:
        raise StateUnreadable(
            f"{path}: the schema is step {version}, made by a newer mailsockd; this one knows steps up to {newest}"
        )
    if with_check:
        found = connection.execute("PRAGMA quick_check(1)").fetchall()[0][0]
        if found != "ok":
            raise StateUnreadable(f"{path}: the database is damaged: {' '.join(str(found).split())}")


def steps(kind: str) -> list[str]:
    """Give the SQL of each step of a schema, in order; step n sets user_version to n."""
    folder = resources.files("mailsockd.storage").joinpath("schema")
    files = sorted((file for file in folder.iterdir() if file.name.startswith(f"{kind}-")), key=lambda file: file.name)
    return [file.read_text("utf-8") for file in files]


def _step(connection: sqlite3.Connection, kind: str) -> None:
    version = connection.execute("PRAGMA user_version").fetchall()[0][0]
    for step in steps(kind)[version:]:
        try:
            connection.executescript("BEGIN IMMEDIATE;" + step + "COMMIT;")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.rollback()
            raise
