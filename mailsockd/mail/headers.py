"""Header fields: found, split, unfolded; encoded words, dates, ids and priorities read. Total and linear."""

import re
from binascii import a2b_qp
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from mailsockd.mail.charsets import clean_line, decode, undeclared
from mailsockd.mail.transfer import base64

# Real header blocks stay under 64 KiB; what lies beyond these bounds is stored with the content and not taken apart.
BLOCK_LIMIT = 256 * 1024
FIELD_LIMIT = 1000
VALUE_LIMIT = 64 * 1024
# Parts of a multipart say the same few things again and again, in a line or three.
_REMEMBERED, _LONGEST_REMEMBERED = 512, 200

Field = tuple[str, str]

# Possessive quantifiers throughout: no character is looked at twice. The value runs over folded lines.
_FIELD = re.compile(r"([!-9;-~]++)[ \t]*+:[ \t]*+([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?")
_ALL_FIELDS = re.compile(r"(?:[!-9;-~]++[ \t]*+:[^\n]*+\n?(?:[ \t][^\n]*+\n?)*+)*+\Z")
_SKIPPED = re.compile(r"(?:(?:From |[ \t])[^\n]*+\n)*+")


def block_end(content: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the header block of the entity content[start:end] ends, and where its body starts.

    Both CRLF and bare LF end a line. Without an empty line everything counts as header block.
    """
    if content.startswith((b"\r\n", b"\n"), start, end):
        return start, start + (1 if content[start] == 10 else 2)
    blank = content.find(b"\n\r\n", start, end)
    bare = content.find(b"\n\n", start, end if blank < 0 else blank + 1)
    if bare >= 0:
        return bare + 1, bare + 2
    if blank >= 0:
        return blank + 1, blank + 3
    return end, end


def fields(content: bytes, start: int, end: int) -> tuple[Sequence[Field], int]:
    """The fields of the entity content[start:end], and the offset of its body.

    Names are as written. Values keep one character a byte (ISO-8859-1), unfolded; `words` makes text of them. As in
    Python's own parser, a line that is no field ends the block: the body begins there. A leading mbox line is skipped.
    """
    if start == 0 and content.startswith(b"\xef\xbb\xbf"):
        start = 3
    stop, body = block_end(content, start, end)
    if stop - start <= _LONGEST_REMEMBERED:
        remembered = _short(content[start:stop])
        if remembered is not None:
            return remembered, body
    cut = stop - start > BLOCK_LIMIT
    block = content[start : start + BLOCK_LIMIT if cut else stop].decode("latin-1")
    if not cut:
        lines = block.replace("\r\n", "\n")
        if "\r" not in lines and _ALL_FIELDS.match(lines):
            return _well_formed(lines), body
    found: list[Field] = []
    skipped = _SKIPPED.match(block)
    position = skipped.end() if skipped else 0
    size = len(block)
    match = _FIELD.match
    while position < size:
        field = match(block, position)
        if field is None:
            torn = cut and found and block.find("\n", position) < 0  # the last line of a block that is too long
            return found, body if torn else start + position
        position = field.end()
        if len(found) < FIELD_LIMIT:
            name, value = field.groups()
            value = value.replace("\r\n", "").replace("\n", "")
            found.append((name, value[:VALUE_LIMIT].rstrip("\r \t")))
    return found, body


@lru_cache(_REMEMBERED)
def _short(block: bytes) -> tuple[Field, ...] | None:
    lines = block.decode("latin-1").replace("\r\n", "\n")
    return tuple(_well_formed(lines)) if "\r" not in lines and _ALL_FIELDS.match(lines) else None


def _well_formed(lines: str) -> list[Field]:
    # The way of nearly every mail, three times as fast: no line can fail to match, so the matches lie end to end.
    found = _FIELD.findall(lines)[:FIELD_LIMIT]
    folded = "\n " in lines or "\n\t" in lines
    spaced = " \n" in lines or "\t\n" in lines or lines.endswith((" ", "\t"))
    if not folded and not spaced and len(lines) <= VALUE_LIMIT:
        return found
    return [(name, value.replace("\n", "")[:VALUE_LIMIT].rstrip("\r \t")) for name, value in found]


def header_block(content: bytes) -> bytes:
    """The header block as received, with the line end of its last line and without the empty line after it."""
    return content[: block_end(content, 0, len(content))[0]]


# The three parts cannot contain the question mark that ends them, so runs never overlap and the search is linear.
_WORD = re.compile(r"=\?([^?\s]{1,64}+)\?([bBqQ])\?([^?]*+)\?=")


def words(value: str) -> str:
    """Clean text of an unfolded value: encoded words decoded (RFC 2047, also where they may not stand), 8-bit as UTF-8.

    Adjacent words of one charset are joined before the charset is decoded, because senders cut inside a character.
    """
    if not value.isascii():
        value = undeclared(value.encode("latin-1", "replace"))
    if "=?" not in value:
        return clean_line(value)
    pieces = _WORD.split(value)
    out = [pieces[0]]
    pending: list[bytes] = []
    charset = ""
    for index in range(1, len(pieces), 4):
        label, encoding, data, after = pieces[index : index + 4]
        raw = data.encode("utf-8")
        raw = base64(raw) if encoding in "bB" else a2b_qp(raw, header=True)
        if label != charset and pending:
            out.append(decode(b"".join(pending), charset))
            pending.clear()
        charset = label if "*" not in label else label[: label.index("*")]  # RFC 2231 section 5: charset*language
        pending.append(raw)
        if after and (index + 4 == len(pieces) or not after.isspace()):
            out.append(decode(b"".join(pending), charset))
            pending.clear()
            out.append(after)
    if pending:
        out.append(decode(b"".join(pending), charset))
    return clean_line("".join(out))


_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_ZONES = {"edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8}
# Applied to at most 128 characters.
_DATE = re.compile(
    r"(?:[A-Za-z]{3,9}[,.]?\s*+)?([0-9]{1,2})[\s-]++([A-Za-z]{3})[a-z]*+[\s,-]++([0-9]{2,4})[\s,]++"
    r"([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2}))?(?:\.[0-9]++)?\s*+(?:([+-][0-9]{4})|([A-Za-z]{1,5}))?"
)
_ASCTIME = re.compile(r"[A-Za-z]{3} ([A-Za-z]{3}) ++([0-9]{1,2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([0-9]{4})")
_YEAR_10000 = 253402300800.0


def date(value: str) -> float | None:
    """UTC seconds of a Date field (RFC 5322 section 3.3, old forms, asctime); None when unusable or before 1970."""
    value = value[:128].strip()
    found = _DATE.match(value)
    if found:
        day, month, year, hour, minute, second, offset, zone = found.groups()
    else:
        found = _ASCTIME.match(value)
        if not found:
            return None
        month, day, hour, minute, second, year = found.groups()
        offset = zone = None
    number = int(year)
    if len(year) < 4:
        number += 2000 if number < 50 else 1900
    try:
        local = datetime(
            number, _MONTHS[month.lower()], int(day), int(hour), int(minute), min(int(second or 0), 59), tzinfo=UTC
        )
        shift = 0  # minutes
        if offset:
            shift = (int(offset[1:3]) * 60 + int(offset[3:])) * (-1 if offset[0] == "-" else 1)
        elif zone:
            shift = _ZONES.get(zone.lower(), 0) * 60
        seconds = local.timestamp() - shift * 60
    except (ValueError, KeyError, OverflowError):
        return None
    return seconds if 0 <= seconds < _YEAR_10000 else None


def message_id(value: str) -> str:
    """A Message-ID or Content-ID without its angle brackets and comments; "" when there is none."""
    value = value[:998]
    start = value.find("<")
    if start >= 0:
        end = value.find(">", start)
        value = value[start + 1 : end if end >= 0 else len(value)]
    return words(value.strip("<> \t"))


_HIGH = ("1", "2", "high", "highest", "urgent")
_LOW = ("4", "5", "low", "lowest", "non-urgent")


def priority(values: Iterable[str]) -> str:
    """"high", "low" or "normal": what the first telling value of Importance, X-Priority and their like says."""
    for value in values:
        first = value[:64].lower().split(None, 1)
        word = first[0].strip("();,") if first else ""
        if word in _HIGH:
            return "high"
        if word in _LOW:
            return "low"
    return "normal"
