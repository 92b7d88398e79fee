"""What each command is answered, in each state."""

from base64 import b64encode

import pytest
from twisted.internet.defer import fail

from mailsockd.actions.ports import StorageTrouble
from mailsockd.state.activity import Kind
from tests.pop3.fake import NOW, SIGN_IN, TRACE, Post, limits

MAIL = b"Subject: one\r\n\r\nfirst\r\n.dot\r\n"
OCTETS = len(TRACE % 1) + len(MAIL)
HELLO = "+OK mailsockd POP3"


def plain(text: bytes) -> bytes:
    return b64encode(text)


def test_a_session_from_the_greeting_to_the_end() -> None:
    """A client signs in, lists, reads and leaves, and each answer is RFC 1939's."""
    post = Post(MAIL, b"no line end")
    client = post.connect()
    assert client.wire.value() == b"+OK mailsockd POP3\r\n"
    second = len(TRACE % 2) + len(b"no line end\r\n")
    assert client.send(SIGN_IN) == ["+OK Send PASS", f"+OK 2 messages ({OCTETS + second} octets)"]
    assert client.send(b"STAT\r\n") == [f"+OK 2 {OCTETS + second}"]
    assert client.send(b"LIST\r\n") == [
        f"+OK 2 messages ({OCTETS + second} octets)",
        f"1 {OCTETS}",
        f"2 {second}",
        ".",
    ]
    assert client.send(b"LIST 2\r\n") == [f"+OK 2 {second}"]
    assert client.send(b"UIDL\r\n") == ["+OK 2 messages", "1 m1-0", "2 m2-0", "."]
    assert client.send(b"UIDL 1\r\n") == ["+OK 1 m1-0"]
    assert client.raw(b"RETR 1\r\n") == (
        b"+OK %d octets\r\n" % OCTETS + TRACE % 1 + b"Subject: one\r\n\r\nfirst\r\n..dot\r\n.\r\n"
    )
    assert client.raw(b"RETR 2\r\n") == b"+OK %d octets\r\n" % second + TRACE % 2 + b"no line end\r\n.\r\n"
    assert client.send(b"NOOP\r\n") == ["+OK OK"]
    assert client.send(b"QUIT\r\n") == ["+OK Goodbye"]
    assert client.closed
    assert post.ids() == ["m1-0", "m2-0"]
    assert post.asked == [("a@b.test", "key", "192.0.2.7")]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"STAT", "-ERR Sign in first"),
        (b"LIST", "-ERR Sign in first"),
        (b"LIST 1", "-ERR Sign in first"),
        (b"UIDL", "-ERR Sign in first"),
        (b"UIDL 1", "-ERR Sign in first"),
        (b"RETR 1", "-ERR Sign in first"),
        (b"TOP 1 0", "-ERR Sign in first"),
        (b"DELE 1", "-ERR Sign in first"),
        (b"RSET", "-ERR Sign in first"),
        (b"NOOP", "-ERR Sign in first"),
        (b"PASS key", "-ERR Send USER first"),
        (b"USER", "-ERR Wrong arguments"),
        (b"USER \xff", "-ERR Wrong arguments"),
        (b"USER a@b.test", "+OK Send PASS"),
        (b"user a@b.test", "+OK Send PASS"),
        (b"AUTH CRAM-MD5", "-ERR The only mechanism is PLAIN"),
        (b"AUTH PLAIN", "+ "),
        (b"AUTH PLAIN !", "-ERR This is not what PLAIN sends"),
        (b"AUTH PLAIN =", "-ERR This is not what PLAIN sends"),
        (b"STLS", "-ERR Command not offered here"),
        (b"APOP a@b.test c4c9334bac560ecc979e58001b3e22fb", "-ERR Command not offered here"),
        (b"RPOP a", "-ERR Command not offered here"),
        (b"LAST", "-ERR Command not offered here"),
        (b"QUIT", "+OK Goodbye"),
        (b"", "-ERR Command not recognised"),
        (b" ", "-ERR Command not recognised"),
        (b"\xff\x00", "-ERR Command not recognised"),
        (b"LIST\x00", "-ERR Command not recognised"),
    ],
)
def test_commands_before_the_sign_in(command: bytes, answer: str) -> None:
    """Before a client has signed in it may sign in, ask what there is, and leave."""
    assert Post(MAIL).connect().send(command + b"\r\n") == [answer]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"USER a@b.test", "-ERR Already signed in"),
        (b"PASS key", "-ERR Already signed in"),
        (b"AUTH PLAIN", "-ERR Already signed in"),
        (b"STLS", "-ERR Already signed in"),
        (b"LIST 0", "-ERR There is no such message"),
        (b"LIST 3", "-ERR There is no such message"),
        (b"LIST -1", "-ERR Wrong arguments"),
        (b"LIST x", "-ERR Wrong arguments"),
        (b"LIST 1 2", "-ERR Wrong arguments"),
        (b"LIST " + b"9" * 2000, "-ERR There is no such message"),
        (b"UIDL 3", "-ERR There is no such message"),
        (b"UIDL m1-0", "-ERR Wrong arguments"),
        (b"RETR", "-ERR Wrong arguments"),
        (b"RETR 3", "-ERR There is no such message"),
        (b"RETR \xb2", "-ERR Wrong arguments"),
        (b"DELE", "-ERR Wrong arguments"),
        (b"DELE 0", "-ERR There is no such message"),
        (b"TOP 1", "-ERR Wrong arguments"),
        (b"TOP 1 -1", "-ERR Wrong arguments"),
        (b"TOP 1 x", "-ERR Wrong arguments"),
        (b"TOP 3 1", "-ERR There is no such message"),
        (b"WHAT", "-ERR Command not recognised"),
        (b"NOOP", "+OK OK"),
        (b"RSET", "+OK Nothing is marked as deleted"),
        (b"LIST 01", f"+OK 1 {OCTETS}"),
    ],
)
def test_commands_after_the_sign_in(command: bytes, answer: str) -> None:
    """What cannot be done is refused in one line, and the session goes on."""
    client = Post(MAIL, MAIL).signed_in()
    assert client.send(command + b"\r\n") == [answer]
    assert client.send(b"UIDL 1\r\n") == ["+OK 1 m1-0"]


@pytest.mark.parametrize("text", [b"\0a@b.test\0key", b"a@b.test\0a@b.test\0key"])
def test_auth_plain(text: bytes) -> None:
    """AUTH PLAIN signs in with its response in the command or in a line of its own; "*" cancels it."""
    post = Post()
    assert post.connect().send(b"AUTH PLAIN " + plain(text) + b"\r\n") == ["+OK 0 messages (0 octets)"]
    client = post.connect()
    assert client.send(b"auth plain\r\n") == ["+ "]
    assert client.send(b"*\r\n") == ["-ERR Cancelled"]
    assert client.send(b"AUTH PLAIN\r\n" + plain(text) + b"\r\nSTAT\r\n") == [
        "+ ",
        "+OK 0 messages (0 octets)",
        "+OK 0 0",
    ]
    assert post.asked == [("a@b.test", "key", "192.0.2.7")] * 2


@pytest.mark.parametrize(
    "text", [b"", b"\0", b"\0a\0", b"\0\0key", b"eve\0a@b.test\0key", b"\0a\0b\0c", b"\0\xff\0key", b"a@b.test key"]
)
def test_auth_plain_that_is_none(text: bytes) -> None:
    """A response that is not PLAIN's, or that acts for another, is refused before anybody is asked."""
    post = Post()
    assert post.connect().send(b"AUTH PLAIN\r\n" + plain(text) + b"\r\n") == [
        "+ ",
        "-ERR This is not what PLAIN sends",
    ]
    assert post.asked == []


def test_mechanisms_are_listed() -> None:
    """AUTH alone lists the mechanisms, as some clients ask."""
    assert Post().connect().send(b"AUTH\r\n") == ["+OK Mechanisms:", "PLAIN", "."]


def test_a_password_may_have_spaces() -> None:
    """The password is the whole rest of the line, the user has no spaces around it."""
    post = Post()
    assert post.connect().send(b"USER  a@b.test \r\nPASS  a pass word \r\n")[1:] == [
        "-ERR [AUTH] The address or the password is wrong"
    ]
    assert post.asked == [("a@b.test", " a pass word ", "192.0.2.7")]


def test_sign_ins_that_fail() -> None:
    """A failed sign-in names the reason's kind, needs USER again, and the third ends the session."""
    client = Post().connect()
    assert client.send(b"USER a@b.test\r\nPASS wrong\r\nPASS key\r\n") == [
        "+OK Send PASS",
        "-ERR [AUTH] The address or the password is wrong",
        "-ERR Send USER first",
    ]
    assert client.send(b"USER a@b.test\r\nPASS busy\r\n")[1:] == ["-ERR [SYS/TEMP] Too many attempts, try again later"]
    assert client.send(b"USER a@b.test\r\nPASS wrong\r\nUSER a@b.test\r\nPASS key\r\n") == [
        "+OK Send PASS",
        "-ERR [AUTH] Too many sign-ins failed, closing",
    ]
    assert client.closed


def test_signing_in_in_the_clear_is_refused_where_it_must_be() -> None:
    """Without TLS on a public listener neither USER, PASS nor AUTH is taken, and CAPA offers none of them."""
    post = Post(in_clear=False, tls=lambda: "a context")
    client = post.connect()
    needs = "-ERR Signing in needs TLS here: send STLS first, or use the port with TLS"
    assert client.send(b"USER a@b.test\r\nPASS key\r\nAUTH PLAIN " + plain(b"\0a@b.test\0key") + b"\r\n") == [needs] * 3
    assert client.send(b"AUTH\r\n") == [needs]
    capabilities = client.send(b"CAPA\r\n")
    assert "STLS" in capabilities
    assert not {"USER", "SASL PLAIN"} & set(capabilities)
    assert post.asked == []


def test_capabilities() -> None:
    """CAPA tells what can be done at this moment."""
    always = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING"]
    client = Post(tls=lambda: "a context").connect()
    first = "+OK What this server does:"
    last = ["IMPLEMENTATION mailsockd", "."]
    assert client.send(b"CAPA\r\n") == [first, *always, "USER", "SASL PLAIN", "STLS", *last]
    client.send(SIGN_IN)
    assert client.send(b"CAPA\r\n") == [first, *always, *last]
    assert Post().connect().send(b"CAPA\r\n") == [first, *always, "USER", "SASL PLAIN", *last]


def test_deletion_is_at_quit() -> None:
    """What was marked is gone from all answers at once, and from the disk when the client says QUIT."""
    post = Post(MAIL, MAIL, MAIL)
    client = post.signed_in()
    assert client.send(b"DELE 2\r\nDELE 2\r\nRETR 2\r\nTOP 2 0\r\nLIST 2\r\nUIDL 2\r\n") == [
        "+OK Message 2 will be deleted at QUIT",
        *["-ERR Message 2 is marked as deleted"] * 5,
    ]
    assert client.send(b"STAT\r\n") == [f"+OK 2 {OCTETS * 2}"]
    assert client.send(b"UIDL\r\n") == ["+OK 2 messages", "1 m1-0", "3 m3-0", "."]
    assert post.ids() == ["m1-0", "m2-0", "m3-0"]
    assert client.send(b"QUIT\r\n") == ["+OK 1 messages deleted"]
    assert post.ids() == ["m1-0", "m3-0"]
    (event,) = post.events()
    assert (event.kind, event.account, event.address, event.message, event.peer, event.text) == (
        Kind.DELETED,
        "ada",
        "a@b.test",
        "m2-0",
        "192.0.2.7",
        "by POP3",
    )
    assert client.closed


def test_rset_takes_marks_away() -> None:
    """After RSET nothing is deleted."""
    post = Post(MAIL, MAIL)
    client = post.signed_in()
    client.send(b"DELE 1\r\nDELE 2\r\n")
    assert client.send(b"STAT\r\nRSET\r\nSTAT\r\nQUIT\r\n") == [
        "+OK 0 0",
        "+OK Nothing is marked as deleted",
        f"+OK 2 {OCTETS * 2}",
        "+OK Goodbye",
    ]
    assert post.ids() == ["m1-0", "m2-0"]


def test_a_connection_that_is_lost_deletes_nothing() -> None:
    """Without QUIT all marks are forgotten."""
    post = Post(MAIL)
    client = post.signed_in()
    client.send(b"DELE 1\r\n")
    client.session.connectionLost()
    assert post.ids() == ["m1-0"]


def test_deletion_of_everything_spares_what_came_since() -> None:
    """Only messages of the session's list are deleted; starred ones among them are too."""
    post = Post(MAIL)
    post.add(2, MAIL, saved_by="ada")
    client = post.signed_in()
    client.send(b"DELE 1\r\nDELE 2\r\n")
    post.add(3, MAIL)
    assert client.send(b"UIDL\r\nQUIT\r\n") == ["+OK 0 messages", ".", "+OK 2 messages deleted"]
    assert post.ids() == ["m3-0"]


def test_many_deletions_are_one_event() -> None:
    """More than fifty deleted messages are recorded together."""
    post = Post(*[MAIL] * 51)
    client = post.signed_in()
    client.send(*(b"DELE %d\r\n" % number for number in range(1, 52)))
    assert client.send(b"QUIT\r\n") == ["+OK 51 messages deleted"]
    assert [(event.kind, event.count, event.text) for event in post.events()] == [
        (Kind.DELETED, 51, "51 messages by POP3")
    ]


def test_deletion_that_fails() -> None:
    """When the disk does not delete, QUIT says so, and the session ends all the same."""
    post = Post(MAIL)
    client = post.signed_in()
    client.send(b"DELE 1\r\n")
    post.store.remove = lambda *arguments: fail(StorageTrouble("no"))  # type: ignore[method-assign]
    assert client.send(b"QUIT\r\n") == ["-ERR [SYS/TEMP] Trouble on this server, some messages were not deleted"]
    assert client.closed


def test_a_retrieval_is_recorded_and_a_top_is_not() -> None:
    """The activity knows who read which message by POP3, and from where."""
    post = Post(MAIL)
    client = post.signed_in()
    client.send(b"TOP 1 5\r\n")
    assert post.events() == []
    client.send(b"RETR 1\r\n")
    (event,) = post.events()
    assert (event.kind, event.at, event.account, event.address, event.message, event.peer, event.text) == (
        Kind.READ,
        NOW,
        "ada",
        "a@b.test",
        "m1-0",
        "192.0.2.7",
        "by POP3",
    )


def test_top() -> None:
    """TOP gives the headers and some lines of the body; more lines than there are give all of it."""
    client = Post(MAIL).signed_in()
    head = b"+OK The top of it\r\n" + TRACE % 1 + b"Subject: one\r\n\r\n"
    assert client.raw(b"TOP 1 0\r\n") == head + b".\r\n"
    assert client.raw(b"TOP 1 1\r\n") == head + b"first\r\n.\r\n"
    assert client.raw(b"TOP 1 99999999999999999999999999\r\n") == head + b"first\r\n..dot\r\n.\r\n"


def test_messages_that_are_gone() -> None:
    """A message that somebody deleted meanwhile is refused when it is asked for, and its number stays."""
    post = Post(MAIL, MAIL)
    client = post.signed_in()
    del post.mailbox.messages[0]
    assert client.send(b"RETR 1\r\nUIDL 2\r\n") == ["-ERR This message was deleted meanwhile", "+OK 2 m2-0"]
    assert client.send(b"DELE 1\r\nQUIT\r\n")[-1] == "+OK 0 messages deleted"


def test_rights_are_checked_at_each_use() -> None:
    """An account that is gone, or whose address another has by now, reads and deletes nothing more."""
    post = Post(MAIL)
    client = post.signed_in()
    client.send(b"DELE 1\r\nRSET\r\n")
    post.accounts.remove("ada")
    assert client.send(b"RETR 1\r\n") == ["-ERR The account is there no more"]
    assert client.closed
    post = Post(MAIL)
    client = post.signed_in()
    client.send(b"DELE 1\r\n")
    post.accounts.remove("ada")
    assert client.send(b"QUIT\r\n") == ["-ERR The account is there no more"]
    assert post.ids() == ["m1-0"]


@pytest.mark.parametrize("command", [b"RETR 1", b"TOP 1 0", b"DELE 1\r\nQUIT"])
def test_a_key_that_is_revoked_ends_the_session(command: bytes) -> None:
    """When what a client signed in with holds no more, it reads and deletes nothing more."""
    post = Post(MAIL)
    client = post.signed_in()
    post.holds = False
    assert client.send(command + b"\r\n")[-1] == "-ERR [AUTH] What you signed in with does not hold any more, closing"
    assert client.closed
    assert post.ids() == ["m1-0"]


def test_a_list_has_the_newest_messages() -> None:
    """When an inbox has more messages than a list may have, the oldest are left out until others are deleted."""
    client = Post(MAIL, MAIL, MAIL, most=2).signed_in()
    assert client.send(b"UIDL\r\n") == ["+OK 2 messages", "1 m2-0", "2 m3-0", "."]


@pytest.mark.parametrize("command", [b"GET / HTTP/1.1", b"POST / HTTP/1.1", b"Host: localhost"])
def test_http_ends_the_session(command: bytes) -> None:
    """A browser that was led here is not listened to."""
    client = Post().connect()
    assert client.send(command + b"\r\n" + SIGN_IN) == ["-ERR This is POP3, not HTTP, closing"]
    assert client.closed


def test_too_many_errors_end_the_session() -> None:
    """After its errors a client has to come again."""
    client = Post(limits=limits(errors=2)).connect()
    assert client.send(b"WHAT\r\n" * 4) == [
        "-ERR Command not recognised",
        "-ERR Command not recognised",
        "-ERR Too many errors, closing",
    ]
    assert client.closed


@pytest.mark.parametrize("command", [b"NOOP", b"STAT", b"RSET", b"CAPA"])
def test_too_much_ado_ends_the_session(command: bytes) -> None:
    """Commands that read and delete nothing come to an end."""
    client = Post(limits=limits(junk_commands=3)).signed_in()
    client.send(command + b"\r\n" + command + b"\r\n")
    assert client.send(b"NOOP\r\n") == ["-ERR Too many commands that read nothing, closing"]
    assert client.closed
