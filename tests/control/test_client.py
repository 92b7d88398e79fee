"""HTTP over a socket file, against a server that is not ours."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer
from typing import Any

import pytest

from mailsockd.control.client import Failed, NotThere, SocketDaemon


class Answering(BaseHTTPRequestHandler):
    """Answers what the server was told to, and remembers what was asked."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        self.server.asked.append((self.command, self.path, self.rfile.read(length)))
        self.send_response(self.server.status)
        if self.server.lines is not None:
            self.end_headers()
            for line in self.server.lines:
                self.wfile.write(line)
            self.close_connection = True
            return
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    do_GET = do_POST = do_PATCH = do_DELETE = answer

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def address_string(self) -> str:
        return "unix"


class Server(UnixStreamServer):
    status = 200
    content = b"{}"
    lines: list[bytes] | None = None

    def __init__(self, path: Path) -> None:
        self.asked: list[tuple[str, str, bytes]] = []
        self.path = path
        super().__init__(str(path), Answering)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "control.sock")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_call_is_one_request(server: Server) -> None:
    """Method, path, query and body arrive as they were given, and the answer comes back as data."""
    server.content = json.dumps({"name": "Größe"}).encode()
    daemon = SocketDaemon(server.path)
    answer = daemon.call("POST", "addresses/a%20b@c", {"info": "x"}, {"account": "a+b", "none": None, "purge": True})
    assert answer == {"name": "Größe"}
    assert server.asked == [("POST", "/control/v1/addresses/a%20b@c?account=a%2Bb&purge=true", b'{"info": "x"}')]


def test_no_content_is_none(server: Server) -> None:
    """204 has nothing to say."""
    server.status, server.content = 204, b""
    assert SocketDaemon(server.path).call("DELETE", "x") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"message": "No such account.", "error": "Not Found", "status": 404}', "No such account."),
        (b'{"message": "Wrong.", "validationErrors": ["to: empty", "Wrong."]}', "Wrong.; to: empty"),
        (b"[]", "mailsockd answered 404"),
        (b"<html>", "mailsockd answered 404 and no JSON"),
    ],
)
def test_an_error_is_its_sentence(server: Server, content: bytes, reason: str) -> None:
    """What the daemon says is what the operator reads."""
    server.status, server.content = 404, content
    with pytest.raises(Failed) as failed:
        SocketDaemon(server.path).call("GET", "x")
    assert str(failed.value) == reason


def test_a_stream_is_followed_line_by_line_to_its_end(server: Server) -> None:
    """Lines are given as they come; the end of the stream is a failure, because it should not end."""
    server.lines = [b'{"n":1}\n{"n"', b":2}\n"]
    stream = SocketDaemon(server.path).follow("tail", {"address": ["a+b@c", "d"], "account": None, "frame": False})
    assert next(stream) == {"n": 1}
    assert next(stream) == {"n": 2}
    with pytest.raises(Failed, match="mailsockd has ended the connection"):
        next(stream)
    assert server.asked == [("GET", "/control/v1/tail?address=a%2Bb%40c&address=d&frame=false", b"")]


def test_a_refused_stream_is_an_error(server: Server) -> None:
    """A stream that is not granted gives the reason and no line."""
    server.status, server.content = 403, b'{"message": "Not yours."}'
    with pytest.raises(Failed, match="Not yours."):
        next(SocketDaemon(server.path).follow("tail", {}))


def test_without_a_daemon_the_socket_is_named(tmp_path: Path) -> None:
    """A missing file, and one that nobody listens behind, are said alike."""
    path = tmp_path / "control.sock"
    with pytest.raises(NotThere, match=f"nothing answers at {path}; is mailsockd running?"):
        SocketDaemon(path).call("GET", "status")
    Server(path).server_close()
    with pytest.raises(NotThere, match="is mailsockd running?"):
        next(SocketDaemon(path).follow("tail", {}))


def test_a_path_that_is_no_socket_is_an_error(tmp_path: Path) -> None:
    """Whatever else stands in the way is said in one line."""
    with pytest.raises(NotThere, match="cannot connect to"):
        SocketDaemon(tmp_path / ("x" * 200)).call("GET", "status")
