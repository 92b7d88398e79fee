"""The state in one YAML file, replaced as a whole."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from twisted.internet.defer import Deferred

from mailsockd.actions.ports import Entry, Snapshot, StateUnreadable, StorageTrouble
from mailsockd.state.accounts import Account, ApiKey
from mailsockd.state.addresses import Address
from mailsockd.state.denials import Denial
from mailsockd.state.domains import Domain
from mailsockd.state.secrets import Secret
from mailsockd.storage.database import trouble
from mailsockd.storage.entries import entries_of, storable
from mailsockd.storage.files import close_to_others, write_atomically
from mailsockd.storage.worker import CallFromThread, OnDeath, Worker
from mailsockd.storage.yamltext import END, HEADER, SECTIONS, VERSION, Wrong, entry_text, fields_of, read

Change: TypeAlias = tuple[Sequence[Entry], Sequence[Entry]]
MOST_CHANGES = 1000  # answered by one write of the file


class YAMLState:
    """
    A StateStore in one file, `state.yaml`, with the generation before it in `state.yaml.previous`.

    The file is written anew for each change, in a thread; changes that come while it is written are answered by the
    next write. A change fails when somebody else has changed the file since it was last read or written here, so
    that no edit is lost. A missing file is an empty state only when there is no previous generation either.
    """

    def __init__(self, path: str | Path, call_from_thread: CallFromThread, on_death: OnDeath) -> None:
        self._file = _File(Path(path))
        self._worker: Worker[Change] = Worker(
            "the state's writer", self._file.started, call_from_thread, on_death, MOST_CHANGES
        )

    @property
    def alive(self) -> bool:
        """Tell whether the thread runs; when it does not, the process should end."""
        return self._worker.alive

    def load(self) -> Snapshot:
        """Read everything; blocks. Raises StateUnreadable: file, line, key and reason."""
        return self._file.load()

    def fill(self, snapshot: Snapshot) -> None:
        """Write a whole state into this empty one, all or nothing; blocks. Raises StorageTrouble."""
        self._file.load()
        outcome = self._file.run([(entries_of(snapshot), ())])[0]
        if outcome is not None:
            raise outcome

    def change(self, saved: Sequence[Entry], removed: Sequence[Entry] = ()) -> "Deferred[None]":
        """Save and remove entries, all or none. A key needs its account, and goes with it."""
        return self._worker.submit((saved, removed))

    def close(self) -> "Deferred[None]":
        """Finish what was asked."""
        return self._worker.stop()


class _Document:
    # The text of each entry, made once; an account's has its keys in it.

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._keys: dict[str, ApiKey] = {}
        self._texts: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}

    def copy(self) -> "_Document":
        copy = _Document()
        copy._accounts = self._accounts.copy()
        copy._keys = self._keys.copy()
        copy._texts = {section: texts.copy() for section, texts in self._texts.items()}
        return copy

    def content(self) -> bytes:
        parts = [HEADER, f"version: {VERSION}\n"]
        for section, texts in self._texts.items():
            parts.append(f"{section}:\n" if texts else f"{section}: {{}}\n")
            parts += [texts[name] for name in sorted(texts)]
        parts.append(END)
        return "".join(parts).encode()

    def apply(self, saved: Sequence[Entry], removed: Sequence[Entry]) -> None:
        touched = {account for entry in removed for account in self._remove(entry)}
        touched.update(account for entry in saved for account in self._save(storable(entry)))
        keys: dict[str, list[ApiKey]] = {}
        if touched:
            for key in self._keys.values():
                keys.setdefault(key.account, []).append(key)
        texts = self._texts["accounts"]
        for name in touched:
            account = self._accounts.get(name)
            if account is not None:
                texts[name] = _account_text(account, keys.get(name, []))
            elif name in keys:
                raise StorageTrouble(f"a key needs an account, and there is none called {name}")
            else:
                texts.pop(name, None)

    def _remove(self, entry: Entry) -> Iterable[str]:
        # Gives the accounts whose text is no longer right; so does _save.
        match entry:
            case Account():
                self._accounts.pop(entry.name, None)
                self._keys = {digest: key for digest, key in self._keys.items() if key.account != entry.name}
                return (entry.name,)
            case ApiKey():
                gone = self._keys.pop(entry.digest, None)
                return (gone.account,) if gone else ()
            case Address():
                self._texts["addresses"].pop(entry.address, None)
            case Domain():
                self._texts["domains"].pop(f"{entry.name}/{entry.owner}", None)
            case Secret():
                self._texts["secrets"].pop(entry.name, None)
            case Denial():
                self._texts["denials"].pop(entry.item, None)
        return ()

    def _save(self, entry: Entry) -> Iterable[str]:
        match entry:
            case Account():
                self._accounts[entry.name] = entry
                return (entry.name,)
            case ApiKey():
                before = self._keys.get(entry.digest, entry)
                self._keys[entry.digest] = entry
                return (before.account, entry.account)
            case Address():
                self._texts["addresses"][entry.address] = entry_text(entry.address, fields_of(entry, "address"))
            case Domain():
                name = f"{entry.name}/{entry.owner}"
                self._texts["domains"][name] = entry_text(name, fields_of(entry, "name", "owner"))
            case Secret():
                self._texts["secrets"][entry.name] = entry_text(entry.name, entry.value)
            case Denial():
                self._texts["denials"][entry.item] = entry_text(entry.item, fields_of(entry, "item"))
        return ()


def _account_text(account: Account, keys: list[ApiKey]) -> str:
    fields = fields_of(account, "name")
    if keys:
        ordered = sorted(keys, key=lambda key: (key.created, key.digest))
        fields["keys"] = {key.digest: fields_of(key, "digest", "account") for key in ordered}
    return entry_text(account.name, fields)


class _File:
    # The Work of the thread, and what `load` reads with: the file as it was last seen.

    def __init__(self, path: Path) -> None:
        self._path = path
        self._previous = path.with_name(path.name + ".previous")
        self._document: _Document | None = None
        self._known: set[bytes] = set()

    def started(self) -> "_File":
        if self._document is None:
            self.load()
        return self

    def close(self) -> None:
        """Nothing stays open."""

    def load(self) -> Snapshot:
        try:
            content = self._content()
            if content is not None:
                close_to_others(self._path)
                snapshot = read(content)
            elif self._previous.exists():
                raise StateUnreadable(
                    f"{self._path}: the file is missing, but the one before it is there: {self._previous}"
                )
            else:
                snapshot = Snapshot()
        except Wrong as error:
            raise StateUnreadable(f"{self._path}:{error}") from error
        except OSError as error:
            raise StateUnreadable(f"{self._path}: {error.strerror}") from error
        self._document = _Document()
        self._document.apply(entries_of(snapshot), ())
        self._known = {_digest(content)}
        return snapshot

    def run(self, jobs: list[Change]) -> list[Any]:
        """Make the changes that can be made, then write the file once for all of them."""
        assert self._document is not None
        document = self._document
        outcomes: list[Exception | None] = []
        for saved, removed in jobs:
            trial = document.copy()
            try:
                trial.apply(saved, removed)
            except (StorageTrouble, yaml.YAMLError, ValueError) as error:
                outcomes.append(trouble(error, self._path))
            else:
                document = trial
                outcomes.append(None)
        try:
            self._write(document.content())
        except (OSError, StorageTrouble) as error:
            return [outcome or trouble(error, self._path) for outcome in outcomes]
        self._document = document
        return outcomes

    def _write(self, content: bytes) -> None:
        before = self._content()
        if _digest(before) not in self._known:
            raise StorageTrouble(
                f"{self._path}: somebody changed this file while the daemon ran; start it again to use the new content"
            )
        try:
            if before is not None:
                write_atomically(self._previous, before)
            write_atomically(self._path, content)
        except OSError:
            # The change failed, so it must not be there after a restart; nor is it somebody else's when it is.
            self._known.add(_digest(content))
            if before is not None:
                with suppress(OSError):
                    write_atomically(self._path, before)
            raise
        self._known = {_digest(content)}

    def _content(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None


def _digest(content: bytes | None) -> bytes:
    return b"" if content is None else sha256(content).digest()
