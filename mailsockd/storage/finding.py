"""
Questions that compare text: filters and searches.

A few messages are read one by one. Among many the trigrams of the terms are looked up first, if there are any. Either
way `instr` decides on the folded text of the search table, and only what is found is read whole.
"""

import json
import sqlite3

import attrs

from mailsockd.actions.ports import ASIDE, SHORT_SCAN, Term
from mailsockd.mail.message import parse
from mailsockd.mail.stored import Message
from mailsockd.storage.reader import Question
from mailsockd.storage.rows import messages_from
from mailsockd.storage.terms import Terms, meets

HIGHEST = (1 << 63) - 1  # of all seqs


@attrs.frozen
class Place:
    """
    Where a question looks: in an inbox as one reader sees it, or (`inbox` None) at what belongs to the reader.

    `since` and `until` are UTC seconds, `after` and `up_to` seqs; the messages lie between them, `after` left out.
    `starred` is by the reader; a `folder` or `label` of "" is any, but with `aside` the folders of ASIDE are left out.
    """

    inbox: str | None
    reader: str | None
    since: float | None = None
    until: float | None = None
    read: bool | None = None
    after: int = -1
    up_to: int | None = None
    unstarred: bool = False
    starred: bool = False
    folder: str = ""
    aside: bool = False
    label: str = ""


def found(place: Place, terms: Terms | None, limit: int | None, skip: int = 0) -> Question:
    """Ask for the messages of a place that have the terms, newest first; of all of them when there is no limit."""

    def ask(db: sqlite3.Connection) -> list[Message]:
        return _listed(db, _seqs(db, place, terms, limit, skip))

    return ask


def seqs(place: Place, terms: Terms | None, limit: int | None) -> Question:
    """Ask for the seqs of the messages that `found` gives."""
    return lambda db: _seqs(db, place, terms, limit, 0)


def listed(numbers: list[int]) -> Question:
    """Ask for the messages of these seqs that are still there, newest first."""
    return lambda db: _listed(db, numbers)


def with_text(numbers: list[int], term: Term) -> Question:
    """Ask which of these messages have the term in the text of the mail."""

    def ask(db: sqlite3.Connection) -> list[int]:
        return [number for number in numbers if _text_meets(db, number, term)]

    return ask


def _listed(db: sqlite3.Connection, numbers: list[int]) -> list[Message]:
    return messages_from(
        db.execute(
            "SELECT * FROM listed WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq DESC",
            (json.dumps(numbers),),
        )
    )


def _text_meets(db: sqlite3.Connection, number: int, term: Term) -> bool:
    rows = db.execute(
        "SELECT raw FROM contents WHERE id = (SELECT content FROM messages WHERE seq = ?)", (number,)
    ).fetchall()
    return bool(rows) and meets(term, parse(rows[0][0]).text)


def _seqs(db: sqlite3.Connection, place: Place, terms: Terms | None, limit: int | None, skip: int) -> list[int]:
    skip = max(skip, 0)
    most = -1 if limit is None else max(limit, 0)
    if terms is None:
        return _candidates(db, place, most, skip)
    candidates = _candidates(db, place, SHORT_SCAN + 1, 0)
    if len(candidates) > SHORT_SCAN:
        if terms.match is not None:
            return _matched(db, place, terms, most, skip)
        candidates = _candidates(db, place, -1, 0) if limit is None else candidates[:SHORT_SCAN]
    checked = _checked(db, candidates, terms)
    return checked[skip:] if limit is None else checked[skip : skip + most]


def _candidates(db: sqlite3.Connection, place: Place, limit: int, skip: int) -> list[int]:
    rows = db.execute(_OF_OWNER if place.inbox is None else _OF_INBOX, _values(place, limit, skip)).fetchall()
    return [row[0] for row in rows]


def _matched(db: sqlite3.Connection, place: Place, terms: Terms, limit: int, skip: int) -> list[int]:
    values = _values(place, limit, skip) | attrs.asdict(terms)
    return [row[0] for row in db.execute(_MATCHED, values).fetchall()]


def _checked(db: sqlite3.Connection, numbers: list[int], terms: Terms) -> list[int]:
    values = {"numbers": json.dumps(numbers)} | attrs.asdict(terms)
    return sorted((row[0] for row in db.execute(_CHECKED, values).fetchall()), reverse=True)


def _values(place: Place, limit: int, skip: int) -> dict[str, object]:
    return {
        "inbox": place.inbox,
        "reader": place.reader or None,
        "since": place.since,
        "until": place.until,
        "read": None if place.read is None else int(place.read),
        "after": place.after,
        "up_to": HIGHEST if place.up_to is None else place.up_to,
        "unstarred": int(place.unstarred),
        "starred": int(place.starred),
        "folder": place.folder or None,
        "aside": json.dumps(ASIDE) if place.aside else None,
        "label": place.label or None,
        "limit": limit,
        "skip": skip,
    }


_OF_INBOX = """
    SELECT seq FROM messages
    WHERE inbox = :inbox AND seq > :after AND seq <= :up_to
        AND (owner = :reader OR owner = '' AND (saved_by IS NULL OR saved_by = :reader))
        AND (:since IS NULL OR received >= :since) AND (:until IS NULL OR received <= :until)
        AND (:read IS NULL OR (read IS 1) = :read)
        AND (:unstarred = 0 OR saved_by IS NULL)
        AND (:starred = 0 OR saved_by = :reader)
        AND (:folder IS NULL OR folder = :folder)
        AND (:aside IS NULL OR folder NOT IN (SELECT value FROM json_each(:aside)))
        AND (:label IS NULL OR EXISTS (SELECT 1 FROM json_each(labels) WHERE value = :label))
    ORDER BY seq DESC LIMIT :limit OFFSET :skip
"""
_OF_OWNER = """
    SELECT seq FROM messages
    WHERE owner = :reader AND owner <> '' AND seq > :after AND seq <= :up_to
        AND (:since IS NULL OR received >= :since) AND (:until IS NULL OR received <= :until)
        AND (:read IS NULL OR (read IS 1) = :read)
        AND (:starred = 0 OR saved_by = :reader)
        AND (:folder IS NULL OR folder = :folder)
        AND (:aside IS NULL OR folder NOT IN (SELECT value FROM json_each(:aside)))
        AND (:label IS NULL OR EXISTS (SELECT 1 FROM json_each(labels) WHERE value = :label))
    UNION ALL
    SELECT seq FROM messages
    WHERE saved_by = :reader AND saved_by IS NOT NULL AND owner = '' AND seq > :after AND seq <= :up_to
        AND (:since IS NULL OR received >= :since) AND (:until IS NULL OR received <= :until)
        AND (:read IS NULL OR (read IS 1) = :read)
        AND (:starred = 0 OR saved_by = :reader)
        AND (:folder IS NULL OR folder = :folder)
        AND (:aside IS NULL OR folder NOT IN (SELECT value FROM json_each(:aside)))
        AND (:label IS NULL OR EXISTS (SELECT 1 FROM json_each(labels) WHERE value = :label))
    ORDER BY seq DESC LIMIT :limit OFFSET :skip
"""
# A cross join keeps its order: what the trigrams find, newest first, and then where each lies.
_MATCHED = """
    SELECT search.rowid FROM search CROSS JOIN messages ON messages.seq = search.rowid
    WHERE search MATCH :match
        AND (:sender IS NULL OR instr(search.sender, :sender))
        AND (:recipient IS NULL OR instr(recipient, :recipient))
        AND (:subject IS NULL OR instr(subject, :subject))
        AND (:any IS NULL OR instr(search.sender, :any) OR instr(recipient, :any) OR instr(subject, :any))
        AND (:inbox IS NULL OR inbox = :inbox) AND seq > :after AND search.rowid <= :up_to
        AND (owner = :reader OR owner = '' AND (saved_by = :reader OR saved_by IS NULL AND :inbox IS NOT NULL))
        AND (:since IS NULL OR received >= :since) AND (:until IS NULL OR received <= :until)
        AND (:read IS NULL OR (read IS 1) = :read)
        AND (:unstarred = 0 OR saved_by IS NULL)
        AND (:starred = 0 OR saved_by = :reader)
        AND (:folder IS NULL OR folder = :folder)
        AND (:aside IS NULL OR folder NOT IN (SELECT value FROM json_each(:aside)))
        AND (:label IS NULL OR EXISTS (SELECT 1 FROM json_each(labels) WHERE value = :label))
    ORDER BY search.rowid DESC LIMIT :limit OFFSET :skip
"""
_CHECKED = """
    SELECT rowid FROM search
    WHERE rowid IN (SELECT value FROM json_each(:numbers))
        AND (:sender IS NULL OR instr(sender, :sender))
        AND (:recipient IS NULL OR instr(recipient, :recipient))
        AND (:subject IS NULL OR instr(subject, :subject))
        AND (:any IS NULL OR instr(sender, :any) OR instr(recipient, :any) OR instr(subject, :any))
"""
