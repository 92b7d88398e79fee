"""What tests say to the daemon: REST, SMTP word by word, and the socket."""

import json
import socket
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import attrs
from websockets.sync.client import ClientConnection, connect

from tests.api.described import all_routes, hold, hold_frame
from tests.integration.daemon import DOMAIN, Daemon
from tests.web.talk import Answer

SECONDS = 30.0  # how long any one answer may take


def rest(daemon: Daemon, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
    """Call the API and give what it answers; fail when that is an error."""
    status, answer = call(daemon, method, path, body, key)
    assert status in (200, 204), f"{method} {path}: {status} {answer!r}"
    return answer


def call(daemon: Daemon, method: str, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any]:
    """
    Call the API; give the status and the answer, which is bytes when it is no JSON.

    Fails when the description has no such answer.
    """
    data = None if body is None else json.dumps(body).encode()
    headers = {"Mailsac-Key": daemon.key if key is None else key}
    if data is not None:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(f"{daemon.url}/api{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as reply:
            status, head, answer = reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            status, head, answer = error.code, error.headers, error.read()
    headers = {name.lower(): value for name, value in head.items()}
    hold(all_routes(), method, f"/api{path}", Answer(status, headers, answer))
    return status, json.loads(answer) if headers.get("content-type", "").startswith("application/json") else answer


def new_address(daemon: Daemon) -> str:
    """Reserve an address of its own for a test, with its mail sent to sockets."""
    address = f"t{uuid.uuid4().hex[:12]}@{DOMAIN}"
    rest(daemon, "POST", f"/addresses/{address}", {"enablews": True})
    return address


@contextmanager
def listen(daemon: Daemon, addresses: str, **options: Any) -> Iterator[ClientConnection]:
    """Open a socket and take its first frame, which says that it listens."""
    options = {"max_size": None, "ping_interval": None, "compression": None, "open_timeout": SECONDS, **options}
    with connect(f"{daemon.socket_url}?key={daemon.key}&addresses={addresses}", **options) as connection:
        first = frame(connection)
        assert (first["status"], first["msg"]) == (200, "Listening"), first
        yield connection


def frame(connection: ClientConnection) -> Any:
    """Take one frame. Fails when it is none that the description has."""
    value = json.loads(connection.recv(SECONDS))
    hold_frame(value)
    return value


@attrs.define
class Talk:
    """An SMTP conversation, in bytes as they are on the wire."""

    connection: socket.socket
    _input: bytes = b""

    @classmethod
    def begin(cls, daemon: Daemon, hello: bool = True) -> Self:
        """Connect, be greeted and say EHLO."""
        talk = cls(socket.create_connection(("127.0.0.1", daemon.smtp), SECONDS))
        assert talk.reply().startswith("220 ")
        if hello:
            assert talk.say("EHLO client.example").startswith("250")
        return talk

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.connection.sendall(data)

    def reply(self) -> str:
        """Read one reply and give its last line; "" when the server has closed instead."""
        while True:
            line, found, rest_of_input = self._input.partition(b"\r\n")
            if found:
                self._input = rest_of_input
                if line[3:4] != b"-":
                    return line.decode("ascii")
                continue
            data = self.connection.recv(65536)
            if not data:
                return ""
            self._input += data

    def say(self, line: str) -> str:
        """Send a line and give the reply."""
        self.send(line.encode() + b"\r\n")
        return self.reply()

    def offer(self, sender: str, *recipients: str) -> None:
        """Go as far as the server's 354."""
        words = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{recipient}>" for recipient in recipients), "DATA"]
        self.send("".join(f"{word}\r\n" for word in words).encode())
        answers = [self.reply() for _ in words]
        assert [answer[:3] for answer in answers] == ["250"] * (len(words) - 1) + ["354"], answers

    def mail(self, sender: str, recipient: str, content: bytes) -> str:
        """Send a mail, whose lines end with CRLF and none begins with a dot, and give the id it was queued as."""
        self.offer(sender, recipient)
        self.send(content + b".\r\n")
        return queued(self.reply())

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self.close()


QUEUED = "250 2.0.0 OK : queued as "


def queued(reply: str) -> str:
    """Give the id out of the reply to a mail."""
    assert reply.startswith(QUEUED), reply
    return reply.removeprefix(QUEUED)
