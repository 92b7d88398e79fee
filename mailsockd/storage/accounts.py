"""Questions about what belongs to an account, and about domains."""

import sqlite3

from mailsockd.actions.ports import InboxTotals
from mailsockd.mail.stored import Message
from mailsockd.storage.reader import Question
from mailsockd.storage.rows import messages_from


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
        )
        return messages_from(rows)

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


def largest_inboxes(owner: str, limit: int) -> Question:
    """Ask which inboxes take the most of what an account owns."""

    def ask(db: sqlite3.Connection) -> list[InboxTotals]:
        rows = db.execute(
            """
            SELECT inbox, COUNT(*), SUM(size) AS bytes, COUNT(saved_by) FROM messages
            WHERE owner = :owner AND owner <> '' AND domain IS NOT NULL
            GROUP BY inbox ORDER BY bytes DESC, inbox LIMIT :limit
            """,
            {"owner": owner, "limit": max(limit, 0)},
        ).fetchall()
        return [InboxTotals(*row) for row in rows]

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
        )
        return messages_from(rows)

    return ask


def count_domain(domain: str, reader: str | None, after: int) -> Question:
    """Ask how far the domains are known, and how many messages of one a reader may see behind a seq."""

    def ask(db: sqlite3.Connection) -> tuple[int, ...]:
        rows = db.execute(
            """
            SELECT (SELECT up_to FROM indexing), COUNT(*) FROM messages
            WHERE domain = :domain AND seq > :after
                AND (owner = :reader OR owner = '' AND (saved_by IS NULL OR saved_by = :reader))
            """,
            {"domain": domain, "reader": reader or None, "after": after},
        ).fetchall()
        return tuple(rows[0])

    return ask


def sums(owner: str, after: int) -> Question:
    """
    Ask for sums of what belongs to an account behind a seq.

    The answer is the highest seq, how many messages, their bytes, how many it starred and how many are not read.
    """

    def ask(db: sqlite3.Connection) -> tuple[int, ...]:
        rows = db.execute(
            """
            SELECT (SELECT COALESCE(MAX(seq), 0) FROM messages),
                   COUNT(*), SUM(size), SUM(saved_by IS :owner), SUM(read IS NOT 1)
            FROM messages WHERE owner = :owner AND owner <> '' AND seq > :after
            UNION ALL
            SELECT 0, COUNT(*), SUM(size), SUM(saved_by IS :owner), SUM(read IS NOT 1)
            FROM messages WHERE saved_by = :owner AND saved_by IS NOT NULL AND owner = '' AND seq > :after
            """,
            {"owner": owner or None, "after": after},
        ).fetchall()
        return tuple(sum(row[column] or 0 for row in rows) for column in range(5))

    return ask
