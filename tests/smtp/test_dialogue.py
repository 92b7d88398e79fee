"""The order of commands, and what each is answered."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.receive import Rejected
from mailsockd.state.activity import Event, Kind
from tests.smtp.fake import NOW, Mailroom, begun, code_of, in_content, limits


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (b"MAIL FROM:<a@b.example>\r\n", ["503 5.5.1"]),
        (b"RCPT TO:<a@b.example>\r\n", ["503 5.5.1"]),
        (b"DATA\r\n", ["503 5.5.1"]),
        (b"HELO\r\n", ["501 5.5.4"]),
        (b"EHLO \r\n", ["501 5.5.4"]),
        (b"EHLO a\x00b\r\n", ["501 5.5.4"]),
        (b"HELO a\rX-Spoof: 1\r\n", ["501 5.5.4"]),
        (b"EHLO \xc3\xa9\r\n", ["501 5.5.4"]),
        (b"EHLO " + b"x" * 255 + b"\r\n", ["250"]),
        (b"EHLO " + b"x" * 256 + b"\r\n", ["501 5.5.4"]),
        (b"HELO [192.0.2.9] (my laptop)!\r\n", ["250"]),
        (b"helo me\r\n", ["250"]),
        (b"  NOOP  \r\n", ["250 2.0.0"]),
        (b"NOOP what ever\r\n", ["250 2.0.0"]),
        (b"RSET\r\n", ["250 2.0.0"]),
        (b"VRFY bob\r\n", ["252 2.5.0"]),
        (b"EXPN list\r\n", ["502 5.5.1"]),
        (b"HELP\r\n", ["214 2.0.0"]),
        (b"HELP DATA\r\n", ["214 2.0.0"]),
        (b"AUTH\r\n", ["502 5.5.1"]),
        (b"AUTH PLAIN AAAA\r\n", ["502 5.5.1"]),
        (b"BDAT 8 LAST\r\n", ["502 5.5.1"]),
        (b"ETRN x\r\n", ["502 5.5.1"]),
        (b"STARTTLS\r\n", ["502 5.5.1"]),
        (b"WHAT\r\n", ["500 5.5.2"]),
        (b"\r\n", ["500 5.5.2"]),
        (b"   \r\n", ["500 5.5.2"]),
        (b"\xff\xfe\r\n", ["500 5.5.2"]),
        (b"\x00\r\n", ["500 5.5.2"]),
        (b"__init__ x\r\n", ["500 5.5.2"]),
        (b"EHLO me\r\nMAIL FROM:<>\r\nMAIL FROM:<>\r\n", ["250", "250 2.1.0", "503 5.5.1"]),
        (b"EHLO me\r\nMAIL FROM:<>\r\nDATA\r\n", ["250", "250 2.1.0", "503 5.5.1"]),
        (b"EHLO me\r\nMAIL FROM:<>\r\nRSET\r\nRCPT TO:<a@b>\r\n", ["250", "250 2.1.0", "250 2.0.0", "503 5.5.1"]),
        (b"EHLO me\r\nMAIL FROM:<>\r\nEHLO me\r\nRCPT TO:<a@b>\r\n", ["250", "250 2.1.0", "250", "503 5.5.1"]),
        (b"EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA x\r\n", ["250", "250 2.1.0", "250 2.1.5", "501 5.5.4"]),
        (b"EHLO me\r\nMAIL FROM:<> SIZE=26214400\r\n", ["250", "250 2.1.0"]),
        (b"EHLO me\r\nMAIL FROM:<> SIZE=26214401\r\n", ["250", "552 5.3.4"]),
        (b"EHLO me\r\nMAIL FROM:<> SIZE=99999999999\r\n", ["250", "552 5.3.4"]),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", ["421 5.5.1"]),
        (b"Host: x\r\nNOOP\r\n", ["421 5.5.1"]),
        (b"CONNECT x:25 HTTP/1.1\r\n", ["421 5.5.1"]),
        (b"QUIT\r\nNOOP\r\n", ["221 2.0.0"]),
    ],
)
def test_commands_are_answered_in_the_order_that_the_standard_asks_for(said: bytes, codes: list[str]) -> None:
    """Each command on a new connection, or behind others, has one answer with its code."""
    assert Mailroom().connect().codes(said) == codes


def test_a_request_of_http_ends_the_session_and_none_of_its_body_is_heard() -> None:
    """SMTP commands in the body of a browser's POST are not answered and bring no mail."""
    room = Mailroom()
    client = room.connect()
    said = (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nEHLO x\r\nMAIL FROM:<x@y>\r\nRCPT TO:<v@w>\r\n"
        b"DATA\r\nSubject: via a browser\r\n\r\nhi\r\n.\r\nQUIT\r\n"
    )
    assert client.codes(said) == ["421 5.5.1"]
    assert client.closed
    assert room.mails == []


def test_what_a_refused_helo_said_does_not_count() -> None:
    """After a HELO that was refused, MAIL is still too early."""
    assert Mailroom().connect().codes(b"EHLO \x01\r\n", b"MAIL FROM:<>\r\n") == ["501 5.5.4", "503 5.5.1"]


def test_helo_makes_the_mail_one_without_extensions() -> None:
    """The envelope tells which of HELO and EHLO was said, and the name in it."""
    room = Mailroom()
    room.connect().send(b"HELO old one\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\n")
    envelope, content = room.mails[0]
    assert (envelope.esmtp, envelope.helo, envelope.sender, content) == (False, "old one", "", b"")


def test_smtputf8_is_remembered_for_the_recipients_and_the_envelope() -> None:
    """A mail that asked for SMTPUTF8 takes recipients in UTF-8; the next mail, which did not, refuses them."""
    room = Mailroom()
    recipient = "RCPT TO:<jörg@b.example>\r\n".encode()
    client = room.connect()
    assert client.codes(b"EHLO me\r\nMAIL FROM:<> SMTPUTF8\r\n" + recipient + b"DATA\r\n.\r\n")[2:] == [
        "250 2.1.5",
        "354",
        "250 2.0.0",
    ]
    assert room.mails[0][0].utf8
    assert room.mails[0][0].recipients == ("jörg@b.example",)
    assert client.codes(b"MAIL FROM:<>\r\n" + recipient) == ["250 2.1.0", "553 5.6.7"]


def test_a_recipient_counts_once_in_its_canonical_form() -> None:
    """The same address in another spelling is answered 250 and asked for and delivered once."""
    room = Mailroom()
    client = begun(room)
    assert client.codes(b"RCPT TO:<BOB@MX.test>\r\nRCPT TO:<carl@mx.test>\r\nDATA\r\n.\r\n") == [
        "250 2.1.5",
        "250 2.1.5",
        "354",
        "250 2.0.0",
    ]
    assert room.mails[0][0].recipients == ("bob@mx.test", "carl@mx.test")
    assert room.asked == [("bob@mx.test", "192.0.2.7"), ("carl@mx.test", "192.0.2.7")]


def test_recipients_over_the_limit_wait_for_another_mail() -> None:
    """More recipients than allowed get 452 each, which is no error, and one record; the mail goes to the others."""
    room = Mailroom(limits=limits(recipients=3, errors=2))
    client = room.connect()
    client.send(b"EHLO me\r\nMAIL FROM:<>\r\n")
    codes = client.codes(b"".join(b"RCPT TO:<u%d@mx.test>\r\n" % number for number in range(20)))
    assert codes == ["250 2.1.5"] * 3 + ["452 4.5.3"] * 17
    assert client.codes(b"RCPT TO:<u1@mx.test>\r\nDATA\r\n.\r\n") == ["250 2.1.5", "354", "250 2.0.0"]
    assert room.mails[0][0].recipients == ("u0@mx.test", "u1@mx.test", "u2@mx.test")
    assert room.events() == [
        Event(
            Kind.REJECTED,
            NOW,
            address="u3@mx.test",
            peer="192.0.2.7",
            text="452 4.5.3 Too many recipients, send the others in another mail",
        )
    ]


def refuse(recipient: str) -> None:
    if recipient.startswith("no"):
        raise Rejected(550, "5.1.1", "No such address here\r\n250 sm\xefle")


def test_a_refused_recipient_hears_why_and_is_recorded() -> None:
    """The reply of `accept` is given on one line in ASCII, and the record holds the reply and the address."""
    room = Mailroom()
    room.refuse = refuse
    client = begun(room)
    line = "550 5.1.1 No such address here??250 sm?le"
    assert client.send(b"RCPT TO:<Nobody@mx.test>\r\n") == [line]
    assert client.codes(b"DATA\r\n.\r\n") == ["354", "250 2.0.0"]
    assert room.mails[0][0].recipients == ("bob@mx.test",)
    assert room.events() == [Event(Kind.REJECTED, NOW, address="nobody@mx.test", peer="192.0.2.7", text=line)]


def test_a_session_has_one_name_for_all_that_happens_in_it() -> None:
    """Refusals and mails of one session have its name, other sessions others; when it began is told once."""
    room = Mailroom()
    room.refuse = refuse
    client = begun(room)
    client.send(b"RCPT TO:<nobody@mx.test>\r\nDATA\r\n.\r\n")
    client.send(b"MAIL FROM:<>\r\nRCPT TO:<bob@mx.test>\r\nDATA\r\n.\r\n")
    begun(room).send(b"DATA\r\n.\r\n")
    (first, _), (second, _), (other, _) = room.mails
    assert next(iter(room.activity)) == Event(
        Kind.CONNECTED, NOW, peer="192.0.2.7", text="EHLO me, without TLS", session=first.session
    )
    assert [(event.kind, event.session) for event in list(room.activity)[1:]] == [(Kind.REJECTED, first.session)]
    assert len(first.session) == 15
    assert second.session == first.session != other.session
    assert (first.connected, second.connected, other.connected) == (None, None, NOW)


def test_a_mail_that_is_not_taken_is_recorded_for_each_recipient() -> None:
    """Whoever should have got it finds the reply, up to ten recipients."""
    room = Mailroom(limits=limits(size=10))
    client = room.connect()
    client.send(b"EHLO me\r\nMAIL FROM:<>\r\n")
    client.send(b"".join(b"RCPT TO:<u%d@mx.test>\r\n" % number for number in range(12)))
    assert client.codes(b"DATA\r\n01234567890123456789\r\n.\r\n") == ["354", "552 5.3.4"]
    assert [event.address for event in room.events()] == [f"u{number}@mx.test" for number in range(10)]
    assert {event.text[:9] for event in room.events()} == {"552 5.3.4"}


def test_a_refused_sender_and_a_bad_recipient_are_recorded() -> None:
    """What is not taken because of its form is recorded too, with its reply."""
    room = Mailroom()
    client = room.connect()
    client.send(b"EHLO me\r\nMAIL FROM:<a\x01@b>\r\nMAIL FROM:<> SIZE=99999999\r\nMAIL FROM:<>\r\nRCPT TO:<nobody>\r\n")
    assert [(event.kind, event.text[:9]) for event in room.events()] == [
        (Kind.REJECTED, "501 5.1.7"),
        (Kind.REJECTED, "552 5.3.4"),
        (Kind.REJECTED, "501 5.1.3"),
    ]


@pytest.mark.parametrize("wrong", [b"WHAT\r\n", b"RCPT TO:<no@mx.test>\r\n", b"DATA now\r\n", b"MAIL FROM:<>\r\n"])
def test_too_many_errors_end_the_session(wrong: bytes) -> None:
    """As many errors as allowed are answered, the next one ends the session."""
    room = Mailroom(limits=limits(errors=3))
    room.refuse = refuse
    client = begun(room)
    codes = client.codes(wrong * 6)
    assert codes[:3] == [codes[0]] * 3
    assert codes[3:] == ["421 4.7.0"]
    assert client.closed


def test_junk_commands_end_the_session_and_mail_sets_the_count_back() -> None:
    """Commands that bring no mail forward are bounded between two mails."""
    room = Mailroom(limits=limits(junk_commands=5))
    client = begun(room)
    mail = b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\n"
    assert client.codes(b"NOOP\r\n" * 3 + b"DATA\r\n.\r\n")[3:] == ["354", "250 2.0.0"]
    assert client.codes(b"RSET\r\n" * 4 + mail)[4:] == ["250 2.1.0", "250 2.1.5", "354", "250 2.0.0"]
    codes = client.codes(b"VRFY x\r\nHELP\r\nNOOP\r\nRSET\r\nEHLO x\r\nNOOP\r\nNOOP\r\n")
    assert codes == ["252 2.5.0", "214 2.0.0", "250 2.0.0", "250 2.0.0", "250", "421 4.7.0"]


def test_too_much_mail_in_the_store_is_refused_for_now() -> None:
    """With as many mails in commit as allowed, DATA is answered 451, and taken again when they are through."""
    from twisted.internet.defer import Deferred

    room = Mailroom(limits=limits(commits=1))
    pending: list[Deferred[str]] = []
    room.answer = lambda: pending.append(Deferred()) or pending[-1]  # type: ignore[func-returns-value]
    in_content(room).send(b".\r\n")
    other = begun(room)
    assert other.codes(b"DATA\r\n") == ["451 4.3.2"]
    pending[0].callback("id1")
    assert other.codes(b"DATA\r\n") == ["354"]


class Breakage(SynchronousTestCase):
    def test_an_exception_in_a_command_is_answered_and_logged(self) -> None:
        """A recipient check that breaks is 451, the session goes on, and the log has the traceback."""

        def broken(recipient: str) -> None:
            raise ZeroDivisionError("inside")

        room = Mailroom()
        client = begun(room)
        room.refuse = broken
        self.assertEqual(client.send(b"RCPT TO:<x@mx.test>\r\n"), ["451 4.3.0 Trouble on this server, try again later"])
        self.assertEqual(client.codes(b"DATA\r\n.\r\n"), ["354", "250 2.0.0"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class Model:
    """The order rules once more, as small as they can be: one code for each line."""

    def __init__(self) -> None:
        self.helo = self.mail = self.recipient = self.content = False

    def code(self, line: bytes) -> str | None:
        if self.content:
            if line != b".":
                return None
            self.content = self.mail = self.recipient = False
            return "250"
        step: dict[bytes, Callable[[], str]] = {
            b"EHLO x": self.greet,
            b"HELO x": self.greet,
            b"HELO": lambda: "501",
            b"MAIL FROM:<a@b.example>": self.begin,
            b"MAIL FROM:<a": lambda: "501" if self.helo and not self.mail else "503",
            b"RCPT TO:<b@mx.test>": self.add,
            b"RCPT TO:<no@mx.test>": lambda: "550" if self.mail else "503",
            b"DATA": self.data,
            b"RSET": self.reset,
            b"NOOP": lambda: "250",
            b"VRFY b": lambda: "252",
            b"HELP": lambda: "214",
            b"BDAT 3": lambda: "502",
        }
        return step.get(line, lambda: "500")()

    def greet(self) -> str:
        self.helo = True
        return self.reset()

    def reset(self) -> str:
        self.mail = self.recipient = False
        return "250"

    def begin(self) -> str:
        if not self.helo or self.mail:
            return "503"
        self.mail = True
        return "250"

    def add(self) -> str:
        if not self.mail:
            return "503"
        self.recipient = True
        return "250"

    def data(self) -> str:
        if not self.recipient:
            return "503"
        self.content = True
        return "354"


LINES = st.sampled_from(
    [
        b"EHLO x",
        b"HELO x",
        b"HELO",
        b"MAIL FROM:<a@b.example>",
        b"MAIL FROM:<a",
        b"RCPT TO:<b@mx.test>",
        b"RCPT TO:<no@mx.test>",
        b"DATA",
        b"DATA",
        b"RSET",
        b"NOOP",
        b"VRFY b",
        b"HELP",
        b"BDAT 3",
        b".",
        b"..",
        b"what is this",
        b"",
        b"\xff\x00",
    ]
)
ENDLESS = limits(errors=10**6, junk_commands=10**6)


@settings(deadline=None, max_examples=200)
@given(lines=st.lists(LINES, max_size=40), size=st.integers(1, 60))
def test_the_order_of_commands_is_that_of_the_model(lines: list[bytes], size: int) -> None:
    """Any sequence of commands, in pieces of any size, is answered line by line as the model says."""
    room = Mailroom(limits=ENDLESS)
    room.refuse = refuse
    client = room.connect()
    model = Model()
    said = b"".join(line + b"\r\n" for line in lines)
    replies = client.send(*(said[start : start + size] for start in range(0, len(said), size)))
    expected = [code for code in map(model.code, lines) if code is not None]
    assert [line[:3] for line in replies if line[3] == " "] == expected


VERBS = st.sampled_from(
    [b"MAIL FROM:", b"RCPT TO:", b"EHLO ", b"DATA", b"STARTTLS", b"AUTH ", b"VRFY ", b"RSET ", b"NOOP", b"BDAT ", b""]
)
JUNK = st.binary(max_size=30).map(lambda data: data.replace(b"\n", b"").replace(b":", b""))


@settings(deadline=None, max_examples=200)
@given(lines=st.lists(st.tuples(VERBS, JUNK).map(b"".join), max_size=20))
def test_any_bytes_are_answered_once_a_line(lines: list[bytes]) -> None:
    """Random bytes behind real commands never raise, and each line has exactly one reply."""
    room = Mailroom(limits=ENDLESS)
    client = room.connect()
    client.send(b"EHLO x\r\n")
    for line in lines:
        lines_back = client.send(line.rstrip(b"\r") + b"\r\n")
        final = [code_of(reply) for reply in lines_back if reply[3] == " "]
        assert len(final) == 1, (line, lines_back)
        if client.closed:
            break
        if final == ["354"]:
            client.send(b".\r\n")
    assert {event.kind for event in room.events()} <= {Kind.REJECTED}
