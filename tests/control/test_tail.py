"""One stream of lines, read slowly or not at all."""

from twisted.internet.defer import Deferred

from mailsockd.control.tail import MOST_WAITING, Tail
from mailsockd.state.activity import Event, Kind


class Stream:
    """A stream that keeps what was written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.producer: object = None

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def registerProducer(self, producer: object, streaming: bool) -> None:
        assert streaming
        self.producer = producer


def event(number: int) -> Event:
    return Event(Kind.STORED, 0.0, message=str(number))


async def line(event: Event) -> bytes:
    return event.message.encode() + b"\n"


def test_lines_keep_their_order_while_one_is_being_made() -> None:
    """A line that takes long holds back those behind it."""
    slow: Deferred[bytes] = Deferred()

    async def made(event: Event) -> bytes:
        return await slow if event.message == "0" else await line(event)

    stream = Stream()
    tail = Tail(stream, made)
    tail.put(event(0))
    tail.put(event(1))
    assert stream.written == []
    slow.callback(b"slow\n")
    assert stream.written == [b"slow\n", b"1\n"]


def test_a_reader_who_does_not_read_is_sent_nothing_more() -> None:
    """While the transport is full events wait, and are sent when it is not."""
    stream = Stream()
    tail = Tail(stream, line)
    tail.pauseProducing()
    tail.put(event(1))
    tail.put(event(2))
    assert stream.written == []
    tail.resumeProducing()
    assert stream.written == [b"1\n", b"2\n"]


def test_what_waits_is_bounded_and_said() -> None:
    """More than MOST_WAITING events are not kept; the reader is told how many are missing."""
    stream = Stream()
    tail = Tail(stream, line)
    tail.pauseProducing()
    for number in range(MOST_WAITING + 3):
        tail.put(event(number))
    tail.resumeProducing()
    assert len(stream.written) == MOST_WAITING + 1
    assert stream.written[-2:] == [b"9999\n", b'{"skipped":3}\n']


def test_a_line_that_fails_does_not_end_the_stream() -> None:
    """One message that cannot be shown costs its own line only."""

    async def made(event: Event) -> bytes:
        if event.message == "0":
            raise ValueError("broken")
        return await line(event)

    stream = Stream()
    tail = Tail(stream, made)
    tail.put(event(0))
    tail.put(event(1))
    assert stream.written == [b"1\n"]


def test_nothing_is_written_to_a_reader_who_left() -> None:
    """After the end nothing is sent, what was being made included."""
    slow: Deferred[bytes] = Deferred()

    async def made(event: Event) -> bytes:
        return await slow

    stream = Stream()
    tail = Tail(stream, made)
    tail.put(event(0))
    tail.put(event(1))
    tail.stopProducing()
    slow.callback(b"late\n")
    assert stream.written == []
