"""Activity in a table of the mailbox's file."""

import re
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred

from mailsockd.actions.activity_store import SLICE
from mailsockd.state.activity import Event, Kind
from mailsockd.state.recorded import Recorded, Wanted
from mailsockd.storage.entries import without_surrogates
from mailsockd.storage.inserting import Insert
from mailsockd.storage.rows import Row

Work: TypeAlias = Callable[[sqlite3.Connection], Any]
Submit: TypeAlias = Callable[[Work], "Deferred[Any]"]

# Characters; what is longer is cut.
LONGEST_TEXT = 1000
LONGEST_DETAIL = 4000

_insert_events = Insert(
    """
    INSERT INTO activity (at, kind, account, address, message, peer, text, count, milliseconds, session, channel,
                          detail, similar)
    """,
    13,
    most=32,
)
_SIGNS = re.compile("[%_=]")
_NAMES = {kind: kind.name.lower() for kind in Kind}
_KINDS = {name: kind for kind, name in _NAMES.items()}


class SQLiteActivities:
    """
    An ActivityStore.

    `ask` has a reader do its work; `change` the writer, without waiting for the disk, as SQLiteMailbox lets those
    beside it.
    """

    def __init__(self, ask: Submit, change: Submit) -> None:
        self._ask = ask
        self._change = change

    def add(self, events: Sequence[Event]) -> "Deferred[None]":
        """Write events, in their order."""

        def change(db: sqlite3.Connection) -> None:
            _insert_events(db, [_row(event) for event in events])

        return self._change(change)

    def listed(self, wanted: Wanted, limit: int) -> "Deferred[list[Recorded]]":
        """Give at most `limit` events, newest first."""
        values = _values(wanted, limit)

        def ask(db: sqlite3.Connection) -> list[Recorded]:
            rows = db.execute(_statement(wanted), values).fetchall()
            return sorted(map(_recorded, rows), key=lambda recorded: -recorded.id)

        return self._ask(ask)

    def counts(self) -> "Deferred[dict[str, int]]":
        """Count the events of each account."""
        return self._ask(
            lambda db: dict(db.execute("SELECT account, COUNT(*) FROM activity GROUP BY account").fetchall())
        )

    def purge(self, before: float) -> "Deferred[int]":
        """Forget what happened before then, among the oldest SLICE of all."""
        return self._deleted(
            """
            DELETE FROM activity WHERE id IN (
                SELECT id FROM (SELECT id, at FROM activity ORDER BY id LIMIT :slice) WHERE at < :before)
            """,
            before=before,
            slice=SLICE,
        )

    def trim(self, account: str, count: int) -> "Deferred[int]":
        """Forget the oldest events of an account."""
        return self._deleted(
            """
            DELETE FROM activity WHERE id IN (
                SELECT id FROM activity WHERE account = :account ORDER BY id LIMIT :count)
            """,
            account=without_surrogates(account),
            count=min(count, SLICE),
        )

    def _deleted(self, statement: str, **values: Any) -> "Deferred[int]":
        return self._change(lambda db: db.execute(statement, values).rowcount)


_OF_ALL = "SELECT * FROM activity WHERE (:account IS NULL OR account = :account OR :unowned AND account = '')"
_OF_ACCOUNT = "SELECT * FROM activity WHERE account = :account"
# With the connection that it came on, and what was refused there before, to an account as far as that is its own.
_OF_MESSAGE = """
    WITH itself AS MATERIALIZED (
        SELECT id, kind, account, session FROM activity NOT INDEXED
        WHERE message = :message OR message > :first AND message < :last)
    SELECT * FROM activity
    WHERE id IN (
            SELECT id FROM itself
            UNION
            SELECT before.id
            FROM itself AS stored JOIN activity AS before
                ON before.session = stored.session AND before.session <> '' AND before.message = ''
                    AND before.id < stored.id
            WHERE stored.kind = 'stored' AND (:account IS NULL OR stored.account = :account))
        AND (:account IS NULL OR account = :account OR :unowned AND account = '' OR kind = 'connected')
"""
_AND = """
    AND (:kinds = '' OR instr(:kinds, ' ' || kind || ' '))
    AND (:address = '' OR address = :address) AND (:peer = '' OR peer = :peer)
    AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
    AND id < :before AND id > :after
    AND (:like = '' OR replace(kind, '_', ' ') LIKE :like ESCAPE '=' OR account LIKE :like ESCAPE '='
        OR address LIKE :like ESCAPE '=' OR message LIKE :like ESCAPE '=' OR peer LIKE :like ESCAPE '='
        OR channel LIKE :like ESCAPE '=' OR text LIKE :like ESCAPE '=' OR session LIKE :like ESCAPE '='
        OR (:reader IS NULL OR account = :reader) AND detail LIKE :like ESCAPE '=')
"""
_NEWEST = " ORDER BY id DESC LIMIT :limit"
_NEXT = " ORDER BY id LIMIT :limit"
_STATEMENTS = {
    (place, order): place + _AND + order for place in (_OF_ALL, _OF_ACCOUNT, _OF_MESSAGE) for order in (_NEWEST, _NEXT)
}


def _statement(wanted: Wanted) -> str:
    place = _OF_MESSAGE if wanted.message else _OF_ALL
    if not wanted.message and wanted.account is not None and not wanted.unowned:
        place = _OF_ACCOUNT
    return _STATEMENTS[place, _NEWEST if wanted.after is None or wanted.before is not None else _NEXT]


def _values(wanted: Wanted, limit: int) -> dict[str, Any]:
    values = {
        "account": wanted.account,
        "unowned": wanted.unowned,
        "kinds": f" {' '.join(_NAMES[kind] for kind in wanted.kinds)} " if wanted.kinds else "",
        "address": wanted.address,
        "message": wanted.message,
        "first": f"{wanted.message}-",
        "last": f"{wanted.message}.",
        "peer": wanted.peer,
        "like": "%" + _SIGNS.sub(r"=\g<0>", wanted.text) + "%" if wanted.text else "",
        "since": wanted.since,
        "until": wanted.until,
        "before": 1 << 62 if wanted.before is None else wanted.before,
        "after": -1 if wanted.after is None else wanted.after,
        "reader": wanted.reader,
        "limit": max(limit, 0),
    }
    return {name: without_surrogates(value) for name, value in values.items()}


def _row(event: Event) -> Row:
    return (
        event.at,
        _NAMES[event.kind],
        event.account,
        event.address,
        event.message,
        event.peer,
        event.text[:LONGEST_TEXT],
        event.count,
        event.milliseconds,
        event.session,
        event.channel,
        event.detail[:LONGEST_DETAIL],
        event.similar,
    )


def _recorded(row: Row) -> Recorded:
    return Recorded(
        row[0],
        Event(
            kind=_KINDS[row[2]],
            at=row[1],
            account=row[3],
            address=row[4],
            message=row[5],
            peer=row[6],
            text=row[7],
            count=row[8],
            milliseconds=row[9],
            session=row[10],
            channel=row[11],
            detail=row[12],
            similar=row[13],
        ),
    )
