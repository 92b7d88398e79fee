"""
What a caller asks for in the address of the socket (contract section 2).

Parameters are parted by `&` or `;`: one documented client joins them with semicolons. `+` is a plus sign, because
it is common in addresses.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_to_bytes

import attrs

from mailsockd.wire import FRAME_SHAPES

_SEPARATORS = re.compile(r"[,;\s]+")
_BOOLEANS = {"1": True, "true": True, "0": False, "false": False, "": True}
_KEY_NAMES = ("key", "_mailsacKey")


class BadQuery(Exception):
    """A query that cannot be answered; the text says which parameter is wrong and why."""


@attrs.frozen
class Query:
    """
    What was asked. `key` and `account` are "" when they were not given; `items` are addresses and domains as they
    were written, without repeats; `shape` is None when the server's default is wanted.
    """

    key: str = ""
    account: str = ""
    items: tuple[str, ...] = ()
    shape: str | None = None
    raw: bool = True


def parse_query(query: bytes, header_keys: Iterable[str] = (), *, longest: int, most: int) -> Query:
    """
    Parse a raw query string of at most `longest` bytes with at most `most` addresses and domains.

    `header_keys` are the values of the header Mailsac-Key. Raises BadQuery.
    """
    if len(query) > longest:
        raise BadQuery(f"the query is longer than {longest} bytes")
    keys = dict.fromkeys(key.strip() for key in header_keys)
    accounts: dict[str, None] = {}
    items: dict[str, None] = {}
    shape: str | None = None
    raw = True
    for name, value in _parameters(query):
        if name in _KEY_NAMES:
            keys[value.strip()] = None
        elif name == "_id":
            accounts[value.strip()] = None
        elif name == "addresses":
            items.update(dict.fromkeys(item for item in _SEPARATORS.split(value) if item))
        elif name == "frame" and value:
            shape = value.lower()
            if shape not in FRAME_SHAPES:
                raise BadQuery(f"frame must be one of {', '.join(FRAME_SHAPES)}")
        elif name == "raw":
            wanted = _BOOLEANS.get(value.lower())
            if wanted is None:
                raise BadQuery("raw must be 0 or 1")
            raw = wanted
    if len(items) > most:
        raise BadQuery(f"addresses has more than {most} items")
    return Query(_only(keys, "keys"), _only(accounts, "values of _id"), tuple(items), shape, raw)


def _parameters(query: bytes) -> Iterator[tuple[str, str]]:
    """Give names and values, decoded. What follows a semicolon and has no `=` belongs to the list before it."""
    name = ""
    for part in re.split(rb"[&;]", query):
        before, equals, after = part.partition(b"=")
        if equals:
            name = _text(before)
            yield name, _text(after)
        elif part and name == "addresses":
            yield name, _text(part)


def _text(encoded: bytes) -> str:
    return unquote_to_bytes(encoded).decode("utf-8", "replace")


def _only(values: Iterable[str], what: str) -> str:
    given = [value for value in values if value]
    if len(given) > 1:
        raise BadQuery(f"the request holds different {what}")
    return given[0] if given else ""
