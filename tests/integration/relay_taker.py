"""An SMTP server of blocking sockets and threads, which takes mail, refuses, waits or hangs up as a test has it."""

import base64
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import attrs


@attrs.frozen
class Taken:
    """One mail that came whole, and how: over TLS, as which user, with what in MAIL and RCPT."""

    tls: bool
    user: str
    sender: str
    recipient: str
    content: bytes


class HungUp(Exception):
    """The other side has gone, or this one should."""


class RelayTaker:
    """
    Listens on a port of its own while it is used as a context manager.

    `says` gives the reply to a command or to a content, by its verb ("MAIL", "content"), None for the usual one and
    "" for hanging up; it may wait. With a `certificate` STARTTLS is offered, or everything is in TLS when `implicit`.
    """

    def __init__(
        self,
        says: Callable[[str, str], str | None] = lambda verb, line: None,
        certificate: tuple[Path, Path] | None = None,
        *,
        implicit: bool = False,
        password: str = "",
    ) -> None:
        self._says = says
        self._implicit = implicit
        self._password = password
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.taken: list[Taken] = []
        self.heard: list[str] = []
        """The verbs of all connections, and "content" for each that came whole."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()

    @property
    def subjects(self) -> list[str]:
        """The subjects of the mails that were taken."""
        return [one.content.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode() for one in self.taken]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._guarded, args=(connection,), daemon=True).start()

    def _guarded(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None and self._implicit:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                self._talk(connection)
        except (HungUp, OSError):
            pass

    def _talk(self, connection: socket.socket) -> None:
        tls, user, sender, recipient = self._implicit, "", "", ""
        reader = connection.makefile("rb")
        connection.sendall(b"220 relay.test ESMTP\r\n")
        while line := reader.readline().decode().strip():
            verb = line.partition(" ")[0].upper()
            self.heard.append(verb)
            reply = self._says(verb, line)
            if reply is None:
                reply = self._usual(verb, line, tls)
            if reply == "":
                return
            connection.sendall(reply.encode() + b"\r\n")
            if reply.startswith("220"):
                assert self._tls is not None
                connection = self._tls.wrap_socket(connection, server_side=True)
                reader, tls = connection.makefile("rb"), True
            elif reply.startswith("235"):
                user = base64.b64decode(line.split()[2]).split(b"\0")[1].decode()
            elif verb == "MAIL":
                sender = line.partition(":")[2]
            elif verb == "RCPT":
                recipient = line.partition(":")[2]
            elif reply.startswith("354"):
                content = _content(reader)
                self.heard.append("content")
                reply = self._says("content", content.decode("latin-1"))
                if reply == "":
                    return
                if reply is None:
                    self.taken.append(Taken(tls, user, sender, recipient, content))
                connection.sendall((reply or f"250 2.0.0 taken as {len(self.taken)}").encode() + b"\r\n")

    def _usual(self, verb: str, line: str, tls: bool) -> str:
        if verb == "EHLO":
            offers = ["relay.test", "8BITMIME", "SMTPUTF8", "AUTH PLAIN LOGIN", "SIZE 1000000"]
            if self._tls is not None and not tls:
                offers.append("STARTTLS")
            return "\r\n".join([*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"])
        if verb == "AUTH":
            given = base64.b64decode(line.split()[2]).split(b"\0")[2].decode()
            return "235 welcome" if tls and given == self._password else "535 no"
        return {"STARTTLS": "220 go on", "DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 Ok")


def _content(reader: BinaryIO) -> bytes:
    """Read content as a server does that reads line by line; "" for one whose sender hung up."""
    lines = []
    while (line := reader.readline()) != b".\r\n":
        if not line:
            raise HungUp
        lines.append(line.removeprefix(b"."))
    return b"".join(lines)
