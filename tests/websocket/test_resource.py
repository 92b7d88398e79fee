"""The socket as a resource of a twisted.web site."""

import json

import pytest
from twisted.internet.task import Clock
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from mailsockd.state.accounts import key_digest
from mailsockd.state.sessions import token_digest
from mailsockd.websocket.frames import text_frame
from mailsockd.websocket.resource import IncomingMessages
from tests.websocket.client import ACCEPT, ADA, KEY, House, Wire, close, frames, handshake, masked


class Place:
    """A site that serves the socket, and a way to talk to it."""

    def __init__(self, session: str = "") -> None:
        self.house = House(browsers={"token of ada": ADA})
        root = Resource()
        root.putChild(b"incoming-messages", IncomingMessages(self.house.factory, lambda request: session))
        self.site = Site(root, reactor=Clock())

    def talk(self, data: bytes) -> Wire:
        """A connection on which `data` was sent."""
        wire = Wire()
        channel = self.site.buildProtocol(wire.getPeer())
        wire.protocol = channel
        channel.makeConnection(wire)
        channel.dataReceived(data)
        return wire

    def refused(self, data: bytes) -> tuple[bytes, bytes, dict]:
        """Send a request that gets an answer: its status line, head and JSON."""
        head, _, body = self.talk(data).read().partition(b"\r\n\r\n")
        return head.partition(b"\r\n")[0], head, json.loads(body)


@pytest.mark.parametrize("path", [b"/incoming-messages?", b"/incoming-messages/?", b"/incoming%2Dmessages?"])
def test_an_upgrade_becomes_a_socket(path: bytes) -> None:
    """Through the site, with or without a trailing slash, an upgrade listens, gets mail and closes properly."""
    place = Place()
    wire = place.talk(handshake().replace(b"/incoming-messages?", path))
    head, _, rest = wire.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert ACCEPT in head + b"\r\n"
    assert frames(rest) == [(1, b'{"status":200,"msg":"Listening","addresses":["a@mail.test"],"domains":[]}')]
    (subscription,) = place.house.subscriptions
    wire.room = 0
    subscription.send(text_frame(b"m" * 300_000))
    wire.take(1_000_000)
    assert frames(wire.read()) == [(1, b"m" * 300_000)]
    wire.protocol.dataReceived(masked(9, b"ping") + close(1000))
    assert frames(wire.read()) == [(10, b"ping"), (8, b"\x03\xe8")]
    assert wire.disconnecting
    place.house.lose(wire.protocol)
    assert len(place.house.factory) == 0


@pytest.mark.parametrize(
    "headers",
    [
        ["Origin: not an origin"],
        ["Origin: https://a.test", "Origin: https://b.test"],
        ["Sec-WebSocket-Protocol: a, a"],
        ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"],
        ["X-Forwarded-For: 1.2.3.4", "Mailsac-Client: x"],
    ],
)
def test_odd_headers_are_no_obstacle(headers: list[str]) -> None:
    """What is not needed is not judged: any Origin, any offer of extensions and subprotocols, any other header."""
    head = Place().talk(handshake(headers=headers)).read().partition(b"\r\n\r\n")[0]
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"Extensions" not in head


def listens(place: Place, query: str) -> bytes:
    """Open a socket and give what its first frame says."""
    head, _, rest = place.talk(handshake(query)).read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    return frames(rest)[0][1]


def test_a_browser_that_is_signed_in_needs_no_key() -> None:
    """The session of a page of this site stands for its account, and what proves it is the digest of its token."""
    place = Place("token of ada")
    assert listens(place, "addresses=a@mail.test").startswith(b'{"status":200,"msg":"Listening"')
    (subscription,) = place.house.subscriptions
    assert (subscription.account, subscription.key) == ("ada", token_digest("token of ada"))


@pytest.mark.parametrize("session", ["", "token of a session that is over"])
def test_no_session_and_no_key_is_refused(session: str) -> None:
    """Without a key, and with a session that is none, nobody listens."""
    assert listens(Place(session), "addresses=a@mail.test").startswith(b'{"status":401,')


def test_a_key_goes_before_a_session() -> None:
    """A key that is wrong is refused, whoever is signed in; one that is right is what the socket lives by."""
    place = Place("token of ada")
    assert listens(place, "key=k_wrong&addresses=a@mail.test").startswith(b'{"status":401,')
    assert listens(place, f"key={KEY}&addresses=a@mail.test").startswith(b'{"status":200,')
    assert [subscription.key for subscription in place.house.subscriptions] == [key_digest(KEY)]


def test_a_session_that_ends_closes_its_socket() -> None:
    """The sockets of a session end with it, with 1008 and the reason, and no others do."""
    place = Place("token of ada")
    wire = place.talk(handshake("addresses=a@mail.test"))
    other = place.talk(handshake())
    wire.read(), other.read()
    place.house.subscriptions.end({token_digest("token of ada")}, "over")
    assert frames(wire.read()) == [(8, b"\x03\xf0over")]
    assert other.read() == b""


@pytest.mark.parametrize("host", [b"mail.test:8025", b"[::1]:8025", b"sock:mail:test", b"m\xc3\xbc.test"])
def test_any_host_will_do(host: bytes) -> None:
    """Whether the Host is one of the server's is the site's matter, not the socket's."""
    wire = Place().talk(handshake().replace(b"Host: mail.test", b"Host: " + host))
    assert wire.read().startswith(b"HTTP/1.1 101 ")


def test_the_site_may_know_the_peer_better() -> None:
    """Behind a proxy the peer is who the request says it is."""

    class Forwarded(Request):
        peer = "203.0.113.9"

    place = Place()
    place.site.requestFactory = Forwarded
    place.talk(handshake())
    assert place.house.events() == [("SOCKET_OPENED", "ada", "203.0.113.9", "a@mail.test")]


def test_the_key_in_a_header_comes_through() -> None:
    """Mailsac-Key is one of the headers that are kept, and two different ones are refused."""
    place = Place()
    place.talk(handshake("addresses=a@mail.test", ["Mailsac-Key: k_right"]))
    assert len(place.house.subscriptions) == 1
    wire = place.talk(handshake("addresses=a@mail.test", ["Mailsac-Key: k_right", "Mailsac-Key: k_other"]))
    assert b"the request holds different keys" in wire.read()


def test_a_body_is_not_read_as_frames() -> None:
    """What an upgrade carries as a body is dropped."""
    place = Place()
    wire = place.talk(handshake(headers=["Content-Length: 8"]) + close(1000))
    assert frames(wire.read().partition(b"\r\n\r\n")[2])[-1][0] == 1
    assert len(place.house.subscriptions) == 1


PLAIN = b"GET /incoming-messages?key=SECRET HTTP/1.1\r\nHost: mail.test\r\n\r\n"


@pytest.mark.parametrize(
    ("request_bytes", "status", "message"),
    [
        (
            PLAIN,
            426,
            "This is the address of a WebSocket: the request lacks the header Upgrade: websocket.",
        ),
        (
            handshake("key=SECRET").replace(b"Upgrade: websocket", b"Upgrade: h2c"),
            426,
            "This is the address of a WebSocket: the request lacks the header Upgrade: websocket.",
        ),
        (
            handshake("key=SECRET").replace(b"Connection: Upgrade", b"Connection: keep-alive"),
            400,
            "The request lacks the header Connection: Upgrade.",
        ),
        (
            handshake("key=SECRET").replace(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b""),
            400,
            "The request lacks the header Sec-WebSocket-Key.",
        ),
        (
            handshake("key=SECRET").replace(b"Sec-WebSocket-Version: 13\r\n", b""),
            400,
            "The request lacks the header Sec-WebSocket-Version: 13.",
        ),
        (
            handshake("key=SECRET").replace(b"Version: 13", b"Version: 8"),
            426,
            "The request must have the header Sec-WebSocket-Version: 13, once.",
        ),
        (
            handshake("key=SECRET", ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]),
            400,
            "The request must have the header Sec-WebSocket-Key once.",
        ),
        (handshake("key=SECRET#x"), 400, "A # in the address must be written as %23."),
        (handshake("key=SECRET").replace(b"HTTP/1.1", b"HTTP/1.0"), 426, "A socket is opened with HTTP/1.1."),
        (PLAIN.replace(b"GET", b"POST"), 405, "A socket is opened with GET."),
        (PLAIN.replace(b"?", b"/more?"), 404, "There is nothing here."),
        (
            handshake("key=SECRET").replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"SECRET"),
            400,
            "This is not a WebSocket handshake: see RFC 6455 section 4.1.",
        ),
    ],
)
def test_what_is_no_upgrade_is_told_what_it_lacks(request_bytes: bytes, status: int, message: str) -> None:
    """Any other request gets JSON in the error shape that names what is missing, and nothing of its own words."""
    place = Place()
    line, head, body = place.refused(request_bytes)
    assert line.split()[1] == b"%d" % status
    assert b"content-type: application/json; charset=utf-8" in head.lower()
    assert (body["status"], body["message"]) == (status, message)
    assert list(body) == ["message", "error", "status"]
    assert b"SECRET" not in head
    assert len(place.house.subscriptions) == 0


def test_an_upgrade_is_asked_for_by_name() -> None:
    """426 says which protocol and which version it wants (RFC 9110 section 15.5.22, RFC 6455 section 4.4)."""
    line, head, _ = Place().refused(PLAIN)
    assert line == b"HTTP/1.1 426 Upgrade Required"
    head = head.lower()
    assert b"\r\nupgrade: websocket" in head
    assert b"\r\nsec-websocket-version: 13" in head


def test_a_full_house_answers_503() -> None:
    """Beyond the limit of sockets an upgrade through the site is refused before it is one."""
    place = Place()
    place.house.factory.shut()
    line, _, body = place.refused(handshake())
    assert line == b"HTTP/1.1 503 Service Unavailable"
    assert body == {
        "message": "The server has no room for another socket.",
        "error": "Service Unavailable",
        "status": 503,
    }
