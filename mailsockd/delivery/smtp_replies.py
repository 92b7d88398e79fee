"""What a server says in SMTP, read within bounds (RFC 5321 section 4.2)."""

import re

import attrs

from mailsockd.delivery.limits import SHOWN
from mailsockd.delivery.relay_limits import LINE_BYTES, REPLY_LINES, SAID_BYTES

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.S)


class Improper(Exception):
    """The other side did what no SMTP server should; the message says what."""


@attrs.frozen
class Reply:
    """One reply: its code, and its lines without it, each as it may be shown."""

    code: int
    lines: tuple[str, ...]

    @property
    def words(self) -> str:
        """The whole reply on one line, cut to what people are shown."""
        return f"{self.code} {' '.join(self.lines)}".strip()[:SHOWN]


class Replies:
    """Makes replies of bytes as they come."""

    def __init__(self) -> None:
        self._kept = b""
        self._code = 0
        self._lines: list[str] = []
        self._said = 0

    @property
    def partial(self) -> bool:
        """Whether a reply has begun that is not whole."""
        return bool(self._kept or self._lines)

    def feed(self, data: bytes) -> list[Reply]:
        """Give the replies that are whole now. Raises Improper."""
        self._said += len(data)
        if self._said > SAID_BYTES:
            raise Improper(f"it said more than {SAID_BYTES // 1024} KB")
        *lines, self._kept = (self._kept + data).split(b"\n")
        if any(len(line) > LINE_BYTES for line in (*lines, self._kept)):
            raise Improper(f"it sent a line of more than {LINE_BYTES} bytes")
        return [reply for line in lines if (reply := self._line(line.removesuffix(b"\r"))) is not None]

    def _line(self, line: bytes) -> Reply | None:
        found = _LINE.fullmatch(line)
        if found is None:
            raise Improper("it does not speak SMTP")
        code = int(found[1])
        if self._lines and code != self._code:
            raise Improper("it changed its mind within a reply")
        if len(self._lines) >= REPLY_LINES:
            raise Improper(f"it sent a reply of more than {REPLY_LINES} lines")
        self._code = code
        self._lines.append(_shown(found[3] or b""))
        if found[2] == b"-":
            return None
        reply = Reply(code, tuple(self._lines))
        self._lines = []
        return reply


def _shown(text: bytes) -> str:
    words = "".join(character if character.isprintable() else " " for character in text.decode("utf-8", "replace"))
    return " ".join(words.split())
