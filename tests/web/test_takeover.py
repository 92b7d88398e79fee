"""A resource takes the connection for another protocol, as WebSockets do."""

from typing import Any

import pytest
from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from mailsockd.web.site import Limits, Root
from tests.web.talk import PEER, Talk, Wire, request

UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade"}
KEY = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}


class Taker(Protocol):
    """The other protocol: it registers a producer at once."""

    def __init__(self) -> None:
        self.got = b""
        self.lost = 0

    def connectionMade(self) -> None:
        self.transport.registerProducer(self, True)

    def dataReceived(self, data: bytes) -> None:
        self.got += data

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.lost += 1


class Taking(Resource):
    """Takes the transport out of the channel."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.taker = Taker()

    def render(self, request: Any) -> Any:
        if request.path.endswith(b"/refused"):
            request.setResponseCode(403)
            return b"no"
        transport, request.channel.transport = request.channel.transport, None
        if isinstance(transport, ProtocolWrapper):
            transport.wrappedProtocol = self.taker
        else:
            transport.protocol = self.taker
        self.taker.makeConnection(transport)
        transport.resumeProducing()
        return NOT_DONE_YET


@pytest.fixture
def taking() -> Taking:
    return Taking()


@pytest.fixture
def talk(taking: Taking) -> Talk:
    root = Root()
    root.putChild(b"socket", taking)
    return Talk(root)


def test_every_deadline_of_http_ends(talk: Talk, taking: Taking) -> None:
    """The connection may be silent for a day, and is recorded once, as 101."""
    talk.send(request("GET", "/socket", headers=UPGRADE))
    assert talk.clock.getDelayedCalls() == []
    talk.clock.advance(86_400)
    assert not talk.transport.disconnecting
    assert [(served.path, served.status) for served in talk.served] == [("/socket", 101)]


def test_the_producer_is_the_takers(talk: Talk, taking: Taking) -> None:
    """The channel lets go of the transport before the resource has its turn."""
    talk.send(request("GET", "/socket", headers=UPGRADE))
    assert talk.transport.producer is taking.taker


def test_bytes_behind_the_request_reach_the_taker(talk: Talk, taking: Taking) -> None:
    """A first frame in the same packet is not lost."""
    talk.send(request("GET", "/socket", headers=UPGRADE) + b"\x81\x05frame")
    talk.transport.protocol.dataReceived(b"more")
    assert taking.taker.got == b"\x81\x05framemore"


def test_bytes_behind_a_body_reach_the_taker(talk: Talk, taking: Taking) -> None:
    """The same after a request with a body."""
    talk.send(request("POST", "/socket", b"body", headers=UPGRADE) + b"frame")
    assert taking.taker.got == b"frame"


def test_the_count_stays_right(talk: Talk, taking: Taking) -> None:
    """A taken connection leaves the count of its address at once, and the count of all when it ends."""
    connections = talk.site.connections
    assert (connections.open, connections.count(PEER.host)) == (1, 1)
    talk.send(request("GET", "/socket", headers=UPGRADE))
    assert (connections.open, connections.count(PEER.host)) == (1, 0)
    talk.transport.protocol.connectionLost(Failure(ConnectionDone()))
    assert (connections.open, connections.count(PEER.host)) == (0, 0)
    assert taking.taker.lost == 1


def test_behind_tls_the_wrapped_protocol_is_counted(taking: Taking) -> None:
    """TLS wraps the channel: the taker is found inside the wrapper."""
    talk = Talk(taking)
    wrapping = WrappingFactory(talk.site)
    wrapper = wrapping.buildProtocol(PEER)
    wrapper.makeConnection(Wire(peerAddress=PEER))
    wrapper.dataReceived(request("GET", "/socket", headers=UPGRADE))
    assert wrapper.wrappedProtocol is taking.taker
    wrapper.connectionLost(Failure(ConnectionDone()))
    assert (talk.site.connections.open, taking.taker.lost) == (1, 1)


def test_an_upgrade_that_is_refused_is_the_last_answer(talk: Talk) -> None:
    """An answer in HTTP is sent and the connection closes, so that none is ever without back-pressure."""
    talk.send(request("GET", "/socket/refused", headers=UPGRADE) * 2)
    [answer] = talk.answers()
    assert (answer.status, answer.headers["connection"]) == (403, "close")
    assert talk.transport.disconnecting


def test_other_upgrades_are_ordinary_requests(talk: Talk) -> None:
    """Java's client offers HTTP/2 on every first request: it is served and the connection stays."""
    talk.send(request("GET", "/socket/refused", headers={"Upgrade": "h2c"}))
    assert talk.answers()[0].status == 403
    assert not talk.transport.disconnecting


class Greeter(WebSocketServerProtocol):
    """Says one thing."""

    def onOpen(self) -> None:
        self.sendMessage(b"hello", False)


def test_autobahn_takes_over() -> None:
    """Autobahn's own resource works as a child: handshake, frames both ways, and the count at the end."""
    clock = Clock()
    factory = WebSocketServerFactory("ws://mail.test", reactor=clock)
    factory.protocol = Greeter
    factory.startFactory()
    root = Root()
    root.putChild(b"incoming-messages", WebSocketResource(factory))
    talk = Talk(root, Limits(), clock)
    talk.send(request("GET", "/incoming-messages?key=k", headers=UPGRADE | KEY))
    heard = talk.heard()
    assert heard.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert heard.endswith(b"\r\n\r\n\x81\x05hello")
    assert isinstance(talk.transport.protocol, Greeter)
    clock.advance(3_600)
    assert not talk.transport.disconnecting
    talk.transport.protocol.connectionLost(Failure(ConnectionDone()))
    assert talk.site.connections.open == 0
