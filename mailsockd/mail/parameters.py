"""Content-Type and Content-Disposition: the value and its parameters (RFC 2045, RFC 2231), in linear time."""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote_to_bytes

from mailsockd.mail.charsets import decode
from mailsockd.mail.headers import words

# No real part has more; each costs a fraction of a microsecond, times 500 parts.
PARAMETER_LIMIT = 100
# File names end at 255 characters, and escapes take up to twelve for one.
_EXTENDED_LIMIT = 4096

# Possessive, and the closing quote is optional, so a started parameter always matches and nothing is read twice: an
# attempt begins only at a semicolon and the name cannot contain one.
_PARAMETER = re.compile(r';\s*+([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]++|\\.?)*+)"?|([^;]*+))', re.DOTALL)
# Only what must be escaped is unescaped: senders on Windows put plain paths in quotes.
_ESCAPED = re.compile(r'\\(["\\])')
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")

Parameters = Mapping[str, str]
# Most mail has one of a few content types. A longer value has a boundary or a file name, and hardly comes twice.
_REMEMBERED, _LONGEST_REMEMBERED = 512, 80


def split(value: str) -> tuple[str, Parameters]:
    """`value` up to its first semicolon in lower case, and its parameters by lower-case name.

    Of parameters with the same name the first counts.
    """
    return _remembered(value) if len(value) <= _LONGEST_REMEMBERED else _read(value)


def _read(value: str) -> tuple[str, Parameters]:
    head, semicolon, _ = value.partition(";")
    found: dict[str, str] = {}
    if semicolon:
        for match in islice(_PARAMETER.finditer(value, len(head)), PARAMETER_LIMIT):
            name, quoted, plain = match.groups()
            if quoted is None:
                quoted = plain.strip()
            elif "\\" in quoted:
                quoted = _ESCAPED.sub(r"\1", quoted)
            found.setdefault(name.lower(), quoted)
    return head.strip().lower(), found


_remembered = lru_cache(_REMEMBERED)(_read)


def media_type(head: str) -> str:
    """The type/subtype at the start of `head` (already lower case), "" when it has none."""
    match = _TYPE.match(head)
    return match.group() if match else ""


def parameter(found: Parameters, name: str) -> str:
    """The text of one parameter, "" when absent: RFC 2231 forms first, else the plain one, encoded words decoded."""
    if not found:
        return ""
    if len(found) > 1 or name not in found:
        extended = found.get(name + "*")
        if extended is not None:
            return _extended([(extended, True)])
        if name + "*0" in found or name + "*0*" in found:
            pieces: list[tuple[str, bool]] = []
            for n in range(PARAMETER_LIMIT):
                key = f"{name}*{n}"
                if key + "*" in found:
                    pieces.append((found[key + "*"], True))
                elif key in found:
                    pieces.append((found[key], False))
                else:
                    break
            return _extended(pieces)
    value = found.get(name)
    return words(value) if value else ""


def _extended(pieces: list[tuple[str, bool]]) -> str:
    charset = ""
    first, encoded = pieces[0]
    first = first[:_EXTENDED_LIMIT]
    if encoded and first.count("'") >= 2:
        charset, _, first = first.split("'", 2)
    raw = [unquote_to_bytes(first.encode("latin-1", "replace")) if encoded else first.encode("latin-1", "replace")]
    for piece, escaped in pieces[1:]:
        data = piece[:_EXTENDED_LIMIT].encode("latin-1", "replace")
        raw.append(unquote_to_bytes(data) if escaped else data)
    text = decode(b"".join(raw), charset)
    return words(text) if text.isascii() else words(text.encode("utf-8", "replace").decode("latin-1"))
