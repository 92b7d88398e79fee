"""The byte path of a session: cuts, pipelining, waiting for the store, and giving way to others."""

import gc
import weakref
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.ports import StorageFull, StorageTrouble
from mailsockd.actions.receive import Rejected
from mailsockd.smtp.server import SMTPFactory
from mailsockd.state.activity import Kind
from tests.smtp.fake import Mailroom, begun, code_of, in_content, limits

NASTY = (
    b"EHLO me\r\n"
    b"MAIL FROM: <a@b.example> SIZE=100\r\n"
    b"RCPT TO:<bob@mx.test>\r\n"
    b"RCPT TO:<\xff>\r\n"
    b"DATA\r\n"
    b".\r\n"
    b"NOOP\r\n"
    b"MAIL FROM:<>\r\nRCPT TO:<bob@mx.test>\r\nDATA\r\n"
    b"..\r\n...\r\n\r.\r\n\n.\n\r\r\n.x\r\n \r\n.\r.\r\n\r\n.\r\n"
    b"RSET\r\n"
    b"WHAT\r\n"
    b"MAIL FROM:<c@d.example>\r\nRCPT TO:<bob@mx.test>\r\nDATA\r\nend\r\n.\r\n"
    b"QUIT\r\n"
)
REPLIES = [
    "250",
    "250 2.1.0",
    "250 2.1.5",
    "553 5.6.7",
    "354",
    "250 2.0.0",
    "250 2.0.0",
    "250 2.1.0",
    "250 2.1.5",
    "354",
    "250 2.0.0",
    "250 2.0.0",
    "500 5.5.2",
    "250 2.1.0",
    "250 2.1.5",
    "354",
    "250 2.0.0",
    "221 2.0.0",
]
CONTENTS = [
    ("a@b.example", b""),
    ("", b".\r\n..\r\n\r.\r\n\n.\n\r\r\nx\r\n \r\n\r.\r\n\r\n"),
    ("c@d.example", b"end\r\n"),
]


def check(pieces: list[bytes]) -> None:
    room = Mailroom(limits=limits(content_memory=8))
    assert room.connect().codes(*pieces) == REPLIES
    assert [(envelope.sender, content) for envelope, content in room.mails] == CONTENTS


def test_a_dialogue_is_the_same_byte_by_byte() -> None:
    """Replies and contents do not depend on how the bytes arrive: one at a time."""
    check([bytes([byte]) for byte in NASTY])


def test_a_dialogue_is_the_same_in_any_two_pieces() -> None:
    """Replies and contents do not depend on how the bytes arrive: cut once, at every place."""
    check([NASTY])
    for cut in range(1, len(NASTY)):
        check([NASTY[:cut], NASTY[cut:]])


@settings(deadline=None, max_examples=100)
@given(cuts=st.lists(st.integers(1, len(NASTY) - 1), max_size=12, unique=True))
def test_a_dialogue_is_the_same_in_any_pieces(cuts: list[int]) -> None:
    """Replies and contents do not depend on how the bytes arrive: cut anywhere."""
    places = [0, *sorted(cuts), len(NASTY)]
    check([NASTY[start:end] for start, end in pairwise(places)])


def test_replies_to_one_read_leave_in_one_write() -> None:
    """Pipelined commands of one read are answered by one write, and the transport does not wait to send it."""
    client = Mailroom().connect()
    assert client.wire.no_delay
    client.wire.writes = 0
    client.send(b"EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n")
    assert client.wire.writes == 1


def test_the_send_that_was_given_is_used() -> None:
    """Replies leave by the function that the factory was made with."""
    sent: list[bytes] = []
    room = Mailroom(send=lambda transport, data: sent.append(data))
    room.connect().send(b"NOOP\r\n")
    assert sent == [b"220 mx.test ESMTP mailsockd\r\n", b"250 2.0.0 OK\r\n"]


def test_commands_sent_ahead_wait_while_a_mail_is_stored() -> None:
    """While a commit is pending nothing is answered and nothing read; then all is answered in order, in one write."""
    room = Mailroom()
    stored: Deferred[str] = Deferred()
    room.answer = lambda: stored
    client = in_content(room)
    assert client.send(b"hi\r\n.\r\nMAIL FROM:<two@b.example>\r\nRCPT TO:<b") == []
    assert client.wire.producerState == "paused"
    assert client.send(b"ob@mx.test>\r\nNOOP\r\n") == []
    before = len(client.wire.value())
    client.wire.writes = 0
    stored.callback("id7")
    assert client.lines(before) == [
        "250 2.0.0 OK : queued as id7",
        "250 2.1.0 Sender OK",
        "250 2.1.5 Recipient OK",
        "250 2.0.0 OK",
    ]
    assert client.wire.writes == 1
    assert client.wire.producerState == "producing"


def test_reading_goes_on_during_a_commit_while_nothing_comes() -> None:
    """A client that waits for its answer is not paused, and is not resumed, for each mail."""
    room = Mailroom()
    room.answer = Deferred
    client = in_content(room)
    client.send(b"hi\r\n.\r\n")
    assert client.wire.producerState == "producing"
    client.send(b"N")
    assert client.wire.producerState == "paused"


def test_mail_sent_ahead_is_stored_one_after_the_other() -> None:
    """Several mails in one read are each answered before the next is given to the store."""
    room = Mailroom()
    pending: list[Deferred[str]] = []

    def answer() -> Deferred[str]:
        pending.append(Deferred())
        return pending[-1]

    room.answer = answer
    client = begun(room)
    mail = b"DATA\r\n%d\r\n.\r\n"
    again = b"MAIL FROM:<>\r\nRCPT TO:<bob@mx.test>\r\n"
    client.send(mail % 1 + again + mail % 2 + again + mail % 3 + b"QUIT\r\n")
    assert len(room.mails) == 1
    pending[0].callback("one")
    assert len(room.mails) == 2
    pending[1].callback("two")
    pending[2].callback("three")
    assert [line for line in client.lines() if "queued" in line or line.startswith("221")] == [
        "250 2.0.0 OK : queued as one",
        "250 2.0.0 OK : queued as two",
        "250 2.0.0 OK : queued as three",
        "221 2.0.0 Goodbye",
    ]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (StorageFull("no space"), "452 4.3.1 No room for this mail now, try again later"),
        (StorageTrouble("broken disk"), "451 4.3.0 Trouble on this server, try again later"),
        (Rejected(550, "5.7.1", "No mail from you"), "550 5.7.1 No mail from you"),
        (Rejected(451, "4.7.1", "Later"), "451 4.7.1 Later"),
    ],
)
def test_mail_that_is_not_stored_is_answered_with_its_reason(error: Exception, line: str) -> None:
    """Trouble with the disk is temporary, a rejection is as it says, both are recorded, and the session goes on."""
    room = Mailroom()
    room.answer = lambda: fail(error)
    client = in_content(room)
    assert client.send(b"x\r\n.\r\n") == [line]
    assert [(event.kind, event.text) for event in room.events()] == [(Kind.REJECTED, line)]
    room.answer = lambda: succeed("id2")
    assert client.codes(b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\n")[-1] == "250 2.0.0"


def test_content_over_the_limit_is_read_to_its_end_and_refused() -> None:
    """Content larger than the limit is 552 at its end, however it ends, and the session goes on."""
    room = Mailroom(limits=limits(size=1000))
    client = in_content(room)
    assert client.send(*[b"x" * 998 + b"\r\n"] * 500) == []
    assert client.send(b".\r\nNOOP\r\n") == [
        "552 5.3.4 The mail is larger than the limit of this server",
        "250 2.0.0 OK",
    ]
    assert room.mails == []
    assert [event.text[:9] for event in room.events()] == ["552 5.3.4"]
    assert client.codes(b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n" + b"x" * 998 + b"\r\n.\r\n")[-1] == "250 2.0.0"


def test_trouble_with_the_temporary_file_is_answered_at_the_end(tmp_path: object) -> None:
    """When the spool folder cannot be written, the mail is 451 at its end and never a permanent error."""
    room = Mailroom(limits=limits(content_memory=10), spool=f"{tmp_path}/gone")
    client = in_content(room)
    assert client.codes(b"x" * 100, b"\r\n.\r\nNOOP\r\n") == ["451 4.3.0", "250 2.0.0"]


def test_large_content_is_given_as_received() -> None:
    """Content that went through a temporary file is the same as what was sent, lines of a megabyte included."""
    room = Mailroom()
    client = in_content(room)
    line = bytes(range(256)).replace(b"\r", b"").replace(b"\n", b"") * 4000
    assert client.codes(line, line, b"\r\n..\r\n", line, b"\r\n.\r\n") == ["250 2.0.0"]
    assert room.mails[0][1] == line + line + b"\r\n.\r\n" + line + b"\r\n"
    assert room.contents[0].size == len(room.mails[0][1])


@pytest.mark.parametrize("pieces", [[b"x" * 4000], [b"x" * 1000] * 4, [b"x" * 2047, b"\r\n"], [b"x" * 2047 + b"\r\n"]])
def test_a_line_that_is_too_long_ends_the_session(pieces: list[bytes]) -> None:
    """More than 2048 bytes with the CRLF are not waited for, and nothing behind them is heard."""
    client = Mailroom().connect()
    assert client.codes(*pieces, b"\r\nNOOP\r\n") == ["421 5.5.2"]
    assert client.closed


def test_the_longest_line_is_taken() -> None:
    """A line of 2048 bytes with its CRLF is a command like any other."""
    client = Mailroom().connect()
    assert client.codes(b"NOOP " + b"x" * 2041 + b"\r\n") == ["250 2.0.0"]
    assert client.codes(b"NOOP " + b"x" * 2041 + b"\r", b"\n") == ["250 2.0.0"]


@pytest.mark.parametrize("said", [b"NOOP\n", b"\n", b"NOOP\nNOOP\r\n", b"MAIL FROM:<a\n@b>\r\n", b"NOOP\r\r\r\x00\n"])
def test_a_command_line_that_ends_with_a_bare_lf_ends_the_session(said: bytes) -> None:
    """A line feed without its carriage return is not taken for the end of a command, nor for a part of one."""
    client = Mailroom().connect()
    assert client.codes(b"EHLO me\r\n", said) == ["250", "421 5.5.2"]
    assert client.closed


def test_a_flood_of_commands_gives_way_to_others() -> None:
    """Of many commands in one read a bounded number is answered in one turn, in order, and input waits meanwhile."""
    room = Mailroom(limits=limits(commands_a_turn=10, junk_commands=10**6))
    client = room.connect()
    assert len(client.send(b"NOOP\r\n" * 35 + b"VRFY x\r\nNO")) == 10
    assert client.wire.producerState == "paused"
    client.wire.writes = 0
    before = len(client.wire.value())
    room.clock.advance(0)
    assert [code_of(line) for line in client.lines(before)] == ["250 2.0.0"] * 25 + ["252 2.5.0"]
    assert client.wire.writes == 3  # one a turn
    assert client.wire.producerState == "producing"
    assert client.codes(b"OP\r\n") == ["250 2.0.0"]


def test_a_peer_that_does_not_read_is_not_read_from() -> None:
    """While replies pile up in the transport no command is answered and no input read; afterwards it goes on."""
    client = Mailroom().connect()
    client.wire.producer.pauseProducing()
    assert client.send(b"NOOP\r\nVRFY x\r\n") == []
    assert client.wire.producerState == "paused"
    before = len(client.wire.value())
    client.wire.producer.resumeProducing()
    assert [code_of(line) for line in client.lines(before)] == ["250 2.0.0", "252 2.5.0"]
    assert client.wire.producerState == "producing"


def test_a_peer_that_stops_reading_during_a_commit_stays_paused_afterwards() -> None:
    """The end of a commit is answered but does not make the session read while the peer does not."""
    room = Mailroom()
    stored: Deferred[str] = Deferred()
    room.answer = lambda: stored
    client = in_content(room)
    client.send(b".\r\nNOOP\r\n")
    client.wire.producer.pauseProducing()
    before = len(client.wire.value())
    stored.callback("id1")
    assert client.lines(before) == ["250 2.0.0 OK : queued as id1"]
    assert client.wire.producerState == "paused"
    client.wire.producer.resumeProducing()
    assert client.lines(before)[1:] == ["250 2.0.0 OK"]
    assert client.wire.producerState == "producing"


def test_early_talkers_are_served() -> None:
    """A client that does not wait for the greeting is answered behind it."""
    room = Mailroom()
    client = room.connect()
    client.send(b"EHLO me\r\nNOOP\r\n")
    assert [line for line in client.lines() if line[3] == " "] == [
        "220 mx.test ESMTP mailsockd",
        "250 HELP",
        "250 2.0.0 OK",
    ]


class Endings(SynchronousTestCase):
    def test_an_unexpected_failure_of_the_store_is_temporary_and_logged(self) -> None:
        """Whatever `receive` fails with or raises is 451, with the traceback in the log alone."""
        for answer in (lambda: fail(ZeroDivisionError("secret")), lambda: 1 // 0):
            room = Mailroom()
            room.answer = answer
            client = in_content(room)
            self.assertEqual(
                client.send(b".\r\nNOOP\r\n"),
                ["451 4.3.0 Trouble on this server, try again later", "250 2.0.0 OK"],
            )
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_a_client_that_leaves_during_a_commit_is_forgotten(self) -> None:
        """The result of a commit after the client left is told to nobody and breaks nothing, good or bad."""
        for end in (lambda stored: stored.callback("id1"), lambda stored: stored.errback(StorageTrouble("late"))):
            room = Mailroom()
            stored: Deferred[str] = Deferred()
            room.answer = lambda stored=stored: stored
            client = in_content(room)
            client.send(b".\r\nNOOP\r\n")
            before = len(client.wire.value())
            client.session.connectionLost(Failure(ConnectionError()))
            end(stored)
            self.assertEqual(client.lines(before), [])
            self.assertEqual(room.clock.getDelayedCalls(), [])

    def test_a_client_that_leaves_at_any_point_leaves_nothing_behind(self) -> None:
        """After a lost connection no timer and no temporary file is left, wherever the dialogue was."""
        for cut in range(0, len(NASTY), 7):
            room = Mailroom(limits=limits(content_memory=1, commands_a_turn=3))
            client = room.connect()
            client.send(NASTY[:cut])
            client.session.connectionLost(Failure(ConnectionError()))
            client.send(NASTY[cut:])
            room.clock.pump([1.0] * 5)
            self.assertEqual(room.clock.getDelayedCalls(), [])
            room.contents.clear()
            self.assertEqual(room.factory._service.spool.used, 0)

    def test_a_session_that_is_over_is_freed_at_once(self) -> None:
        """A session holds no ring of references that only the garbage collector could open."""
        for said in (b"QUIT\r\n", b"EHLO x\r\n", b"A" * 3000):
            room = Mailroom()
            client = room.connect()
            client.send(said)
            if client.wire.producer is not None:
                client.wire.producer.stopProducing()  # as a real transport does
                client.wire.producer = None
            client.session.connectionLost()
            seen = weakref.ref(client.session)
            gc.disable()
            self.addCleanup(gc.enable)
            del client
            self.assertIsNone(seen())

    def test_a_recorder_that_breaks_ends_the_session_and_is_logged(self) -> None:
        """When even recording a refusal fails, the connection is cut off instead of waiting for ever."""

        def broken(*arguments: object, **named: object) -> None:
            raise ZeroDivisionError

        room = Mailroom(record=broken)
        room.answer = lambda: fail(StorageTrouble("x"))
        client = in_content(room)
        client.send(b".\r\n")
        self.assertTrue(client.wire.disconnected)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_a_session_that_breaks_at_its_deadline_takes_no_other_with_it(self) -> None:
        """An exception while one session's deadline is seen to is logged, and the deadlines of others still hold."""

        def broken(*arguments: object, **named: object) -> None:
            raise ZeroDivisionError

        room = Mailroom(record=broken)
        room.answer = Deferred
        stuck = in_content(room)
        stuck.send(b".\r\n")
        other = room.connect()
        stuck.wait(21)
        self.assertTrue(stuck.wire.disconnected)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(len(other.wait(300)), 1)
        self.assertTrue(other.closed)


def test_it_is_twisted_mail() -> None:
    """The factory and its sessions are those of twisted.mail by inheritance."""
    from twisted.mail import smtp

    assert issubclass(SMTPFactory, smtp.SMTPFactory)
    assert isinstance(Mailroom().connect().session, smtp.ESMTP)
