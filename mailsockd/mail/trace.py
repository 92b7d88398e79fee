"""The trace header that is put before a message when it is read (RFC 5321 section 4.4)."""

from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from mailsockd.mail.stored import Message


def received_value(message: Message, hostname: str) -> str:
    """Give the value of the `Received:` field, unfolded."""
    return " ".join(_lines(message, hostname))


def traced(message: Message, content: bytes, hostname: str) -> tuple[str, bytes]:
    """Give the value of the `Received:` field, unfolded, and what `with_trace` gives."""
    lines = _lines(message, hostname)
    return " ".join(lines), _field(lines) + content


def received_header(message: Message, hostname: str) -> bytes:
    """
    Give the `Received:` field of a stored message, CRLF at its end, `for <recipient>;` in it.

    It is made from the stored envelope each time, so that frame, `/raw` and every other reader show the same bytes
    while the content stays as received.
    """
    return _field(_lines(message, hostname))


def _field(lines: tuple[str, str, str]) -> bytes:
    return b"Received: " + "\r\n ".join(lines).encode("utf-8", "replace") + b"\r\n"


def _lines(message: Message, hostname: str) -> tuple[str, str, str]:
    protocol = ("E" if message.esmtp else "") + "SMTP" + ("S" if message.tls and message.esmtp else "")
    return (
        f"from {message.helo or 'unknown'} ([{_literal(message.ip)}])",
        f"by {hostname} ([{_literal(message.via)}]) with {protocol} id {message.id}",
        f"for <{message.original}>; {_when(int(message.received))}",
    )


@lru_cache(maxsize=1024)
def _when(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC))


def with_trace(message: Message, content: bytes, hostname: str) -> bytes:
    """Give what a reader of the message gets: the trace header, then the content as received."""
    return received_header(message, hostname) + content


def _literal(ip: str) -> str:
    return f"IPv6:{ip}" if ":" in ip else ip
