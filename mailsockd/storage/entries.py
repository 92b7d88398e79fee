"""The entries of a state, whatever store they go to."""

from collections.abc import Mapping
from typing import Any

import attrs

from mailsockd.actions.ports import Entry, Snapshot


def entries_of(snapshot: Snapshot) -> list[Entry]:
    """Give all entries, accounts before the keys that need them."""
    entries: list[Entry] = [*snapshot.accounts, *snapshot.keys, *snapshot.addresses, *snapshot.domains]
    return [*entries, *snapshot.secrets, *snapshot.denials]


def without_surrogates(value: Any) -> Any:
    """Give the value; in text, and in texts of a mapping, each lone surrogate is U+FFFD: files are UTF-8."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {without_surrogates(name): without_surrogates(text) for name, text in value.items()}
    return value


def storable(entry: Entry) -> Entry:
    """Give the entry with text that can be written to a file."""
    texts = {field.name: without_surrogates(getattr(entry, field.name)) for field in attrs.fields(type(entry))}
    return attrs.evolve(entry, **texts)
