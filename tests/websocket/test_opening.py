"""How a socket begins: the handshake, the first frame, and every way to be refused."""

import attrs
import pytest
from twisted.internet.interfaces import IUNIXTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides

from mailsockd.state.accounts import Account, key_digest
from mailsockd.state.subscriptions import Admission
from mailsockd.websocket.limits import SocketLimits
from tests.websocket.client import ACCEPT, ADA, KEY, House, Wire, close, frames, handshake, masked

A_REFUSAL = '{"status":%d,"error":"%s","message":"%s","msg":"%s","addresses":[],"domains":[]}'


def refused(house: House, query: str, status: int, message: str) -> None:
    """Check that the answer is one frame and Close 1008, and that the socket goes when the client does not."""
    _, wire = house.open(query)
    sent = frames(wire.read())
    text = message.replace('"', '\\"')
    assert sent[0] == (1, (A_REFUSAL % (status, text, text, text)).encode())
    assert sent[1:] == [(8, b"\x03\xf0" + message.encode()[:123])]
    assert len(house.subscriptions) == 0
    house.clock.advance(2)
    assert wire.aborted
    assert house.events()[-1][0] == "SOCKET_REFUSED"
    assert house.events()[-1][3] == f"{status} {message}"


def test_the_first_frame_says_what_is_listened_to() -> None:
    """The upgrade is answered by exactly one frame: Listening, with both arrays in the order asked."""
    house = House()
    socket, wire = house.connect()
    socket.dataReceived(handshake("key=k_right&addresses=b@mail.test,d.example,a@mail.test"))
    head, _, rest = wire.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert ACCEPT in head + b"\r\n"
    assert b"Extensions" not in head
    assert b"Protocol:" not in head
    assert b"Server" not in head
    assert frames(rest) == [
        (1, b'{"status":200,"msg":"Listening","addresses":["b@mail.test","a@mail.test"],"domains":["d.example"]}')
    ]


def test_the_subscription_is_what_was_admitted() -> None:
    """Mail finds the socket by account, key, addresses, domains and the shape that was asked for."""
    house = House(shape="nested")
    house.open("_id=ada&key=k_right&addresses=a@mail.test,d.example,x@mail.test&frame=both&raw=0")
    house.open()
    first, second = house.subscriptions
    assert (first.account, first.key) == ("ada", key_digest(KEY))
    assert (first.addresses, first.domains) == (frozenset({"a@mail.test"}), frozenset({"d.example"}))
    assert (first.shape, first.raw) == ("both", False)
    assert (second.shape, second.raw) == ("nested", True)


def test_some_items_may_be_refused() -> None:
    """Listening names what is accepted, and under `rejected` what is not and why."""
    house = House()
    _, wire = house.open("key=k_right&addresses=x@mail.test,a@mail.test")
    assert frames(wire.read()) == [
        (
            1,
            b'{"status":200,"msg":"Listening","addresses":["a@mail.test"],"domains":[],'
            b'"rejected":[{"address":"x@mail.test","error":"x@mail.test is not owned by this account"}]}',
        )
    ]


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("addresses=a@mail.test", 401, "Not authorized. You may need to log in first."),
        ("key=k_wrong&addresses=a@mail.test", 401, "Not authorized. You may need to log in first."),
        ("key=k_wrong", 401, "Not authorized. You may need to log in first."),
        ("_id=bob&key=k_right&addresses=a@mail.test", 403, "_id is not the account that the key belongs to"),
        ("key=k_right", 400, "addresses is missing: name the addresses or domains to listen to"),
        ("key=k_right&addresses=,%20;", 400, "addresses is missing: name the addresses or domains to listen to"),
        ("key=k_right&key=k_other&addresses=a@mail.test", 400, "the request holds different keys"),
        ("key=k_right&addresses=a@mail.test&frame=xml", 400, "frame must be one of flat, nested, both"),
        ("key=k_right&addresses=x@mail.test", 403, "x@mail.test is not owned by this account"),
        (
            "key=k_right&addresses=x@mail.test,x.test",
            403,
            "x@mail.test is not owned by this account; x.test is not owned by this account",
        ),
    ],
)
def test_a_refusal_is_one_frame_and_a_close(query: str, status: int, message: str) -> None:
    """Whoever may not listen is told why in one frame of the error shape, then closed with 1008."""
    refused(House(), query, status, message)


def test_many_refused_items_are_cut() -> None:
    """A refusal of a thousand items names the first ones and counts the others."""
    house = House()
    _, wire = house.open("key=k_right&addresses=" + ",".join(f"x{number}@mail.test" for number in range(1000)))
    text, end = frames(wire.read())
    assert text[1].count(b"; and 980 more") == 3
    assert len(text[1]) < 4000
    assert len(end[1]) == 125


def test_bounds_of_the_query() -> None:
    """More items or a longer query than the limits allow are refused with 400."""
    limits = SocketLimits(items=2, query_length=100)
    refused(House(limits), "key=k_right&addresses=a@x,b@x,c@x", 400, "addresses has more than 2 items")
    refused(House(limits), "key=k_right&addresses=" + "a" * 100, 400, "the query is longer than 100 bytes")


def test_the_key_may_come_in_a_header() -> None:
    """Mailsac-Key works on the upgrade as it does in the API, alone or with the same key in the query."""
    house = House()
    house.open("addresses=a@mail.test", ["Mailsac-Key: k_right"])
    house.open("key=k_right&addresses=a@mail.test", ["mailsac-key: k_right"])
    _, wire = house.open("key=k_right&addresses=a@mail.test", ["Mailsac-Key: k_other"])
    assert len(house.subscriptions) == 2
    assert b"the request holds different keys" in wire.read()


def test_the_account_may_be_written_in_any_case() -> None:
    """_id names the account of the key whatever its capitals."""
    house = House()
    house.open("_id=Ada&key=k_right&addresses=a@mail.test")
    assert len(house.subscriptions) == 1


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "file://", "https://sock.example.com:8443"])
def test_any_origin_may_listen(origin: str) -> None:
    """A key opens the socket from whatever page it is used in."""
    house = House()
    house.open(headers=[f"Origin: {origin}"])
    assert len(house.subscriptions) == 1


def test_compression_and_subprotocols_are_declined() -> None:
    """What a client offers beyond RFC 6455 is not taken up, and the socket opens all the same."""
    house = House()
    socket, wire = house.connect()
    offers = ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "Sec-WebSocket-Protocol: mail"]
    socket.dataReceived(handshake(headers=offers))
    head = wire.read().partition(b"\r\n\r\n")[0]
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"Sec-WebSocket-Extensions" not in head
    assert b"Sec-WebSocket-Protocol" not in head


def test_the_handshake_may_come_in_pieces() -> None:
    """A handshake that arrives byte by byte opens the socket too."""
    house = House()
    socket, wire = house.connect()
    for byte in handshake():
        socket.dataReceived(bytes((byte,)))
    assert b'"msg":"Listening"' in wire.read()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /incoming-messages?key=SECRET HTTP/1.1\r\nHost: x\r\n\r\n", b"426 Upgrade Required"),
        (handshake("key=SECRET").replace(b"GET ", b"POST "), b"405 Method Not Allowed"),
        (handshake("key=SECRET").replace(b"HTTP/1.1", b"HTTP/1.0"), b"505 HTTP Version Not Supported"),
        (handshake("key=SECRET#x"), b"400 Bad Request"),
        (handshake("key=SECRET").replace(b"Version: 13", b"Version: 8"), b"400 Bad Request"),
        (handshake("key=SECRET").replace(b"Host: mail.test", b"Host: a:b:c"), b"400 Bad Request"),
        (handshake("key=SECRET", ["Origin: SECRET"]), b"400 Bad Request"),
        (b"SECRET\r\n\r\n", b"400 Bad Request"),
    ],
)
def test_what_is_no_handshake_is_refused_without_an_echo(request_bytes: bytes, status: bytes) -> None:
    """A bad handshake gets a fixed JSON sentence: nothing of the request, nothing of the inside, and a close."""
    house = House()
    socket, wire = house.connect()
    socket.dataReceived(request_bytes)
    answer = wire.read()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json; charset=utf-8\r\n")
    assert f"\r\nContent-Length: {len(body)}\r\n".encode() in head
    assert b'"status":' + status[:3] in body
    assert b"SECRET" not in answer
    assert "SECRET" not in repr(house.events())
    assert wire.disconnecting


def test_a_handshake_that_does_not_come_is_given_up() -> None:
    """A connection that is silent, or dribbles, is dropped when its time for the handshake is over."""
    house = House(SocketLimits(handshake_timeout=5))
    _, silent = house.connect()
    socket, dribbling = house.connect()
    for _ in range(4):
        house.clock.advance(1.2)
        socket.dataReceived(b"X")
    assert not dribbling.aborted
    house.clock.advance(0.2)
    assert silent.aborted
    assert dribbling.aborted


def test_a_flood_of_headers_is_cut_off() -> None:
    """A handshake that is too large is refused as soon as that is known."""
    house = House()
    socket, wire = house.connect()
    socket.dataReceived(b"GET / HTTP/1.1\r\n")
    for _ in range(5):
        socket.dataReceived(b"X" * 4096)
    assert wire.read().startswith(b"HTTP/1.1 431 ")
    assert wire.disconnecting


def test_sockets_are_limited() -> None:
    """Beyond the limit of all sockets an upgrade gets 503; when one has gone there is room again."""
    house = House(SocketLimits(sockets=1))
    first, _ = house.open()
    second, wire = house.connect()
    second.dataReceived(handshake())
    assert wire.read().startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    house.lose(first)
    house.lose(second)
    house.open()
    assert len(house.subscriptions) == 1


def test_sockets_of_one_account_are_limited() -> None:
    """One account's sockets beyond its limit are refused with 429, and those of others are not."""
    house = House(SocketLimits(sockets_per_account=2), accounts={KEY: ADA, "k_bob": Account("bob", 0.0, 0.0)})
    first, _ = house.open()
    house.open()
    refused_socket, wire = house.open()
    assert frames(wire.read())[0][1].startswith(b'{"status":429,"error":"the account has 2 sockets already",')
    house.open("key=k_bob&addresses=a@mail.test")
    house.lose(refused_socket)
    house.lose(first)
    house.open()
    assert [subscription.account for subscription in house.subscriptions] == ["ada", "bob", "ada"]


@pytest.mark.parametrize(
    ("here", "there", "elsewhere"),
    [("192.0.2.7", "192.0.2.7", "192.0.2.8"), ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")],
)
def test_sockets_from_one_place_are_limited(here: str, there: str, elsewhere: str) -> None:
    """Sockets of one address, or of one IPv6 /64, beyond the limit are refused with 429."""
    house = House(SocketLimits(sockets_per_peer=1))
    first, _ = house.open(host=here)
    second, wire = house.open(host=there)
    assert frames(wire.read())[0][1].startswith(b'{"status":429,"error":"too many sockets from this address",')
    house.open(host=elsewhere)
    house.lose(first)
    house.lose(second)
    house.open(host=here)
    assert len(house.subscriptions) == 2


def test_a_local_socket_is_not_asked_for_a_tcp_option() -> None:
    """On a UNIX socket nothing of TCP is set, which would fill the log with errors."""
    house = House()
    asked: list[bool] = []
    wire = Wire()
    wire.setTcpNoDelay = asked.append  # type: ignore[attr-defined]
    directlyProvides(wire, IUNIXTransport)
    house.factory.buildProtocol(None).makeConnection(wire)
    assert asked == []


def test_local_sockets_are_no_place() -> None:
    """Connections through a UNIX socket, all of one proxy, are not limited as one peer."""
    house = House(SocketLimits(sockets_per_peer=1))
    house.open(host="unix")
    house.open(host="unix")
    assert len(house.subscriptions) == 2


class FailuresTest(SynchronousTestCase):
    """What goes wrong inside stays inside."""

    def test_a_failure_while_opening_closes_with_1011(self) -> None:
        """When the server itself fails, the client gets Close 1011 without a word of why."""
        house = House()

        def broken(account: Account, items: object) -> Admission:
            raise RuntimeError("the inside")

        house.factory.admit = broken
        _, wire = house.open()
        self.assertEqual(frames(wire.read()), [(8, b"\x03\xf3internal error")])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_a_failure_to_record_costs_nothing(self) -> None:
        """When an onlooker of the activity fails, sockets open and close all the same."""
        house = House()

        def broken(event: object) -> None:
            raise RuntimeError("the onlooker")

        house.activity.listen(broken)
        socket, _ = house.listening()
        house.lose(socket)
        self.assertEqual((len(house.subscriptions), len(house.factory)), (0, 0))
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 2)

    def test_a_failure_during_the_handshake_is_a_plain_500(self) -> None:
        """An exception during the handshake never reaches the client, not even its text."""
        house = House()

        def broken() -> bool:
            raise RuntimeError("the inside")

        house.factory.has_room = broken  # type: ignore[method-assign]
        socket, wire = house.connect()
        socket.dataReceived(handshake())
        answer = wire.read()
        self.assertTrue(answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n"))
        self.assertNotIn(b"inside", answer)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)


def test_no_hidden_timers() -> None:
    """Every timer runs on the clock that was given: Autobahn's own, on the global reactor, are never used."""
    house = House()
    del house.factory._batched_timer
    socket, _ = house.listening()
    house.clock.advance(25)
    socket.dataReceived(masked(10))
    house.listening()[0].sendClose(1000)
    socket.dataReceived(close(1000))
    house.connect()
    assert len(house.clock.getDelayedCalls()) == 3


def test_what_happened_is_recorded() -> None:
    """Opening and closing are activity of the account, with the peer and what it listens to, and never the key."""
    house = House()
    socket, _ = house.open("key=k_right&addresses=a@mail.test,d.example")
    house.lose(socket)
    house.open("key=k_wrong&addresses=a@mail.test")
    assert house.events() == [
        ("SOCKET_OPENED", "ada", "192.0.2.7", "a@mail.test, d.example"),
        ("SOCKET_CLOSED", "ada", "192.0.2.7", "1006"),
        ("SOCKET_REFUSED", "", "192.0.2.7", "401 Not authorized. You may need to log in first."),
    ]


def test_what_keeps_a_socket_silent_is_recorded() -> None:
    """Beside what it listens to stands what is off, and what it may not listen to."""
    house = House()
    warning = "web socket forwarding is off for a@mail.test: no mail comes until it is on"
    house.factory.admit = lambda account, items: attrs.evolve(house.admit(account, items), warnings=(warning,))
    house.open("key=k_right&addresses=a@mail.test,x@mail.test")
    [(kind, account, _, text)] = house.events()
    assert (kind, account) == ("SOCKET_OPENED", "ada")
    assert text == (
        "a@mail.test; web socket forwarding is off for a@mail.test: no mail comes until it is on; "
        "x@mail.test is not owned by this account"
    )
