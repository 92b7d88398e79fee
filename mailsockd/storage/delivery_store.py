"""Deliveries in tables of the mailbox's file: what is asked of them, and what becomes of them."""

import sqlite3
from collections.abc import Callable, Collection
from json import dumps
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred

from mailsockd.actions.delivery_store import SLICE
from mailsockd.mail.stored import Message
from mailsockd.state.deliveries import Delivery, Head, Line, Status, Wanted
from mailsockd.storage.deliveries import delivery_from
from mailsockd.storage.entries import without_surrogates
from mailsockd.storage.rows import Row, message_from

Work: TypeAlias = Callable[[sqlite3.Connection], Any]
Submit: TypeAlias = Callable[[Work], "Deferred[Any]"]


class SQLiteDeliveries:
    """A DeliveryStore. `ask` has a reader do its work, `change` the writer, as SQLiteMailbox lets those beside it."""

    def __init__(self, ask: Submit, change: Submit) -> None:
        self._ask = ask
        self._change = change

    def heads(self) -> "Deferred[list[Head]]":
        """Give every line in which something waits."""
        return self._ask(_heads)

    def next(self, line: Line, besides: Collection[int]) -> "Deferred[tuple[Delivery, Message | None] | None]":
        """Give the first that waits in a line, but for some, with its message."""
        values = {**_values(line), "besides": dumps(list(besides))}

        def ask(db: sqlite3.Connection) -> tuple[Delivery, Message | None] | None:
            rows = db.execute(
                """
                SELECT * FROM deliveries
                WHERE status = 'waiting' AND account = :account AND channel = :channel AND target = :target
                    AND id NOT IN (SELECT value FROM json_each(:besides))
                ORDER BY id LIMIT 1
                """,
                values,
            ).fetchall()
            if not rows:
                return None
            delivery = delivery_from(rows[0])
            found = db.execute(
                "SELECT * FROM listed WHERE seq = ? AND id = ?", (delivery.seq, delivery.message)
            ).fetchall()
            return delivery, message_from(found[0]) if found else None

        return self._ask(ask)

    def postpone(self, id: int, due: float, error: str) -> "Deferred[bool]":
        """Count a try and have the delivery tried again; tells whether it still waited."""
        return self._changed(
            """
            UPDATE deliveries SET attempts = attempts + 1, due = :due, error = :error
            WHERE id = :id AND status = 'waiting'
            """,
            id=id,
            due=due,
            error=error,
        )

    def settle(self, id: int, status: Status, error: str, finished: float, tried: bool = True) -> "Deferred[bool]":
        """Finish a delivery; tells whether it waited, or else is delivered: that is so whatever was thought before."""
        return self._changed(
            """
            UPDATE deliveries
            SET status = :status, attempts = attempts + :tried, error = :error, finished = :finished
            WHERE id = :id AND (status = 'waiting' OR :status = 'delivered')
            """,
            id=id,
            status=status.value,
            error=error,
            finished=finished,
            tried=int(tried),
        )

    def redirect(self, id: int, target: str) -> "Deferred[bool]":
        """Have a waiting delivery go to another target; tells whether it still waited."""
        return self._changed(
            "UPDATE deliveries SET target = :target WHERE id = :id AND status = 'waiting'", id=id, target=target
        )

    def expire(self, line: Line, since: float, error: str, finished: float) -> "Deferred[list[Delivery]]":
        """Give up what waits in a line for too long."""
        return self._renewed(
            """
            UPDATE deliveries SET status = 'failed', error = :error, finished = :finished
            WHERE id IN (
                SELECT id FROM deliveries
                WHERE status = 'waiting' AND account = :account AND channel = :channel AND target = :target
                    AND COALESCE(renewed, created) <= :since
                ORDER BY id LIMIT :slice)
            RETURNING *
            """,
            **_values(line),
            since=since,
            error=error,
            finished=finished,
        )

    def crowd_out(self, account: str, most: int, error: str, finished: float) -> "Deferred[list[Delivery]]":
        """Give up the oldest that wait for an account while more than `most` do."""
        return self._renewed(
            """
            UPDATE deliveries SET status = 'failed', error = :error, finished = :finished
            WHERE id IN (
                SELECT id FROM deliveries WHERE status = 'waiting' AND account = :account
                ORDER BY id
                LIMIT MIN(:slice, MAX(0, (
                    SELECT COUNT(*) FROM deliveries WHERE status = 'waiting' AND account = :account) - :most)))
            RETURNING *
            """,
            account=account,
            most=most,
            error=error,
            finished=finished,
        )

    def purge(self, before: float) -> "Deferred[int]":
        """Forget what was finished before then."""
        return self._deleted(
            """
            DELETE FROM deliveries WHERE id IN (
                SELECT id FROM deliveries WHERE status <> 'waiting' AND finished < :before LIMIT :slice)
            """,
            before=before,
        )

    def trim(self, account: str, most: int) -> "Deferred[int]":
        """Forget all but the newest `most` of what is finished for an account."""
        return self._deleted(
            """
            DELETE FROM deliveries WHERE id IN (
                SELECT id FROM deliveries WHERE account = :account AND status <> 'waiting'
                ORDER BY id DESC LIMIT :slice OFFSET :most)
            """,
            account=account,
            most=most,
        )

    def forget(self, account: str) -> "Deferred[int]":
        """Forget everything of an account."""
        return self._deleted(
            """
            DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE account = :account LIMIT :slice)
            """,
            account=account,
        )

    def listed(self, wanted: Wanted, limit: int) -> "Deferred[list[Delivery]]":
        """Give at most `limit` deliveries, newest first."""
        values = {**_wanted(wanted), "limit": max(limit, 0)}

        def ask(db: sqlite3.Connection) -> list[Delivery]:
            return [delivery_from(row) for row in _listed(db, wanted, values)]

        return self._ask(ask)

    def get(self, id: int) -> "Deferred[Delivery | None]":
        """Give one delivery."""

        def ask(db: sqlite3.Connection) -> Delivery | None:
            rows = db.execute("SELECT * FROM deliveries WHERE id = ?", (id,)).fetchall()
            return delivery_from(rows[0]) if rows else None

        return self._ask(ask)

    def renew(self, id: int, now: float) -> "Deferred[Delivery | None]":
        """Have a failed or waiting delivery tried at once, and give it as it is now."""
        return self._renewed(
            """
            UPDATE deliveries
            SET status = 'waiting', attempts = 0, renewed = :now, due = :now, finished = NULL
            WHERE id = :id AND status <> 'delivered'
            RETURNING *
            """,
            id=id,
            now=now,
        ).addCallback(lambda renewed: renewed[0] if renewed else None)

    def renew_failed(self, wanted: Wanted, now: float) -> "Deferred[list[Delivery]]":
        """Have the failed ones among those wanted tried at once."""
        return self._renewed(
            """
            UPDATE deliveries
            SET status = 'waiting', attempts = 0, renewed = :now, due = :now, finished = NULL
            WHERE id IN (
                SELECT id FROM deliveries
                WHERE status = 'failed' AND id < :before
                    AND (:account IS NULL OR account = :account)
                    AND (:channel IS NULL OR channel = :channel)
                    AND (:address IS NULL OR address = :address)
                    AND (:message IS NULL OR message = :message)
                ORDER BY id DESC LIMIT :slice)
            RETURNING *
            """,
            **_wanted(wanted),
            now=now,
        )

    def _changed(self, statement: str, **values: Any) -> "Deferred[bool]":
        return self._change(lambda db: db.execute(statement, _storable(values)).rowcount > 0)

    def _deleted(self, statement: str, **values: Any) -> "Deferred[int]":
        values["slice"] = SLICE
        return self._change(lambda db: db.execute(statement, _storable(values)).rowcount)

    def _renewed(self, statement: str, **values: Any) -> "Deferred[Any]":
        values["slice"] = SLICE

        def change(db: sqlite3.Connection) -> "list[Delivery]":
            found = [delivery_from(row) for row in db.execute(statement, _storable(values)).fetchall()]
            return sorted(found, key=lambda delivery: delivery.id)

        return self._change(change)


def _heads(db: sqlite3.Connection) -> list[Head]:
    rows = db.execute(
        """
        SELECT lines.account, lines.channel, lines.target, waiting, due, attempts
        FROM (
            SELECT account, channel, target, MIN(id) AS first, COUNT(*) AS waiting FROM deliveries
            WHERE status = 'waiting' GROUP BY account, channel, target) AS lines
        JOIN deliveries ON deliveries.id = lines.first
        ORDER BY lines.first
        """
    ).fetchall()
    return [Head(Line(*row[:3]), *row[3:]) for row in rows]


# The account is named in one of them, so that its index is used.
_OF_ACCOUNT = """
    SELECT * FROM deliveries
    WHERE account = :account AND id < :before AND (:status IS NULL OR status = :status)
        AND (:channel IS NULL OR channel = :channel) AND (:address IS NULL OR address = :address)
        AND (:message IS NULL OR message = :message)
    ORDER BY id DESC LIMIT :limit
"""
_FAILED = """
    SELECT * FROM deliveries
    WHERE status = 'failed' AND id < :before AND (:account IS NULL OR account = :account)
        AND (:channel IS NULL OR channel = :channel) AND (:address IS NULL OR address = :address)
        AND (:message IS NULL OR message = :message)
    ORDER BY id DESC LIMIT :limit
"""
_OF_ALL = """
    SELECT * FROM deliveries
    WHERE id < :before AND (:status IS NULL OR status = :status)
        AND (:channel IS NULL OR channel = :channel) AND (:address IS NULL OR address = :address)
        AND (:message IS NULL OR message = :message)
    ORDER BY id DESC LIMIT :limit
"""


def _listed(db: sqlite3.Connection, wanted: Wanted, values: dict[str, Any]) -> list[Row]:
    if wanted.account is not None:
        return db.execute(_OF_ACCOUNT, values).fetchall()
    return db.execute(_FAILED if wanted.status is Status.FAILED else _OF_ALL, values).fetchall()


def _wanted(wanted: Wanted) -> dict[str, Any]:
    return {
        "account": wanted.account,
        "status": None if wanted.status is None else wanted.status.value,
        "channel": wanted.channel,
        "address": wanted.address,
        "message": wanted.message,
        "before": 1 << 62 if wanted.before is None else wanted.before,
    }


def _values(line: Line) -> dict[str, Any]:
    return _storable({"account": line.account, "channel": line.channel, "target": line.target})


def _storable(values: dict[str, Any]) -> dict[str, Any]:
    return {name: without_surrogates(value) for name, value in values.items()}
