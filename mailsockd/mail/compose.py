"""Writing a mail: what a form or a program says of it, as a MIME message (RFC 5322, 2045-2047, 2231).

Nothing that is given can end a header field or begin one: control characters become spaces before anything is written.
"""

import re
from base64 import b64encode, encodebytes
from datetime import UTC, datetime
from email.utils import format_datetime

import attrs

from mailsockd.mail.people import Person

LONGEST_LINE = 900  # RFC 5322 allows 998
_LONG_LINE = re.compile(rb"[^\n]{%d}" % (LONGEST_LINE + 2))
_WORD_BYTES = 45  # an encoded word may have 75 characters (RFC 2047 section 2)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")
_TYPE = re.compile(r"[a-z0-9!#$&^_+.-]{1,60}/[a-z0-9!#$&^_+.-]{1,60}\Z")
_UNSAFE_ID = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]")
OCTETS = "application/octet-stream"
_TYPES = {
    "csv": "text/csv",
    "gif": "image/gif",
    "htm": "text/html",
    "html": "text/html",
    "ics": "text/calendar",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "webp": "image/webp",
    "xml": "application/xml",
    "zip": "application/zip",
}


@attrs.frozen
class Enclosure:
    """A file of a draft; `content_type` "" is chosen by the name, `content_id` is without angle brackets."""

    content: bytes
    file_name: str = ""
    content_type: str = ""
    content_id: str = ""
    inline: bool = False


@attrs.frozen
class Draft:
    """
    A mail to be written. Addresses are canonical; everything else may be any text.

    `text` and `html` are None when there is no such part; `received` are values of trace fields, the latest first;
    `at` is UTC seconds; `token` is random and safe in a header, it makes boundaries and the Message-ID.
    """

    sender: Person
    to: tuple[Person, ...]
    token: str
    hostname: str
    at: float
    subject: str = ""
    text: str | None = None
    html: str | None = None
    enclosures: tuple[Enclosure, ...] = ()
    received: tuple[str, ...] = ()


def compose(draft: Draft) -> bytes:
    """Give the content of a mail, CRLF line ends, no line longer than 998 bytes. Takes linear time."""
    lines = [
        *(_field("Received", words(value)) for value in draft.received),
        _field("From", mailbox(draft.sender)),
        _field("To", ",\r\n ".join(mailbox(person) for person in draft.to)),
        _field("Subject", words(draft.subject)),
        _field("Date", format_datetime(datetime.fromtimestamp(draft.at, UTC))),
        _field("Message-ID", f"<{draft.token}@{draft.hostname}>"),
        _field("MIME-Version", "1.0"),
    ]
    entity = _body(draft)
    if draft.enclosures:
        parts = [entity, *(_enclosed(enclosure) for enclosure in draft.enclosures)]
        entity = _multipart("mixed", f"mixed-{draft.token}", parts)
    return "".join(lines).encode("utf-8") + entity + b"\r\n"


def _body(draft: Draft) -> bytes:
    texts = [("plain", draft.text), ("html", draft.html)]
    parts = [_text(kind, text) for kind, text in texts if text is not None] or [_text("plain", "")]
    return parts[0] if len(parts) == 1 else _multipart("alternative", f"texts-{draft.token}", parts)


def _multipart(kind: str, boundary: str, parts: list[bytes]) -> bytes:
    head = _field("Content-Type", f'multipart/{kind}; boundary="{boundary}"').encode("ascii") + b"\r\n"
    mark = b"--" + boundary.encode("ascii")
    return head + b"".join(b"%b\r\n%b\r\n" % (mark, part) for part in parts) + mark + b"--\r\n"


def _text(kind: str, text: str) -> bytes:
    data = _LINE_END.sub("\r\n", text).encode("utf-8", "replace")
    short = _LONG_LINE.search(data) is None and b"\0" not in data
    encoding = ("7bit" if data.isascii() else "8bit") if short else "base64"
    head = _field("Content-Type", f"text/{kind}; charset=utf-8") + _field("Content-Transfer-Encoding", encoding)
    return head.encode("ascii") + b"\r\n" + (data if short else _base64(data))


def _enclosed(enclosure: Enclosure) -> bytes:
    name = clean(enclosure.file_name).replace("/", "_").replace("\\", "_").strip()
    kind = enclosure.content_type.lower()
    if not _TYPE.match(kind) or kind.startswith(("multipart/", "message/")):
        kind = _TYPES.get(name.rpartition(".")[2].lower(), OCTETS)
    disposition = "inline" if enclosure.inline else "attachment"
    if name:
        disposition += ";\r\n " + _parameter("filename", name[:255])
    head = _field("Content-Type", kind) + _field("Content-Disposition", disposition)
    content_id = _UNSAFE_ID.sub("", enclosure.content_id)[:255]
    if content_id:
        head += _field("Content-ID", f"<{content_id}>")
    head += _field("Content-Transfer-Encoding", "base64")
    return head.encode("utf-8") + b"\r\n" + _base64(enclosure.content)


def _base64(data: bytes) -> bytes:
    return encodebytes(data).rstrip(b"\n").replace(b"\n", b"\r\n")


def _parameter(name: str, value: str) -> str:
    if value.isascii():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}="{escaped}"'
    encoded = "".join(
        chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in value.encode("utf-8")
    )
    # RFC 2231 section 3: in pieces, so that no line is long.
    pieces = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,60}", encoded)
    pieces[0] = "utf-8''" + pieces[0]
    return ";\r\n ".join(f"{name}*{place}*={piece}" for place, piece in enumerate(pieces))


def _field(name: str, value: str) -> str:
    return f"{name}: {value}\r\n"


def clean(text: str) -> str:
    """Give a text on one line: runs of control characters and half characters become one space."""
    return _CONTROL.sub(" ", text).strip()


def mailbox(person: Person) -> str:
    """Give `name <address>` as a header says it, the name quoted or encoded as it needs."""
    name = clean(person.name)
    address = clean(person.address)
    if not name:
        return address
    if not name.isascii() or len(name) > LONGEST_LINE or "=?" in name:
        name = words(name)
    elif not _PLAIN_NAME.match(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{address}>"


def words(value: str) -> str:
    """Give the text of an unstructured field: as it is, or in encoded words (RFC 2047) on lines of their own."""
    text = clean(value)
    if text.isascii() and len(text) <= LONGEST_LINE and "=?" not in text:
        return text
    pieces: list[bytes] = []
    for character in text:
        data = character.encode("utf-8")
        if pieces and len(pieces[-1]) + len(data) <= _WORD_BYTES:
            pieces[-1] += data
        else:
            pieces.append(data)
    return "\r\n ".join(f"=?utf-8?B?{b64encode(piece).decode('ascii')}?=" for piece in pieces)
