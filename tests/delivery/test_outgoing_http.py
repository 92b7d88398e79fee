"""One POST and its answer, whatever the other side does."""

import gzip
from typing import Any

import pytest
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from mailsockd.delivery.outgoing_http import Answer, NotSent
from tests.delivery.outgoing import NOW, Outside, Wire
from tests.delivery.test_connector import error_of


def outside() -> Outside:
    return Outside({"hook.test": [["1.2.3.4"]]})


def answered(data: bytes, end: bool = True) -> Answer:
    """Give what comes of an answer."""
    world = outside()
    found: list[Answer] = []
    world.post("http://hook.test/").addCallback(found.append)
    world.answer(data, end)
    (answer,) = found
    return answer


def unanswered(data: bytes, end: bool = True) -> tuple[str, Wire]:
    """Give why there was no answer, and the connection."""
    world = outside()
    sending = world.post("http://hook.test/")
    wire = world.answer(data, end)
    error = error_of(sending)
    assert not error.for_good
    return str(error), wire


def test_what_is_sent_is_one_request_and_nothing_of_this_server() -> None:
    """The request has the fields that it must have, the given ones and the body, and asks for no compression."""
    world = outside()
    world.post("http://hook.test:8080/a?b=c", b'{"x":1}', **{"webhook-id": "m-0-1"})
    _, wire = world.accept()
    head, _, body = wire.value().partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    assert line == "POST /a?b=c HTTP/1.1"
    assert sorted(fields) == [
        "Accept-Encoding: identity",
        "Connection: close",
        "Content-Length: 7",
        "Content-Type: application/json",
        "Host: hook.test:8080",
        "User-Agent: mailsockd/1.2.3",
        "Webhook-Id: m-0-1",
    ]
    assert body == b'{"x":1}'


def test_a_large_body_is_sent_in_turns_of_the_reactor() -> None:
    """A transport that has enough gets no more, until it asks for it."""
    world = outside()
    world.post("http://hook.test/", b"x" * 1_000_000)
    wire, (_, _, factory, _, _) = Wire(), world.reactor.tcpClients[0]
    factory.buildProtocol(None).makeConnection(wire)
    wire.producer.pauseProducing()
    world.reactor.advance(1)
    assert wire.value().count(b"x") <= 65536
    wire.producer.resumeProducing()
    world.reactor.pump([0] * 1000)
    assert wire.value().count(b"x") == 1_000_000


def test_an_answer_is_its_status_and_the_beginning_of_its_body() -> None:
    """The body is shown as a line of printable text, cut short; what the other side calls its status is not."""
    answer = answered(b"HTTP/1.1 500 Pwned\x1b[31m\r\nContent-Length: 14\r\n\r\nno\r\n\x1b[31m\xff db")
    assert (answer.status, answer.words, answer.retry_after) == (500, "500 Internal Server Error", None)
    assert answer.text == "no [31m\ufffd db"
    long = answered(b"HTTP/1.1 200 OK\r\n\r\n" + b"ab" * 1000)
    assert long.text == "ab" * 100
    assert answered(b"HTTP/1.1 299 X\r\n\r\n").words == "299"


@pytest.mark.parametrize("status", [200, 204, 301, 302, 303, 307, 308, 404, 503])
def test_redirects_are_answers_like_others(status: int) -> None:
    """Nothing is asked for anywhere else, whatever Location says."""
    world = outside()
    found: list[Answer] = []
    world.post("http://hook.test/").addCallback(found.append)
    world.answer(b"HTTP/1.1 %d X\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n" % status)
    assert [answer.status for answer in found] == [status]
    assert (world.connections, world.looked_up) == ([("1.2.3.4", 80)], ["hook.test"])


def test_cookies_are_neither_kept_nor_sent() -> None:
    """What one answer sets is not in the next request."""
    world = outside()
    world.post("http://hook.test/")
    world.answer(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
    world.post("http://hook.test/")
    _, wire = world.accept()
    assert b"ookie" not in wire.value()


def test_compressed_answers_are_not_unpacked() -> None:
    """A bomb of ten megabytes stays the few kilobytes that it is."""
    bomb = gzip.compress(b"a" * 10_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    assert "aaaa" not in answered(head + bomb).text


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"7", 7.0),
        (b"0", 0.0),
        (b"Fri, 15 Jan 2027 08:01:00 GMT", 60.0),
        (b"Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        (b"99999999999999999999", 86_400.0),
        (b"Sun, 06 Nov 2094 08:49:37 GMT", 86_400.0),
        (b"soon", None),
        (b"-1", None),
        (b"1.5", None),
        (b"\xb2", None),
        (b"", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: bytes, seconds: float | None) -> None:
    """Both forms are understood and bounded by a day; everything else counts for nothing."""
    assert NOW == 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT
    answer = answered(b"HTTP/1.1 503 X\r\nContent-Length: 0\r\nRetry-After: " + value + b"\r\n\r\n")
    assert answer.retry_after == seconds


def test_a_body_without_an_end_is_no_obstacle() -> None:
    """The status is the answer: a body that goes on for ever is cut off, one that stops is waited for until the end."""
    world = outside()
    found: list[Answer] = []
    world.post("http://hook.test/").addCallback(found.append)
    wire = world.answer(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000, end=False)
    assert wire.aborted and [answer.status for answer in found] == [200]
    world.post("http://hook.test/").addCallback(found.append)
    wire = world.answer(b"HTTP/1.1 500 X\r\nContent-Length: 10\r\n\r\nhalf", end=False)
    assert len(found) == 1
    world.reactor.advance(10.1)
    assert [(answer.status, answer.text) for answer in found[1:]] == [(500, "half")]
    assert wire.aborted or wire.disconnecting


def test_a_chunked_body_of_tiny_chunks_is_an_answer_too() -> None:
    """Chunks of one byte are read up to the bound."""
    answer = answered(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 20_000, end=False)
    assert (answer.status, answer.text) == (200, "a" * 200)


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (HEAD + b"a:\r\n" * 101, "the head of the answer is too large"),
        (HEAD + b"a:\r\n" * 101 + b"\r\n", "the head of the answer is too large"),
        (HEAD + b"a: b\r\n" + b" c\r\n" * 100 + b"\r\n", "the head of the answer is too large"),
        (HEAD + b"a" * 17_000, "the head of the answer is too large"),
        (HEAD + b"a: " + b"b" * 17_000 + b"\r\n\r\n", "the head of the answer is too large"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 60, "the head of the answer is too large"),
        (b"HTTP/1.1 +100 X\r\n\r\n" * 60, "the answer is not HTTP/1.1"),
        (b"HTTP/1.1 1 X\r\n\r\n", "the answer is not HTTP/1.1"),
        (b"HTTP/2 200\r\n\r\n", "the answer is not HTTP/1.1"),
        (b"220 mail.test ESMTP\r\n", "the answer is not HTTP/1.1"),
        (b"SSH-2.0-OpenSSH\r\n", "the answer is not HTTP/1.1"),
        (b"\x15\x03\x01", "the answer is not HTTP/1.1"),
    ],
)
def test_an_unbearable_head_ends_the_connection(data: bytes, reason: str) -> None:
    """Heads without an end, of too many lines, and what is no HTTP, are cut off before anything parses them."""
    said, wire = unanswered(data, end=False)
    assert (said, wire.aborted) == (reason, True)


@pytest.mark.parametrize("field", [b"Content-Length: x", b"Content-Length: 1\r\nContent-Length: 2", b"no field"])
def test_a_head_that_makes_no_sense_is_no_answer(field: bytes) -> None:
    """What cannot be understood is said so."""
    assert unanswered(HEAD + field + b"\r\n\r\nx")[0] == "the answer is no proper HTTP"


def test_a_head_that_comes_byte_by_byte_is_read() -> None:
    """It does not matter how the answer is cut up, informational answers before it are skipped."""
    world = outside()
    found: list[Answer] = []
    world.post("http://hook.test/").addCallback(found.append)
    protocol, _ = world.accept()
    for byte in b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nRetry-After: 3\r\n\r\nok":
        protocol.dataReceived(bytes([byte]))
    assert [(answer.status, answer.text, answer.retry_after) for answer in found] == [(200, "ok", 3.0)]


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nA: b\r\n"])
def test_a_connection_that_ends_too_early_is_no_answer(data: bytes) -> None:
    """Without a whole head there is no status."""
    assert unanswered(data)[0] == "the connection was closed before there was an answer"


def test_a_reset_is_no_answer() -> None:
    """A connection that is cut by the other side is told in words."""
    world = outside()
    sending = world.post("http://hook.test/")
    protocol, _ = world.accept()
    protocol.connectionLost(Failure(ConnectionLost()))
    assert str(error_of(sending)) == "the connection was closed before there was an answer"


@pytest.mark.parametrize("sent", [b"", HEAD, HEAD + b"a: b\r\n"])
def test_silence_ends_after_ten_seconds(sent: bytes) -> None:
    """Who does not answer in time, or not to the end of the head, is cut off."""
    world = outside()
    sending = world.post("http://hook.test/")
    protocol, wire = world.accept()
    protocol.dataReceived(sent)
    world.reactor.advance(9.9)
    assert not wire.aborted
    world.reactor.advance(0.2)
    assert wire.aborted
    assert str(error_of(sending)) == "there was no answer within 10 seconds"
    protocol.connectionLost(Failure(ConnectionLost()))
    assert world.reactor.getDelayedCalls() == []


def test_a_large_body_has_more_time() -> None:
    """Each megabyte has a second more."""
    world = outside()
    sending = world.post("http://hook.test/", b"x" * (5 << 20))
    world.accept()
    world.reactor.advance(14)
    world.reactor.advance(1.1)
    assert str(error_of(sending)) == "there was no answer within 15 seconds"


def test_a_connection_never_outlives_its_time() -> None:
    """A peer that keeps the connection open behind its answer is cut off."""
    world = outside()
    found: list[Any] = []
    world.post("http://hook.test/").addCallback(found.append)
    wire = world.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", end=False)
    assert len(found) == 1
    world.reactor.advance(10.1)
    assert wire.aborted


def test_what_ends_before_it_is_connected_is_told_in_words() -> None:
    """No connection within the time is a reason too, and nothing stays behind."""
    world = outside()
    sending = world.post("http://hook.test/")
    world.reactor.advance(10.1)
    error = error_of(sending)
    assert isinstance(error, NotSent) and str(error) == "there was no answer within 10 seconds"
