"""An error answer where there is no request object to carry it: what the parser or the door refuses."""

from email.utils import formatdate

from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

from mailsockd.transport import close
from mailsockd.web.connections import Connections
from mailsockd.web.errors import HTTPError
from mailsockd.web.reply import JSON_TYPE, encode

SAFETY = {"Server": "mailsockd", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
# Beyond this many at a time even the refusal is too much work.
MOST_REFUSALS = 100


def http_date() -> str:
    """The present moment as HTTP writes it (RFC 9110 5.6.7)."""
    return formatdate(usegmt=True)


def refusal(error: HTTPError, identity: str) -> bytes:
    """A whole HTTP/1.1 answer that says the connection will be closed. Any origin may read it: it tells nothing."""
    content = encode(error.body())
    lines = [
        f"HTTP/1.1 {error.status} {error.error}",
        f"Date: {http_date()}",
        *(f"{name}: {value}" for name, value in (SAFETY | dict(error.headers)).items()),
        f"Content-Type: {JSON_TYPE}",
        f"Content-Length: {len(content)}",
        "Connection: close",
        f"X-Request-Id: {identity}",
        "Cache-Control: no-store",
        "Access-Control-Allow-Origin: *",
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + content


class Crowded(Protocol):
    """What a client meets when there are too many connections: 503 and the end, whatever it sends."""

    def __init__(self, connections: Connections, clock: IReactorTime, identity: str) -> None:
        self._connections = connections
        self._clock = clock
        self._identity = identity

    def connectionMade(self) -> None:
        """Say it and close."""
        self._connections.refusals += 1
        transport = self.transport
        if transport is None or self._connections.refusals > MOST_REFUSALS:
            getattr(transport, "abortConnection", lambda: None)()
            return
        error = HTTPError(503, "There are too many connections; try again later.")
        transport.write(refusal(error, self._identity))
        close(transport, self._clock, self._connections.limits.close_seconds)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Make room for the next refusal."""
        self._connections.refusals -= 1
