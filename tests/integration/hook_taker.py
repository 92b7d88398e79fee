"""An HTTP server on loopback that takes web hooks as a test wants it: notes them, refuses, waits, or says nothing."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import attrs


@attrs.define
class HookTaker:
    """
    Runs inside a `with`. `taken` are the bodies of requests that got a 200, in order, by path; `asked` counts all.

    `says` gives the status for a path and a body, and may wait first.
    """

    says: Callable[[str, Any], int] = lambda path, body: 200
    taken: dict[str, list[Any]] = attrs.field(factory=dict)
    asked: list[tuple[str, str]] = attrs.field(factory=list)
    _server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.server_address[1])

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def ids(self, path: str) -> list[str]:
        """Give the messages that were taken at a path, as often as they came."""
        return [body["_id"] for body in self.taken.get(path, ())]

    def __enter__(self) -> Self:
        taker = self

        class Request(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                taker.asked.append((self.path, body["_id"]))
                status = taker.says(self.path, body)
                if status == 200:
                    taker.taken.setdefault(self.path, []).append(body)
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    return  # whoever asked was killed meanwhile

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
