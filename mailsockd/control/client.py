"""The daemon as mailsockctl sees it: HTTP and JSON over the control socket, without Twisted, so that it starts fast."""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import attrs

TIMEOUT = 60.0
MOST_ANSWER = 1 << 30


class Failed(Exception):
    """What was asked did not happen; the text is one line for whoever asked."""


class NotThere(Failed):
    """No daemon answers at the control socket."""


class Daemon(Protocol):
    """What the commands need of the daemon. Every method raises Failed, and NotThere when nothing answers."""

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        timeout: float = TIMEOUT,
    ) -> Any:
        """Make a request under `/control/v1` and give its answer; `path` is made of quoted segments."""

    def follow(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        """Give each line of an answer that does not end by itself."""


def segment(text: str) -> str:
    """Quote one segment of a path."""
    return quote(text, safe="@", errors="replace")


@attrs.frozen
class SocketDaemon:
    """The Daemon behind a socket file."""

    path: Path

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        timeout: float = TIMEOUT,
    ) -> Any:
        """Make a request and give its answer."""
        connection = _Connection(self.path, timeout)
        try:
            response = self._request(connection, method, path, body, query)
            return _answer(response)
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"mailsockd at {self.path} did not answer: {error!r}") from error
        finally:
            connection.close()

    def follow(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        """Give each line of an endless answer; that it ends is a failure, because the daemon is gone."""
        connection = _Connection(self.path, TIMEOUT)
        try:
            response = self._request(connection, "GET", path, None, query)
            if response.status != 200:
                _answer(response)
            connection.wait_for_ever()
            while line := response.readline():
                yield json.loads(line)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Failed(f"the connection to mailsockd broke: {error!r}") from error
        finally:
            connection.close()
        raise Failed("mailsockd has ended the connection")

    def _request(
        self,
        connection: "_Connection",
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, Any] | None,
    ) -> http.client.HTTPResponse:
        given = {name: _text(value) for name, value in (query or {}).items() if value not in (None, "")}
        # A space is %20 and not +, which stands for itself in addresses.
        target = f"/control/v1/{path}" + (
            f"?{urlencode(given, doseq=True, errors='replace', quote_via=quote)}" if given else ""
        )
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, target, content, headers)
        return connection.getresponse()


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("mailsockd", timeout=timeout)
        self._path = path
        self._socket: socket.socket | None = None

    def connect(self) -> None:
        """Open the socket file. Raises NotThere."""
        self.sock = self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(str(self._path))
        except PermissionError as error:
            raise NotThere(f"you may not open {self._path}; root may, and its group") from error
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NotThere(f"nothing answers at {self._path}; is mailsockd running?") from error
        except OSError as error:
            raise NotThere(f"cannot connect to {self._path}: {error.strerror or error}") from error

    def wait_for_ever(self) -> None:
        """Wait as long as it takes for what comes next."""
        if self._socket is not None:
            self._socket.settimeout(None)


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _answer(response: http.client.HTTPResponse) -> Any:
    content = response.read(MOST_ANSWER)
    try:
        value = json.loads(content) if content else None
    except ValueError:
        raise Failed(f"mailsockd answered {response.status} and no JSON") from None
    if response.status >= 400:
        raise Failed(_reason(value) or f"mailsockd answered {response.status}")
    return value


def _reason(error: Any) -> str:
    """Give the sentence of an error answer, with what it says about single fields where the sentence does not."""
    if not isinstance(error, dict):
        return ""
    message = str(error.get("message") or "")
    # A field's reason is `field: reason`; often the sentence is that reason, or ends with it.
    reasons = [str(each) for each in error.get("validationErrors") or ()]
    more = [each for each in reasons if each.partition(": ")[2] not in message]
    return "; ".join([message, *more])
