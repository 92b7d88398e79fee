"""The client without a network: a resolver that says what it is told, and connections that are driven by hand."""

import socket
from collections.abc import Callable, Sequence
from typing import Any

import attrs
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, ensureDeferred, maybeDeferred
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from mailsockd.delivery.connector import Connector
from mailsockd.delivery.lookups import Lookups
from mailsockd.delivery.outgoing_http import Answer, OutgoingHTTP
from mailsockd.delivery.reach import Reach
from mailsockd.delivery.target import target

NOW = 1_800_000_000.0


def at_once(function: Callable[..., Any], *arguments: Any) -> "Deferred[Any]":
    """Run at once what would run in a thread."""
    return maybeDeferred(function, *arguments)


class Wire(StringTransport):
    """One connection; `aborted` tells that it was cut."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True


@attrs.define
class Outside:
    """The world outside: `names` has the answers to one look-up of a name after another, the last one for ever."""

    names: dict[str, list[Sequence[str]]] = attrs.Factory(dict)
    reach: Reach = attrs.Factory(lambda: Reach(own=lambda address: False))
    reactor: Any = attrs.Factory(MemoryReactorClock)
    looked_up: list[str] = attrs.Factory(list)
    tls: Callable[[str], Any] = lambda host: host
    http: OutgoingHTTP = attrs.field(init=False)
    connector: Connector = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        lookups = Lookups(at_once, self.find)
        self.connector = Connector(self.reactor, self.reach, lookups, at_once, self.tls)
        self.http = OutgoingHTTP(self.reactor, self.connector, "mailsockd/1.2.3", lambda: NOW)

    def find(self, host: bytes, port: object, type: int) -> list[Any]:
        """Answer as getaddrinfo does."""
        name = host.decode()
        self.looked_up.append(name)
        if name not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self.names[name]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(0, type, 6, "", (address, 0)) for address in found]

    def post(self, url: str, body: bytes = b"{}", **headers: str) -> "Deferred[Answer]":
        """Begin to send."""
        return ensureDeferred(self.http.post(target(url), headers, body))

    @property
    def connections(self) -> list[tuple[str, int]]:
        """Where connections were asked for."""
        return [(client[0], client[1]) for client in self.reactor.tcpClients]

    def accept(self, place: int = -1) -> tuple[Any, Wire]:
        """Have a connection be made; gives its protocol and its transport."""
        host, port, factory, _, _ = self.reactor.tcpClients[place]
        wire = Wire(peerAddress=IPv4Address("TCP", host, port))
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(wire)
        self.reactor.advance(0)
        return protocol, wire

    def refuse(self, error: Exception, place: int = -1) -> None:
        """Have a connection fail."""
        factory = self.reactor.tcpClients[place][2]
        factory.clientConnectionFailed(None, Failure(error))

    def answer(self, data: bytes, end: bool = True) -> Wire:
        """Have the connection be made, and answered; gives its transport."""
        protocol, wire = self.accept()
        protocol.dataReceived(data)
        if end or wire.aborted:
            protocol.connectionLost(Failure(ConnectionDone()))
        return wire
