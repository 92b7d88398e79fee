"""Handing one mail to a relay: what is said, and what comes of each answer."""

from base64 import b64decode

import pytest

from mailsockd.delivery.relaying import Letter, letter
from tests.delivery.relay_talk import MAIL, Talk


def test_one_mail() -> None:
    """Greeting, EHLO, envelope, content, QUIT: each command waits for its answer, and the last answer is given."""
    talk = Talk()
    assert talk.heard == b""
    assert talk.says("220 mx.d.test ESMTP") == b"EHLO mx.b.test\r\n"
    assert talk.says("250-mx.d.test", "250 HELP") == b"MAIL FROM:<a@b.test>\r\n"
    assert talk.says("250 Ok") == b"RCPT TO:<c@d.test>\r\n"
    assert talk.says("250 Ok") == b"DATA\r\n"
    assert talk.says("354 go on") == MAIL + b".\r\n"
    assert talk.says("250-2.0.0 Ok:", "250 queued as 17") == b"QUIT\r\n"
    assert talk.outcome == "250 2.0.0 Ok: queued as 17"
    assert talk.line.disconnecting and not talk.line.aborted
    talk.clock.advance(2)
    assert talk.line.aborted
    assert talk.clock.getDelayedCalls() == []


def test_answers_in_pieces() -> None:
    """An answer that comes byte by byte is waited for to its end."""
    talk = Talk()
    assert talk.says(*[bytes([byte]) for byte in b"220-mx\r\n220 ESMTP\r\n"]) == b"EHLO mx.b.test\r\n"


@pytest.mark.parametrize(
    ("mail", "extensions", "options"),
    [
        (letter("", "c@d.test", MAIL), (), "<>"),
        (letter("a@b.test", "c@d.test", MAIL), ("SIZE 1000",), "<a@b.test> SIZE=21"),
        (letter("a@b.test", "c@d.test", b"x\ny"), ("size",), "<a@b.test> SIZE=6"),
        (letter("a@b.test", "c@d.test", MAIL), ("8BITMIME", "SMTPUTF8"), "<a@b.test>"),
        (letter("a@b.test", "c@d.test", b"\xff"), ("8BITMIME",), "<a@b.test> BODY=8BITMIME"),
        (letter("ä@b.test", "c@d.test", MAIL), ("SMTPUTF8",), "<ä@b.test> SMTPUTF8"),
        (letter("a@b.test", "ä@d.test", MAIL), ("SMTPUTF8",), "<a@b.test> SMTPUTF8"),
    ],
)
def test_what_is_said_of_the_mail(mail: Letter, extensions: tuple[str, ...], options: str) -> None:
    """MAIL says size, 8-bit content and addresses beyond ASCII to those who take them; the null sender stays."""
    talk = Talk(mail)
    talk.says("220 mx")
    lines = ["mx", *extensions]
    heard = talk.says(*[f"250{'-' if line is not lines[-1] else ' '}{line}" for line in lines])
    assert heard.decode() == f"MAIL FROM:{options}\r\n"


@pytest.mark.parametrize(
    ("mail", "extension", "reason"),
    [
        (letter("a@b.test", "c@d.test", MAIL), "SIZE 20", "the mail has 21 bytes, and it takes at most 20"),
        (letter("a@b.test", "c@d.test", b"\xff"), "SIZE", "it does not take mail that is not ASCII (8BITMIME)"),
        (letter("a@b.test", "ä@d.test", b""), "8BITMIME", "it does not take addresses that are not ASCII (SMTPUTF8)"),
    ],
)
def test_mail_that_it_cannot_take(mail: Letter, extension: str, reason: str) -> None:
    """What the relay says it cannot take is not sent, for good."""
    talk = Talk(mail)
    talk.says("220 mx")
    assert talk.says("250-mx", f"250 {extension}") == b"QUIT\r\n"
    assert (talk.trouble, talk.outcome.value.for_good) == (f"NotTaken: {reason}", True)


ANSWERS = ["220 mx", "250 mx", "250 Ok", "250 Ok", "354 go on", "250 Ok"]


@pytest.mark.parametrize(
    ("stage", "answer", "reason", "for_good"),
    [
        (0, "554 go away", "it answered the connection with 554 go away", False),
        (0, "421 busy", "it answered the connection with 421 busy", False),
        (1, "421 busy", "it answered EHLO with 421 busy", False),
        (2, "451 later", "451 later", False),
        (2, "550 5.7.1 not you", "550 5.7.1 not you", True),
        (2, "530 sign in", "530 sign in", False),
        (3, "450 4.2.1 greylisted", "450 4.2.1 greylisted", False),
        (3, "550 5.1.1 no such user", "550 5.1.1 no such user", True),
        (3, "354 what", "354 what", False),
        (4, "554 no valid recipients", "554 no valid recipients", True),
        (4, "250 Ok", "250 Ok", False),
        (5, "452 full", "452 full", False),
        (5, "554 spam", "554 spam", True),
        (5, "421 ending", "421 ending", False),
    ],
)
def test_refusals(stage: int, answer: str, reason: str, for_good: bool) -> None:
    """Only a 5xx about the mail itself is for good; its words are passed on, and the connection is closed."""
    talk = Talk()
    for line in ANSWERS[:stage]:
        talk.says(line)
    assert talk.says(answer) == b"QUIT\r\n"
    assert (talk.trouble, talk.outcome.value.for_good) == (f"NotTaken: {reason}", for_good)
    assert talk.line.disconnecting


@pytest.mark.parametrize("stage", range(6))
def test_silence(stage: int) -> None:
    """A relay that says nothing more is left after its time, ten minutes for the last answer, and by force."""
    talk = Talk(seconds=30)
    for line in ANSWERS[:stage]:
        talk.says(line)
    seconds = 600 if stage == 5 else 30
    talk.clock.advance(seconds - 1)
    assert talk.outcome is None
    talk.clock.advance(1)
    places = ["after the connection was made", "after EHLO", "after MAIL", "after RCPT", "after DATA"]
    place = [*places, "after the content"][stage]
    words = "10 minutes" if stage == 5 else "30 seconds"
    assert talk.trouble == f"Lost: nothing happened for {words} {place}"
    assert talk.line.aborted and talk.clock.getDelayedCalls() == []


@pytest.mark.parametrize("stage", range(6))
def test_the_relay_hangs_up(stage: int) -> None:
    """A connection that ends before the answer is trouble that may pass."""
    talk = Talk()
    for line in ANSWERS[:stage]:
        talk.says(line)
    talk.client.connectionLost()
    assert talk.trouble == "Lost: the connection was closed"
    assert talk.clock.getDelayedCalls() == []


@pytest.mark.parametrize("stage", range(6))
def test_the_try_is_given_up(stage: int) -> None:
    """Whoever stops waiting ends the connection at once."""
    talk = Talk()
    for line in ANSWERS[:stage]:
        talk.says(line)
    talk.handing.cancel()
    assert talk.line.aborted and talk.clock.getDelayedCalls() == []
    talk.client.connectionLost()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "it does not speak SMTP"),
        (b"\xff\xfe\r\n", "it does not speak SMTP"),
        (b"2200 x\r\n", "it does not speak SMTP"),
        (b"999 x\r\n", "it does not speak SMTP"),
        (b"\r\n", "it does not speak SMTP"),
        (b"220-a\r\n250 b\r\n", "it changed its mind within a reply"),
        (b"220 " + b"x" * 3000, "it sent a line of more than 2048 bytes"),
        (b"220 " + b"x" * 3000 + b"\r\n", "it sent a line of more than 2048 bytes"),
        (b"220-x\r\n" * 101, "it sent a reply of more than 100 lines"),
        (b"220-" + b"x" * 2000 + b"\r\n", None),
        ((b"220-" + b"x" * 2000 + b"\r\n") * 70, "it said more than 128 KB"),
        (b"220 a\r\n220 b\r\n", "it spoke out of turn: 220 b"),
        (b"220 a\r\n250 b\r\n", "it spoke out of turn: 250 b"),
    ],
)
def test_hostile_greetings(said: bytes, reason: str | None) -> None:
    """What no SMTP server says ends the connection by force, at once, before memory grows."""
    talk = Talk()
    talk.says(said)
    if reason is None:
        assert talk.outcome is None
    else:
        assert talk.trouble == f"Improper: {reason}"
        assert talk.line.aborted and talk.clock.getDelayedCalls() == []


def test_words_are_fit_to_be_shown() -> None:
    """Control characters and bytes that are no text do not reach people, and long answers are cut."""
    talk = Talk()
    talk.says("220 mx", "250 mx")
    talk.says(b"550 \x1b[31mno\t\x00 \xff" + b"x" * 500 + b"\r\n")
    assert talk.trouble == f"NotTaken: 550 [31mno �{'x' * 188}"


def test_421_may_come_at_any_time() -> None:
    """A relay that says 421 and hangs up is understood by its words."""
    talk = Talk()
    talk.says("220 mx", b"250 mx\r\n421 4.3.2 going down\r\n")
    talk.client.connectionLost()
    assert talk.trouble == "NotTaken: 421 4.3.2 going down"


def test_hello_of_old() -> None:
    """A relay that knows no EHLO gets HELO, unless TLS or signing in is needed."""
    talk = Talk()
    talk.says("220 mx")
    assert talk.says("502 what?") == b"HELO mx.b.test\r\n"
    assert talk.says("250 mx") == b"MAIL FROM:<a@b.test>\r\n"
    talk = Talk(tls="starttls")
    talk.says("220 mx")
    talk.says("502 what?")
    assert talk.trouble == "NotTaken: it answered EHLO with 502 what?"


def test_starttls() -> None:
    """After STARTTLS everything said before is asked again, inside."""
    talk = Talk(tls="starttls")
    talk.says("220 mx")
    assert talk.says("250-mx", "250-SIZE 5", "250 STARTTLS") == b"STARTTLS\r\n"
    assert talk.says("220 go on") == b"EHLO mx.b.test\r\n"
    assert talk.line.tls == "options"
    assert talk.says("250 mx") == b"MAIL FROM:<a@b.test>\r\n"


@pytest.mark.parametrize(
    ("tls", "offer", "answer", "trouble"),
    [
        ("starttls", "HELP", "", "NotTaken: it does not offer STARTTLS, and relay.tls is starttls"),
        ("starttls", "STARTTLS", "454 not now", "NotTaken: it answered STARTTLS with 454 not now"),
        ("starttls", "STARTTLS", "220 x\r\n250 evil", "Improper: it sent something between STARTTLS and TLS"),
        ("starttls", "STARTTLS", "220 x\r\n25", "Improper: it sent something between STARTTLS and TLS"),
        ("opportunistic", "HELP", "", ""),
        ("opportunistic", "STARTTLS", "454 not now", ""),
    ],
)
def test_starttls_that_does_not_come_about(tls: str, offer: str, answer: str, trouble: str) -> None:
    """Without TLS nothing is sent, unless TLS was only a wish; what was slipped in before TLS ends the connection."""
    talk = Talk(tls=tls)
    talk.says("220 mx")
    heard = talk.says("250-mx", f"250 {offer}")
    if answer:
        heard = talk.says(answer.encode() if answer.endswith("25") else answer)
    if trouble:
        assert (talk.trouble, talk.line.tls) == (trouble, None)
    else:
        assert heard == b"MAIL FROM:<a@b.test>\r\n"


def test_signing_in_with_plain() -> None:
    """User and password go in one line where the relay takes PLAIN."""
    talk = Talk(username="ü", password="p w")
    talk.says("220 mx")
    heard = talk.says("250-mx", "250 AUTH LOGIN PLAIN")
    assert heard.startswith(b"AUTH PLAIN ") and b64decode(heard[11:]) == b"\0\xc3\xbc\0p w"
    assert talk.says("235 welcome") == b"MAIL FROM:<a@b.test>\r\n"


def test_signing_in_with_login() -> None:
    """User and password are asked for one by one where it takes LOGIN alone."""
    talk = Talk(username="u", password="p")
    talk.says("220 mx")
    assert talk.says("250-mx", "250 AUTH LOGIN") == b"AUTH LOGIN\r\n"
    assert talk.says("334 VXNlcm5hbWU6") == b"dQ==\r\n"
    assert talk.says("334 UGFzc3dvcmQ6") == b"cA==\r\n"
    assert talk.says("535 5.7.8 wrong") == b"QUIT\r\n"
    assert talk.trouble == "NotTaken: it answered relay.username and its password with 535 5.7.8 wrong"
    assert not talk.outcome.value.for_good


def test_no_way_to_sign_in() -> None:
    """A relay that takes neither is not sent the mail without."""
    talk = Talk(username="u", password="p")
    talk.says("220 mx")
    talk.says("250-mx", "250 AUTH CRAM-MD5")
    assert talk.trouble == "NotTaken: it offers neither AUTH PLAIN nor AUTH LOGIN, and relay.username is set"


def test_content_goes_as_fast_as_it_is_taken() -> None:
    """A piece is sent when the last one was taken; one that stays untaken for three minutes ends the connection."""
    talk = Talk(letter("a@b.test", "c@d.test", b"x" * 300_000), slow=True)
    assert len(talk.to_data()) == 131_072
    talk.clock.advance(170)
    talk.client.resumeProducing()
    assert len(talk.heard) == 262_144
    talk.clock.advance(179)
    assert talk.outcome is None
    talk.clock.advance(1)
    assert talk.trouble == "Lost: nothing happened for 3 minutes in the content"
    assert talk.line.aborted


def test_content_that_is_taken_in_pieces() -> None:
    """The end comes once, behind the last piece."""
    talk = Talk(letter("a@b.test", "c@d.test", b".x" * 150_000), slow=True)
    talk.to_data()
    for _ in range(3):
        talk.client.resumeProducing()
    assert talk.heard == b"." + b".x" * 150_000 + b"\r\n.\r\n"
    assert talk.line.producer is None
    talk.says("250 taken")
    assert talk.outcome == "250 taken"


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ("552 too large", "NotTaken: 552 too large"),
        ("421 going down", "NotTaken: 421 going down"),
        ("250 taken", "Improper: it answered content that it had not seen: 250 taken"),
    ],
)
def test_an_answer_in_the_middle_of_the_content(said: str, trouble: str) -> None:
    """A refusal that comes early is taken and the rest not sent; an early yes is none."""
    talk = Talk(letter("a@b.test", "c@d.test", b"x" * 300_000), slow=True)
    talk.to_data()
    assert talk.says(said) == b""
    assert talk.trouble == trouble
    assert talk.line.aborted


def test_hanging_up_in_the_middle_of_the_content() -> None:
    """Content that was not taken whole may be sent again."""
    talk = Talk(letter("a@b.test", "c@d.test", b"x" * 300_000), slow=True)
    talk.to_data()
    talk.client.connectionLost()
    assert talk.trouble == "Lost: the connection was closed"


def test_a_command_is_one_line() -> None:
    """An address can add no command, whatever state on disk says."""
    talk = Talk(letter("a@b.test>\r\nRCPT TO:<x@y.test", "c@d.test", MAIL))
    talk.says("220 mx", "250 mx")
    assert isinstance(talk.outcome.value, ValueError)
