"""The socket from its handshake to its close, as the bytes on the wire."""

from tests.websocket.client import ACCEPT, House, frames, handshake


def test_the_first_frame_says_what_is_listened_to() -> None:
    """The upgrade is answered by exactly one frame: Listening, with both arrays in the order asked."""
    house = House()
    socket, wire = house.connect()
    socket.dataReceived(handshake("key=k_right&addresses=b@mail.test,d.example,a@mail.test"))
    head, _, rest = wire.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert ACCEPT in head + b"\r\n"
    assert frames(rest) == [
        (1, b'{"status":200,"msg":"Listening","addresses":["b@mail.test","a@mail.test"],"domains":["d.example"]}')
    ]
    (subscription,) = house.subscriptions
    assert subscription.account == "ada"
