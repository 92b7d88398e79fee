"""Questions about what belongs to an account, and about domains."""

import sqlite3

from mailsockd.actions.ports import Totals
from mailsockd.mail.stored import Message
from mailsockd.storage.reader import Question
from mailsockd.storage.rows import message_from


def starred(account: str, limit: int, until: float | None) -> Question:
    """Ask for what an account starred."""

    def ask(db: sqlite3.Connection) -> list[Message]:
        rows = db.execute(
            """
            SELECT * FROM listed
            WHERE saved_by = :account AND saved_by IS NOT NULL AND (owner = '' OR owner = :account)
                AND (:until IS NULL OR received <= :until)
            ORDER BY seq DESC LIMIT :limit
            """,
            {"account": account or None, "until": until, "limit": max(limit, 0)},
        ).fetchall()
        return [message_from(row) for row in rows]

    return ask


def inboxes_of(owner: str) -> Question:
    """Ask for the inboxes with mail that an account owns."""

    def ask(db: sqlite3.Connection) -> list[str]:
        # From one inbox to the next, so that their messages are not read.
        rows = db.execute(
            """
            WITH RECURSIVE inboxes (inbox) AS (
                SELECT MIN(inbox) FROM messages WHERE owner = :owner AND owner <> '' AND domain IS NOT NULL
                UNION ALL
                SELECT (SELECT MIN(messages.inbox) FROM messages
                        WHERE owner = :owner AND owner <> '' AND domain IS NOT NULL AND messages.inbox > inboxes.inbox)
                FROM inboxes WHERE inboxes.inbox IS NOT NULL)
            SELECT inbox FROM inboxes WHERE inbox IS NOT NULL
            """,
            {"owner": owner},
        ).fetchall()
        return [row[0] for row in rows]

    return ask


def of_domain(domain: str, reader: str | None, limit: int, until: float | None) -> Question:
    """Ask for the newest messages of a domain."""

    def ask(db: sqlite3.Connection) -> list[Message]:
        rows = db.execute(
            """
            SELECT * FROM listed
            WHERE domain = :domain AND (:until IS NULL OR received <= :until)
                AND (owner = :reader OR owner = '' AND (saved_by IS NULL OR saved_by = :reader))
            ORDER BY seq DESC LIMIT :limit
            """,
            {"domain": domain, "reader": reader or None, "until": until, "limit": max(limit, 0)},
        ).fetchall()
        return [message_from(row) for row in rows]

    return ask


def count_domain(domain: str, reader: str | None) -> Question:
    """Ask how many messages of a domain a reader may see."""

    def ask(db: sqlite3.Connection) -> int:
        rows = db.execute(
            """
            SELECT COUNT(*) FROM messages
            WHERE domain = :domain
                AND (owner = :reader OR owner = '' AND (saved_by IS NULL OR saved_by = :reader))
            """,
            {"domain": domain, "reader": reader or None},
        ).fetchall()
        return int(rows[0][0])

    return ask


def unread(owner: str) -> Question:
    """Ask how much belongs to an account and is not marked as read."""

    def ask(db: sqlite3.Connection) -> int:
        rows = db.execute(
            """
            SELECT (SELECT COUNT(*) FROM messages WHERE owner = :owner AND owner <> '' AND read IS NOT 1)
                + (SELECT COUNT(*) FROM messages
                   WHERE saved_by = :owner AND saved_by IS NOT NULL AND owner = '' AND read IS NOT 1)
            """,
            {"owner": owner or None},
        ).fetchall()
        return int(rows[0][0])

    return ask


def totals(owner: str) -> Question:
    """Ask for the sums of what belongs to an account."""

    def ask(db: sqlite3.Connection) -> Totals:
        rows = db.execute(
            """
            SELECT COUNT(*), SUM(size), SUM(saved_by IS :owner)
            FROM messages WHERE owner = :owner AND owner <> ''
            UNION ALL
            SELECT COUNT(*), SUM(size), SUM(saved_by IS :owner)
            FROM messages WHERE saved_by = :owner AND saved_by IS NOT NULL AND owner = ''
            """,
            {"owner": owner or None},
        ).fetchall()
        return Totals(*(sum(row[column] or 0 for row in rows) for column in range(3)))

    return ask
