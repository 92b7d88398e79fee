"""Mail in SQLite, durable when `add` returns: write-ahead log, synchronous=FULL, one commit a message."""

import sqlite3
import time
from pathlib import Path

SCHEMA = """
CREATE TABLE content (id INTEGER PRIMARY KEY, received REAL, sender TEXT, size INTEGER, raw BLOB);
CREATE TABLE message (inbox TEXT, content INTEGER, PRIMARY KEY (inbox, content)) WITHOUT ROWID;
"""


class Store:
    """One connection, used from one thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / "mail.sqlite", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(SCHEMA)

    def add(self, sender: str, inboxes: list[str], content: bytes) -> int:
        """Store one mail for its inboxes; the number of its content."""
        execute = self._database.execute
        execute("BEGIN")
        row = execute(
            "INSERT INTO content (received, sender, size, raw) VALUES (?, ?, ?, ?)",
            (time.time(), sender, len(content), content),
        )
        for inbox in inboxes:
            execute("INSERT OR IGNORE INTO message VALUES (?, ?)", (inbox, row.lastrowid))
        execute("COMMIT")
        return int(row.lastrowid or 0)
