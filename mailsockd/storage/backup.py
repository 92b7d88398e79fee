"""Databases copied whole while somebody writes them, and looked through. Everything here blocks."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from mailsockd.actions.ports import StateUnreadable
from mailsockd.storage.database import APPLICATIONS, connect, steps
from mailsockd.storage.files import create_private, sync

PAGES = 256  # of a database that are copied in one go: about a megabyte
MOST_FAULTS = 100

Progress = Callable[[int, int], object]
"""Told how much of how much is done."""


@contextmanager
def held_still(paths: Sequence[Path]) -> Iterator[list[sqlite3.Connection]]:
    """
    Give a connection to each database that goes on to see it as it is now, whatever is written meanwhile.

    Writers are not kept waiting; their log grows until this is over. Raises sqlite3.Error.
    """
    with ExitStack() as stack:
        connections = []
        for path in paths:
            connection = stack.enter_context(closing(connect(path, read_only=True)))
            connection.execute("BEGIN")
            # A transaction begins with its first look.
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            connections.append(connection)
        yield connections


def copy(source: sqlite3.Connection, target: Path, progress: Progress = lambda done, total: None) -> None:
    """Copy a database that is held still to a file that is not there yet, and put it on the disk."""
    create_private(target)
    with closing(connect(target)) as connection:
        source.backup(
            connection, pages=PAGES, progress=lambda _, left, total: progress(total - left, total), sleep=0.001
        )
    sync(target)


def faults(path: Path, kind: str, thorough: bool = True, alone: bool = False) -> list[str]:
    """
    Say what is wrong with a database of a kind ("state", "mailbox"): nothing is an empty list.

    `thorough` looks at every index too, which takes several times as long. `alone` says that nobody writes it: then
    not even the files that SQLite keeps beside it are made.
    """
    try:
        path.stat()
        with closing(_connect_alone(path) if alone else connect(path, read_only=True)) as connection:
            application = connection.execute("PRAGMA application_id").fetchall()[0][0]
            if application != APPLICATIONS[kind]:
                return [f"this is not a {kind} database of mailsockd"]
            version, newest = connection.execute("PRAGMA user_version").fetchall()[0][0], len(steps(kind))
            if not 1 <= version <= newest:
                return [f"the schema is step {version}, and this mailsockd knows steps up to {newest}"]
            if thorough:
                found = connection.execute("PRAGMA integrity_check(100)").fetchall()
            else:
                found = connection.execute("PRAGMA quick_check(100)").fetchall()
            said = [" ".join(str(row[0]).split()) for row in found if row[0] != "ok"]
            lost = connection.execute("PRAGMA foreign_key_check").fetchmany(MOST_FAULTS)
            return said + [f"row {row[1]} of {row[0]} names one of {row[2]} that is not there" for row in lost]
    except (sqlite3.Error, OSError, StateUnreadable) as error:
        return [str(error)]


def _connect_alone(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
