"""The socket as a resource of the site: an upgrade becomes a Socket, anything else is told what it lacks."""

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO
from typing import Any

from autobahn.twisted.resource import WebSocketResource
from twisted.internet.interfaces import IAddress
from twisted.web.http_headers import Headers
from twisted.web.resource import Resource

from mailsockd.websocket.refusals import JSON_TYPE, SENTENCES, refusal_json
from mailsockd.websocket.server import SocketFactory
from mailsockd.websocket.socket import Socket

VERSION = b"13"
# What the handshake needs; subprotocols and extensions are none of it, because none is spoken here.
_KEPT = (b"Host", b"Upgrade", b"Connection", b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Mailsac-Key")


class IncomingMessages(Resource):
    """
    /incoming-messages, with or without a trailing slash.

    Any Origin is good, because a key, which no foreign page has, is what lets a caller in. `session` gives the token
    of the browser's session of a request, and "" of one that comes from another site's page: there a cookie says
    nothing.
    """

    isLeaf = True

    def __init__(self, factory: SocketFactory, session: Callable[[Any], str] = lambda request: "") -> None:
        super().__init__()
        self._factory = factory
        self._session = session

    def render(self, request: Any) -> Any:
        """Hand the connection over to a Socket, or answer why not, in the error shape of contract section 0.3."""
        if request.postpath not in ([], [b""]):
            return _refuse(request, 404, "There is nothing here.")
        if request.method != b"GET":
            request.setHeader("Allow", "GET")
            return _refuse(request, 405, SENTENCES[405])
        problem = _problem(request)
        if problem is not None:
            request.setHeader("Upgrade", "websocket")
            request.setHeader("Sec-WebSocket-Version", VERSION.decode())
            return _refuse(request, *problem)
        session = self._session(request)
        request.requestHeaders = _handshake(request.requestHeaders)
        request.content = BytesIO()  # Autobahn would read a body as frames
        # twisted.web produces for the transport until now, and a transport has one producer. A site that has stepped
        # aside already is no error.
        with suppress(RuntimeError):
            request.channel.transport.unregisterProducer()
        return WebSocketResource(_Upgrade(self._factory, getattr(request, "peer", ""), session)).render(request)


class _Upgrade:
    """Makes the Socket of one request, which knows the peer's address better than the transport does."""

    def __init__(self, factory: SocketFactory, ip: str, session: str) -> None:
        self._factory = factory
        self._ip = ip
        self._session = session

    def buildProtocol(self, address: IAddress) -> Socket:
        """Make the socket."""
        socket: Socket = self._factory.protocol()
        socket.factory = self._factory
        socket.ip = self._ip
        socket.session = self._session
        return socket


def _problem(request: Any) -> tuple[int, str] | None:
    """Give the status and sentence for a request that is no handshake of RFC 6455 section 4.2.1."""
    headers = request.requestHeaders
    if b"websocket" not in _tokens(headers, b"upgrade"):
        return 426, SENTENCES[426]
    if request.clientproto != b"HTTP/1.1" or request.channel.transport is None:
        return 426, SENTENCES[505]
    if b"upgrade" not in _tokens(headers, b"connection"):
        return 400, "The request lacks the header Connection: Upgrade."
    versions = headers.getRawHeaders(b"sec-websocket-version") or ()
    if not versions:
        return 400, "The request lacks the header Sec-WebSocket-Version: 13."
    if [version.strip() for version in versions] != [VERSION]:
        return 426, "The request must have the header Sec-WebSocket-Version: 13, once."
    keys = headers.getRawHeaders(b"sec-websocket-key") or ()
    if not keys:
        return 400, "The request lacks the header Sec-WebSocket-Key."
    if len(keys) > 1:
        return 400, "The request must have the header Sec-WebSocket-Key once."
    if b"#" in request.uri:
        return 400, "A # in the address must be written as %23."
    return None


def _tokens(headers: Headers, name: bytes) -> list[bytes]:
    values = headers.getRawHeaders(name) or ()
    return [token.strip().lower() for value in values for token in value.split(b",")]


def _handshake(headers: Headers) -> Headers:
    """Give the headers that the handshake needs. Host and Origin are the site's matter, and any is good here."""
    kept = Headers()
    for name in _KEPT:
        for value in headers.getRawHeaders(name) or ():
            kept.addRawHeader(name, value)
    kept.setRawHeaders(b"Host", [b"localhost"])
    return kept


def _refuse(request: Any, status: int, message: str) -> bytes:
    request.setResponseCode(status, HTTPStatus(status).phrase.encode("ascii"))  # Twisted knows no 426
    request.setHeader("Content-Type", JSON_TYPE)
    return refusal_json(status, message)
