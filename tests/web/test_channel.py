"""Deadlines, closing, and requests that come before earlier answers are read."""

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from mailsockd.web.router import Call, Reply, Router, Routes
from mailsockd.web.site import Limits
from tests.web.talk import Talk, Turns, request

GET = b"GET /now HTTP/1.1\r\nHost: x\r\n\r\n"
BIG = b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /now HTTP/1.1\r\nHost: x\r\n"


class Answers:
    routes = Routes()

    def __init__(self) -> None:
        self.calls = 0
        self.waiting: list[Deferred[Any]] = []

    @routes.get("/now", open=True)
    @routes.post("/now", open=True)
    def now(self, call: Call) -> int:
        self.calls += 1
        return self.calls

    @routes.get("/slow", open=True)
    def slow(self, call: Call) -> Deferred[Any]:
        later: Deferred[Any] = Deferred()
        self.waiting.append(later)
        return later

    @routes.get("/big", open=True)
    def big(self, call: Call) -> Reply:
        self.calls += 1
        return Reply(b"x" * 1_000_000, "application/octet-stream")


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def talk(answers: Answers) -> Talk:
    return Talk(Router(answers))


def dribble(talk: Talk, data: bytes, every: float, until: float) -> float | None:
    """Send `data` again and again; the time at which the connection began to close."""
    passed = 0.0
    while passed < until:
        talk.send(data)
        talk.clock.advance(every)
        passed += every
        if talk.transport.disconnecting:
            return passed
    return None


def test_a_silent_connection_is_closed_at_the_header_deadline(talk: Talk) -> None:
    """Nothing within 15 s of the accept: closed without a word, aborted 2 s later."""
    talk.clock.advance(14.9)
    assert not talk.transport.disconnecting
    talk.clock.advance(0.1)
    assert (talk.heard(), talk.transport.disconnecting, talk.aborted) == (b"", True, False)
    talk.clock.advance(2)
    assert talk.aborted


@pytest.mark.parametrize("data", [b"X: y\r\n", b"X"])
def test_headers_that_dribble_are_cut_at_the_same_deadline(talk: Talk, data: bytes) -> None:
    """A line or a byte now and then wins no time."""
    talk.send(b"GET /now HTTP/1.1\r\n")
    assert dribble(talk, data, every=1.0, until=75) == 15.0
    [answer] = talk.answers()
    assert (answer.status, answer.json["message"]) == (408, "The headers of the request took too long.")


def test_the_first_byte_of_a_later_request_starts_its_deadline(talk: Talk) -> None:
    """An idle connection has its own time; what begins within it has the header deadline."""
    talk.send(GET)
    talk.clock.advance(50)
    talk.send(b"G")
    talk.clock.advance(14.9)
    assert not talk.transport.disconnecting
    talk.clock.advance(0.1)
    assert [answer.status for answer in talk.answers()] == [200, 408]


def test_an_idle_connection_is_closed(talk: Talk) -> None:
    """60 s after the last answer the connection ends without a word."""
    talk.send(GET)
    talk.heard()
    talk.clock.advance(59.9)
    assert not talk.transport.disconnecting
    talk.clock.advance(0.1)
    assert (talk.heard(), talk.transport.disconnecting) == (b"", True)


def test_a_body_that_dribbles_is_cut(talk: Talk) -> None:
    """Less than 1,000 bytes a second over 10 s is too slow."""
    talk.send(POST + b"Content-Length: 100000\r\n\r\n")
    assert dribble(talk, b"B", every=0.5, until=75) == 10.0
    [answer] = talk.answers()
    assert (answer.status, answer.json["message"]) == (408, "The body of the request took too long.")


def test_a_body_that_is_slow_but_steady_has_two_minutes(talk: Talk) -> None:
    """Even at the least rate a body ends at 120 s."""
    talk.send(POST + b"Content-Length: 131072\r\n\r\n")
    assert dribble(talk, b"B" * 1_000, every=1.0, until=300) == 120.0


def test_a_body_in_time_is_served(talk: Talk) -> None:
    """The deadline ends with the body; the answer may take its time."""
    talk.send(POST + b"Content-Length: 12000\r\n\r\n" + b"a=" + b"B" * 10_998)
    talk.clock.advance(10)
    talk.send(b"B" * 1_000)
    assert [answer.status for answer in talk.answers()] == [200]


def test_a_request_in_work_has_no_deadline(talk: Talk, answers: Answers) -> None:
    """An hour may pass before the answer."""
    talk.send(SLOW)
    talk.clock.advance(3_600)
    assert not talk.transport.disconnecting
    answers.waiting[0].callback(1)
    assert talk.answers()[0].body == b"1"


def test_no_timer_outlives_its_connection(talk: Talk) -> None:
    """Whatever the state, the end of the connection ends what waits for it."""
    talk.send(GET * 3)
    talk.channel.connectionLost(Failure(ConnectionDone()))
    assert talk.clock.getDelayedCalls() == []
    assert talk.site.connections.open == 0


def test_pipelined_requests_are_answered_in_order_one_a_turn(answers: Answers) -> None:
    """A packet full of requests does not hold the reactor: one is served, the rest wait their turn."""
    clock = Turns()
    talk = Talk(Router(answers), clock=clock)
    talk.send(GET * 3)
    for body in (b"1", b"2", b"3"):
        assert [answer.body for answer in talk.answers()] == [body]
        clock.turn()
    talk.send(GET)
    assert [answer.body for answer in talk.answers()] == [b"4"]


def test_a_later_request_waits_for_the_answer_before_it(talk: Talk, answers: Answers) -> None:
    """Order is kept when the first answer takes longer."""
    talk.send(SLOW + GET)
    talk.clock.advance(1)
    assert talk.heard() == b""
    answers.waiting[0].callback("first")
    talk.clock.advance(0)
    assert [answer.body for answer in talk.answers()] == [b'"first"', b"1"]


def test_what_comes_ahead_is_bounded(talk: Talk, answers: Answers) -> None:
    """While a request is in work at most 16 KB are kept, then reading stops until it is answered."""
    talk.send(SLOW)
    for _ in range(600):
        talk.send(GET)
    assert talk.transport.producerState == "paused"
    answers.waiting[0].callback("first")
    for _ in range(10):
        talk.clock.advance(0)
        talk.read()
    assert answers.calls == 600
    assert talk.transport.producerState == "producing"


def test_an_unread_answer_stops_the_parser(talk: Talk, answers: Answers) -> None:
    """While the transport cannot send, no request is parsed and nothing is read; then all goes on in order."""
    for _ in range(300):
        talk.send(BIG)
        talk.clock.advance(0)
    assert answers.calls == 1
    assert talk.transport.producerState == "paused"
    for calls in (2, 3, 4):
        assert 1_000_000 < len(talk.read()) < 1_001_000
        talk.clock.advance(0)
        assert answers.calls == calls


def test_a_client_that_never_reads_is_cut(talk: Talk) -> None:
    """30 s and the time that the answer takes at 16 KB a second: then the connection is aborted."""
    talk.send(BIG)
    talk.clock.advance(30 + 60)
    assert not talk.aborted
    talk.clock.advance(2)
    assert talk.aborted


def test_a_client_that_reads_in_time_stays(talk: Talk) -> None:
    """Once everything was sent the connection is idle and no more than that."""
    talk.send(BIG)
    talk.clock.advance(50)
    talk.read()
    talk.clock.advance(59)
    assert not talk.transport.disconnecting
    talk.clock.advance(1)
    assert (talk.transport.disconnecting, talk.aborted) == (True, False)


def test_close_was_asked_for(talk: Talk, answers: Answers) -> None:
    """After `Connection: close` the answer is sent, what follows is dropped, and the rest is closing."""
    talk.send(request("GET", "/now", headers={"Connection": "close"}) + GET)
    talk.clock.advance(0)
    talk.send(GET)
    [answer] = talk.answers()
    assert answer.headers["connection"] == "close"
    assert (answers.calls, talk.transport.disconnecting) == (1, True)
    talk.clock.advance(40)
    assert talk.aborted


def test_a_download_over_http_1_0_has_time_to_be_read(talk: Talk) -> None:
    """The forced close waits as long as the answer may take."""
    talk.send(b"GET /big HTTP/1.0\r\n\r\n")
    assert talk.transport.disconnecting
    talk.clock.advance(90)
    assert not talk.aborted
    talk.clock.advance(5)
    assert talk.aborted


def test_a_client_that_left_is_recorded(talk: Talk) -> None:
    """A request without its answer is recorded as 499."""
    talk.send(SLOW)
    talk.channel.connectionLost(Failure(ConnectionDone()))
    assert [(served.path, served.status) for served in talk.served] == [("/slow", 499)]


def test_limits_are_settings(answers: Answers) -> None:
    """Every number of Limits is used and not only its default."""
    talk = Talk(Router(answers), Limits(header_seconds=1, close_seconds=3))
    talk.clock.advance(1)
    assert talk.transport.disconnecting
    talk.clock.advance(2.9)
    assert not talk.aborted
    talk.clock.advance(0.1)
    assert talk.aborted
