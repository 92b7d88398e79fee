"""Submission with a password: AUTH, word by word, and what goes on around it."""

from base64 import b64encode
from collections.abc import Awaitable
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed

from mailsockd.actions.refusal import Refusal
from mailsockd.actions.signin import Admitted
from mailsockd.smtp.capture import capture_dialogues
from mailsockd.state.accounts import Account
from mailsockd.state.denials import Denial, Denylist
from tests.smtp import tls
from tests.smtp.fake import Client, Mailroom, limits

ADA = Account("ada", 1.0, 1.0)
MAIL = b"MAIL FROM:<>\r\nRCPT TO:<mycustomer@gmail.com>\r\nDATA\r\nhi\r\n.\r\n"
PLAIN = b64encode(b"\0ada\0k_ada")


class Door:
    """Lets ada in with k_ada; `held` keeps an answer waiting."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.held: Deferred[Admitted] | None = None
        self.holds = True

    def __call__(self, user: str, password: str, peer: str) -> Awaitable[Admitted]:
        self.asked.append((user, password, peer))
        if self.held is not None:
            return self.held
        if (user, password) == ("slow", "down"):
            return fail(Refusal(429, "Too many"))
        if (user, password) == ("ada", "k_ada"):
            return succeed(Admitted(ADA, "", lambda: self.holds))
        return fail(Refusal(401, "Wrong"))


def room(door: Door | None = None, in_clear: bool = True, **options: Any) -> Mailroom:
    return Mailroom(dialogue=capture_dialogues(door or Door(), in_clear), **options)


def greeted(mailroom: Mailroom) -> Client:
    client = mailroom.connect()
    client.send(b"EHLO me\r\n")
    return client


def test_the_extensions_and_the_words_are_those_of_the_service_that_clients_know() -> None:
    """EHLO offers AUTH before TLS on a private listener; the replies have the words of contract section 3.6."""
    client = room(tls=lambda: "a context").connect()
    assert client.send(b"EHLO me\r\n") == [
        "250-mx.test",
        "250-SIZE 26214400",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-PIPELINING",
        "250-ENHANCEDSTATUSCODES",
        "250-HELP",
        "250-STARTTLS",
        "250 AUTH PLAIN LOGIN",
    ]
    assert client.send(b"AUTH PLAIN " + PLAIN + b"\r\n", MAIL, b"QUIT\r\n") == [
        "235 2.7.0 Authentication succeeded",
        "250 2.1.0 Accepted",
        "250 2.1.5 Accepted",
        '354 Enter message, ending with "." on a line by itself',
        "250 2.0.0 OK : queued as id1",
        "221 2.0.0 Goodbye",
    ]


def test_the_envelope_says_whose_mail_it_is() -> None:
    """Mail of who has signed in is taken for any recipient, in the account's name."""
    mailroom = room()
    client = greeted(mailroom)
    client.send(b"AUTH PLAIN " + PLAIN + b"\r\n", MAIL)
    envelope = mailroom.mails[0][0]
    assert (envelope.account, envelope.sender, envelope.recipients) == ("ada", "", ("mycustomer@gmail.com",))


@pytest.mark.parametrize(
    "lines",
    [
        [b"AUTH PLAIN " + PLAIN],
        [b"auth plain " + PLAIN],
        [b"AUTH PLAIN", PLAIN],
        [b"AUTH PLAIN " + b64encode(b"ada\0ada\0k_ada")],
        [b"AUTH LOGIN", b64encode(b"ada"), b64encode(b"k_ada")],
        [b"AUTH LOGIN " + b64encode(b"ada"), b64encode(b"k_ada")],
    ],
)
def test_each_way_of_signing_in(lines: list[bytes]) -> None:
    """PLAIN and LOGIN, with and without an initial response."""
    door = Door()
    client = greeted(room(door))
    replies = [reply for line in lines for reply in client.send(line + b"\r\n")]
    assert replies[-1] == "235 2.7.0 Authentication succeeded"
    assert {reply[:3] for reply in replies[:-1]} <= {"334"}
    assert door.asked == [("ada", "k_ada", "192.0.2.7")]


def test_login_asks_for_name_and_password() -> None:
    """In base64, as clients expect it."""
    client = greeted(room())
    assert client.send(b"AUTH LOGIN\r\n") == ["334 VXNlcm5hbWU6"]
    assert client.send(b64encode(b"ada") + b"\r\n") == ["334 UGFzc3dvcmQ6"]
    assert client.send(b"AUTH PLAIN\r\n") == ["501 5.5.2 The response is not base64 of what the mechanism asks for"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([b"AUTH PLAIN " + b64encode(b"\0ada\0wrong")], "535 5.7.8"),
        ([b"AUTH PLAIN " + b64encode(b"bob\0ada\0k_ada")], "535 5.7.8"),
        ([b"AUTH PLAIN " + b64encode(b"ada\0k_ada")], "501 5.5.2"),
        ([b"AUTH PLAIN " + b64encode(b"\0ada\0k_ada\0x")], "501 5.5.2"),
        ([b"AUTH PLAIN " + b64encode(b"\0\xff\0k_ada")], "501 5.5.2"),
        ([b"AUTH PLAIN ="], "501 5.5.2"),
        ([b"AUTH PLAIN !!!"], "501 5.5.2"),
        ([b"AUTH PLAIN", b""], "501 5.5.2"),
        ([b"AUTH PLAIN", b"*"], "501 5.7.0"),
        ([b"AUTH LOGIN", b"*"], "501 5.7.0"),
        ([b"AUTH LOGIN", b64encode(b"ada"), b"*"], "501 5.7.0"),
        ([b"AUTH LOGIN", b64encode(b"ada"), b64encode(b"wrong")], "535 5.7.8"),
        ([b"AUTH CRAM-MD5"], "504 5.5.4"),
        ([b"AUTH"], "504 5.5.4"),
        ([b"AUTH PLAIN " + b64encode(b"\0slow\0down")], "421 4.7.0"),
    ],
)
def test_each_way_of_being_refused(lines: list[bytes], code: str) -> None:
    """What is wrong, in the code; nobody is signed in, and mail still needs it."""
    mailroom = room()
    client = greeted(mailroom)
    for line in lines:
        answer = client.codes(line + b"\r\n")
    assert answer == [code]
    if not client.closed:
        assert client.codes(b"MAIL FROM:<a@b.example>\r\n") == ["530 5.7.0"]
    assert mailroom.mails == []


def test_the_order_of_commands() -> None:
    """AUTH needs EHLO, comes once and not inside a mail; MAIL needs AUTH, RCPT and DATA need MAIL."""
    client = room().connect()
    assert client.codes(b"AUTH PLAIN " + PLAIN + b"\r\n") == ["503 5.5.1"]
    client.send(b"EHLO me\r\n")
    assert client.send(b"MAIL FROM:<a@b.example>\r\n") == ["530 5.7.0 Authentication required"]
    assert client.codes(b"RCPT TO:<a@b.example>\r\n", b"DATA\r\n") == ["503 5.5.1", "503 5.5.1"]
    assert client.codes(b"AUTH PLAIN " + PLAIN + b"\r\n" * 1) == ["235 2.7.0"]
    assert client.codes(b"AUTH PLAIN " + PLAIN + b"\r\n", b"MAIL FROM:<>\r\n", b"AUTH LOGIN\r\n") == [
        "503 5.5.1",
        "250 2.1.0",
        "503 5.5.1",
    ]


def test_the_ordinary_listener_knows_no_auth() -> None:
    """Where mail comes from anybody, AUTH is neither offered nor taken."""
    client = Mailroom().connect()
    assert not [line for line in client.send(b"EHLO me\r\n") if "AUTH" in line]
    assert client.codes(b"AUTH PLAIN " + PLAIN + b"\r\n") == ["502 5.5.1"]


def test_on_a_public_listener_there_is_no_signing_in_without_tls() -> None:
    """AUTH is not offered, is refused before a password is sent, and MAIL says what to do."""
    door = Door()
    client = room(door, in_clear=False, tls=tls.context).connect()
    assert client.send(b"EHLO me\r\n")[-1] == "250 STARTTLS"
    assert client.send(b"AUTH PLAIN\r\n") == [
        "538 5.7.11 Encryption required for requested authentication mechanism"
    ]
    assert client.send(b"MAIL FROM:<>\r\n") == ["530 5.7.0 Must issue a STARTTLS command first"]
    assert door.asked == []


def test_behind_starttls_everything_begins_again() -> None:
    """Who signed in before TLS has to do so again; AUTH is offered inside."""
    context = tls.context()
    mailroom = room(tls=lambda: context)
    wire = tls.Upgradable()
    client = mailroom.connect(wire=wire)
    wire.protocol = client.session
    client.send(b"EHLO plain\r\n")
    assert client.codes(b"AUTH PLAIN " + PLAIN + b"\r\n", b"STARTTLS\r\n") == ["235 2.7.0", "220 2.0.0"]
    assert wire.layer is not None
    inside = tls.TLSClient(wire.layer, wire.bottom, wire)
    assert inside.say(b"EHLO inside\r\n")[-1] == "250 AUTH PLAIN LOGIN"
    assert inside.say(b"MAIL FROM:<>\r\n") == ["530 5.7.0 Authentication required"]
    assert inside.say(b"AUTH PLAIN " + PLAIN + b"\r\n") == ["235 2.7.0 Authentication succeeded"]
    assert inside.say(MAIL)[-1] == "250 2.0.0 OK : queued as id1"
    assert (mailroom.mails[0][0].account, mailroom.mails[0][0].tls) == ("ada", True)


def test_what_is_sent_ahead_waits_for_the_answer_and_is_answered_in_order() -> None:
    """While a sign-in is decided nothing is answered; then everything is, in the order in which it was sent."""
    door = Door()
    door.held = Deferred()
    mailroom = room(door)
    client = greeted(mailroom)
    assert client.send(b"NOOP\r\nAUTH PLAIN " + PLAIN + b"\r\n" + MAIL + b"NOOP\r\n") == ["250 2.0.0 OK"]
    assert mailroom.mails == []
    before = len(client.wire.value())
    door.held.callback(Admitted(ADA, "", lambda: True))
    assert [line[:3] for line in client.lines(before)] == ["235", "250", "250", "354", "250", "250"]
    assert mailroom.mails[0][0].account == "ada"


def test_a_client_that_leaves_meanwhile_is_told_nothing() -> None:
    """The answer that comes too late goes nowhere."""
    from twisted.internet.error import ConnectionDone
    from twisted.python.failure import Failure

    door = Door()
    door.held = Deferred()
    client = greeted(room(door))
    client.send(b"AUTH PLAIN " + PLAIN + b"\r\n")
    before = len(client.wire.value())
    client.session.connectionLost(Failure(ConnectionDone()))
    door.held.callback(Admitted(ADA, "", lambda: True))
    assert client.lines(before) == []


def test_a_sign_in_that_is_never_decided_ends_with_the_silence() -> None:
    """The session does not wait for ever."""
    door = Door()
    door.held = Deferred()
    client = greeted(room(door, limits=limits(idle_timeout=5)))
    client.send(b"AUTH PLAIN " + PLAIN + b"\r\n")
    assert [line[:9] for line in client.wait(8)] == ["421 4.4.2"]


def test_trouble_while_signing_in_is_no_wrong_password() -> None:
    """What breaks inside is answered 451, so that the client tries again."""
    door = Door()
    door.held = Deferred()
    client = greeted(room(door))
    client.send(b"AUTH PLAIN " + PLAIN + b"\r\n")
    before = len(client.wire.value())
    door.held.errback(RuntimeError("broken"))
    assert [line[:9] for line in client.lines(before)] == ["451 4.3.0"]


def test_guessing_ends_the_session() -> None:
    """Refused sign-ins count as errors: after the tenth the session is closed."""
    client = greeted(room())
    line = b"AUTH PLAIN " + b64encode(b"\0ada\0guess") + b"\r\n"
    codes = [code for _ in range(11) for code in client.codes(line)]
    assert codes == ["535 5.7.8"] * 10 + ["421 4.7.0"]
    assert client.closed


@pytest.mark.parametrize("line", [b"AUTH PLAIN " + b"A" * 16_384, b"A" * 16_384])
def test_an_endless_response_ends_the_session(line: bytes) -> None:
    """A line of 16 KB is no password."""
    client = greeted(room())
    if not line.startswith(b"AUTH"):
        client.send(b"AUTH PLAIN\r\n")
    assert client.codes(line + b"\r\n") == ["421 5.5.2"]


def test_a_revoked_key_sends_no_more_mail() -> None:
    """The session that it opened is closed at the next mail."""
    door = Door()
    client = greeted(room(door))
    assert client.codes(b"AUTH PLAIN " + PLAIN + b"\r\n", MAIL)[-1] == "250 2.0.0"
    door.holds = False
    assert client.codes(b"MAIL FROM:<>\r\n") == ["421 4.7.0"]
    assert client.closed


def test_a_password_is_in_no_event() -> None:
    """What was sent as a secret is nowhere in the activity."""
    mailroom = room()
    client = greeted(mailroom)
    client.send(b"AUTH PLAIN " + b64encode(b"\0ada\0sesame") + b"\r\n", b"AUTH PLAIN " + PLAIN + b"\r\n", MAIL)
    said = repr(list(mailroom.activity))
    assert "sesame" not in said
    assert "k_ada" not in said
    assert PLAIN.decode() not in said


def test_the_denylist_is_not_for_who_has_signed_in() -> None:
    """A sender that strangers may not use is taken from the account."""
    denylist = Denylist([Denial("spam.test", 1.0)])
    mailroom = room(denylist=denylist)
    client = greeted(mailroom)
    client.send(b"AUTH PLAIN " + PLAIN + b"\r\n")
    assert client.codes(b"MAIL FROM:<a@spam.test>\r\n") == ["250 2.1.0"]
    stranger = Mailroom(denylist=denylist).connect()
    assert stranger.codes(b"EHLO me\r\nMAIL FROM:<a@spam.test>\r\n") == ["250", "550 5.7.1"]
