"""
The socket at /incoming-messages (contract section 2).

    GET /incoming-messages?key=K&addresses=user1@mail.test,d.example HTTP/1.1   (an upgrade, RFC 6455)
    -> {"status":200,"msg":"Listening","addresses":["user1@mail.test"],"domains":["d.example"]}
    -> {"status":200,"_id":"...",...}     one text frame a message
    or {"status":401,"error":"...",...}   one frame, then Close 1008

What the client sends is ignored, within bounds. Autobahn does the handshake and reads frames; everything that is
written, and every close, goes through the socket's Outlet and on the timers of its factory.
"""

from typing import Any

import txaio
from autobahn.twisted.websocket import WebSocketServerProtocol
from autobahn.websocket.types import ConnectionDeny
from twisted.internet.interfaces import IUNIXTransport
from twisted.internet.protocol import connectionDone
from twisted.internet.tcp import Server
from twisted.logger import Logger
from twisted.python.failure import Failure

from mailsockd.state.activity import Kind
from mailsockd.state.subscriptions import Subscription
from mailsockd.transport import peer_of
from mailsockd.websocket.admission import Refused, admitted
from mailsockd.websocket.backlog import Outlet
from mailsockd.websocket.frames import CLOSE, PING, PING_FRAME, PONG, close_reason, opcode, text_frame
from mailsockd.websocket.query import BadQuery, parse_query
from mailsockd.websocket.refusals import SENTENCES, refusal
from mailsockd.wire import dumps, listening_json, socket_error_json

GOING_AWAY, PROTOCOL_ERROR, NO_CODE, LOST, BAD_TEXT, POLICY = 1001, 1002, 1005, 1006, 1007, 1008
TOO_BIG, INTERNAL, TRY_LATER = 1009, 1011, 1013

# Bytes are read and parsed in pieces of this size, because Autobahn copies what is left of its buffer for each frame.
# It is also where a transport begins to say stop, so that little waits in there uncounted.
PIECE = 4096
BURST = 10  # seconds
SLOW = "the reader is too slow"


class Socket(WebSocketServerProtocol):
    """One subscriber's connection, from its handshake on."""

    factory: Any
    transport: Any
    # Autobahn logs each request, with the key in it, at level debug, and what any client does wrong as a warning.
    log = txaio.make_logger(level="critical")  # type: ignore[attr-defined]
    _log = Logger()
    # The peer's IP address; whoever knows better than the transport (a proxy is in front) sets it before the start.
    ip = ""

    # The account that listens, "" until one does, and its subscription while it may.
    account = ""
    _subscription: Subscription | None = None
    # The raw query and the keys in the headers, until they are looked at.
    _query = b""
    _header_keys: tuple[str, ...] = ()
    # The token of the browser's session, where a page of this very site opens the socket; whoever knows sets it.
    session = ""
    # The code and reason of our own Close.
    _ended: tuple[int, str] | None = None
    # Pings since the last sign of life.
    _unanswered = 0
    # The peer broke the protocol: nothing that it still sends is looked at.
    _deaf = False

    # Beginning and end of the connection

    def connectionMade(self) -> None:
        """The transport is there; the handshake comes."""
        factory = self.factory
        limits = factory.limits
        self.ip = self.ip or peer_of(self.transport.getPeer())
        self._outlet = Outlet(self.transport, factory.send, factory.budget, limits.backlog, self._overflowed)
        self._frames_left = float(BURST * limits.frames_per_second)
        self._bytes_left = float(BURST * limits.bytes_per_second)
        self._counted_at = factory.clock.seconds()
        if type(self.transport) is Server:
            self.transport.bufferSize = PIECE
        if IUNIXTransport.providedBy(self.transport):
            # Autobahn asks for TCP_NODELAY, and Twisted logs a traceback when there is no TCP.
            self.transport.setTcpNoDelay = lambda enabled: None  # type: ignore[attr-defined]
        super().connectionMade()
        self.transport.registerProducer(self._outlet, True)
        factory.joined(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The connection is gone, whoever ended it."""
        if self.account:
            code = self.remoteCloseCode or (NO_CODE if self.wasClean else LOST)
            code, why = self._ended or (code, self.remoteCloseReason or "")
            self.factory.note(Kind.SOCKET_CLOSED, self, f"{code} {why}".rstrip())
        self._stop_listening()
        self._outlet.release()
        self.factory.left(self)
        super().connectionLost(reason)

    def finish(self, code: int, reason: str, *, flush: bool = False) -> None:
        """
        Close with a code of RFC 6455 section 7.4 and a reason; by force when the peer does not go in time.

        What waits is dropped, all but the rest of a frame that is half sent, unless `flush` is set.
        """
        if self.state == self.STATE_CONNECTING:
            self.dropConnection()
        if self.state != self.STATE_OPEN:
            return
        self._stop_listening()
        self._ended = (code, reason)
        if not flush:
            self._outlet.drop_waiting()
        self.sendCloseFrame(code=code, reasonUtf8=close_reason(reason))
        self.factory.closing.set(self)

    def abort(self) -> None:
        """Close by force, now."""
        self._stop_listening()
        self.state = self.STATE_CLOSED
        self._outlet.release()
        self._closeConnection(abort=True)

    def dropConnection(self, abort: bool = False) -> None:
        """Close the transport when what is half sent, and a Close, are out (Autobahn calls this)."""
        if self.state != self.STATE_CLOSED:
            self.state = self.STATE_CLOSED
            self._stop_listening()
            self._outlet.drop_waiting()
            self._outlet.close()
            self.factory.closing.set(self)

    # The handshake

    def onConnect(self, request: Any) -> None:
        """The handshake is valid: refuse it for want of room, else keep what it asks for."""
        try:
            room = self.factory.has_room()
            self._query = self.http_request_uri.partition("?")[2].encode("latin-1", "replace")
            self._header_keys = tuple(request.headers.get("mailsac-key", "").split(","))
        except Exception:
            self._log.failure("a handshake failed")
            raise ConnectionDeny(500, SENTENCES[500]) from None  # Autobahn would answer with the exception's text
        if not room:
            raise ConnectionDeny(503, SENTENCES[503])

    def failHandshake(self, reason: str, code: int = 400, responseHeaders: object = None) -> None:
        """Refuse the handshake with a fixed sentence: Autobahn's reasons repeat the request, with the key in it."""
        self.factory.note(Kind.SOCKET_REFUSED, self, f"{code} {SENTENCES.get(code, SENTENCES[400])}")
        self.sendData(refusal(code))
        self.dropConnection()

    def onOpen(self) -> None:
        """The upgrade is answered: let the caller listen, or tell it why not."""
        self.factory.opened(self)
        try:
            self._listen()
        except Refused as refused:
            self.factory.note(Kind.SOCKET_REFUSED, self, f"{refused.status} {refused.message}", refused.account)
            self._outlet.put(text_frame(dumps(socket_error_json(refused.status, refused.message))))
            self.finish(POLICY, refused.message, flush=True)
        except Exception:
            self._log.failure("a socket could not be opened")
            self.finish(INTERNAL, "internal error")
        self._forget_handshake()

    def _listen(self) -> None:
        factory = self.factory
        limits = factory.limits
        if factory.crowded(self):
            raise Refused(429, "too many sockets from this address")
        try:
            query = parse_query(self._query, self._header_keys, longest=limits.query_length, most=limits.items)
        except BadQuery as error:
            raise Refused(400, str(error)) from None
        account, proof = factory.callers.known(query, self.session)
        admission = admitted(query, account, factory.admit)
        if not factory.enter(account.name):
            raise Refused(429, f"the account has {limits.sockets_per_account} sockets already", account.name)
        self.account = account.name
        self._subscription = Subscription(
            account=account.name,
            key=proof,
            addresses=frozenset(admission.addresses),
            domains=frozenset(admission.domains),
            shape=query.shape or factory.shape,
            raw=query.raw,
            send=self._outlet.put,
            end=self._lost_right,
        )
        listening = text_frame(dumps(listening_json(admission)))
        # Both in one turn of the reactor: no mail can come between, neither lost nor before the first frame.
        factory.subscriptions.add(self._subscription)
        self._outlet.put(listening)
        # Why a socket may stay silent: what is off, and what it does not listen to.
        silent = (*admission.warnings, *dict.fromkeys(reason for _, reason in admission.rejected))
        listens = ", ".join((*admission.addresses, *admission.domains))
        factory.note(Kind.SOCKET_OPENED, self, "; ".join((listens, *silent)), account.name)

    def _stop_listening(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            self.factory.subscriptions.remove(subscription)
            self.factory.leave(self.account)

    def _lost_right(self, reason: str) -> None:
        self.finish(POLICY, reason)

    def _forget_handshake(self) -> None:
        """Keep neither the key nor some kilobytes of headers for as long as the socket lives."""
        self._query, self._header_keys, self.session = b"", (), ""
        self.http_request_data = b""
        self.http_status_line = self.http_request_uri = self.http_response_data = self._wskey = ""
        self.http_headers, self.http_request_params = {}, {}

    # What the peer sends

    def dataReceived(self, data: bytes) -> None:
        """Bytes from the peer: a sign of life, and read within bounds."""
        self._unanswered = 0
        if self.state == self.STATE_CLOSED:
            return
        if self.state == self.STATE_CONNECTING:
            self._dataReceived(data)
            if self.state == self.STATE_CONNECTING and len(self.data) > self.factory.limits.handshake_size:
                self.failHandshake("too large", 431)
            return
        self._refill()
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            self._fail(POLICY, "too many bytes")
        for start in range(0, len(data), PIECE):
            if not self._deaf:
                self._dataReceived(data[start : start + PIECE])

    def _refill(self) -> None:
        limits = self.factory.limits
        now = self.factory.clock.seconds()
        passed, self._counted_at = now - self._counted_at, now
        self._frames_left = min(self._frames_left + passed * limits.frames_per_second, BURST * limits.frames_per_second)
        self._bytes_left = min(self._bytes_left + passed * limits.bytes_per_second, BURST * limits.bytes_per_second)

    def onFrameBegin(self) -> None:
        """A frame begins."""
        self._frames_left -= 1
        if self._frames_left < 0:
            self._fail(POLICY, "too many frames")
        super().onFrameBegin()

    def onMessageFrameData(self, payload: bytes) -> None:
        """What the client sends is ignored (contract section 2)."""

    def onMessageFrameEnd(self) -> None:
        """What the client sends is ignored."""

    def onMessageEnd(self) -> None:
        """What the client sends is ignored."""

    def _fail(self, code: int, reason: str) -> None:
        """Close a peer that breaks the protocol, and listen to nothing more: what follows cannot be told apart."""
        self._deaf = True
        self.data = b""
        self.finish(code, reason)

    def _protocol_violation(self, reason: str) -> bool:
        self._fail(PROTOCOL_ERROR, reason)
        return True

    def _invalid_payload(self, reason: str) -> bool:
        self._fail(BAD_TEXT, reason)
        return True

    def _max_message_size_exceeded(self, msg_size: int, max_msg_size: int, reason: str) -> None:
        self._fail(TOO_BIG, f"a message may have at most {max_msg_size} bytes")

    def ping(self) -> None:
        """Send a Ping, or give the peer up when it showed no sign of life since some earlier ones."""
        if self.state != self.STATE_OPEN:
            return
        if self._outlet.moved:
            self._outlet.moved = False
            self._unanswered = 0
        if self._unanswered >= self.factory.limits.missed_pongs:
            self._ended = (LOST, "no answer to pings")
            self.abort()
        else:
            self._unanswered += 1
            self._outlet.put_control(PING, PING_FRAME)
            self.factory.pings.set(self)

    # What we send

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Send what Autobahn writes, a whole frame or the handshake's answer, in its order among our own."""
        kind = 0 if self.state == self.STATE_CONNECTING else opcode(data)
        if kind == CLOSE:
            self._outlet.put_last(data)
        elif kind in (PING, PONG):
            self._outlet.put_control(kind, data)
        else:
            self._outlet.put(data)

    def _overflowed(self, half: bool) -> None:
        """Too much waits for the reader. Behind half a large frame no Close would arrive in time."""
        if half or self.state != self.STATE_OPEN:
            self._ended = self._ended or (TRY_LATER, SLOW)
            self.abort()
        else:
            self.finish(TRY_LATER, SLOW)
