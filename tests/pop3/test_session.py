"""The byte path of a session: cuts, pipelining, waiting, giving way to others, and large messages."""

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail, succeed

from mailsockd.actions.ports import StorageTrouble
from mailsockd.pop3.server import POP3Factory
from mailsockd.state.activity import Kind
from tests.pop3.fake import SIGN_IN, TRACE, Client, Post, limits, lines_of

MAIL = b"Subject: one\r\n\r\nfirst\r\n.dot\r\n"
LARGE = b"Subject: large\n\n" + b".line\n" * 1000
SAID = (
    b"CAPA\r\nUSER a@b.test\r\nPASS key\r\nSTAT\nLIST\r\nTOP 1 0\r\nRETR 1\r\nWHAT\r\nRETR 2\r\n"
    b"DELE 2\r\nUIDL\r\nQUIT\r\nSTAT\r\n"
)


def whole(number: int, content: bytes) -> bytes:
    """What a client gets for RETR, behind the first line."""
    text = (TRACE % number + content).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"\r\n.", b"\r\n..")
    return text + b".\r\n"


def said(*pieces: bytes) -> bytes:
    post = Post(MAIL, LARGE, limits=limits(piece=100))
    client = post.connect()
    for piece in pieces:
        client.raw(piece)
    assert client.closed
    assert post.ids() == ["m1-0"]
    return client.wire.value()


def test_a_dialogue_is_the_same_in_any_pieces() -> None:
    """Answers do not depend on how the bytes arrive: at once, one at a time, or cut once, at every place."""
    answers = said(SAID)
    assert answers.endswith(b"1 m1-0\r\n.\r\n+OK 1 messages deleted\r\n")
    assert whole(2, LARGE) in answers
    assert said(*(bytes([byte]) for byte in SAID)) == answers
    for cut in range(1, len(SAID)):
        assert said(SAID[:cut], SAID[cut:]) == answers


@settings(deadline=None, max_examples=50)
@given(cuts=st.lists(st.integers(1, len(SAID) - 1), max_size=12, unique=True))
def test_a_dialogue_is_the_same_cut_anywhere(cuts: list[int]) -> None:
    """Answers do not depend on how the bytes arrive: cut anywhere."""
    places = [0, *sorted(cuts), len(SAID)]
    assert said(*(SAID[start:end] for start, end in pairwise(places))) == said(SAID)


def test_replies_to_one_read_leave_in_one_write() -> None:
    """Pipelined commands that need no disk are answered by one write, and the transport does not wait to send it."""
    client = Post(MAIL).signed_in()
    assert client.wire.no_delay
    client.wire.writes = 0
    client.send(b"STAT\r\nUIDL 1\r\nDELE 1\r\nRSET\r\nNOOP\r\n")
    assert client.wire.writes == 1


def test_commands_sent_ahead_wait_for_the_sign_in() -> None:
    """While a password is checked nothing else is answered, and nothing read once something waits."""
    post = Post(MAIL)
    post.held = held = Deferred()
    client = post.connect()
    assert client.send(b"USER a@b.test\r\nPASS key\r\nSTAT\r\nNO") == ["+OK Send PASS"]
    assert client.wire.producerState == "paused"
    assert client.send(b"OP\r\n") == []
    before = len(client.wire.value())
    held.callback(None)
    size = len(TRACE % 1) + len(MAIL)
    assert lines_of(client.wire.value()[before:]) == [f"+OK 1 messages ({size} octets)", f"+OK 1 {size}", "+OK OK"]
    assert client.wire.producerState == "producing"


def test_messages_sent_for_ahead_come_in_order() -> None:
    """Messages that wait for the disk are sent one after the other, whole, in the order they were asked for."""
    post = Post(MAIL, MAIL)
    client = post.signed_in()
    waiting: list[tuple[int, Deferred[Any]]] = []

    def piece(message: Any, start: int, length: int) -> "Deferred[bytes | None]":
        waiting.append((message.seq, Deferred()))
        return waiting[-1][1]

    post.store.piece = piece  # type: ignore[method-assign]
    assert client.raw(b"RETR 2\r\nRETR 1\r\nNOOP\r\n") == b""
    assert [seq for seq, _ in waiting] == [2]
    before = len(client.wire.value())
    waiting[0][1].callback(MAIL)
    assert [seq for seq, _ in waiting] == [2, 1]
    waiting[1][1].callback(MAIL)
    ok = b"+OK %d octets\r\n" % (len(TRACE % 1) + len(MAIL))
    assert client.wire.value()[before:] == ok + whole(2, MAIL) + ok + whole(1, MAIL) + b"+OK OK\r\n"


def clog(client: Client) -> None:
    """From the next write on the client does not read."""
    write = client.wire.write

    def stuck(data: bytes) -> None:
        write(data)
        client.wire.producer.pauseProducing()

    client.wire.write = stuck  # type: ignore[method-assign]


def test_a_large_message_is_read_as_the_client_reads() -> None:
    """No piece is read from the disk before the one before it has left, and none twice."""
    post = Post(LARGE, limits=limits(piece=1000))
    client = post.signed_in()
    clog(client)
    before = len(client.wire.value())
    client.raw(b"RETR 1\r\nNOOP\r\n")
    for number in range(7):
        assert post.store.pieces == [start * 1000 for start in range(number + 1)]
        client.wire.producer.resumeProducing()
    client.wire.producer.resumeProducing()
    answer = client.wire.value()[before:]
    octets = len(whole(1, LARGE).replace(b"\r\n..", b"\r\n.")) - 3
    assert answer == b"+OK %d octets\r\n" % octets + whole(1, LARGE) + b"+OK OK\r\n"
    assert lines_of(client.raw(b"LIST 1\r\n")) == [f"+OK 1 {octets}"]


def test_the_top_of_a_large_message_reads_no_more_of_it() -> None:
    """TOP reads the pieces that its lines are in."""
    post = Post(LARGE, limits=limits(piece=1000))
    client = post.signed_in()
    client.raw(b"TOP 1 3\r\n")
    assert post.store.pieces == [0]
    client.raw(b"TOP 1 200\r\n")
    assert post.store.pieces == [0, 0, 1000]


def test_a_slow_reader_is_cut_off() -> None:
    """A client that does not read a message is cut off without a word that would look like a part of it."""
    client = Post(LARGE, limits=limits(piece=1000)).signed_in()
    clog(client)
    client.raw(b"RETR 1\r\n")
    before = client.wire.value()
    client.wait(300)
    assert not client.wire.disconnected
    client.wait(1)
    assert client.wire.disconnected
    assert client.wire.value() == before


def test_a_reader_that_is_slow_but_reads_is_served() -> None:
    """Each piece has its time; the session's length is what bounds them all."""
    client = Post(LARGE, limits=limits(piece=1000)).signed_in()
    clog(client)
    client.raw(b"RETR 1\r\n")
    for _ in range(6):
        client.wait(290)
        client.wire.producer.resumeProducing()
    client.wire.producer.resumeProducing()
    assert client.wire.value().endswith(whole(1, LARGE))


def test_a_client_that_leaves_in_a_message_is_forgotten() -> None:
    """A connection that is lost in RETR ends the reading, and nothing breaks."""
    post = Post(LARGE, limits=limits(piece=1000))
    client = post.signed_in()
    clog(client)
    client.raw(b"RETR 1\r\n")
    producer = client.wire.producer
    client.session.connectionLost()
    producer.resumeProducing()
    post.clock.advance(10)
    assert post.store.pieces == [0]
    cancelled: list[Any] = []
    post.store.piece = lambda *arguments: Deferred(cancelled.append)  # type: ignore[method-assign]
    client = post.signed_in()
    client.raw(b"RETR 1\r\n")
    client.session.connectionLost()
    assert len(cancelled) == 1
    assert post.clock.getDelayedCalls() == []


def test_a_message_that_breaks_off() -> None:
    """When a message is deleted, or the disk fails, in the middle of it, the connection is cut; a part ends nowhere."""
    for ending in (succeed(None), fail(StorageTrouble("no"))):
        post = Post(LARGE, limits=limits(piece=1000))
        client = post.signed_in()
        pieces = iter([succeed(LARGE[:1000]), ending])
        post.store.piece = lambda *arguments, pieces=pieces: next(pieces)  # type: ignore[method-assign, misc]
        before = len(client.wire.value())
        client.raw(b"RETR 1\r\n")
        assert client.wire.disconnected
        assert b"\r\n.\r\n" not in client.wire.value()[before:]


def test_trouble_with_the_disk() -> None:
    """What the disk does not do is temporary, said in one line, and the session goes on."""
    post = Post(MAIL)
    listing = post.store.listing
    post.store.listing = lambda *arguments: fail(StorageTrouble("no"))  # type: ignore[method-assign]
    client = post.connect()
    trouble = "-ERR [SYS/TEMP] Trouble on this server, try again later"
    assert client.send(SIGN_IN)[1:] == [trouble]
    post.store.listing = listing  # type: ignore[method-assign]
    assert client.send(SIGN_IN)[1][:3] == "+OK"
    post.store.piece = lambda *arguments: fail(StorageTrouble("no"))  # type: ignore[method-assign]
    assert client.send(b"RETR 1\r\n") == [trouble]
    post.mailbox.get = lambda *arguments: fail(StorageTrouble("no"))  # type: ignore[method-assign]
    assert client.send(b"RETR 1\r\nNOOP\r\n") == [trouble, "+OK OK"]


def test_a_long_list_gives_way_to_others() -> None:
    """A list of many lines is made some at a time, and others have their turn between them."""
    post = Post(*[MAIL] * 25, limits=limits(lines_a_turn=10))
    client = post.signed_in()
    before = len(client.wire.value())
    client.session.dataReceived(b"UIDL\r\nNOOP\r\n")
    assert len(lines_of(client.wire.value()[before:])) == 10
    client.wire.writes = 0
    post.clock.advance(0)
    assert client.wire.writes == 3  # ten lines, the last seven, and the answer to NOOP
    assert lines_of(client.wire.value()[before:])[-3:] == ["25 m25-0", ".", "+OK OK"]


def test_many_commands_give_way_to_others() -> None:
    """Commands of one read are answered some at a time, and reading waits for the rest."""
    post = Post(MAIL, limits=limits(commands_a_turn=10))
    client = post.signed_in()
    before = len(client.wire.value())
    client.session.dataReceived(b"NOOP\r\n" * 25)
    assert len(lines_of(client.wire.value()[before:])) == 10
    assert client.wire.producerState == "paused"
    post.clock.advance(0)
    assert len(lines_of(client.wire.value()[before:])) == 25
    assert client.wire.producerState == "producing"


def test_a_client_that_does_not_read_answers_is_not_listened_to() -> None:
    """While answers wait for the client nothing is done and nothing read, so neither grows."""
    post = Post(MAIL)
    client = post.signed_in()
    client.wire.producer.pauseProducing()
    assert client.send(b"NOOP\r\n" * 500) == []
    assert client.wire.producerState == "paused"
    client.wire.producer.resumeProducing()
    assert client.send()[-1:] == ["+OK OK"]


def test_an_endless_line_ends_the_session() -> None:
    """A line that is too long is given up as soon as that is known, with or without its end."""
    for line in (b"x" * 2048, b"USER " + b"x" * 3000 + b"\r\nNOOP\r\n"):
        client = Post().connect()
        assert client.send(line) == ["-ERR Line too long, closing"]
        assert client.closed
        assert client.send(b"NOOP\r\n") == []
    assert Post().connect().send(b"USER " + b"x" * 2041 + b"\r\n") == ["+OK Send PASS"]


def test_an_error_of_ours_ends_neither_the_server_nor_the_reply() -> None:
    """A command that raises is answered as trouble, and a task that raises ends its session alone."""
    post = Post(MAIL)
    client = post.signed_in()
    drop = client.session._dialogue.drop
    client.session._dialogue.drop = 7  # type: ignore[assignment]
    assert client.send(b"UIDL\r\n") == ["-ERR [SYS/TEMP] Trouble on this server, try again later"]
    client.session._dialogue.drop = drop
    post.store.piece = lambda *arguments: succeed(7)  # type: ignore[method-assign, arg-type, return-value]
    client.send(b"RETR 1\r\n")
    assert client.wire.disconnected
    assert post.connect().wire.value() == b"+OK mailsockd POP3\r\n"


def test_connections_have_bounds() -> None:
    """More connections than the server, or one peer, may have are told so; far more are closed without a word."""
    post = Post(limits=limits(connections=3, connections_per_peer=2))
    first = post.connect()
    post.connect()
    third = post.connect()
    assert third.wire.value() == (b"-ERR [SYS/TEMP] Too many connections from your address, try again later\r\n")
    assert third.closed
    third.session.connectionLost()
    post.connect("192.0.2.8")
    assert post.connect("192.0.2.9").wire.value() == b"-ERR [SYS/TEMP] Too many connections, try again later\r\n"
    assert [(event.kind, event.peer) for event in post.events()] == [
        (Kind.REFUSED, "192.0.2.7"),
        (Kind.REFUSED, "192.0.2.9"),
    ]
    first.session.connectionLost()
    for _ in range(100):
        post.connect()
    assert post.factory.buildProtocol(first.wire.getPeer()) is None


def test_the_factory_is_twisted_mails_place() -> None:
    """A session is one of twisted.mail's, and knows its factory."""
    from twisted.mail.pop3 import POP3

    session = Post().factory.buildProtocol(None)
    assert isinstance(session, POP3)
    assert isinstance(session.factory, POP3Factory)
