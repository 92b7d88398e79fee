"""The envelope of a message: what SMTP said about it, apart from its content (RFC 5321 section 2.3.1)."""

from typing import Protocol

from mailsockd.mail.frozen import frozen


@frozen
class Envelope:
    """
    One mail transaction, as the server saw it.

    `sender` is the canonical reverse-path, "" for the null sender. `recipients` are canonical, without
    duplicates, in the order of RCPT. `peer` and `via` are IP addresses as text, of the client and of the
    listener. `helo` is what the client called itself, "" when it said nothing usable. `received` is UTC seconds.
    `account` is who signed in to send it, "" for mail from anybody. `session` names the connection; `connected` is when
    that began, in UTC seconds, and None when that was told before.
    """

    sender: str
    recipients: tuple[str, ...]
    peer: str
    helo: str
    via: str
    received: float
    tls: bool = False
    utf8: bool = False
    esmtp: bool = True
    account: str = ""
    session: str = ""
    connected: float | None = None

    @property
    def greeting(self) -> str:
        """How the client began."""
        return greeting(self.helo, self.esmtp, self.tls)


def greeting(helo: str, esmtp: bool, tls: bool) -> str:
    """Give in words how a client began."""
    return f"{'EHLO' if esmtp else 'HELO'} {helo}, {'with' if tls else 'without'} TLS"


class Content(Protocol):
    """The bytes of one DATA, which may lie in a file while nobody needs them."""

    @property
    def size(self) -> int:
        """How many bytes `read` gives."""

    def read(self) -> bytes:
        """Give all bytes as received, dots unstuffed. When they are many this reads a file: not in the reactor."""


@frozen
class Bytes:
    """A Content that is in memory."""

    data: bytes

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.data)

    def read(self) -> bytes:
        """Give the bytes."""
        return self.data
