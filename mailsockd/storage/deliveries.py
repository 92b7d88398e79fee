"""Deliveries as rows of the mailbox's file and back; how the writer stores them with their messages."""

import json
import sqlite3
from collections.abc import Iterable

from mailsockd.state.deliveries import Delivery, Status
from mailsockd.storage.entries import without_surrogates
from mailsockd.storage.rows import Row


def insert(db: sqlite3.Connection, deliveries: Iterable[Delivery]) -> None:
    """Store new deliveries, numbered in their order."""
    db.executemany(
        """
        INSERT INTO deliveries (message, seq, channel, target, account, address, created, due, trail,
                                status, attempts, error, renewed, finished)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [tuple(without_surrogates(value) for value in _row(delivery)) for delivery in deliveries],
    )


def settle_by_append(db: sqlite3.Connection, id: int) -> bool:
    """Mark a waiting delivery as delivered by what is stored in this transaction; tells whether it still waited."""
    # Its last due time stands for the time until whoever delivers it writes that down.
    changed = db.execute(
        """
        UPDATE deliveries SET status = 'delivered', error = '', finished = due WHERE id = ? AND status = 'waiting'
        """,
        (id,),
    )
    return changed.rowcount > 0


def content_of(db: sqlite3.Connection, id: int, length: int) -> int | None:
    """Give the id of the content, of so many bytes, that the message of a delivery has; None when it was deleted."""
    rows = db.execute(
        """
        SELECT contents.id FROM deliveries
        JOIN messages ON messages.seq = deliveries.seq AND messages.id = deliveries.message
        JOIN contents ON contents.id = messages.content
        WHERE deliveries.id = ? AND length(contents.raw) = ?
        """,
        (id, length),
    ).fetchall()
    return rows[0][0] if rows else None


def delivery_from(row: Row) -> Delivery:
    """Give the delivery of a row, in the order of the table's columns."""
    return Delivery(
        id=row[0],
        message=row[1],
        seq=row[2],
        channel=row[3],
        target=row[4],
        account=row[5],
        address=row[6],
        created=row[7],
        due=row[8],
        trail=tuple(json.loads(row[9])),
        status=Status(row[10]),
        attempts=row[11],
        error=row[12],
        renewed=row[13],
        finished=row[14],
    )


def _row(delivery: Delivery) -> Row:
    return (
        delivery.message,
        delivery.seq,
        delivery.channel,
        delivery.target,
        delivery.account,
        delivery.address,
        delivery.created,
        delivery.due,
        json.dumps(delivery.trail, separators=(",", ":")),
        delivery.status.value,
        delivery.attempts,
        delivery.error,
        delivery.renewed,
        delivery.finished,
    )
