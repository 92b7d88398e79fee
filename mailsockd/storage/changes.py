"""Changes of messages that are stored: delete, star, move, label, mark, and whose they are."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any, TypeAlias

from mailsockd.actions.ports import Selection
from mailsockd.mail.stored import Message
from mailsockd.storage.entries import without_surrogates
from mailsockd.storage.rows import message_from

PURGE_SLICE = 50  # messages deleted in one transaction, so that mail is taken between the slices of a long purge

Change: TypeAlias = Callable[[sqlite3.Connection], Any]

_STAR = """
    UPDATE messages SET saved_by = :value
    WHERE seq = :seq AND id = :id AND owner = :owner
        AND (owner <> '' OR saved_by IS NULL OR saved_by = :saved_by OR saved_by = :value)
"""
_MOVE = """
    UPDATE messages SET folder = :value
    WHERE seq = :seq AND id = :id AND owner = :owner AND (owner <> '' OR saved_by IS NULL OR saved_by = :saved_by)
"""
_LABEL = """
    UPDATE messages SET labels = :value
    WHERE seq = :seq AND id = :id AND owner = :owner AND (owner <> '' OR saved_by IS NULL OR saved_by = :saved_by)
"""
_MARK = """
    UPDATE messages SET read = :value
    WHERE seq = :seq AND id = :id AND owner = :owner AND (owner <> '' OR saved_by IS NULL OR saved_by = :saved_by)
"""


def star(message: Message, account: str | None) -> Change:
    """Have an account star a message, or nobody; gives it, None when it is not what it was."""
    return _changed(_STAR, message, account)


def move(message: Message, folder: str) -> Change:
    """Put a message into a folder; gives it as `star` does."""
    return _changed(_MOVE, message, folder)


def label(message: Message, labels: tuple[str, ...]) -> Change:
    """Give a message its labels; gives it as `star` does."""
    return _changed(_LABEL, message, json.dumps(labels, separators=(",", ":")))


def mark(message: Message, read: bool) -> Change:
    """Mark a message as read or not; gives it as `star` does."""
    return _changed(_MARK, message, int(read))


def _changed(statement: str, message: Message, value: str | int | None) -> Change:
    values = {
        "seq": message.seq,
        "id": message.id,
        "owner": message.owner,
        "saved_by": message.saved_by,
        "value": without_surrogates(value),
    }

    def change(db: sqlite3.Connection) -> Message | None:
        if not db.execute(statement, values).rowcount:
            return None
        return message_from(db.execute("SELECT * FROM listed WHERE seq = ?", (message.seq,)).fetchall()[0])

    return change


def delete(message: Message) -> Change:
    """Delete one message; gives whether it was there."""

    def change(db: sqlite3.Connection) -> bool:
        return db.execute("DELETE FROM messages WHERE seq = ? AND id = ?", (message.seq, message.id)).rowcount > 0

    return change


def purge(selection: Selection, starred: bool, up_to: int) -> Change:
    """Delete at most PURGE_SLICE messages of a selection, none with a seq above `up_to`; gives how many."""

    def change(db: sqlite3.Connection) -> int:
        return db.execute(
            """
            DELETE FROM messages WHERE seq IN (
                SELECT seq FROM messages
                WHERE inbox = :inbox AND seq <= :up_to AND (:starred OR saved_by IS NULL)
                    AND (owner = :reader OR owner = '' AND (saved_by IS NULL OR saved_by = :reader))
                LIMIT :slice)
            """,
            {
                "inbox": selection.inbox,
                "reader": selection.reader or None,
                "starred": int(starred),
                "up_to": up_to,
                "slice": PURGE_SLICE,
            },
        ).rowcount

    return change


def purge_owner(owner: str, up_to: int) -> Change:
    """Delete at most PURGE_SLICE messages that an account owns, none with a seq above `up_to`; gives how many."""

    def change(db: sqlite3.Connection) -> int:
        return db.execute(
            """
            DELETE FROM messages WHERE seq IN (
                SELECT seq FROM messages WHERE owner = ? AND owner <> '' AND seq <= ? LIMIT ?)
            """,
            (owner, up_to, PURGE_SLICE),
        ).rowcount

    return change


def purge_found(selection: Selection, numbers: list[int], starred: bool) -> Change:
    """Delete those of these seqs that are still in a selection; gives how many."""

    def change(db: sqlite3.Connection) -> int:
        return db.execute(
            """
            DELETE FROM messages WHERE seq IN (SELECT value FROM json_each(:numbers))
                AND inbox = :inbox AND (:starred OR saved_by IS NULL)
                AND (owner = :reader OR owner = '' AND (saved_by IS NULL OR saved_by = :reader))
            """,
            {
                "numbers": json.dumps(numbers),
                "inbox": selection.inbox,
                "reader": selection.reader or None,
                "starred": int(starred),
            },
        ).rowcount

    return change


def purge_domain(domain: str, owner: str, up_to: int) -> Change:
    """Delete at most PURGE_SLICE messages of a domain that an account sees, none with a seq above `up_to`."""

    def change(db: sqlite3.Connection) -> int:
        return db.execute(
            """
            DELETE FROM messages WHERE seq IN (
                SELECT seq FROM messages
                WHERE domain = :domain AND seq <= :up_to
                    AND (owner = :reader OR owner = '' AND (saved_by IS NULL OR saved_by = :reader))
                LIMIT :slice)
            """,
            {"domain": domain, "reader": owner or None, "up_to": up_to, "slice": PURGE_SLICE},
        ).rowcount

    return change


def adopt(inbox: str, owner: str) -> Change:
    """Give the public messages of an inbox to an account; one that another account starred stays that account's."""

    def change(db: sqlite3.Connection) -> int:
        return db.execute(
            """
            UPDATE messages SET owner = :owner
            WHERE inbox = :inbox AND owner = '' AND (saved_by IS NULL OR saved_by = :owner)
            """,
            {"inbox": inbox, "owner": owner},
        ).rowcount

    return change
