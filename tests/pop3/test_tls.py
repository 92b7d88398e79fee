"""STLS, and listeners that have TLS from the start."""

import pytest

from tests.pop3.fake import SIGN_IN, Client, Post
from tests.smtp import tls


@pytest.fixture(scope="module")
def context() -> object:
    return tls.context()


def upgraded(post: Post) -> tuple[Client, tls.TLSClient]:
    """A client that has said USER and STLS, before its handshake."""
    wire = tls.Upgradable()
    client = post.connect(wire=wire)
    wire.protocol = client.session
    assert client.send(b"USER plain@b.test\r\nSTLS\r\n")[-1] == "+OK Begin TLS"
    assert wire.layer is not None
    return client, tls.TLSClient(wire.layer, wire.bottom, wire)


def test_stls_is_offered_only_with_a_certificate() -> None:
    """STLS is a capability when there is a context at that moment, and is refused without one."""
    contexts: list[object] = []
    client = Post(tls=lambda: contexts[0] if contexts else None).connect()
    assert "STLS" not in client.send(b"CAPA\r\n")
    assert client.send(b"STLS\r\n") == ["-ERR Command not offered here"]
    contexts.append("a context")
    assert "STLS" in client.send(b"CAPA\r\n")
    assert client.send(b"STLS now\r\n", b"STLS\r\n") == ["-ERR Wrong arguments", "+OK Begin TLS"]
    assert client.wire.contexts == ["a context"]


def test_everything_said_before_tls_is_forgotten(context: object) -> None:
    """Behind STLS the session starts again: no user, and TLS is not offered twice."""
    _client, inside = upgraded(Post(tls=lambda: context, in_clear=False))
    assert inside.say(b"PASS key\r\nSTLS\r\n") == ["-ERR Send USER first", "-ERR TLS is already in use"]
    capabilities = inside.say(b"CAPA\r\n")
    assert "STLS" not in capabilities
    assert "USER" in capabilities
    assert inside.say(SIGN_IN) == ["+OK Send PASS", "+OK 0 messages (0 octets)"]


def test_commands_sent_in_the_clear_behind_stls_are_never_obeyed(context: object) -> None:
    """Input left behind STLS, be it one byte, ends the session, and TLS does not begin."""
    for more in (SIGN_IN, b"U"):
        post = Post(tls=lambda: context)
        client = post.connect()
        assert client.send(b"STLS\r\n" + more) == ["-ERR Nothing may follow STLS before the handshake, closing"]
        assert client.closed
        assert client.wire.contexts == []
        assert post.asked == []


def test_answers_never_leave_in_the_clear_after_stls(context: object) -> None:
    """Whatever way of sending the factory was given, inside TLS answers go through the TLS layer."""
    plain: list[bytes] = []

    def send(transport: tls.Upgradable, data: bytes) -> None:
        plain.append(data)
        transport.write(data)

    _client, inside = upgraded(Post(b"x" * 100_000, tls=lambda: context, send=send))
    count = len(plain)
    inside.say(SIGN_IN)
    assert inside.say(b"RETR 1\r\n")[-2:] == ["x" * 100_000, "."]
    assert len(plain) == count


def test_a_listener_with_tls_from_the_start(context: object) -> None:
    """Behind a TLS layer the greeting comes first inside TLS, STLS is not offered, and signing in is allowed."""
    post = Post(b"x", tls=lambda: context, implicit_tls=True, in_clear=False)
    inside = tls.implicit(post, context)
    assert inside.say() == ["+OK mailsockd POP3"]
    assert inside.say(b"STLS\r\n") == ["-ERR TLS is already in use"]
    assert inside.say(SIGN_IN)[0] == "+OK Send PASS"
    assert inside.say(b"UIDL 1\r\nQUIT\r\n") == ["+OK 1 m1-0", "+OK Goodbye"]


def test_a_listener_with_tls_cuts_off_who_does_not_shake_hands(context: object) -> None:
    """Silence at a TLS listener ends after the handshake's time."""
    post = Post(implicit_tls=True)
    silent = tls.implicit(post, context)
    post.clock.pump([1.0] * 10)
    assert not silent.bottom.disconnected
    post.clock.pump([1.0])
    assert silent.bottom.disconnected


def test_a_connection_that_ends_in_order_is_not_cut_off(context: object) -> None:
    """When the client has closed TLS before the grace is over, nothing is done when it is, and nothing fails."""
    from twisted.internet.error import ConnectionDone
    from twisted.python.failure import Failure

    post = Post(tls=lambda: context, implicit_tls=True)
    inside = tls.implicit(post, context)
    assert inside.say(b"QUIT\r\n")[-1] == "+OK Goodbye"
    inside.layer.connectionLost(Failure(ConnectionDone()))
    post.clock.advance(2)
    assert not inside.bottom.disconnected
    assert post.clock.getDelayedCalls() == []
