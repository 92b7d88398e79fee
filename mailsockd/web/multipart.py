"""multipart/form-data (RFC 7578) as form fields: linear, with a bound on the number of parts and on their
headers. Files are read like any other field; no route takes uploads."""

import re

from mailsockd.web.errors import HTTPError, wrong_body
from mailsockd.web.fields import Fields

MOST_PARTS = 200
MOST_HEADER_BYTES = 4_096

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_NAME = re.compile(rb'^content-disposition:\s*form-data\s*;(?:[^\r\n]*?;)?\s*name="([^"\r\n]*)"', re.I | re.M)


def parse_multipart(content: bytes, content_type: str) -> Fields:
    """The parts of `content` as (name, text) in their order. Raises HTTPError 400 when the boundary is missing,
    there are too many parts, a part has no name, or a value is not UTF-8."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise _malformed("it has no boundary")
    delimiter = b"\r\n--" + (found[1] or found[2]).encode("latin-1", "replace")
    content = b"\r\n" + content
    if content.count(delimiter) > MOST_PARTS + 1:
        raise wrong_body(f"has more than {MOST_PARTS} parts")
    pieces = content.split(delimiter)[1:]
    fields: Fields = []
    for piece in pieces:
        if piece.startswith(b"--"):
            return fields
        fields.append(_part(piece))
    raise _malformed("its last boundary is missing")


def _part(piece: bytes) -> tuple[str, str]:
    end = piece.find(b"\r\n\r\n", 0, MOST_HEADER_BYTES)
    name = _NAME.search(piece[:end]) if end >= 0 and piece.lstrip(b" \t").startswith(b"\r\n") else None
    if name is None:
        raise _malformed("a part has no name")
    try:
        return name[1].decode("utf-8"), piece[end + 4 :].decode("utf-8")
    except UnicodeDecodeError:
        raise wrong_body("is not valid UTF-8") from None


def _malformed(reason: str) -> HTTPError:
    return wrong_body(f"is not valid multipart/form-data: {reason}")
