"""Every wait of a session has an end, and every end frees the connection."""

import pytest
from twisted.internet.defer import Deferred

from tests.smtp.fake import Client, Mailroom, begun, in_content, limits

IDLE = "421 4.4.2 Nothing was said for too long, closing"
SLOW = "421 4.4.2 The content comes too slowly, closing"
LONG = "421 4.4.2 The session took too long, closing"


def assert_cut_off(client: Client) -> None:
    """The connection is closed now and cut off two seconds later, whether the peer reads or not."""
    assert client.closed
    assert client.wire.producer is None
    assert not client.wire.disconnected
    client.wait(2)
    assert client.wire.disconnected


def test_silence_ends_the_session() -> None:
    """A client that says nothing is told so after the idle time, and cut off."""
    client = Mailroom().connect()
    assert client.wait(300) == []
    assert client.wait(2) == [IDLE]
    assert_cut_off(client)


def test_single_bytes_do_not_put_off_the_end() -> None:
    """Only whole command lines count against silence, bytes of an unfinished one do not."""
    client = Mailroom().connect()
    for _ in range(30):
        assert client.send(b"x") == []
        assert client.wait(10) == []
    assert client.wait(2) == [IDLE]


def test_a_command_puts_off_the_end() -> None:
    """A client that says something now and then stays, until the session is too long."""
    client = Mailroom().connect()
    for _ in range(7):
        assert client.send(b"NOOP\r\n") == ["250 2.0.0 OK"]
        assert client.wait(250) == []
    assert client.wait(52) == [LONG]
    assert_cut_off(client)


def test_a_client_that_does_not_read_its_replies_is_cut_off() -> None:
    """A session that waits for the peer to read ends after the idle time like a silent one."""
    client = Mailroom().connect()
    client.wire.producer.pauseProducing()
    client.send(b"NOOP\r\n" * 100)
    assert client.wait(302) == [IDLE]
    assert_cut_off(client)


def test_content_that_stops_ends_the_session() -> None:
    """Content that comes fast enough and then stops is given up after the idle time."""
    room = Mailroom(limits=limits(data_rate=1))
    client = in_content(room)
    client.send(b"x" * 100_000)
    assert client.wait(300) == []
    assert client.wait(2) == [IDLE]
    assert room.mails == []
    assert_cut_off(client)


def test_content_that_comes_too_slowly_ends_the_session() -> None:
    """After its grace content must have come at the least rate on average."""
    client = in_content(Mailroom())
    said: list[str] = []
    seconds = 0
    while not said:
        client.send(b"x" * 400)
        said = client.wait(1)
        seconds += 1
    assert said == [SLOW]
    assert 60 < seconds <= 62
    assert_cut_off(client)


def test_content_at_the_least_rate_is_taken() -> None:
    """Content that comes at the least rate is waited for, longer than silence would be."""
    room = Mailroom()
    client = in_content(room)
    for _ in range(400):
        client.send(b"x" * 510)
        assert client.wait(1) == []
    assert client.codes(b"\r\n.\r\n") == ["250 2.0.0"]


def test_a_store_that_does_not_answer_in_time_is_temporary_trouble() -> None:
    """A commit that takes too long is answered 451, its result that comes later is told to nobody."""
    room = Mailroom()
    stored: Deferred[str] = Deferred()
    room.answer = lambda: stored
    client = in_content(room)
    assert client.send(b".\r\nNOOP\r\n") == []
    assert client.wait(20) == []
    assert client.wait(1) == ["451 4.3.0 Trouble on this server, try again later", "250 2.0.0 OK"]
    before = len(client.wire.value())
    stored.callback("late")
    assert client.lines(before) == []
    assert client.send(b"NOOP\r\n") == ["250 2.0.0 OK"]


def test_the_result_of_an_earlier_commit_is_not_taken_for_that_of_a_later_one() -> None:
    """A late result never answers for the next mail of the same session."""
    room = Mailroom()
    pending: list[Deferred[str]] = []

    def answer() -> Deferred[str]:
        pending.append(Deferred())
        return pending[-1]

    room.answer = answer
    client = in_content(room)
    client.send(b".\r\n")
    client.wait(21)
    assert client.codes(b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\n")[-1] == "354"
    before = len(client.wire.value())
    pending[0].callback("first")
    assert client.lines(before) == []
    pending[1].callback("second")
    assert client.lines(before) == ["250 2.0.0 OK : queued as second"]


def test_a_session_that_is_too_old_gets_the_answer_for_its_mail_first() -> None:
    """The length of a session never cuts off a commit."""
    room = Mailroom(limits=limits(session_timeout=10))
    stored: Deferred[str] = Deferred()
    room.answer = lambda: stored
    client = in_content(room)
    client.send(b".\r\n")
    assert client.wait(15) == []
    before = len(client.wire.value())
    stored.callback("id1")
    assert client.lines(before) == ["250 2.0.0 OK : queued as id1"]
    assert client.wait(1) == [LONG]


@pytest.mark.parametrize("jump", [3600.0, 30.0])
def test_a_jump_of_the_clock_is_not_taken_for_silence(jump: float) -> None:
    """When the wall clock jumps ahead nobody is late: one sweep counts at most two seconds."""
    room = Mailroom(limits=limits(idle_timeout=10))
    client = room.connect()
    room.clock.advance(jump)
    assert not client.closed
    assert client.wait(8) == []
    assert client.wait(3) == [IDLE]


def test_what_ended_is_not_ended_again() -> None:
    """A session that was closed says nothing more, however long its connection stays."""
    client = Mailroom().connect()
    assert client.codes(b"QUIT\r\n") == ["221 2.0.0"]
    assert client.wait(400) == []
    assert client.send(b"NOOP\r\n") == []
    assert client.wire.value().count(b"221") == 1


def test_there_is_one_timer_for_all_sessions() -> None:
    """Commands and connections add no timers, and the last connection takes the timer with it."""
    room = Mailroom()
    clients = [room.connect() for _ in range(20)]
    for client in clients:
        client.send(b"EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\nhello\r\n.\r\nNOOP\r\n")
    assert len(room.clock.getDelayedCalls()) == 1
    for client in clients:
        client.session.connectionLost()
    assert room.clock.getDelayedCalls() == []


def test_deadlines_start_with_the_connection() -> None:
    """A connection that comes when the server has been idle for long has its full time."""
    room = Mailroom(limits=limits(idle_timeout=5))
    room.clock.advance(1000)
    client = begun(room)
    assert client.wait(5) == []
    assert client.wait(2) == [IDLE]
