"""One HTTP connection: Twisted's parser behind checks of its own, with a deadline in every state, bounds while
bytes arrive, and no more than one unread answer."""

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IDelayedCall, ITCPTransport
from twisted.python.failure import Failure
from twisted.web import http

from mailsockd.web.bodies import too_large
from mailsockd.web.deadline import Deadline
from mailsockd.web.errors import HTTPError
from mailsockd.web.head import Head, check_head, check_header, check_request_line, origin_form
from mailsockd.web.refusal import refusal
from mailsockd.web.takeover import protocol_of, when_lost

if TYPE_CHECKING:
    from mailsockd.web.request import Request
    from mailsockd.web.site import Site


# The parser adds up the pieces that came ahead whenever one more comes, so they must stay few.
MOST_PIECES = 16


class Channel(http.HTTPChannel):
    """The server's side of one connection. The states: reading a head, reading a body, answering, sending what the
    client has not read yet, idle, closing, handed over to another protocol."""

    # The parser's own limits and timer: the checks below are stricter.
    timeOut = None
    maxHeaders = totalHeadersSize = 1 << 30
    transport: Any
    _networkProducer: Any

    def __init__(self, site: "Site", peer: str, counted: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.site = site
        self.peer, self.counted = peer, counted
        self.limits = site.limits
        self.MAX_LENGTH = self.limits.header_line
        self.body_bytes = self.limits.body_bytes
        self._optimisticEagerReadSize = self.limits.ahead_bytes
        self._deadline = Deadline(site.reactor)
        self._turn: IDelayedCall | None = None
        self._head_lines = self._head_bytes = self._body_bytes = self._unsent = 0
        self._idle = self._reading_body = self._stepped_aside = False
        self.closing = False

    def connectionMade(self) -> None:
        """The header deadline runs from here, so it covers a TLS handshake that never ends as well."""
        super().connectionMade()  # type: ignore[no-untyped-call]
        if ITCPTransport.providedBy(self.transport):
            with suppress(OSError):  # a UNIX socket, which Twisted 22.4 takes for TCP, or a peer that is gone already
                self.transport.setTcpNoDelay(True)
        self._deadline.set(self.limits.header_seconds, self._head_late)

    # Reading

    def dataReceived(self, data: bytes) -> None:
        """Bytes from the client. While closing they are dropped; while the parser waits they are kept, few."""
        if self.closing:
            return
        if self.paused:
            if len(self._buffer) + len(data) > self.limits.ahead_bytes:
                self._networkProducer.pauseProducing()
        elif self._idle:
            self._idle = False
            self._deadline.set(self.limits.header_seconds, self._head_late)
        super().dataReceived(data)  # type: ignore[no-untyped-call]

    def lineReceived(self, line: bytes) -> None:
        """A line of the head, without its CRLF."""
        if self.closing:
            return
        self._head_bytes += len(line) + 2
        first = self._head_lines == 0
        error = check_request_line(line) if first else check_header(line) if line else None
        if first and not line and self._head_bytes == 2:
            error = None  # one empty line before a request is tolerated (RFC 9112 2.2)
        else:
            self._head_lines += 1
        if self._head_bytes > self.limits.header_bytes or self._head_lines > self.limits.header_count + 2:
            error = HTTPError(431, "The headers of the request are too large.")
        if error is not None:
            self.refuse(error)
        else:
            super().lineReceived(line)  # type: ignore[no-untyped-call]

    def lineLengthExceeded(self, line: bytes) -> None:
        """A line of the head that does not end."""
        if self._head_lines == 0:
            self.refuse(HTTPError(414, "The address of the request is too long."))
        else:
            self.refuse(HTTPError(431, "A header of the request is too long."))

    def allHeadersReceived(self) -> None:
        """The head is complete: check it as a whole, before a body is asked for."""
        error = check_head(self.requests[-1].requestHeaders, self._version, self._path)
        if error is not None:
            self.refuse(error)
        elif self._body_fits():
            super().allHeadersReceived()  # type: ignore[no-untyped-call]
            if self.length != 0:
                self._reading_body = True
                self._deadline.set(self.limits.body_interval, self._body_late, 0.0, 0)

    def _body_fits(self) -> bool:
        head = Head(self._command, origin_form(self._path)[1], self.requests[-1].requestHeaders, self.peer)
        try:
            self.body_bytes = self.site.bodies.bound(head, self.length)
        except HTTPError as error:
            self.refuse(error, linger=self.limits.linger_seconds)
            return False
        return True

    def rawDataReceived(self, data: bytes) -> None:
        """A piece of the body as it was sent, or what came ahead while a request is in work."""
        if self.closing:
            return
        if len(self._dataBuffer) > MOST_PIECES:
            self._dataBuffer = [b"".join(self._dataBuffer)]
        if self._reading_body:
            self._body_bytes += len(data)
            # Chunks of one byte, or long extensions, would make much work of little content.
            if self.length is None and self._body_bytes > 2 * self.body_bytes + 65_536:
                self.refuse_body()
                return
        super().rawDataReceived(data)

    def allContentReceived(self) -> None:
        """The request is complete; it may take its time."""
        if self.closing:
            return
        self._deadline.drop()
        self._head_lines = self._head_bytes = self._body_bytes = self._unsent = 0
        self._reading_body = False
        super().allContentReceived()  # type: ignore[no-untyped-call]

    # Answering

    def write(self, data: bytes) -> None:
        """A piece of an answer."""
        self._unsent += len(data)
        super().write(data)  # type: ignore[no-untyped-call]

    def writeSequence(self, iovec: Any) -> None:
        """Pieces of an answer."""
        self._unsent += sum(map(len, iovec))
        super().writeSequence(iovec)  # type: ignore[no-untyped-call]

    def requestDone(self, request: "Request") -> None:
        """The answer is written. What the client sent ahead waits for the next turn of the reactor, so that a
        packet full of small requests does not hold everybody else up."""
        self.paused = True
        self.body_bytes = self.site.bodies.drop(self.body_bytes)
        super().requestDone(request)  # type: ignore[no-untyped-call]
        if not self.closing:
            self._rest()

    def pauseProducing(self) -> None:
        """The client does not read as fast as we answer: parse and read nothing until it has."""
        super().pauseProducing()  # type: ignore[no-untyped-call]
        self.paused = True
        self._networkProducer.pauseProducing()
        if not self.closing:
            self._deadline.set(self._sending(), self.abort)

    def resumeProducing(self) -> None:
        """The client has read everything."""
        super().resumeProducing()  # type: ignore[no-untyped-call]
        self._unsent = 0
        if not self.closing:
            self._networkProducer.resumeProducing()
            self._rest()

    def _rest(self) -> None:
        """Go on from a pause: choose the deadline, and let the parser have what waits."""
        if self._waitingForTransport:
            return
        if self._handlingRequest:
            self._deadline.drop()
        elif self._buffer:
            self._deadline.set(self.limits.header_seconds, self._head_late)
        else:
            self._idle = True
            self._deadline.set(self.limits.idle_seconds, self.loseConnection)
        if not self._buffer:
            self.paused = False
        elif self._turn is None:
            self._turn = self.site.reactor.callLater(0, self._go_on)

    def _go_on(self) -> None:
        self._turn = None
        if not (self.closing or self._waitingForTransport):
            self.paused = False
            super().dataReceived(b"")  # type: ignore[no-untyped-call]
            if not (self.paused or self.closing):
                self._networkProducer.resumeProducing()

    def _sending(self) -> float:
        return self.limits.send_seconds + self._unsent / self.limits.send_rate

    # Deadlines

    def _head_late(self) -> None:
        if self._head_lines or self._buffer:
            self.refuse(HTTPError(408, "The headers of the request took too long."))
        else:
            self.loseConnection()

    def _body_late(self, passed: float, before: int) -> None:
        passed += self.limits.body_interval
        brought = self._body_bytes - before
        if passed >= self.limits.body_seconds or brought < self.limits.body_rate * self.limits.body_interval:
            self.refuse(HTTPError(408, "The body of the request took too long."))
        else:
            self._deadline.set(self.limits.body_interval, self._body_late, passed, self._body_bytes)

    # Closing

    def checkPersistence(self, request: "Request", version: bytes) -> bool:
        """Tell whether another request may follow this one."""
        if self.site.open.ending:
            request.last()
            return False
        return bool(super().checkPersistence(request, version))  # type: ignore[no-untyped-call]

    def refuse(self, error: HTTPError, *, linger: float = 0.0) -> None:
        """Answer what is no proper request, and close. With `linger`, what still comes is thrown away meanwhile."""
        if self.closing:
            return
        self.closing = True
        identity = secrets.token_hex(8)
        self.site.record_refusal(self, error.status, identity)
        self.transport.write(refusal(error, identity))
        if linger:
            self._deadline.set(linger, self._close, self.limits.close_seconds)
        else:
            self._close(self.limits.close_seconds)

    def refuse_body(self) -> None:
        """The body is, or would be, more than the limit."""
        self.refuse(too_large(self.body_bytes), linger=self.limits.linger_seconds)

    def loseConnection(self) -> None:
        """Close when everything written was sent, by force when the client does not read it in its time."""
        if not self.closing:
            self.closing = True
            self._close(self.limits.close_seconds + (self._sending() if self._unsent else 0))

    def abort(self) -> None:
        """Close now."""
        self.closing = True
        self._deadline.drop()
        if self.transport is not None:
            self.transport.abortConnection()

    def _close(self, grace: float) -> None:
        self._deadline.set(grace, self.abort)
        if not self._stepped_aside:
            self._networkProducer.unregisterProducer()
        self.transport.loseConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        """What the parser itself found wrong."""
        self.refuse(HTTPError(400, "The request is malformed."))

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        """The connection is gone, whoever closed it."""
        self.closing = True
        self._drop_timers()
        self.body_bytes = self.site.bodies.drop(self.body_bytes)
        self.site.open.leave(self)
        self.site.connections.leave(self.counted)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def _drop_timers(self) -> None:
        self._deadline.drop()
        if self._turn is not None and self._turn.active():
            self._turn.cancel()
        self._turn = None

    # Handing the connection over

    def offer(self, request: "Request") -> None:
        """The request asks for another protocol: whoever takes the transport may register a producer of its own.
        When nobody takes it, the answer is the last on this connection."""
        self.persistent = 0
        request.last()
        self._stepped_aside = True
        self._networkProducer.unregisterProducer()

    def rendered(self, request: "Request") -> None:
        """A resource had its turn; if it took the transport, everything of ours ends here."""
        if self.transport is None:
            self._hand_over(request)
        elif self._stepped_aside and not self.closing:
            self._stepped_aside = False
            self._networkProducer.registerProducer(self, True)

    def _hand_over(self, request: "Request") -> None:
        transport: Any = request.transport
        if not self._stepped_aside:
            self._networkProducer.unregisterProducer()
        self.closing = True
        self._drop_timers()
        self.requests.clear()
        self.body_bytes = self.site.bodies.drop(self.body_bytes)
        self.site.record(request, 101)
        ahead, self._buffer = b"".join([*self._dataBuffer, self._buffer]), b""
        self._dataBuffer = []
        self.site.open.leave(self)
        self.site.connections.hand_over(self.counted)
        taker = protocol_of(transport)
        when_lost(taker, lambda: self.site.connections.leave(self.counted, handed_over=True))
        if ahead:
            taker.dataReceived(ahead)
