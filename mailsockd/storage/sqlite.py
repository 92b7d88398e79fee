"""The state in SQLite: one row an object, so that a change costs what it changes."""

import json
import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred

from mailsockd.actions.ports import Entry, Snapshot, StateUnreadable
from mailsockd.state.accounts import Account, ApiKey
from mailsockd.state.addresses import Address
from mailsockd.state.denials import Denial
from mailsockd.state.domains import Domain
from mailsockd.state.secrets import Secret
from mailsockd.storage.database import connect, prepare, trouble
from mailsockd.storage.entries import entries_of, storable
from mailsockd.storage.worker import CallFromThread, OnDeath, Worker

Change: TypeAlias = tuple[Sequence[Entry], Sequence[Entry]]


class SQLiteState:
    """
    A StateStore in one file, `state.db`: WAL, synchronous=FULL, one transaction a change.

    Nothing is opened before `load` or the first change. `factory` (of connections) is for tests.
    """

    def __init__(
        self,
        path: str | Path,
        call_from_thread: CallFromThread,
        on_death: OnDeath,
        *,
        factory: type[sqlite3.Connection] = sqlite3.Connection,
    ) -> None:
        self._path = Path(path)
        self._factory = factory
        self._worker: Worker[Change] = Worker(
            "the state's writer", partial(_Tables, self._path, factory), call_from_thread, on_death
        )

    @property
    def alive(self) -> bool:
        """Tell whether the thread runs; when it does not, the process should end."""
        return self._worker.alive

    def load(self) -> Snapshot:
        """Read everything; blocks. Makes the file when it is not there. Raises StateUnreadable."""
        prepare(self._path, "state")
        try:
            tables = _Tables(self._path, self._factory)
            try:
                return tables.load()
            finally:
                tables.close()
        except (sqlite3.Error, ValueError) as error:
            raise StateUnreadable(f"{self._path}: {error}") from error

    def fill(self, snapshot: Snapshot) -> None:
        """Write a whole state into this empty one, all or nothing; blocks. Raises StorageTrouble."""
        tables = _Tables(self._path, self._factory)
        try:
            outcome = tables.run([(entries_of(snapshot), ())])[0]
        finally:
            tables.close()
        if outcome is not None:
            raise outcome

    def change(self, saved: Sequence[Entry], removed: Sequence[Entry] = ()) -> "Deferred[None]":
        """Save and remove entries in one transaction. A key needs its account, and goes with it."""
        return self._worker.submit((saved, removed))

    def close(self) -> "Deferred[None]":
        """Finish what was asked and let go of the file."""
        return self._worker.stop()


class _Tables:
    # The Work of the thread, and what `load` reads with.

    def __init__(self, path: Path, factory: type[sqlite3.Connection]) -> None:
        self._path = path
        self._db = connect(path, factory)
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")

    def run(self, jobs: list[Change]) -> list[Any]:
        """Make each change in a transaction of its own."""
        return [self._change(saved, removed) for saved, removed in jobs]

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def load(self) -> Snapshot:
        """Read all tables."""
        return Snapshot(
            accounts=tuple(_account(row) for row in self._db.execute(_ACCOUNTS).fetchall()),
            keys=tuple(ApiKey(*row) for row in self._db.execute(_KEYS).fetchall()),
            addresses=self._addresses(),
            domains=tuple(_domain(row) for row in self._db.execute(_DOMAINS).fetchall()),
            secrets=tuple(Secret(*row) for row in self._db.execute(_SECRETS).fetchall()),
            denials=tuple(Denial(*row) for row in self._db.execute(_DENIALS).fetchall()),
        )

    def _addresses(self) -> tuple[Address, ...]:
        settings: dict[str, dict[str, str | bool]] = {}
        for address, name, value in self._db.execute(_SETTINGS).fetchall():
            settings.setdefault(address, {})[name] = json.loads(value)
        return tuple(
            Address(row[0], row[1], row[2], row[3], row[4], settings.get(row[0], {}), row[5], row[6])
            for row in self._db.execute(_ADDRESSES).fetchall()
        )

    def _change(self, saved: Sequence[Entry], removed: Sequence[Entry]) -> Exception | None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for entry in removed:
                self._remove(entry)
            for entry in saved:
                self._save(storable(entry))
            self._db.execute("COMMIT")
        except Exception as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            return trouble(error, self._path)
        return None

    def _save(self, entry: Entry) -> None:
        match entry:
            case Account():
                self._save_account(entry)
            case ApiKey():
                self._save_key(entry)
            case Address():
                self._save_address(entry)
            case Domain():
                self._save_domain(entry)
            case Secret():
                self._save_secret(entry)
            case Denial():
                self._db.execute(_SAVE_DENIAL, (entry.item, entry.created, entry.note))

    def _remove(self, entry: Entry) -> None:
        match entry:
            case Account():
                self._db.execute("DELETE FROM accounts WHERE name = ?", (entry.name,))
            case ApiKey():
                self._db.execute("DELETE FROM keys WHERE digest = ?", (entry.digest,))
            case Address():
                self._db.execute("DELETE FROM addresses WHERE address = ?", (entry.address,))
            case Domain():
                self._db.execute("DELETE FROM domains WHERE name = ? AND owner = ?", (entry.name, entry.owner))
            case Secret():
                self._db.execute("DELETE FROM secrets WHERE name = ?", (entry.name,))
            case Denial():
                self._db.execute("DELETE FROM denials WHERE item = ?", (entry.item,))

    def _save_account(self, account: Account) -> None:
        self._db.execute(
            """
            INSERT INTO accounts (name, created, updated, password, admin, credits, email, disabled,
                                  capture_private, monthly_ops, message_limit)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET
                created = excluded.created, updated = excluded.updated, password = excluded.password,
                admin = excluded.admin, credits = excluded.credits, email = excluded.email,
                disabled = excluded.disabled, capture_private = excluded.capture_private,
                monthly_ops = excluded.monthly_ops, message_limit = excluded.message_limit
            """,
            (
                account.name,
                account.created,
                account.updated,
                account.password,
                int(account.admin),
                account.credits,
                account.email,
                int(account.disabled),
                int(account.capture_private),
                account.monthly_ops,
                account.message_limit,
            ),
        )

    def _save_key(self, key: ApiKey) -> None:
        self._db.execute(
            """
            INSERT INTO keys (digest, account, name, last, created) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (digest) DO UPDATE SET
                account = excluded.account, name = excluded.name, last = excluded.last, created = excluded.created
            """,
            (key.digest, key.account, key.name, key.last, key.created),
        )

    def _save_address(self, address: Address) -> None:
        self._db.execute(
            """
            INSERT INTO addresses (address, owner, created, updated, info, catch_all, password)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (address) DO UPDATE SET
                owner = excluded.owner, created = excluded.created, updated = excluded.updated,
                info = excluded.info, catch_all = excluded.catch_all, password = excluded.password
            """,
            (
                address.address,
                address.owner,
                address.created,
                address.updated,
                address.info,
                address.catch_all,
                address.password,
            ),
        )
        self._db.execute(
            "DELETE FROM address_settings WHERE address = ? AND name NOT IN (SELECT value FROM json_each(?))",
            (address.address, json.dumps(list(address.settings))),
        )
        self._db.executemany(
            """
            INSERT INTO address_settings (address, name, value) VALUES (?, ?, ?)
            ON CONFLICT (address, name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value
            """,
            [(address.address, name, json.dumps(value)) for name, value in address.settings.items()],
        )

    def _save_domain(self, domain: Domain) -> None:
        self._db.execute(
            """
            INSERT INTO domains (name, owner, created, updated, configured, enablews, hosted, is_private, verified,
                                 verified_mx, verification_txt, last_verification_errors, checked, failures,
                                 missing_since)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (name, owner) DO UPDATE SET
                created = excluded.created, updated = excluded.updated, configured = excluded.configured,
                enablews = excluded.enablews, hosted = excluded.hosted,
                is_private = excluded.is_private, verified = excluded.verified, verified_mx = excluded.verified_mx,
                verification_txt = excluded.verification_txt,
                last_verification_errors = excluded.last_verification_errors, checked = excluded.checked,
                failures = excluded.failures, missing_since = excluded.missing_since
            """,
            (
                domain.name,
                domain.owner,
                domain.created,
                domain.updated,
                int(domain.configured),
                int(domain.enablews),
                int(domain.hosted),
                int(domain.is_private),
                int(domain.verified),
                int(domain.verified_mx),
                domain.verification_txt,
                domain.last_verification_errors,
                domain.checked,
                domain.failures,
                domain.missing_since,
            ),
        )

    def _save_secret(self, secret: Secret) -> None:
        self._db.execute(
            "INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (secret.name, secret.value),
        )


_ACCOUNTS = """
    SELECT name, created, updated, password, admin, credits, email, disabled,
           capture_private, monthly_ops, message_limit
    FROM accounts ORDER BY name
"""
_KEYS = "SELECT digest, account, name, last, created FROM keys ORDER BY digest"
_ADDRESSES = "SELECT address, owner, created, updated, info, catch_all, password FROM addresses ORDER BY address"
_SETTINGS = "SELECT address, name, value FROM address_settings ORDER BY address, name"
_DOMAINS = """
    SELECT name, owner, created, updated, configured, enablews, hosted, is_private, verified, verified_mx,
           verification_txt, last_verification_errors, checked, failures, missing_since
    FROM domains ORDER BY name, owner
"""
_SECRETS = "SELECT name, value FROM secrets ORDER BY name"
_DENIALS = "SELECT item, created, note FROM denials ORDER BY item"
_SAVE_DENIAL = "INSERT OR REPLACE INTO denials (item, created, note) VALUES (?, ?, ?)"


def _account(row: tuple[Any, ...]) -> Account:
    return Account(
        row[0], row[1], row[2], row[3], bool(row[4]), row[5], row[6], bool(row[7]), bool(row[8]), row[9], row[10]
    )


def _domain(row: tuple[Any, ...]) -> Domain:
    return Domain(*row[:4], *(bool(value) for value in row[4:10]), *row[10:])
