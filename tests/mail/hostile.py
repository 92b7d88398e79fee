"""Hostile messages as functions of a size: each gives a mail of about that many bytes, one a kind."""

from base64 import b64encode
from collections.abc import Callable

Maker = Callable[[int], bytes]


def _repeat(piece: bytes, size: int) -> bytes:
    return piece * max(size // len(piece), 1)


def _header(name: bytes, start: bytes, piece: bytes, end: bytes = b"") -> Maker:
    return lambda size: name + b": " + start + _repeat(piece, size) + end + b"\r\n\r\nbody\r\n"


def _body(head: bytes, piece: bytes, start: bytes = b"", end: bytes = b"") -> Maker:
    return lambda size: head + b"\r\n\r\n" + start + _repeat(piece, size) + end


def _fixed(content: bytes) -> Maker:
    return lambda size: content + b"x" * (size // 64)


def _nested(size: int) -> bytes:
    out = [b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"]
    out += [b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(size // 56)]
    return b"".join(out)


def _deep(levels: int, line: bytes) -> Maker:
    def make(size: int) -> bytes:
        out = [b"Content-Type: multipart/mixed; boundary=" + b"a" * 2 + b"\r\n\r\n"]
        for n in range(2, levels + 2):
            out.append(b"--%s\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n" % (b"a" * n, b"a" * (n + 1)))
        return b"".join(out) + _repeat(line, size)

    return make


def _numbered(head: bytes, line: Callable[[int], bytes], length: int, end: bytes = b"\r\n\r\nbody\r\n") -> Maker:
    return lambda size: head + b"".join(line(n) for n in range(size // length)) + end


_MIXED = b"Content-Type: multipart/mixed; boundary=B"
_HTML = b"Content-Type: text/html"

KINDS: dict[str, Maker] = {
    # Structure.
    "nested multipart": _nested,
    "nested message/rfc822": lambda size: _repeat(b"Content-Type: message/rfc822\r\n\r\n", size),
    "levels and body lines": _deep(300, b"text\r\n"),
    "boundaries that share a prefix": _deep(300, b"--" + b"a" * 150 + b"\r\n"),
    "lines that almost are the boundary": _body(_MIXED, b"--Bx\r\n", b"--B\r\n\r\n"),
    "nineteen levels around dashes": _deep(18, b"\n-\n-"),
    "empty parts": _body(_MIXED, b"--B\r\n"),
    "empty parts with an end": _body(_MIXED, b"--B\r\n\r\n", b"", b"--B--\r\n"),
    "empty boundary": _body(b'Content-Type: multipart/mixed; boundary=""', b"--\r\n"),
    "no boundary": _body(b"Content-Type: multipart/mixed", b"--x\r\n"),
    "endless boundary": _header(b"Content-Type", b"multipart/mixed; boundary=", b"b"),
    "odd boundary": _body(b'Content-Type: multipart/mixed; boundary=" ()\xff?="', b"-- ()\xff?=\r\n\r\nx\r\n"),
    "boundary in every part again": _body(_MIXED, b"--B\r\n" + _MIXED + b"\r\n\r\n"),
    "many small parts": _body(_MIXED, b"--B\r\nContent-Type: a/b\r\n\r\nx\r\n"),
    "delivery status blocks": _body(b"Content-Type: message/delivery-status", b"Action: failed\r\n\r\n"),
    "empty lines": _body(b"Subject: x", b"\r\n"),
    "bare line feeds": _body(b"Subject: x", b"\n"),
    "bare carriage returns": _body(b"Subject: x", b"\r"),
    "digest of digests": _body(b"Content-Type: multipart/digest; boundary=B", b"--B\r\n\r\nSubject: a\r\n\r\n"),
    # Header blocks.
    "many headers": lambda size: _repeat(b"X: y\r\n", size) + b"\r\nbody",
    "many Received": lambda size: _repeat(b"Received: from a by b; date\r\n", size) + b"\r\nbody",
    "many To": lambda size: _repeat(b"To: a@b.test\r\n", size) + b"\r\nbody",
    "one endless header": _header(b"X-Long", b"", b"a"),
    "folded subject": _header(b"Subject", b"a", b"\r\n b"),
    "folded with nothing": _header(b"Subject", b"a", b"\r\n "),
    "no header, one line": lambda size: b"a" * size,
    "no header, many lines": lambda size: _repeat(b"no header here\r\n", size),
    "colons only": lambda size: _repeat(b":\r\n", size),
    "names without end": lambda size: b"a" * size + b": x\r\n\r\nbody",
    "mbox line": lambda size: b"From a@b Sun Nov 22 07:30:51 2026\r\nSubject: x\r\n\r\n" + b"y" * size,
    "continuations first": lambda size: _repeat(b" x\r\n", size) + b"\r\nbody",
    "NULs": lambda size: b"Subject: a\0b\r\n\r\n" + b"\0" * size,
    "raw 8-bit headers": _header(b"Subject", b"", b"\xff\xfe\xe9"),
    "combining marks": _header(b"Subject", b"a", "\u0301\u0323".encode()),
    # Words.
    "encoded words": _header(b"Subject", b"", b"=?utf-8?q?a?= "),
    "encoded words of nothing": _header(b"Subject", b"", b"=?a?q??="),
    "encoded words that never end": _header(b"Subject", b"", b"=?utf-8?q?"),
    "starts of encoded words": _header(b"Subject", b"", b"=?"),
    "encoded surrogate": _header(b"Subject", b"", b"=?unicode_escape?q?=5Cud800?= "),
    "encoded UTF-8 surrogate": _header(b"Subject", b"", b"=?utf-8?q?=ED=A0=80?= "),
    "unknown charset in a word": _header(b"Subject", b"", b"=?nonsense?b?/////w==?= "),
    "line break in a word": _header(b"From", b"", b"=?utf-8?q?a=0D=0ABcc:_x?= <a@b.test>, "),
    # Addresses.
    "hundred thousand addresses": _header(b"To", b"", b"a@b.c, "),
    "open comments": _header(b"To", b"", b"("),
    "comment pairs": _header(b"To", b"", b"()"),
    "nested comments": lambda size: b"To: " + b"(" * (size // 2) + b")" * (size // 2) + b"\r\n\r\n",
    "quotes": _header(b"To", b"", b'"'),
    "odd quotes": _header(b"To", b'"', b'\\"'),
    "groups": _header(b"To", b"", b"a:;"),
    "open angles": _header(b"To", b"", b"<"),
    "angles and commas": _header(b"Cc", b"", b"<,>"),
    "broken From and Cc": _fixed(b"To: <\r\nFrom: \r\nCc: a@\r\nMessage-ID: <\r\n\r\n"),
    "backslashes": _header(b"From", b"", b"\\"),
    "spaces in an address": _header(b"From", b"<", b" ", b"@b>"),
    # Parameters.
    "semicolons": _header(b"Content-Type", b"text/plain", b";"),
    "open quotes in parameters": _header(b"Content-Type", b'text/plain; x="', b';"'),
    "many parameters": _header(b"Content-Type", b"text/plain", b";a=b"),
    "file name in pieces": _numbered(b"Content-Disposition: attachment", lambda n: b"; filename*%d=a" % n, 16),
    "file name without number": _fixed(b"Content-Disposition: attachment; filename*=; filename*0*=bogus\r\n\r\n"),
    "percent signs": _header(b"Content-Disposition", b"attachment; filename*=utf-8''", b"%"),
    # Charsets and encodings.
    "charset nonsense": _body(b"Content-Type: text/plain; charset=nonsense", b"\xe9"),
    "charset zlib": _body(b"Content-Type: text/plain; charset=zlib", b"x\x9c"),
    "charset undefined": _body(b"Content-Type: text/plain; charset=undefined", b"a"),
    "charset with NUL": _body(b'Content-Type: text/plain; charset="utf-8\0"', b"a"),
    "charset unicode_escape": _body(b"Content-Type: text/plain; charset=unicode_escape", b"\\ud800"),
    "charset idna": _body(b"Content-Type: text/plain; charset=idna", b"xn--"),
    "utf-7 script": _body(b"Content-Type: text/html; charset=utf-7", b"+ADw-script+AD4-"),
    "undefined bytes": _body(b"Content-Type: text/plain; charset=windows-1252", b"\x81"),
    "broken utf-8": _body(b"Content-Type: text/plain; charset=utf-8", b"\xff"),
    "broken shift_jis": _body(b"Content-Type: text/plain; charset=shift_jis", b"\xfd"),
    "broken big5": _body(b"Content-Type: text/plain; charset=big5", b"\xff"),
    "broken gb18030": _body(b"Content-Type: text/plain; charset=gb18030", b"\xff"),
    "broken euc-kr": _body(b"Content-Type: text/plain; charset=euc-kr", b"\xff"),
    "iso-2022-jp switching": _body(b"Content-Type: text/plain; charset=iso-2022-jp", b"\x1b$B\x1b(B"),
    "iso-2022-kr escapes": _body(b"Content-Type: text/plain; charset=iso-2022-kr", b"\x1b$)C\x0e"),
    "broken iso-2022-jp-ext": _body(b"Content-Type: text/plain; charset=iso-2022-jp-ext", b"\x1b"),
    "hz": _body(b"Content-Type: text/plain; charset=hz-gb-2312", b"~{~}"),
    "base64 junk": _body(b"Content-Transfer-Encoding: base64", b"=\xff!A"),
    "base64 without padding": _body(b"Content-Transfer-Encoding: base64", b"YWJj", b"Y"),
    "quoted-printable junk": _body(b"Content-Transfer-Encoding: quoted-printable", b"=\r=x== "),
    "uuencode junk": _body(b"Content-Transfer-Encoding: x-uuencode", b"!a\n", b"begin 644 x\n"),
    "uuencode starts": _body(b"Content-Transfer-Encoding: uue", b"begin \n"),
    "bad date": _header(b"Date", b"", b"Sun, 99 Nov "),
    "date of digits": _header(b"Date", b"", b"9"),
    # Bodies.
    "links": _numbered(b"Subject: x\r\n\r\n", lambda n: b"http://a.b/%07d " % n, 19),
    "almost links": _body(b"Subject: x", b"://"),
    "one endless link": _body(b"Subject: x", b")]}.", b"http://x"),
    "links in HTML": _numbered(_HTML + b"\r\n\r\n", lambda n: b'<a href="http://a.b/%07d">' % n, 29),
    "entities in one link": _body(_HTML, b"&#9;&lt;", b"<a href=http://x/"),
    "open tags": _body(_HTML, b"<"),
    "open comments in HTML": _body(_HTML, b"<!--"),
    "open scripts": _body(_HTML, b"<script>"),
    "open attributes": _body(_HTML, b'<a b="'),
    "small tags": _body(_HTML, b"<b>"),
    "paragraphs": _body(_HTML, b"<p>"),
    "entities": _body(_HTML, b"&lt;"),
    "endless entity": _body(_HTML, b"9", b"&#"),
    "ampersands": _body(_HTML, b"&a"),
    "spaces in HTML": _body(_HTML, b" \xc2\xa0"),
    "nested tables": _body(_HTML, b"<table><tr><td>"),
    "urls in pre": _body(_HTML, b"<pre>\n"),
    "encoded file": lambda size: b"Content-Transfer-Encoding: base64\r\n\r\n" + b64encode(b"\0" * (size * 3 // 4)),
}
