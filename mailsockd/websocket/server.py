"""The factory of sockets: who is connected, the timers and the budget that all sockets share."""

import ipaddress
from collections import Counter
from typing import Any, Protocol

from autobahn.twisted.websocket import WebSocketServerFactory
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mailsockd.state.activity import Kind
from mailsockd.state.subscriptions import Subscriptions
from mailsockd.transport import Send, send_at_once
from mailsockd.websocket.admission import Admit, Callers
from mailsockd.websocket.backlog import Budget
from mailsockd.websocket.deadlines import Deadlines
from mailsockd.websocket.frames import long_text_frame, text_frame
from mailsockd.websocket.limits import SocketLimits
from mailsockd.websocket.socket import GOING_AWAY, Socket

__all__ = ["Socket", "SocketFactory", "SocketLimits", "long_text_frame", "text_frame"]

LONGEST_NOTE = 500
LOCAL = ""


class Record(Protocol):
    """ActivityLog.record, as far as it is used here."""

    def __call__(self, kind: Kind, *, account: str = "", peer: str = "", text: str = "") -> object:
        """Remember that something happened."""


class SocketFactory(WebSocketServerFactory):
    """
    Makes a Socket of each upgrade.

    `callers` know the account of a key or session, `admit` says what it may listen to; `shape` is the form of frames
    for those who ask for none; `send` writes to a transport.
    """

    protocol: Any = Socket
    noisy = False
    _log = Logger()

    def __init__(
        self,
        *,
        callers: Callers,
        admit: Admit,
        subscriptions: Subscriptions,
        clock: IReactorTime,
        limits: SocketLimits,
        record: Record,
        shape: str = "flat",
        send: Send = send_at_once,
    ) -> None:
        # Autobahn would take the global reactor. No `server`: the version of a library is nobody's business.
        super().__init__(reactor=clock, server="")
        self.callers = callers
        self.admit = admit
        self.subscriptions = subscriptions
        self.clock = clock
        self.limits = limits
        self.shape = shape
        self.send = send
        self.budget = Budget(limits.budget)
        self.handshakes: Deadlines[Socket] = Deadlines(clock, limits.handshake_timeout, Socket.abort)
        self.closing: Deadlines[Socket] = Deadlines(clock, limits.close_grace, Socket.abort)
        self.pings: Deadlines[Socket] = Deadlines(clock, limits.ping_interval, Socket.ping)
        self._record = record
        self._sockets: dict[Socket, None] = {}
        self._peers: Counter[str] = Counter()
        self._accounts: Counter[str] = Counter()
        self._shut: Deferred[None] | None = None
        # Autobahn's own timers are off, because they run on the global reactor; ours take their place.
        self.setProtocolOptions(
            versions=[13],
            webStatus=False,
            maxFramePayloadSize=limits.frame_size,
            maxMessagePayloadSize=limits.frame_size,
            failByDrop=False,
            echoCloseCodeReason=False,
            openHandshakeTimeout=0,
            closeHandshakeTimeout=0,
            autoPingInterval=0,
            tcpNoDelay=True,
            allowedOrigins=["*"],
            allowNullOrigin=True,  # its default here, unlike the attribute's, is False
        )
        # Autobahn would copy the options to every socket and print them all for its log, which is most of the work
        # of a handshake. They are the same for all sockets, so they are attributes of their class.
        options = {name: getattr(self, name) for name in Socket.CONFIG_ATTRS}
        plain = {name: staticmethod(option) if callable(option) else option for name, option in options.items()}
        self.protocol = type(Socket.__name__, (Socket,), {**plain, "CONFIG_ATTRS": []})

    def __len__(self) -> int:
        return len(self._sockets)

    def __bool__(self) -> bool:
        return True

    def has_room(self) -> bool:
        """Tell whether a socket that has just joined may stay."""
        return self._shut is None and len(self._sockets) <= self.limits.sockets

    def crowded(self, socket: Socket) -> bool:
        """Tell whether too many sockets come from the place that this one comes from."""
        place = _place(socket.ip)
        return place != LOCAL and self._peers[place] > self.limits.sockets_per_peer

    def joined(self, socket: Socket) -> None:
        """Count a connection whose handshake begins."""
        self._sockets[socket] = None
        self._peers[_place(socket.ip)] += 1
        self.handshakes.set(socket)

    def opened(self, socket: Socket) -> None:
        """A socket's handshake is over."""
        self.handshakes.drop(socket)
        self.pings.set(socket)

    def left(self, socket: Socket) -> None:
        """Forget a connection that is gone."""
        if socket not in self._sockets:
            return
        del self._sockets[socket]
        _subtract(self._peers, _place(socket.ip))
        for deadlines in (self.handshakes, self.pings, self.closing):
            deadlines.drop(socket)
        if self._shut is not None and not self._sockets:
            self._shut.callback(None)

    def enter(self, account: str) -> bool:
        """Count one more socket of an account; False, and nothing is counted, when it has too many."""
        if self._accounts[account] >= self.limits.sockets_per_account:
            return False
        self._accounts[account] += 1
        return True

    def leave(self, account: str) -> None:
        """Count one socket less of an account."""
        _subtract(self._accounts, account)

    def note(self, kind: Kind, socket: Socket, text: str, account: str = "") -> None:
        """Record what happened to a socket. The text may be a stranger's: it is cut, and has no control characters."""
        text = "".join(character if character.isprintable() else "?" for character in text[:LONGEST_NOTE])
        try:
            self._record(kind, account=account or socket.account, peer=socket.ip, text=text)
        except Exception:
            self._log.failure("an event could not be recorded")  # the socket goes on

    def limit(self, limits: SocketLimits, shape: str) -> None:
        """Let other bounds and another shape hold for sockets that come; deadlines stay those of the start."""
        self.limits = limits
        self.budget.limit = limits.budget
        self.shape = shape

    def shut(self) -> "Deferred[None]":
        """Close every socket with 1001 and open no more; fires when the last one is gone."""
        if self._shut is None:
            self._shut = Deferred()
            for socket in tuple(self._sockets):
                socket.finish(GOING_AWAY, "the server is going away", flush=True)
            if not self._sockets:
                return succeed(None)
        return self._shut


def _subtract(counter: Counter[str], name: str) -> None:
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]  # or the table would grow with every name ever seen


def _place(ip: str) -> str:
    """Give what counts as one peer: an IPv6 client owns its whole /64; all local sockets are LOCAL."""
    if ":" not in ip:
        return LOCAL if ip == "unix" else ip
    try:
        return str(ipaddress.ip_network((ip.partition("%")[0], 64), strict=False))
    except ValueError:
        return ip
