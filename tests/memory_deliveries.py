"""A store of deliveries in memory: the real one over a database that is made when it is first used."""

import sqlite3
from collections.abc import Callable
from functools import cached_property
from typing import Any

from twisted.internet.defer import Deferred, succeed

from mailsockd.state.deliveries import Delivery, Wanted
from mailsockd.storage.database import steps
from mailsockd.storage.deliveries import insert
from mailsockd.storage.delivery_store import SQLiteDeliveries


class MemoryDeliveries(SQLiteDeliveries):
    """`put` stores deliveries as if their messages had come; the first one has the id 1."""

    def __init__(self) -> None:
        super().__init__(self._do, self._do)

    @cached_property
    def db(self) -> sqlite3.Connection:
        db = sqlite3.connect(":memory:", isolation_level=None)
        for step in steps("mailbox"):
            db.executescript(step)
        return db

    def put(self, *deliveries: Delivery) -> None:
        insert(self.db, deliveries)

    @property
    def all(self) -> list[Delivery]:
        """All deliveries, the oldest first; none are read where none were put."""
        if "db" not in self.__dict__:
            return []
        found: list[Delivery] = []
        self.listed(Wanted(), 1_000_000).addCallback(found.extend)
        return found[::-1]

    def _do(self, work: Callable[[sqlite3.Connection], Any]) -> "Deferred[Any]":
        return succeed(work(self.db))


def delivery(message: str = "m1-0", **changes: Any) -> Delivery:
    """Give ada's delivery of a message from a@b.test to a web hook, of which a test names only what it is about."""
    values: dict[str, Any] = {
        "seq": 1,
        "channel": "webhook",
        "target": "https://hooks.test/1",
        "account": "ada",
        "address": "a@b.test",
        "created": 1_800_000_000.0,
        "due": 1_800_000_000.0,
        **changes,
    }
    return Delivery(message=message, **values)
