"""A web site with bounds: what listens on an HTTP port, whatever resources are behind it."""

import secrets
from collections.abc import Callable, Collection
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.logger import Logger
from twisted.web import resource, server

from mailsockd.transport import peer_of
from mailsockd.web.bodies import Bodies, as_usual
from mailsockd.web.channel import Channel
from mailsockd.web.connections import Connections
from mailsockd.web.ending import Open
from mailsockd.web.errors import HTTPError
from mailsockd.web.exchange import Exchange, error_reply
from mailsockd.web.head import Head
from mailsockd.web.limits import Limits
from mailsockd.web.refusal import Crowded
from mailsockd.web.request import Request

__all__ = ["Limits", "Root", "Served", "Site"]

MOST_PATH = 512


@attrs.frozen
class Served:
    """One request as the log and the counters see it: never its query, which may hold a key.

    `status` is 101 when the connection was handed over and 499 when the client left before the answer; `sent` counts
    the bytes of the answer's body; `seconds` run from the first line of the request to the end of the answer.
    """

    peer: str
    method: str
    path: str
    status: int
    sent: int
    seconds: float
    id: str


class Missing(resource.Resource):
    """404 in JSON."""

    isLeaf = True

    def render(self, request: Exchange) -> bytes:
        """The error."""
        answer = error_reply(HTTPError(404, "There is nothing at this address."))
        request.setResponseCode(answer.status)
        request.setHeader("Content-Type", answer.content_type)
        return answer.content()


class Root(resource.Resource):
    """
    The resource to hang others under with putChild.

    What is not there is 404 in JSON, and for a browser that asks for a page what `pages`, if given, make of it.
    """

    def __init__(self, pages: "resource.IResource | None" = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._pages = pages

    def getChild(self, path: bytes, request: Any) -> Any:
        """Nothing of that name is here; an empty name with others behind it is a `//`, which changes nothing."""
        if not path and request.postpath:
            return self
        if self._pages is not None and "text/html" in (request.getHeader("accept") or ""):
            return self._pages
        return Missing()  # type: ignore[no-untyped-call]


def _nobody(address: str) -> bool:
    return False


class Site(server.Site):
    """Serves the resources under `root` within `limits`.

    `record_request` is told of every request when it is over; `trusted` says of which addresses an X-Forwarded-For
    is believed. HTTP/1.1 only. A resource may take the transport (a WebSocket): the connection then leaves the count
    of its address and stays in the count of all until it ends. `body_bytes` says of a head whether its body may be
    larger than `limits.body_bytes`; `limits.large_bodies` of those are in memory at one time. Who comes with TLS is
    told to do so for `hsts` seconds, 0 tells nobody. Requests for the paths in `quiet` are neither logged nor told when
    all is well.
    """

    noisy = False

    def __init__(
        self,
        root: resource.IResource,
        *,
        clock: IReactorTime,
        limits: Limits | None = None,
        record_request: Callable[[Served], object] | None = None,
        trusted: Callable[[str], bool] = _nobody,
        body_bytes: Callable[[Head], int] = as_usual,
        hsts: int = 0,
        quiet: Collection[str] = (),
        log: Logger | None = None,
    ) -> None:
        super().__init__(root, requestFactory=Request, reactor=clock)  # type: ignore[no-untyped-call]
        self.limits = limits or Limits()
        self.connections = Connections(self.limits)
        self.open = Open(clock)
        self.trusted = trusted
        self.hsts = hsts
        self.bodies = Bodies(self.limits, body_bytes)
        self._record_request = record_request
        self._quiet = quiet
        self._log = log or Logger()

    def buildProtocol(self, addr: "IAddress | None") -> Any:
        """A channel for the new connection, or one that only says 503."""
        peer = peer_of(addr) or "unix"
        # A proxy brings everybody's connections: only the bound on all is for it.
        counted = "unix" if self.trusted(peer) else peer
        if not self.connections.admit(counted):
            return Crowded(self.connections, self.reactor, secrets.token_hex(8))
        channel = Channel(self, peer, counted)
        channel.factory = self
        channel.requestFactory = self.requestFactory
        self.open.add(channel)
        return channel

    def shut(self) -> "Deferred[None]":
        """End all connections without losing a request; fires when that is done."""
        return self.open.shut(self.limits)

    def limit(self, limits: Limits) -> None:
        """Let other bounds hold for connections that come from now on."""
        self.limits = self.connections.limits = self.bodies.limits = limits

    def startFactory(self) -> None:
        """There is no access log file to open."""

    def stopFactory(self) -> None:
        """There is no access log file to close."""

    def acceptableProtocols(self) -> list[bytes]:
        """What TLS may agree on: the bounds are those of HTTP/1.1."""
        return [b"http/1.1"]

    def resource_for(self, request: Any) -> Any:
        """The resource that answers a request."""
        return self.getResourceFor(request)  # type: ignore[no-untyped-call]

    def log(self, request: Any) -> None:
        """The answer to a request is complete."""
        self.record(request, request.code)

    def record(self, request: Any, status: int) -> None:
        """A request is over."""
        seconds = self.reactor.seconds() - request.started
        method, path = request.method.decode("latin-1"), request.path.decode("latin-1")
        sent = request.sentLength or 0
        self._tell(Served(request.peer, method, path[:MOST_PATH], status, sent, seconds, request.id))

    def record_refusal(self, channel: Channel, status: int, identity: str) -> None:
        """What came was no proper request."""
        self._tell(Served(channel.peer, "-", "-", status, 0, 0.0, identity))

    def _tell(self, served: Served) -> None:
        if served.status == 200 and served.path in self._quiet:
            return
        self._log.info(
            "{peer} {method} {path} {status} {sent} bytes {milliseconds} ms {id}",
            milliseconds=round(served.seconds * 1000),
            **attrs.asdict(served),
        )
        if self._record_request is not None:
            self._record_request(served)
