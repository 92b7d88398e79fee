"""Whole mails: what `parse` says of them."""

import pytest

from mailsockd.mail.message import Attachment, Person, attachment_bytes, parse


def crlf(text: str) -> bytes:
    """The mail as it travels."""
    return text.encode().replace(b"\n", b"\r\n")


ORDINARY = crlf(
    """Received: from a.test
 by b.test; Sun, 22 Nov 2026 07:30:52 +0000
From: =?utf-8?q?Ad=C3=A9?= <ade@a.test>
To: b@b.test, "C, D" <c@d.test>
To: e@f.test
Cc: Group: g@h.test;
Bcc: i@j.test
Subject: Hello
Date: Sun, 22 Nov 2026 07:30:51 +0000
Message-ID: <1@a.test>
X-Priority: 1
Content-Type: multipart/mixed; boundary="outer"

not shown
--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

caf=C3=A9 http://a.b/1=
2

--inner
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: base64

PHA+Y2Fm6SA8YSBocmVmPSJodHRwOi8vYS5iLz94JmFtcDt5Ij54PC9hPjwvcD4=
--inner--
--outer
Content-Type: Image/PNG; name="a.png"
Content-ID: <img@a>
Content-Transfer-Encoding: BASE64

aGVs
bG8=
--outer
Content-Type: text/plain
Content-Disposition: attachment; filename*=utf-8''caf%C3%A9.txt

kept
--outer--
not shown either
"""
)


def test_ordinary_mail() -> None:
    """Every field of an ordinary mail with alternatives, an inline image and a file is read."""
    mail = parse(ORDINARY)
    assert mail.sender == (Person("ade@a.test", "Adé"),)
    assert mail.to == (Person("b@b.test", ""), Person("c@d.test", "C, D"), Person("e@f.test", ""))
    assert mail.cc == (Person("g@h.test", ""),)
    assert mail.bcc == (Person("i@j.test", ""),)
    assert (mail.subject, mail.message_id, mail.date, mail.priority) == ("Hello", "1@a.test", 1795332651.0, "high")
    assert mail.headers[0] == ("Received", "from a.test by b.test; Sun, 22 Nov 2026 07:30:52 +0000")
    assert mail.headers[1] == ("From", "Adé <ade@a.test>")
    assert len(mail.headers) == 11
    assert mail.text == "café http://a.b/12\n"
    assert mail.html == '<p>café <a href="http://a.b/?x&amp;y">x</a></p>'
    assert mail.links == ("http://a.b/12", "http://a.b/?x&y")
    assert [a.content_type for a in mail.attachments] == ["image/png", "text/plain"]


def test_attachment_is_told_and_had_again() -> None:
    """An attachment is described in full, and its bytes are found again by its offsets."""
    picture, text = parse(ORDINARY).attachments
    assert ORDINARY[picture.start : picture.end] == b"aGVs\r\nbG8="
    assert picture == Attachment(
        checksum="5d41402abc4b2a76b9719d911017c592",
        content_type="image/png",
        file_name="a.png",
        content_id="img@a",
        disposition="inline",
        transfer_encoding="base64",
        length=5,
        start=picture.start,
        end=picture.end,
    )
    assert attachment_bytes(ORDINARY, picture) == b"hello"
    assert (text.file_name, text.disposition, text.transfer_encoding, text.length) == ("café.txt", "attachment", "", 4)
    assert attachment_bytes(ORDINARY, text) == b"kept"
    assert attachment_bytes(b"", picture) == b""


def test_bare_line_feeds() -> None:
    """The same mail with bare line feeds says the same."""
    mail, other = parse(ORDINARY), parse(ORDINARY.replace(b"\r\n", b"\n"))
    assert (other.text, other.html, other.headers, other.to) == (mail.text, mail.html, mail.headers, mail.to)
    assert [a.checksum for a in other.attachments] == [a.checksum for a in mail.attachments]


def test_empty_content() -> None:
    """No bytes at all are a mail that says nothing."""
    mail = parse(b"")
    assert (mail.sender, mail.to, mail.subject, mail.date, mail.priority) == ((), (), "", None, "normal")
    assert (mail.headers, mail.text, mail.links, mail.attachments) == ((), "", (), ())


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Subject: x\n\nCheck out https://example.com\n", "Check out https://example.com"),
        ("Subject: x\n\na\n\n", "a\n"),
        ("Subject: x\n\na", "a"),
        ("Subject: x\n\n\n", ""),
        ("Content-Transfer-Encoding: quoted-printable\n\na=\nb\n", "ab"),
        ("Content-Transfer-Encoding: base64\n\nYQo=\n", "a\n"),
        ("Content-Transfer-Encoding: base64\n\nYQ\n", "a"),
        ("Content-Transfer-Encoding: base64\n\nY!Q\n==\n", "a"),
        ("Content-Transfer-Encoding: base64\n\nYWJjZ\n", "abc"),
        ("Content-Transfer-Encoding: unheard-of\n\na=41\n", "a=41"),
        ("Content-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n#86)C\n`\nend\n", "abc"),
        ("Content-Transfer-Encoding: x-uuencode\n\nno code\n", "no code"),
        ("Content-Type: text\n\na\n", "a"),
        ("Content-Type: multipart/mixed\n\n--x\n\na\n", "--x\n\na"),
        ("Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x\n\nb\n--x--\n", "a\nb"),
        ("Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n\n--x--\n", "a\n"),
        ("Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--xy\n--x--z\n--x  \n\nb\n", "a\n--xy\n--x--z\nb"),
        ("Content-Type: multipart/mixed; boundary=x\n\n--x\n--x\nContent-Type: text/plain\n--x--\n", "\n"),
        ("no header at all\n\nmore\n", "no header at all\n\nmore"),
    ],
)
def test_text(content: str, text: str) -> None:
    """Text is decoded, parts are joined, and the line end that is the transfer's or the boundary's is left out."""
    assert parse(crlf(content)).text == text


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("", b"caf\xc3\xa9", "café"),
        ("", b"caf\xe9", "café"),
        ("us-ascii", b"caf\xc3\xa9", "café"),
        ("UTF-8", b"caf\xe9", "caf\ufffd"),
        ('"utf8"', b"caf\xc3\xa9", "café"),
        ("ISO_8859-1", b"caf\xe9", "café"),
        ("windows-1252", b"\x80\x81", "€\ufffd"),
        ("koi8-r", b"\xc4\xc1", "да"),
        ("gb2312", b"\xd6\xd0", "中"),
        ("Shift_JIS", b"\x93\xfa", "日"),
        ("iso-2022-jp", b"\x1b$BF|\x1b(B", "日"),
        ("us-ascii (a comment)", b"a", "a"),
        ("utf-7", b"+ADw-script+AD4-", "+ADw-script+AD4-"),
        ("zlib", b"x\x9c", "x\x9c"),
        ("unicode_escape", b"\\ud800", "\\ud800"),
        ("undefined", b"a", "a"),
        ("idna", b"xn--a", "xn--a"),
        ("rot13", b"a", "a"),
        ('"utf-8\0"', b"a\0\xc3\xa9", "a\ufffdé"),
    ],
)
def test_charsets(charset: str, body: bytes, text: str) -> None:
    """Declared charsets of the list are used; others, and none, are read as UTF-8 or else ISO-8859-1."""
    assert parse(b"Content-Type: text/plain; charset=" + charset.encode() + b"\r\n\r\n" + body).text == text


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ("Content-Disposition: attachment; filename=a.txt", "a.txt"),
        ('Content-Disposition: attachment; filename="a b;c.txt"', "a b;c.txt"),
        ("Content-Disposition: attachment; filename=my file.txt; size=3", "my file.txt"),
        ('Content-Disposition: attachment; filename="a\\"b.txt"', 'a"b.txt'),
        ('Content-Disposition: attachment; filename="=?utf-8?q?caf=C3=A9?="', "café"),
        ("Content-Disposition: attachment; filename*=iso-8859-1'fr'caf%E9", "café"),
        ("Content-Disposition: attachment; filename=b; filename*=utf-8''c", "c"),
        ("Content-Disposition: attachment; filename*0=a; filename*1=b; filename*3=d", "ab"),
        ("Content-Disposition: attachment; filename*1*=%C3%A9; filename*0*=utf-8''a%20", "a é"),
        ("Content-Disposition: attachment; filename*=; filename*0*=bogus", ""),
        ("Content-Disposition: attachment; filename=../../etc/passwd", "passwd"),
        ('Content-Disposition: attachment; filename="C:\\dir\\a.txt"', "a.txt"),
        ("Content-Disposition: attachment; filename=..", ""),
        ('Content-Disposition: attachment; filename="a\0\x1b.txt"', "a\ufffd\ufffd.txt"),
        ("Content-Disposition: attachment; filename=" + "a" * 300, "a" * 255),
        ('Content-Type: text/plain; name="n.txt"', "n.txt"),
        ("Content-Disposition: attachment", ""),
        ("Content-Type: message/rfc822", "message.eml"),
    ],
)
def test_file_names(fields: str, name: str) -> None:
    """File names come from every form of parameter, decoded, without folders and controls, and never too long."""
    assert [a.file_name for a in parse(crlf(fields + "\n\nbody\n")).attachments] == [name]


def test_contained_message_is_one_attachment() -> None:
    """A contained message is an attachment named by its subject, and what is attached to it is not listed."""
    inner = "Subject: Re: =?utf-8?q?a/b?=\nContent-Type: image/png\n\nx\n"
    mail = parse(
        crlf(f"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n{inner}--b--\n")
    )
    (found,) = mail.attachments
    assert (found.content_type, found.file_name, found.disposition) == ("message/rfc822", "Re: a-b.eml", "attachment")
    assert found.length == len(crlf(inner)) - 2


def test_digest_contains_messages() -> None:
    """Parts of a digest that declare nothing are contained messages."""
    mail = parse(crlf("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\nx\n--b--\n"))
    assert [(a.content_type, a.file_name) for a in mail.attachments] == [("message/rfc822", "one.eml")]


def test_unusable_types() -> None:
    """A part whose type is no type is shown as text, or is a file of unknown type when it is to be one."""
    mail = parse(crlf("Content-Type: @!\nContent-Disposition: attachment\n\nx\n"))
    assert mail.attachments[0].content_type == "application/octet-stream"
    assert parse(crlf("Content-Type: @!\n\nx\n")).text == "x"


def test_nested_multiparts_with_one_boundary() -> None:
    """Parts behind the inner closing boundary are found when inner and outer multipart use the same boundary."""
    part = "--b\nContent-Type: a/b\n\n{}\n"
    mail = parse(
        crlf(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n"
            + part.format("x") + "--b--\nnothing\n" + part.format("yy") + "--b--\n"
        )
    )  # fmt: skip
    assert [a.length for a in mail.attachments] == [1, 2]


def test_text_of_html_and_html_of_text() -> None:
    """What a mail lacks of text and HTML is made of the other."""
    assert parse(b"Content-Type: text/html\r\n\r\n<p>a &lt; b</p>\r\n").text == "a < b"
    assert parse(b"\r\n:)\r\n").html == "<div>:)<br></div>"


def test_no_usable_sender() -> None:
    """A From without an address gives no sender; Sender is taken in its place when it has one."""
    assert parse(b"From: Foo Bar\r\n\r\n").sender == ()
    assert parse(b"From:\r\nSender: a@b.test\r\n\r\n").sender == (Person("a@b.test", ""),)
