"""
What appends leave undone, so that they stay quick: search, attachments, domains and authors.

The writer does it in slices, each a transaction of its own that also writes how far it got. A kill at any moment loses
at most a slice, which is done again.
"""

import sqlite3
from time import monotonic

from mailsockd.mail.address import domain_of
from mailsockd.storage.entries import without_surrogates
from mailsockd.storage.rows import Row, summary_from
from mailsockd.storage.terms import search_row

SLICE = 0.003  # seconds that a slice may take before its commit
STEP = 10  # messages between two looks at the clock


def index_some(db: sqlite3.Connection) -> bool:
    """Do one slice, inside the caller's transaction; tells whether there is more to do."""
    end = monotonic() + SLICE
    up_to = db.execute("SELECT up_to FROM indexing").fetchall()[0][0]
    before = up_to
    while True:
        rows = db.execute(
            """
            SELECT seq, inbox, original, content, summary
            FROM messages JOIN contents ON contents.id = messages.content
            WHERE seq > ? ORDER BY seq LIMIT ?
            """,
            (up_to, STEP),
        ).fetchall()
        _index(db, rows)
        up_to = rows[-1][0] if rows else up_to
        more = len(rows) == STEP
        if not more or monotonic() >= end:
            break
    if up_to != before:
        db.execute("UPDATE indexing SET up_to = ?", (up_to,))
    return more


def step_back(db: sqlite3.Connection, seq: int) -> None:
    """Have a message indexed that came out of the order of seq, inside the caller's transaction."""
    db.execute("UPDATE indexing SET up_to = ? WHERE up_to >= ?", (seq - 1, seq))


def _index(db: sqlite3.Connection, rows: list[tuple[int, str, str, int, str]]) -> None:
    texts: list[Row] = []
    columns: list[Row] = []
    attachments: set[tuple[int, str]] = set()
    for seq, inbox, original, content, text in rows:
        summary = summary_from(text)
        texts.append(search_row(seq, inbox, original, summary))
        author = without_surrogates("".join(person.address for person in summary.sender[:1]).lower())
        columns.append((domain_of(inbox), author, int(bool(summary.attachments)), seq))
        attachments.update((content, without_surrogates(checksum)) for checksum in summary.attachments)
    db.executemany("INSERT OR REPLACE INTO search (rowid, sender, recipient, subject) VALUES (?, ?, ?, ?)", texts)
    db.executemany("UPDATE messages SET domain = ?, author = ?, attached = ? WHERE seq = ?", columns)
    db.executemany("INSERT OR IGNORE INTO attachments (content, checksum) VALUES (?, ?)", sorted(attachments))
