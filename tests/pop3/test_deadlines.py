"""Every wait of a session has an end, every end frees the connection, and the server ends in order."""

from typing import Any

from twisted.internet.defer import Deferred

from tests.pop3.fake import SIGN_IN, Client, Post, limits

IDLE = "-ERR Nothing was said for too long, closing"
LATE = "-ERR The sign-in took too long, closing"
LONG = "-ERR The session took too long, closing"
STOPPING = "-ERR [SYS/TEMP] Shutting down"
MAIL = b"Subject: one\r\n\r\nfirst\r\n"


def assert_cut_off(client: Client) -> None:
    """The connection is closed now and cut off two seconds later, whether the peer reads or not."""
    assert client.closed
    assert client.wire.producer is None
    assert not client.wire.disconnected
    client.wait(2)
    assert client.wire.disconnected


def test_whoever_does_not_sign_in_has_to_go() -> None:
    """A client that has not signed in after its time is sent away, whatever it says meanwhile."""
    client = Post().connect()
    for _ in range(12):
        client.send(b"CAPA\r\n")
        assert client.wait(10) == []
    assert client.wait(1) == [LATE]
    assert_cut_off(client)


def test_silence_ends_the_session() -> None:
    """A client that says nothing for ten minutes is told so; bytes without a line's end say nothing."""
    client = Post(MAIL).signed_in()
    for _ in range(60):
        assert client.send(b"x") == []
        assert client.wait(10) == []
    assert client.wait(2) == [IDLE]
    assert_cut_off(client)


def test_a_session_does_not_last_for_ever() -> None:
    """A client that keeps its session alive is sent away after two hours."""
    client = Post(MAIL).signed_in()
    for _ in range(12):
        assert client.wait(595) == []
        assert client.send(b"NOOP\r\n") == ["+OK OK"]
    assert client.wait(62) == [LONG]
    assert_cut_off(client)


def test_a_session_that_ends_in_a_message_ends_without_words() -> None:
    """In the middle of a message the session's end is a cut."""
    client = Post(b"x\r\n" * 1000, limits=limits(piece=100, session_timeout=50)).signed_in()
    client.wire.producer.pauseProducing()
    client.session._flow.clogged = False
    write = client.wire.write

    def stuck(data: bytes) -> None:
        write(data)
        client.wire.producer.pauseProducing()

    client.wire.write = stuck  # type: ignore[method-assign]
    client.raw(b"RETR 1\r\n")
    before = client.wire.value()
    client.wait(51)
    assert client.wire.disconnected
    assert client.wire.value() == before


def test_whom_nobody_answers_is_cut_off() -> None:
    """A password check, or a disk, that does not answer ends the session; what it says later is told to nobody."""
    post = Post(MAIL)
    post.held = held = Deferred()
    client = post.connect()
    client.send(SIGN_IN)
    client.wait(120)
    assert not client.wire.disconnected
    client.wait(1)
    assert client.wire.disconnected
    before = client.wire.value()
    held.callback(None)
    assert client.wire.value() == before


def test_a_client_that_does_not_read_its_answers_is_cut_off() -> None:
    """A session that waits for the peer to read ends after the idle time like a silent one."""
    client = Post(MAIL).signed_in()
    client.wire.producer.pauseProducing()
    client.send(b"NOOP\r\n" * 100)
    assert client.wait(602) == [IDLE]
    assert_cut_off(client)


def test_a_handshake_that_stalls_is_cut_off() -> None:
    """A client that asks for TLS and then says nothing is cut off at once after its time."""
    client = Post(tls=lambda: "a context").connect()
    assert client.send(b"STLS\r\n") == ["+OK Begin TLS"]
    client.wait(10)
    assert not client.wire.disconnected
    client.wait(1)
    assert client.wire.disconnected


def test_nothing_is_left_when_everybody_is_gone() -> None:
    """After the last connection no clock runs."""
    post = Post(MAIL)
    client = post.signed_in()
    client.send(b"QUIT\r\n")
    client.wait(2)
    client.session.connectionLost()
    assert post.clock.getDelayedCalls() == []


def test_a_stop_is_said_to_who_waits() -> None:
    """When the server stops, sessions are told and closed, new ones are refused, and the end is when all are gone."""
    post = Post(MAIL)
    client = post.signed_in()
    stopped: list[Any] = []
    post.factory.shutdown().addCallback(stopped.append)
    assert client.wire.value().endswith(STOPPING.encode() + b"\r\n")
    assert client.closed
    late = post.connect()
    assert late.wire.value() == STOPPING.encode() + b"\r\n"
    late.session.connectionLost()
    assert stopped == []
    client.session.connectionLost()
    assert stopped == [None]


def test_a_stop_lets_a_deletion_end() -> None:
    """A QUIT that deletes is answered although the server stops."""
    post = Post(MAIL)
    client = post.signed_in()
    client.send(b"DELE 1\r\n")
    removed: Deferred[int] = Deferred()
    post.store.remove = lambda *arguments: removed  # type: ignore[method-assign]
    assert client.send(b"QUIT\r\n") == []
    post.factory.shutdown()
    assert not client.closed
    removed.callback(1)
    assert client.wire.value().endswith(b"+OK 1 messages deleted\r\n")
    assert client.closed


def test_a_stop_lets_a_message_end() -> None:
    """A message that is being sent is sent to its end, and then the session ends."""
    post = Post(MAIL)
    client = post.signed_in()
    piece: Deferred[bytes | None] = Deferred()
    post.store.piece = lambda *arguments: piece  # type: ignore[method-assign]
    client.send(b"RETR 1\r\nSTAT\r\n")
    post.factory.shutdown()
    piece.callback(MAIL)
    assert client.wire.value().endswith(b"first\r\n.\r\n" + STOPPING.encode() + b"\r\n")
    assert client.closed


def test_a_stop_cuts_off_who_stays() -> None:
    """What is left of the sessions when the stop has taken its time is cut off."""
    post = Post(MAIL)
    post.held = Deferred()
    client = post.connect()
    client.send(SIGN_IN)
    stopped: list[Any] = []
    post.factory.shutdown().addCallback(stopped.append)
    client.wait(25)
    assert client.wire.disconnected
    assert stopped == [None]


def test_a_deletion_goes_on_when_the_client_leaves() -> None:
    """After QUIT the connection is not needed for the deletion."""
    post = Post(MAIL)
    client = post.signed_in()
    client.send(b"DELE 1\r\n")
    cancelled: list[Any] = []
    removed: Deferred[int] = Deferred(cancelled.append)
    post.store.remove = lambda *arguments: removed  # type: ignore[method-assign]
    client.send(b"QUIT\r\n")
    client.session.connectionLost()
    assert cancelled == []
    removed.callback(1)
    assert [event.message for event in post.events()] == ["m1-0"]
