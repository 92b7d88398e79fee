"""A server on loopback that reads one request a connection, whole, and answers with whatever bytes a test wants."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import attrs

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Answer = Callable[[socket.socket], None]


def says(data: bytes) -> Answer:
    """Send this, and close."""
    return lambda connection: connection.sendall(data)


def goes_on(first: bytes, more: bytes) -> Answer:
    """Send this, and then the rest again and again until the other side has enough."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(more)

    return answer


def resets(connection: socket.socket) -> None:
    """Cut the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hangs(connection: socket.socket) -> None:
    """Say nothing until the other side gives up."""
    connection.recv(1)


@attrs.define
class Request:
    """What was asked. Names of fields are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


@attrs.define
class RawTaker:
    """Runs inside a `with`; `answer` may be set anew at any time. With `certificate` and `key` it speaks TLS."""

    answer: Answer = attrs.field(factory=lambda: says(OK))
    certificate: tuple[Path, Path] | None = None
    requests: list[Request] = attrs.field(factory=list)
    _listener: socket.socket = attrs.field(factory=socket.socket)
    _ended: bool = False

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http{'s' if self.certificate else ''}://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Any) -> None:
        try:
            if self.certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*self.certificate)
                connection = context.wrap_socket(connection, server_side=True)
            request = self._read(connection)
            if request is not None:
                self.requests.append(request)
                self.answer(connection)
        except OSError:
            pass  # the other side had enough, which is what most tests want
        finally:
            connection.close()

    @staticmethod
    def _read(connection: socket.socket) -> Request | None:
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
        while len(body) < int(headers["content-length"]):
            body += connection.recv(1 << 20)
        return Request(line, headers, body)
