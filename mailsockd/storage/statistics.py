"""Questions about public mail as a whole; what an account starred is hidden from others, and counts for nothing."""

import sqlite3

from mailsockd.actions.ports import Top
from mailsockd.mail.stored import Message
from mailsockd.storage.reader import Question
from mailsockd.storage.rows import messages_from

_BY = {
    "addresses": """
        SELECT inbox, COUNT(*) AS number FROM messages
        WHERE owner = '' AND saved_by IS NULL AND domain IS NOT NULL
            AND received BETWEEN :start AND :end AND inbox <> ''
        GROUP BY inbox ORDER BY number DESC, inbox LIMIT :limit OFFSET :skip
    """,
    "senders": """
        SELECT author, COUNT(*) AS number FROM messages
        WHERE owner = '' AND saved_by IS NULL AND domain IS NOT NULL
            AND received BETWEEN :start AND :end AND author <> ''
        GROUP BY author ORDER BY number DESC, author LIMIT :limit OFFSET :skip
    """,
    "domains": """
        SELECT domain, COUNT(*) AS number FROM messages
        WHERE owner = '' AND saved_by IS NULL AND domain IS NOT NULL
            AND received BETWEEN :start AND :end AND domain <> ''
        GROUP BY domain ORDER BY number DESC, domain LIMIT :limit OFFSET :skip
    """,
}
_ATTACHMENTS = """
    SELECT checksum, COUNT(*) AS number
    FROM messages JOIN attachments ON attachments.content = messages.content
    WHERE owner = '' AND saved_by IS NULL AND attached = 1 AND received BETWEEN :start AND :end AND checksum <> ''
    GROUP BY checksum ORDER BY number DESC, checksum LIMIT :limit OFFSET :skip
"""


def top(kind: Top, start: float, end: float, skip: int, limit: int) -> Question:
    """Ask whose public messages are the most."""
    return _ranked(_BY[kind], start, end, skip, limit)


def common_attachments(start: float, end: float, skip: int, limit: int) -> Question:
    """Ask which attachments are in the most public messages."""
    return _ranked(_ATTACHMENTS, start, end, skip, limit)


def attachment_count(checksum: str) -> Question:
    """Ask how many public messages have an attachment."""

    def ask(db: sqlite3.Connection) -> int:
        rows = db.execute(
            """
            SELECT COUNT(*) FROM attachments JOIN messages ON messages.content = attachments.content
            WHERE checksum = ? AND owner = '' AND saved_by IS NULL
            """,
            (checksum,),
        ).fetchall()
        return int(rows[0][0])

    return ask


def messages_with_attachment(checksum: str, limit: int) -> Question:
    """Ask for the newest public messages that have an attachment."""

    def ask(db: sqlite3.Connection) -> list[Message]:
        # The copies of a content follow one another, so this is the order of seq and needs no sorting.
        rows = db.execute(
            """
            SELECT listed.* FROM attachments
            CROSS JOIN messages ON messages.content = attachments.content
            CROSS JOIN listed ON listed.seq = messages.seq
            WHERE checksum = ? AND messages.owner = '' AND messages.saved_by IS NULL
            ORDER BY attachments.content DESC, messages.seq DESC LIMIT ?
            """,
            (checksum, max(limit, 0)),
        )
        return messages_from(rows)

    return ask


def _ranked(statement: str, start: float, end: float, skip: int, limit: int) -> Question:
    values = {"start": start, "end": end, "skip": max(skip, 0), "limit": max(limit, 0)}
    return lambda db: [(row[0], row[1]) for row in db.execute(statement, values).fetchall()]
