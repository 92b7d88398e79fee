"""One request of our site: a bounded body in memory, a query that nobody parses unasked, and JSON for every error
that Twisted would answer in HTML."""

import ipaddress
import secrets
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote_to_bytes

from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import server
from twisted.web.error import UnsupportedMethod

from mailsockd.web.errors import HTTPError, phrase
from mailsockd.web.exchange import Exchange, error_reply, send
from mailsockd.web.head import origin_form
from mailsockd.web.refusal import SAFETY, http_date

if TYPE_CHECKING:
    from mailsockd.web.channel import Channel

_METHODS = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"))


class Request(server.Request):
    """A request whose body is read by nobody but the route.

    `args` stays empty: Twisted would parse query and form before any route runs, without a bound. `id` names the
    request in the answer and in the log; `peer` is the client's address, seen through trusted proxies.
    """

    channel: "Channel"
    method: bytes
    content: Any
    transport: Any
    _log = Logger()

    def __init__(self, channel: "Channel", queued: bool = False) -> None:
        super().__init__(channel, queued)  # type: ignore[no-untyped-call]
        self.id = secrets.token_hex(8)
        self.peer = channel.peer
        self.started = channel.site.reactor.seconds()

    def gotLength(self, length: int | None) -> None:
        """The head is complete. The body stays in memory: its bound is small."""
        self.content = BytesIO()

    def handleContentChunk(self, data: bytes) -> None:
        """A piece of the body, refused as soon as it is too much."""
        if self.content.tell() + len(data) > self.channel.body_bytes:
            self.channel.refuse_body()
        else:
            self.content.write(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """The request is complete."""
        self.content.seek(0)
        self.args = {}
        self.method, self.uri, self.clientproto = command, origin_form(path)[1], version
        self.path = self.uri.partition(b"?")[0]
        self.peer = self._through_proxies()
        self._preset()
        if self.path == b"*":
            self._star()
        else:
            self.process()

    def process(self) -> None:
        """Find the resource and let it answer."""
        channel = self.channel
        self.site = channel.site
        self.prepath = []
        self.postpath = [unquote_to_bytes(part) for part in self.path[1:].split(b"/")]
        upgrade = self.requestHeaders.getRawHeaders(b"upgrade") or ()
        if any(b"websocket" in value.lower() for value in upgrade):
            channel.offer(self)
        try:
            self.render(channel.site.resource_for(self))
        except Exception:
            self.processingFailed(Failure())  # type: ignore[no-untyped-call]
        channel.rendered(self)

    def render(self, resrc: Any) -> None:
        """Send what the resource returns, unless it answers by itself."""
        try:
            body = resrc.render(self)
        except UnsupportedMethod as error:
            allowed: list[bytes] = sorted(error.allowedMethods)
            allow = b", ".join(allowed).decode("latin-1")
            status = 405 if self.method in _METHODS else 501
            self.refuse(HTTPError(status, "The method is not known here.", headers={"Allow": allow}))
            return
        if body is not server.NOT_DONE_YET:
            self.answer.setHeader("Content-Length", str(len(body)))
            self.answer.write(body)
            self.answer.finish()

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:
        """Set the status of the answer; Twisted has no name for some, such as 429."""
        super().setResponseCode(code, message or phrase(code).encode("ascii"))

    def processingFailed(self, reason: Failure) -> Failure:
        """A resource failed: the log has why, the client has the id."""
        self._log.failure("request {id} failed: {path}", reason, id=self.id, path=self.path.decode("latin-1"))
        if self.finished:
            return reason
        if self.startedWriting or self.channel.transport is None:
            self.transport.abortConnection()
        else:
            message = f"Something went wrong inside the server. The log has it under {self.id}."
            self.refuse(HTTPError(500, message))
        return reason

    def refuse(self, error: HTTPError) -> None:
        """Answer with an error, in JSON."""
        send(self.answer, error_reply(error))

    def last(self) -> None:
        """No other request follows on this connection, and the answer says so."""
        self.answer.setHeader("Connection", "close")

    @property
    def answer(self) -> Exchange:
        """This request with types."""
        return cast("Exchange", self)

    def connectionLost(self, reason: Failure) -> None:
        """The client left before the answer."""
        if self.method != server.Request.method:
            self.channel.site.record(self, 499)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def _preset(self) -> None:
        for name, value in SAFETY.items():
            self.answer.setHeader(name, value)
        # Without TLS anybody on the way could have written it, so there it must not be (RFC 6797 7.2).
        if self.channel.site.hsts and self.isSecure():
            self.answer.setHeader("Strict-Transport-Security", f"max-age={self.channel.site.hsts}")
        self.answer.setHeader("X-Request-Id", self.id)
        self.answer.setHeader("Date", http_date())

    def _star(self) -> None:
        """`OPTIONS *` asks whether the server is there (RFC 9110 9.3.7); other methods have no such target."""
        if self.method == b"OPTIONS":
            self.answer.setHeader("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
            send(self.answer, None)
        else:
            self.refuse(HTTPError(405, "Only OPTIONS may ask for *.", headers={"Allow": "OPTIONS"}))

    def isSecure(self) -> bool:
        """Tell whether the client speaks TLS: with us, or with a trusted proxy, by its X-Forwarded-Proto."""
        if self.channel.site.trusted(self.channel.peer):
            said = self.requestHeaders.getRawHeaders(b"x-forwarded-proto") or ()
            if said:
                return said[-1].rpartition(b",")[2].strip().lower() == b"https"
        return bool(super().isSecure())  # type: ignore[no-untyped-call]

    def _through_proxies(self) -> str:
        """The nearest address that is no trusted proxy: X-Forwarded-For is read from its end, as far as it was
        written by proxies that we trust."""
        peer = self.channel.peer
        chain = b",".join(self.requestHeaders.getRawHeaders(b"x-forwarded-for") or ())
        for text in reversed(chain.decode("latin-1").split(",")):
            if not self.channel.site.trusted(peer):
                break
            try:
                peer = str(ipaddress.ip_address(text.strip()))
            except ValueError:
                break
        return peer
