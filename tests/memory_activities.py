"""A store of activity in memory: the real one over a database that is made when it is first used."""

import sqlite3
from collections.abc import Callable
from functools import cached_property
from typing import Any

from twisted.internet.defer import Deferred, succeed

from mailsockd.state.recorded import Wanted
from mailsockd.storage.activities import SQLiteActivities, _statement, _values
from mailsockd.storage.database import steps


class MemoryActivities(SQLiteActivities):
    """An ActivityStore that answers at once."""

    def __init__(self) -> None:
        super().__init__(self._do, self._do)

    @cached_property
    def db(self) -> sqlite3.Connection:
        db = sqlite3.connect(":memory:", isolation_level=None)
        for step in steps("mailbox"):
            db.executescript(step)
        return db

    def _do(self, work: Callable[[sqlite3.Connection], Any]) -> "Deferred[Any]":
        return succeed(work(self.db))

    def plan(self, wanted: Wanted) -> list[str]:
        """Give what SQLite does to answer a question."""
        return [row[3] for row in self.db.execute(f"EXPLAIN QUERY PLAN {_statement(wanted)}", _values(wanted, 10))]
