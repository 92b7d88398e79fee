"""Mails that make a parser work: each holds the marker that the generator numbers, and ends in CRLF.

`GROWING` makes a mail of about the size asked for, so that cost can be seen to grow with size or faster. `FIXED`
are small and only odd.
"""

import base64
from collections.abc import Callable

from contents import MARKER

FROM_TO = b"From: a@example.com\r\nTo: box@mail.test\r\n"
SUBJECT = f"Subject: {MARKER}\r\n".encode()
PLAIN = SUBJECT + FROM_TO


def lines(unit: bytes, size: int) -> bytes:
    """The unit as often as it fits, at least once."""
    return unit * max(1, size // len(unit))


def numbered(unit: str, size: int) -> bytes:
    """The unit with a rising number in the place of %d, as often as it fits."""
    return b"".join((unit % i).encode() for i in range(max(1, size // (len(unit) + 3))))


def header(value: bytes, name: bytes = b"X-Long", body: bytes = b"body\r\n") -> bytes:
    """A mail with one header more."""
    return PLAIN + name + b": " + value + b"\r\n\r\n" + body


def typed(content_type: bytes, body: bytes, more: bytes = b"") -> bytes:
    """A mail with a Content-Type and a body."""
    return PLAIN + b"MIME-Version: 1.0\r\nContent-Type: " + content_type + b"\r\n" + more + b"\r\n" + body + b"\r\n"


def html(body: bytes) -> bytes:
    return typed(b"text/html; charset=utf-8", body)


def levels(count: int) -> bytes:
    """Multiparts, each the first part of the one before."""
    return b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i) for i in range(max(1, count))
    )


def nested_multipart(size: int) -> bytes:
    return PLAIN + levels(size // 56) + b"\r\nend\r\n"


def levels_and_lines(size: int) -> bytes:
    """Three hundred levels, then lines that each look a little like a boundary."""
    return PLAIN + levels(300) + b"\r\n" + lines(b"--b\r\n", size)


def nested_messages(size: int) -> bytes:
    return PLAIN + lines(b"Content-Type: message/rfc822\r\n\r\n", size) + b"\r\nend\r\n"


def empty_parts(size: int) -> bytes:
    return typed(b'multipart/mixed; boundary="x"', lines(b"--x\r\n\r\n", size) + b"--x--")


def unfinished_attachments(size: int) -> bytes:
    part = b"--x\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n"
    return typed(b'multipart/mixed; boundary="x"', lines(part, size))


def delivery_status(size: int) -> bytes:
    return typed(b"message/delivery-status", lines(b"A: 1\r\n\r\n", size))


def one_attachment(size: int) -> bytes:
    return typed(
        b"application/octet-stream; name=big",
        base64.encodebytes(bytes(size * 3 // 4)).replace(b"\n", b"\r\n"),
        b"Content-Transfer-Encoding: base64\r\n",
    )


def quoted_printable(unit: bytes) -> Callable[[int], bytes]:
    def make(size: int) -> bytes:
        return typed(b"text/plain", lines(unit, size), b"Content-Transfer-Encoding: quoted-printable\r\n")

    return make


def in_header(unit: bytes, name: bytes = b"X-Long", start: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: header(start + lines(unit, size), name)


def in_html(unit: bytes, start: bytes = b"<body>") -> Callable[[int], bytes]:
    return lambda size: html(start + lines(unit, size))


def in_text(unit: bytes) -> Callable[[int], bytes]:
    return lambda size: typed(b"text/plain; charset=utf-8", lines(unit, size))


GROWING: dict[str, Callable[[int], bytes]] = {
    "nested multipart": nested_multipart,
    "300 levels, near-boundary lines": levels_and_lines,
    "nested message/rfc822": nested_messages,
    "empty parts": empty_parts,
    "small attachments": unfinished_attachments,
    "delivery-status blocks": delivery_status,
    "many headers": lambda size: PLAIN + numbered("X-%d: a\r\n", size) + b"\r\nbody\r\n",
    "many Received": lambda size: (
        PLAIN + lines(b"Received: from a by b; 1 Jan 2026 00:00:00 +0000\r\n", size) + b"\r\n"
    ),
    "the same header": lambda size: PLAIN + lines(b"To: b@example.com\r\n", size) + b"\r\n",
    "one long header": in_header(b"x"),
    "folded header": in_header(b"word\r\n "),
    "folded Subject": in_header(b"word\r\n ", b"Subject"),
    "encoded words": in_header(b"=?utf-8?q?=C3=A9?= ", b"Subject"),
    "encoded words, base64": in_header(b"=?utf-8?b?w6k=?=\r\n ", b"Subject"),
    "unfinished encoded words": in_header(b"=?utf-8?q?", b"Subject"),
    "addresses": in_header(b"a@b.example, ", b"Cc"),
    "parentheses in To": in_header(b"(", b"To"),
    "pairs of parentheses in To": lambda size: header(b"(" * (size // 2) + b")" * (size // 2), b"To"),
    "quotes in To": in_header(b'"', b"To"),
    "backslashes in To": in_header(b"\\", b"To", b'"'),
    "groups in To": in_header(b"a:;", b"To"),
    "angle brackets in To": in_header(b"<", b"To"),
    "commas in To": in_header(b",", b"To"),
    "spaces in To": in_header(b" \t", b"To", b"a"),
    "semicolons in Content-Type": in_header(b";", b"Content-Type", b"text/plain"),
    "quotes in Content-Type": in_header(b';"', b"Content-Type", b'text/plain; x="'),
    "parameters": in_header(b"; a=b", b"Content-Type", b"text/plain"),
    "filename pieces": lambda size: typed(
        b"text/plain", b"x", b"Content-Disposition: attachment" + numbered(";\r\n filename*%d=a", size) + b"\r\n"
    ),
    "percent in filename*": in_header(b"%41", b"Content-Disposition", b"attachment; filename*=utf-8''"),
    "empty lines": in_text(b"\r\n"),
    "dots": in_text(b".\r\n"),
    "one line": in_text(b"x"),
    "NUL": in_text(b"\0"),
    "quotes and backslashes": in_text(b'"\\'),
    "invalid UTF-8": in_text(b"\xff\xc0\x80"),
    "bare CR": in_text(b"\r"),
    "bare LF": in_text(b"\n"),
    "URLs": lambda size: typed(b"text/plain", numbered("https://a.example/%d ", size)),
    "unfinished URLs": in_text(b"http://"),
    "one URL": lambda size: typed(b"text/plain", b"http://a.example/" + b"a" * size),
    "h of http": in_text(b"h"),
    "UTF-7": lambda size: typed(b"text/plain; charset=utf-7", lines(b"+ADw-", size)),
    "UTF-16": lambda size: typed(b"text/plain; charset=utf-16", lines(b"a\0", size)),
    "ISO-2022-JP": lambda size: typed(b"text/plain; charset=iso-2022-jp", lines(b'\x1b$B$"\x1b(B', size)),
    "quoted-printable escapes": quoted_printable(b"=41"),
    "quoted-printable soft breaks": quoted_printable(b"=\r\n"),
    "quoted-printable broken": quoted_printable(b"=ZZ="),
    "one attachment": one_attachment,
    "base64 broken": lambda size: typed(
        b"application/octet-stream", lines(b"=!QU", size), b"Content-Transfer-Encoding: base64\r\n"
    ),
    "uuencode": lambda size: typed(
        b"text/plain",
        b"begin 644 a\r\n" + lines(b"#0V%T\r\n", size) + b"end",
        b"Content-Transfer-Encoding: x-uuencode\r\n",
    ),
    "HTML: open tags": in_html(b"<div>"),
    "HTML: less-than": in_html(b"<"),
    "HTML: comments without end": in_html(b"<!--"),
    "HTML: declarations": in_html(b"<!["),
    "HTML: links": lambda size: html(numbered('<a href="http://a.example/%d">x</a>', size)),
    "HTML: unfinished links": in_html(b'<a href="http://'),
    "HTML: attributes": in_html(b" a=b", b"<p"),
    "HTML: quotes": in_html(b'="', b"<p a"),
    "HTML: entities": in_html(b"&amp;"),
    "HTML: broken entities": in_html(b"&#x"),
    "HTML: script": in_html(b"</scrip", b"<script>"),
    "HTML: closing tags": in_html(b"</p"),
    "HTML: lists": in_html(b"<ul><li>"),
}

FIXED: dict[str, bytes] = {
    "To: <": header(b"<", b"To"),
    "From empty": SUBJECT + b"From:\r\n\r\nbody\r\n",
    "Cc: a@": header(b"a@", b"Cc"),
    "Message-ID: <": header(b"<", b"Message-ID"),
    "filename*=": header(b"attachment; filename*=; filename*0*=bogus", b"Content-Disposition"),
    "charset nonsense": typed(b"text/plain; charset=nonsense", b"x"),
    "charset zlib": typed(b"text/plain; charset=zlib", b"x"),
    "charset undefined": typed(b"text/plain; charset=undefined", b"x"),
    "charset with NUL": typed(b'text/plain; charset="utf-8\0"', b"x"),
    "charset unicode_escape": typed(b"text/plain; charset=unicode_escape", rb"\ud800"),
    "encoded surrogate": header(b"=?utf-8?b?7aCA?=", b"From"),
    "encoded word, unknown charset": header(b"=?nonsense?q?x?=", b"From"),
    "encoded word with CRLF": header(b"=?utf-8?q?a=0D=0AX-Injected:_1?= <a@b.example>", b"From"),
    "8-bit headers": header(b"\xe9\xff <a@b.example>", b"From"),
    "bad Date": header(b"99 Foo 99999 99:99:99 +9999999", b"Date"),
    "Date with NUL and 8 bit": header(b"Sun, 22 Nov 2026\0 \xe9", b"Date"),
    "empty boundary": typed(b'multipart/mixed; boundary=""', b"--\r\n\r\nx\r\n----"),
    "no boundary": typed(b"multipart/mixed", b"x"),
    "odd boundary": typed(b'multipart/mixed; boundary="(.*)+[a-z]$"', b"--(.*)+[a-z]$\r\n\r\nx\r\n"),
    "NUL in header": header(b"a\0b"),
    "no header": f"{MARKER} only a body\r\n".encode(),
    "mbox line first": b"From a@example.com Sun Nov 22 2026\r\n" + PLAIN + b"\r\nx\r\n",
    "header without colon": b"nonsense\r\n" + PLAIN + b"\r\nx\r\n",
    "empty body": PLAIN + b"\r\n",
    "no end of header": PLAIN,
}
