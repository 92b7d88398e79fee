"""Answers that go on: what a client hears, when it reads, when it does not, and when it leaves."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from mailsockd.web.router import Call, Router, Routes
from mailsockd.web.stream import Stream
from tests.web.talk import Talk, request

HEAD = b"HTTP/1.1 200 OK\r\n"


@attrs.define
class Ticker:
    """An api whose stream a test writes to."""

    clock: Any = None
    stream: Stream | None = None
    left: int = 0

    routes = Routes()

    @routes.get("/ticks", open=True, summary="Ticks")
    def ticks(self, call: Call) -> Any:
        return Stream(self.clock, self._attend)

    def _attend(self, stream: Stream) -> Callable[[], None]:
        self.stream = stream

        def leave() -> None:
            self.left += 1

        return leave

    @property
    def open(self) -> Stream:
        assert self.stream is not None
        return self.stream


@pytest.fixture
def ticker() -> Ticker:
    return Ticker()


@pytest.fixture
def talk(ticker: Ticker) -> Talk:
    talk = Talk(Router(ticker))
    ticker.clock = talk.clock
    return talk


def test_events_are_written_as_they_happen(talk: Talk, ticker: Ticker) -> None:
    """The head is sent at once, and each event is one chunk with its name and its value as JSON."""
    talk.send(request("GET", "/ticks"))
    head = talk.heard()
    assert head.startswith(HEAD)
    assert b"Content-Type: text/event-stream; charset=utf-8\r\n" in head
    assert b"Cache-Control: no-store\r\n" in head
    assert head.endswith(b"\r\n\r\n3\r\n:\n\n\r\n")
    ticker.open.send("tick", {"text": "a\nb ü"})
    assert talk.heard() == b'26\r\nevent: tick\ndata: {"text":"a\\nb \xc3\xbc"}\n\n\r\n'


def test_silence_is_broken_every_twenty_seconds(talk: Talk, ticker: Ticker) -> None:
    """A comment says that the stream is still there, so that no proxy closes it."""
    talk.send(request("GET", "/ticks"))
    talk.heard()
    talk.clock.advance(19.9)
    assert talk.heard() == b""
    talk.clock.advance(0.1)
    assert talk.heard() == b"3\r\n:\n\n\r\n"
    talk.clock.advance(20)
    assert talk.heard() == b"3\r\n:\n\n\r\n"


def test_an_ended_stream_is_a_whole_answer(talk: Talk, ticker: Ticker) -> None:
    """The end finishes the answer, the connection serves the next request, and nothing is left on the clock."""
    talk.send(request("GET", "/ticks"))
    talk.heard()
    stream = ticker.open
    stream.end()
    assert (talk.heard(), ticker.left) == (b"0\r\n\r\n", 1)
    stream.end()
    stream.send("tick", 1)
    assert (talk.heard(), ticker.left) == (b"", 1)
    talk.send(request("HEAD", "/ticks"))
    assert talk.heard().startswith(HEAD)
    assert [served.status for served in talk.served] == [200, 200]


def test_who_leaves_is_forgotten(talk: Talk, ticker: Ticker) -> None:
    """A client that closes ends its stream, and what happens afterwards reaches nobody."""
    talk.send(request("GET", "/ticks"))
    talk.heard()
    talk.channel.connectionLost(Failure(ConnectionDone()))
    assert ticker.left == 1
    ticker.open.send("tick", 1)
    ticker.open.end()
    assert (talk.heard(), ticker.left) == (b"", 1)
    assert talk.clock.getDelayedCalls() == []


def test_a_head_request_opens_nothing(talk: Talk, ticker: Ticker) -> None:
    """HEAD has the head of the answer, and nobody attends."""
    talk.send(request("HEAD", "/ticks"))
    answer = talk.heard()
    assert answer.startswith(HEAD)
    assert answer.endswith(b"\r\n\r\n")
    assert ticker.stream is None


def test_nothing_piles_up_for_a_client_that_does_not_read(talk: Talk, ticker: Ticker) -> None:
    """What happens while the client does not read is dropped, and it learns that it missed something."""
    talk.send(request("GET", "/ticks"))
    ticker.open.send("tick", "x" * 70_000)
    for _ in range(100):
        ticker.open.send("tick", "y" * 1000)
    assert b"yy" not in talk.read()
    assert talk.heard() == b"1a\r\nevent: missed\ndata: null\n\n\r\n"
    ticker.open.send("tick", 2)
    assert talk.heard() == b"15\r\nevent: tick\ndata: 2\n\n\r\n"


def test_a_client_that_never_reads_is_left(talk: Talk, ticker: Ticker) -> None:
    """A stream that is not read is ended by the deadline of its connection."""
    talk.send(request("GET", "/ticks"))
    ticker.open.send("tick", "x" * 70_000)
    for _ in range(60):
        talk.clock.advance(10)
    assert talk.aborted


def test_the_end_of_the_site_ends_a_stream(talk: Talk, ticker: Ticker) -> None:
    """The answer is complete, the connection closed, and whoever wrote to it is told."""
    talk.send(request("GET", "/ticks"))
    over: list[object] = []
    talk.site.shut().addCallback(over.append)
    assert talk.heard().endswith(b"0\r\n\r\n")
    assert (ticker.left, talk.transport.disconnecting) == (1, True)
    talk.channel.connectionLost(Failure(ConnectionDone()))
    assert over == [None]
    assert talk.clock.getDelayedCalls() == []
