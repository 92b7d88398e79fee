"""Connections to SQLite that note what they do, and that fail when they are told to."""

import sqlite3
from typing import Any


class Noted(sqlite3.Connection):
    """
    A connection that notes its statements in `done`, and its changed rows in `changed` when it is closed.

    While `failing` is a number, the statement of that number, counted from when it was set, raises a disk error; -1
    fails every one. Each test makes its own subclass with `noted`, because these are attributes of the class.
    """

    done: list[str]
    changed: list[int]
    failing: int | None
    pages: int | None

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        if self.pages is not None:
            super().execute(f"PRAGMA max_page_count = {self.pages}")

    def _note(self, sql: str) -> None:
        kind = type(self)
        kind.done.append(" ".join(sql.split()))
        if kind.failing is None or sql == "ROLLBACK":
            return
        if kind.failing > 0:
            kind.failing -= 1
        if kind.failing <= 0:
            if kind.failing == 0:
                kind.failing = None
            raise sqlite3.OperationalError("disk I/O error")

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        """Note it, then do it."""
        self._note(sql)
        return super().execute(sql, *args)

    def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
        """Note it, then do it."""
        self._note(sql)
        return super().executemany(sql, *args)

    def close(self) -> None:
        """Note how many rows were changed."""
        type(self).changed.append(self.total_changes)
        super().close()


def noted(pages: int | None = None) -> type[Noted]:
    """Make a class of connections for one test; the database grows to `pages` at most."""
    return type("NotedHere", (Noted,), {"done": [], "changed": [], "failing": None, "pages": pages})
