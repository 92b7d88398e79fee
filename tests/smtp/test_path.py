"""Reading the arguments of MAIL and RCPT: what is taken as it comes in real mail, and what is refused."""

import pytest

from mailsockd.actions.receive import Rejected
from mailsockd.smtp import path
from mailsockd.smtp.path import Mail

LONG_LOCAL = "bounces+12345678-0abc-user=gmail.com-and-some-more-digits-0123456789-0123456789-0"


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        (b"TO:<user@b.example>", "user@b.example"),
        (b"to:<User@B.Example>", "user@b.example"),
        (b"TO: <user@b.example>", "user@b.example"),
        (b"TO :<user@b.example>", "user@b.example"),
        (b"TO:user@b.example", "user@b.example"),
        (b"TO: user@b.example", "user@b.example"),
        (b"TO:< user@b.example >", "user@b.example"),
        (b"TO:<postmaster>", "postmaster@mx.test"),
        (b"TO:<PostMaster>", "postmaster@mx.test"),
        (b"TO:postmaster", "postmaster@mx.test"),
        (b'TO:<"john doe"@b.example>', '"john doe"@b.example'),
        (b'TO:"john doe"@b.example', '"john doe"@b.example'),
        (b'TO:<"a>b"@b.example>', '"a>b"@b.example'),
        (b'TO:<"a\\"b"@b.example>', '"a\\"b"@b.example'),
        (b"TO:<a..b@b.example>", "a..b@b.example"),
        (b"TO:<.a@b.example>", ".a@b.example"),
        (b"TO:<a.@b.example>", "a.@b.example"),
        (f"TO:<{LONG_LOCAL}@em1234.shop.example>".encode(), f"{LONG_LOCAL}@em1234.shop.example"),
        (b"TO:<user@b.example.>", "user@b.example"),
        (b"TO:<a_b@c_d.example>", "a_b@c_d.example"),
        (b"TO:<root@localhost>", "root@localhost"),
        (b"TO:<user@[127.0.0.1]>", "user@[127.0.0.1]"),
        (b"TO:<user@[IPv6:::1]>", "user@[ipv6:::1]"),
        (b"TO:<@one.example,@two.example:user@b.example>", "user@b.example"),
        (b"TO:<@one.example:user@b.example>", "user@b.example"),
        (b"TO:<@[IPv6:2001:db8::1]:user@b.example>", "user@b.example"),
        (b"TO:<a/../b@b.example>", "a/../b@b.example"),
        (b"TO:<a!b%c@b.example>", "a!b%c@b.example"),
    ],
)
def test_recipients_are_taken_in_the_shapes_of_real_mail(argument: bytes, address: str) -> None:
    """Every lenient shape gives the one canonical address."""
    assert path.recipient(argument, False, "mx.test") == address


@pytest.mark.parametrize(
    ("argument", "code", "status"),
    [
        (b"", 501, "5.5.4"),
        (b"<a@b.example>", 501, "5.5.4"),
        (b"FROM:<a@b.example>", 501, "5.5.4"),
        (b"TO:", 501, "5.1.3"),
        (b"TO:<>", 501, "5.1.3"),
        (b"TO:<user>", 501, "5.1.3"),
        (b"TO:<user@>", 501, "5.1.3"),
        (b"TO:<@b.example>", 501, "5.1.3"),
        (b"TO:<user@b.example", 501, "5.1.3"),
        (b"TO:user@b.example>", 501, "5.1.3"),
        (b"TO:<<user@b.example>>", 501, "5.1.3"),
        (b"TO:<user@b.example>x", 501, "5.1.3"),
        (b"TO:<us\x00er@b.example>", 501, "5.1.3"),
        (b"TO:<us\ner@b.example>", 501, "5.1.3"),
        (b"TO:<us\rer@b.example>", 501, "5.1.3"),
        (b'TO:<"us\x00er"@b.example>', 501, "5.1.3"),
        (b'TO:<"us\nBcc: x"@b.example>', 501, "5.1.3"),
        (b'TO:<"us\\\x07er"@b.example>', 501, "5.1.3"),
        (b"TO:<us\x7fer@b.example>", 501, "5.1.3"),
        (b"TO:<us\ter@b.example>", 501, "5.1.3"),
        (b"TO:<us er@b.example>", 501, "5.1.3"),
        (b'TO:<"user@b.example>', 501, "5.1.3"),
        (b"TO:<a@b@c.example>", 501, "5.1.3"),
        (b"TO:<a@b..example>", 501, "5.1.3"),
        (b"TO:<a@b!c.example>", 501, "5.1.3"),
        (b"TO:<user@[300.0.0.1]>", 501, "5.1.3"),
        (b"TO:<\xc3\xa9@b.example>", 553, "5.6.7"),
        (b'TO:<"\xc3\xa9"@b.example>', 553, "5.6.7"),
        (b"TO:<user@\xc3\xa9.example>", 553, "5.6.7"),
        (b"TO:<user@b.example> NOTIFY=NEVER", 555, "5.5.4"),
    ],
)
def test_recipients_that_are_refused(argument: bytes, code: int, status: str) -> None:
    """Control characters, 8-bit text without SMTPUTF8, no domain, no address: each with its code."""
    with pytest.raises(Rejected) as refused:
        path.recipient(argument, False, "mx.test")
    assert (refused.value.code, refused.value.status) == (code, status)


def test_a_recipient_in_utf8_is_taken_when_the_mail_asked_for_it() -> None:
    """With SMTPUTF8 an address may be UTF-8, and nothing else."""
    assert path.recipient("TO:<jörg@bücher.example>".encode(), True, "mx.test") == "jörg@xn--bcher-kva.example"
    with pytest.raises(Rejected, match=r"^501 5\.1\.3"):
        path.recipient(b"TO:<j\xf6rg@b.example>", True, "mx.test")
    with pytest.raises(Rejected, match=r"^501 5\.1\.3"):
        path.recipient("TO:<a\u0085b@b.example>".encode(), True, "mx.test")


@pytest.mark.parametrize(
    ("argument", "mail"),
    [
        (b"FROM:<>", Mail("")),
        (b"FROM: <>", Mail("")),
        (b"FROM:<> SIZE=12", Mail("", 12)),
        (b"FROM:<Ann@B.example>", Mail("ann@b.example")),
        (b"FROM: <a@b.example>", Mail("a@b.example")),
        (b"from:a@b.example size=7", Mail("a@b.example", 7)),
        (b"FROM:<a@b.example> BODY=8BITMIME", Mail("a@b.example")),
        (b"FROM:<a@b.example> body=7bit", Mail("a@b.example")),
        (b"FROM:<a@b.example>  SIZE=1   BODY=7BIT\tSMTPUTF8 ", Mail("a@b.example", 1, True)),
        (b"FROM:<a@b.example> AUTH=<>", Mail("a@b.example")),
        (b"FROM:<a@b.example> AUTH=ann+40b.example", Mail("a@b.example")),
        (b"FROM:<root>", Mail("root")),
        (b"FROM:root", Mail("root")),
        (b"FROM:<user@localhost>", Mail("user@localhost")),
        (b"FROM:<a@b_c>", Mail("a@b_c")),
        (b"FROM:<not an address>", Mail("not an address")),
        (b"FROM:<a@b..example>", Mail("a@b..example")),
        (b"FROM:<@one.example:a@b.example>", Mail("a@b.example")),
        (b'FROM:<"john doe"@b.example>', Mail('"john doe"@b.example')),
        (b'FROM:<"a> SIZE=1 <b"@b.example>', Mail('"a> size=1 <b"@b.example')),
        ("FROM:<jörg@b.example> SMTPUTF8".encode(), Mail("jörg@b.example", 0, True)),
    ],
)
def test_senders_are_taken_in_the_shapes_of_real_mail(argument: bytes, mail: Mail) -> None:
    """A sender need not be an address that mail could be sent to."""
    assert path.mail(argument) == mail


@pytest.mark.parametrize(
    ("argument", "code", "status"),
    [
        (b"", 501, "5.5.4"),
        (b"TO:<a@b.example>", 501, "5.5.4"),
        (b"FROM:", 501, "5.1.7"),
        (b"FROM:<a@b.example", 501, "5.1.7"),
        (b"FROM:<a@b.example>SIZE=1", 501, "5.1.7"),
        (b"FROM:<a\x00@b.example>", 501, "5.1.7"),
        (b'FROM:<"a\nX-Header: 1"@b.example>', 501, "5.1.7"),
        (b"FROM:<a@b.example> AUTH=\x01", 501, "5.1.7"),
        (b"FROM:<a@b.example> SIZE=1\rBODY=7BIT", 501, "5.1.7"),
        (b"FROM:<a@b.example> SIZE", 501, "5.5.4"),
        (b"FROM:<a@b.example> SIZE=", 501, "5.5.4"),
        (b"FROM:<a@b.example> SIZE=-1", 501, "5.5.4"),
        (b"FROM:<a@b.example> SIZE=1e9", 501, "5.5.4"),
        (b"FROM:<a@b.example> SIZE=" + b"9" * 21, 501, "5.5.4"),
        (b"FROM:<a@b.example> BODY=9BIT", 501, "5.5.4"),
        (b"FROM:<a@b.example> BODY", 501, "5.5.4"),
        (b"FROM:<a@b.example> SMTPUTF8=1", 501, "5.5.4"),
        (b"FROM:<a@b.example> RET=HDRS", 555, "5.5.4"),
        (b"FROM:<a@b.example> FOO", 555, "5.5.4"),
        (b"FROM:<\xc3\xa9@b.example>", 553, "5.6.7"),
        (b'FROM:<"\xc3\xa9"@b.example> BODY=8BITMIME', 553, "5.6.7"),
        (b"FROM:<\xe9@b.example> SMTPUTF8", 501, "5.1.7"),
        ("FROM:<a\u0085b> SMTPUTF8".encode(), 501, "5.1.7"),
    ],
)
def test_senders_and_parameters_that_are_refused(argument: bytes, code: int, status: str) -> None:
    """Control characters, 8-bit text without SMTPUTF8 and parameters that nobody offered: each with its code."""
    with pytest.raises(Rejected) as refused:
        path.mail(argument)
    assert (refused.value.code, refused.value.status) == (code, status)


@pytest.mark.parametrize(
    "argument",
    [
        b"TO:<d@e>" + b" " * 400_000 + b"!",
        b"TO:<" + b"." * 400_000 + b">",
        b"TO:<" + b'""' * 200_000 + b">",
        b"TO:<" + b'"a"' * 130_000 + b'"',
        b"TO:" + b'"a"' * 130_000 + b'"',
        b"TO:<" + b"\\a" * 200_000,
        b"TO:<" + b'"' + b"\\a" * 200_000,
        b"TO:<" + b"@a," * 130_000 + b":b@c",
        b"TO:<" + b"@:" * 200_000 + b"a@b>",
        b"TO:<" + b"@[a]" * 100_000 + b">",
        b"TO:<@" + b"[a" * 200_000 + b">",
        b"TO:<a@" + b"b." * 200_000 + b">",
        b"TO" + b" " * 400_000 + b"x",
    ],
)
def test_hostile_arguments_take_linear_time(argument: bytes) -> None:
    """Lines 200 times as long as any that is let in end in a refusal; with quadratic time this would take minutes."""
    with pytest.raises(Rejected):
        path.recipient(argument, False, "mx.test")
