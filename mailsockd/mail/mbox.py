"""mbox files (RFC 4155 in the variant mboxrd, which loses nothing): many mails in one file."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


def entry(content: bytes, sender: str, received: float) -> bytes:
    """Give one mail as a part of an mbox file; `received` is UTC seconds. Line ends are LF there."""
    name = re.sub(r"\s", "", sender) or "MAILER-DAEMON"
    head = f"From {name} {datetime.fromtimestamp(received, UTC).ctime()}\n".encode("utf-8", "replace")
    body = _FROM.sub(rb">\1", content.replace(b"\r\n", b"\n"))
    return head + body + (b"\n" if not body or body.endswith(b"\n") else b"\n\n")


def entries(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Give the mails of an mbox file, which is read line by line, each with CRLF line ends."""
    mail: list[bytes] | None = None
    blank = True  # a mail begins behind an empty line
    for line in lines:
        if blank and line.startswith(b"From "):
            if mail is not None:
                yield _content(mail)
            mail = []
        elif mail is not None:
            mail.append(line)
        blank = line in (b"\n", b"\r\n")
    if mail is not None:
        yield _content(mail)


def crlf(content: bytes) -> bytes:
    """Give a text with CRLF at the end of each line that ended in LF or CRLF."""
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _content(lines: list[bytes]) -> bytes:
    text = b"".join(lines)
    text = text[: -len(lines[-1])] if lines and lines[-1] in (b"\n", b"\r\n") else text
    return crlf(_QUOTED.sub(rb"\1", text))
