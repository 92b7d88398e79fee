"""What hostile and broken clients send, through the front door: no traceback, no harm, nothing without an end."""

import base64
import gc
import sys
import tracemalloc
from collections.abc import Iterable
from types import FrameType

import pytest
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.smtp.fake import Client, Mailroom, begun, in_content, limits

SECOND_MAIL = b"MAIL FROM:<evil@x.example>\r\nRCPT TO:<v@w.example>\r\nDATA\r\nSubject: two\r\n\r\nhi\r\n"


class Hostile(SynchronousTestCase):
    """Each test also finds the log without a single error."""

    def tearDown(self) -> None:
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_no_variant_of_the_end_smuggles_a_second_mail(self) -> None:
        """Whatever stands in for CRLF.CRLF, the text behind it stays in the first mail."""
        for end in (
            b"\n.\n",
            b"\n.\r\n",
            b"\r\n.\n",
            b"\r.\r\n",
            b"\r.\r",
            b"\r\n.\r",
            b"\r\r\n.\r\r\n",
            b"\r\n\x00.\r\n",
            b"\r\n.\x00\r\n",
            b"\r\n..\r\n",
            b"\r\n. \r\n",
            b"\n\r\n.\n\r\n",
        ):
            room = Mailroom()
            client = in_content(room)
            self.assertEqual(
                client.codes(b"Subject: one\r\n\r\nA" + end + SECOND_MAIL + b".\r\n"), ["250 2.0.0"], repr(end)
            )
            self.assertEqual(len(room.mails), 1)
            self.assertIn(b"Subject: two", room.mails[0][1])

    def test_a_long_line_of_content_does_not_become_commands(self) -> None:
        """A line of content longer than any buffer is content, and so is what follows it."""
        for length in (5000, 16385, 17000, 70000, 1_100_000):
            room = Mailroom()
            client = in_content(room)
            content = b"Subject: x\r\n\r\n" + b"A" * length + b"\r\n" + SECOND_MAIL
            self.assertEqual(client.codes(content, b".\r\n"), ["250 2.0.0"])
            self.assertEqual([mail[1] for mail in room.mails], [content])

    def test_a_line_without_an_end_is_not_collected(self) -> None:
        """Bytes without CRLF end the session at the limit and are dropped from then on."""
        client = Mailroom().connect()
        self.assertEqual(client.codes(*[b"A" * 60_000] * 50), ["421 5.5.2"])
        self.assertTrue(client.closed)
        self.assertEqual(client.session._input, b"")

    def test_passwords_cannot_be_tried(self) -> None:
        """AUTH in any form is refused, and a series of attempts ends the session."""
        client = Mailroom().connect()
        said = [b"AUTH PLAIN " + base64.b64encode(b"\0user\0%d" % number) + b"\r\n" for number in range(200)]
        codes = client.codes(b"EHLO x\r\n", *said)
        self.assertEqual(codes, ["250"] + ["502 5.5.1"] * 10 + ["421 4.7.0"])

    def test_nul_bytes_everywhere(self) -> None:
        """NUL is refused in names and addresses and kept in content."""
        room = Mailroom()
        client = room.connect()
        codes = client.codes(
            b"EHLO \x00x\r\n",
            b"EHLO x\r\n",
            b"MAIL FROM:<a\x00@b.example>\r\n",
            b"MAIL FROM:<a@b.example>\r\n",
            b'RCPT TO:<"d\x00"@e.example>\r\n',
            b"RCPT TO:<d@e.example>\r\n",
            b"DATA\r\n",
            b"Sub\x00ject: x\r\n\r\n\x00\x00\r\n.\r\n",
        )
        expected = ["501 5.5.4", "250", "501 5.1.7", "250 2.1.0", "501 5.1.3", "250 2.1.5", "354", "250 2.0.0"]
        self.assertEqual(codes, expected)
        self.assertEqual(room.mails[0][1], b"Sub\x00ject: x\r\n\r\n\x00\x00\r\n")

    def test_content_without_headers_and_without_bytes(self) -> None:
        """Content is whatever comes; nothing is added to it."""
        for content in (b"", b"\r\n", b"no header here\r\n", b"\xff\xfe\r\n", b": \r\n\r\n\r\n"):
            room = Mailroom()
            self.assertEqual(in_content(room).codes(content + b".\r\n"), ["250 2.0.0"])
            self.assertEqual(room.mails[0][1], content)

    def test_a_flood_of_recipients(self) -> None:
        """Of 20,000 recipients the first hundred are kept, once each, and there is one content."""
        room = Mailroom()
        client = room.connect()
        client.send(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\n")
        said = b"".join(b"RCPT TO:<u%d@x.example>\r\n" % number for number in range(20_000))
        for start in range(0, len(said), 65536):
            client.send(said[start : start + 65536])
            room.clock.advance(0)
        lines = client.lines()
        self.assertEqual(sum(line.startswith("250 2.1.5") for line in lines), 100)
        self.assertEqual(sum(line.startswith("452 4.5.3") for line in lines), 19_900)
        self.assertEqual(client.codes(b"DATA\r\nhi\r\n.\r\n"), ["354", "250 2.0.0"])
        self.assertEqual(len(room.mails), 1)
        self.assertEqual(len(room.mails[0][0].recipients), 100)
        self.assertEqual(len(room.events()), 1)

    def test_commands_as_chunks_of_bdat(self) -> None:
        """BDAT is refused; its chunk is taken for commands, none of which can bring a mail that DATA did not."""
        room = Mailroom()
        self.assertEqual(begun(room).codes(b"BDAT 8 LAST\r\nRSET\r\nab\r\n"), ["502 5.5.1", "250 2.0.0", "500 5.5.2"])
        self.assertEqual(room.mails, [])

    def test_a_peer_by_ipv6(self) -> None:
        """An IPv6 client is served, and its address is in the envelope."""
        room = Mailroom()
        client = room.connect("2001:db8::7")
        client.send(b"EHLO [IPv6:2001:db8::7]\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\n")
        self.assertEqual((room.mails[0][0].peer, room.mails[0][0].helo), ("2001:db8::7", "[IPv6:2001:db8::7]"))

    def test_endless_content_takes_no_memory(self) -> None:
        """After the limit further content is read and forgotten: 40 times the limit costs not one limit of memory."""
        room = Mailroom(limits=limits(size=1_000_000, content_memory=100_000))
        client = in_content(room)
        piece = (b"x" * 76 + b"\r\n") * 800
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for _ in range(640):
            client.session.dataReceived(piece)
        self.assertLess(tracemalloc.get_traced_memory()[1], 500_000)
        self.assertEqual(client.codes(b".\r\n"), ["552 5.3.4"])

    def test_content_in_single_bytes_takes_no_memory(self) -> None:
        """The memory that content takes is that of its bytes, in however many pieces it came."""
        client = in_content(Mailroom())
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for _ in range(25_000):
            for piece in (b"ab", b"\r", b"\n."):
                client.session.dataReceived(piece)
        self.assertLess(tracemalloc.get_traced_memory()[1], 300_000)

    def test_leaving_and_coming_again(self) -> None:
        """Clients that come and leave at once, many times, are all forgotten."""
        room = Mailroom(limits=limits(connections=3, connections_per_peer=3))
        for _ in range(500):
            client = room.connect()
            client.send(b"EHLO x\r\nMA")
            client.session.connectionLost()
        self.assertEqual(room.events(), [])
        self.assertEqual(room.clock.getDelayedCalls(), [])


def work(client: Client, pieces: Iterable[bytes]) -> int:
    """Count the calls, of Python and of C functions, that taking the pieces makes."""
    count = 0

    def tally(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    take, clock = client.session.dataReceived, client.room.clock
    before = sys.getprofile()
    gc.collect()
    gc.disable()  # a collection in between would be counted
    sys.setprofile(tally)
    try:
        for piece in pieces:
            take(piece)
            clock.advance(0)
    finally:
        sys.setprofile(before)
        gc.enable()
    return count


def cut(data: bytes, size: int = 65536) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize(
    "said",
    [
        b"NOOP\r\n",
        b"\r\n",
        b"RCPT TO:<@a,@b:u@x.example>\r\n",
        b'RCPT TO:<"' + b"\\a" * 100 + b'"@x.example>\r\n',
        b"RCPT TO:<" + b"." * 1900 + b">\r\n",
        b"MAIL FROM:<" + b'""' * 900 + b">\r\n",
        b"RSET\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\n",
    ],
)
@pytest.mark.parametrize("size", [65536, 7])
def test_the_work_for_commands_grows_with_their_number(said: bytes, size: int) -> None:
    """Four times as many commands, in large pieces or small, cost at most about four times the work."""

    def cost(times: int) -> int:
        room = Mailroom(limits=limits(errors=10**9, junk_commands=10**9, recipients=10**9))
        return work(begun(room), cut(said * times, size))

    cost(10)
    assert cost(400) <= 4.4 * cost(100)


@pytest.mark.parametrize("said", [b"\r\n", b"..\r\n", b"\r\n.\r", b".", b"x" * 50, b"\n.\n", b"\r\n.x"])
@pytest.mark.parametrize("size", [65536, 11])
def test_the_work_for_content_grows_with_its_pieces(said: bytes, size: int) -> None:
    """Content costs a fixed number of calls a piece, whatever its lines look like and however much there was."""

    def cost(pieces: int) -> int:
        room = Mailroom()
        return work(in_content(room), cut((b"x" + said * (size * pieces // len(said) + 1))[: size * pieces], size))

    cost(5)
    few, many = cost(20), cost(80)
    assert few <= 20 * 40
    assert many <= 4.4 * few


def test_the_work_for_a_line_without_an_end_stops_with_the_session() -> None:
    """Bytes after the end of a session cost next to nothing, single ones too."""
    room = Mailroom()
    client = room.connect()
    client.send(b"A" * 4000)
    assert work(client, [b"A"] * 1000) <= 1000 * 15


def test_commands_that_wait_for_the_store_cost_nothing_meanwhile() -> None:
    """While a mail is being stored further bytes are kept and not looked at."""
    room = Mailroom()
    room.answer = Deferred
    client = in_content(room)
    client.send(b".\r\n")
    assert work(client, [b"NOOP\r\n" * 10] * 50) <= 50 * 20
