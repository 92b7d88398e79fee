"""Writing mail."""

import email
import email.policy

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsockd.mail.compose import Draft, Enclosure, compose, mailbox, words
from mailsockd.mail.message import attachment_bytes, parse
from mailsockd.mail.people import Person

PLAIN = Draft(
    Person("a@mail.test", ""), (Person("b@mail.test", ""),), "t0k3n", "mx.mail.test", 1795334470.9, "Hello", "It works."
)


def test_a_plain_mail_to_the_letter() -> None:
    """The smallest mail has these fields, in this order, and no more."""
    assert compose(PLAIN) == (
        b"From: a@mail.test\r\n"
        b"To: b@mail.test\r\n"
        b"Subject: Hello\r\n"
        b"Date: Sun, 22 Nov 2026 08:01:10 +0000\r\n"
        b"Message-ID: <t0k3n@mx.mail.test>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"It works.\r\n"
    )


def test_text_html_and_files_to_the_letter() -> None:
    """Text and HTML are alternatives, files stand beside them."""
    draft = attrs.evolve(
        PLAIN,
        html="<p>grün</p>",
        enclosures=(Enclosure(b"abc", "a.csv"), Enclosure(b"\0", "", "image/png", "logo@x", inline=True)),
    )
    assert compose(draft).partition(b"MIME-Version: 1.0\r\n")[2].decode() == (
        'Content-Type: multipart/mixed; boundary="mixed-t0k3n"\r\n\r\n'
        "--mixed-t0k3n\r\n"
        'Content-Type: multipart/alternative; boundary="texts-t0k3n"\r\n\r\n'
        "--texts-t0k3n\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nIt works.\r\n"
        "--texts-t0k3n\r\n"
        "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<p>grün</p>\r\n"
        "--texts-t0k3n--\r\n\r\n"
        "--mixed-t0k3n\r\n"
        'Content-Type: text/csv\r\nContent-Disposition: attachment;\r\n filename="a.csv"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\nYWJj\r\n"
        "--mixed-t0k3n\r\n"
        "Content-Type: image/png\r\nContent-Disposition: inline\r\nContent-ID: <logo@x>\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nAA==\r\n"
        "--mixed-t0k3n--\r\n\r\n"
    )


@pytest.mark.parametrize("text", ["", "one", "one\n", "one\r\ntwo\rthree\n\n", "a\0b", "x" * 2000, "ü" * 1000, "ü\n"])
def test_texts_are_read_back(text: str) -> None:
    """Whatever the text, a reader has it back with its own line ends, alone or beside HTML."""
    expected = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    assert parse(compose(attrs.evolve(PLAIN, text=text))).text == expected
    both = parse(compose(attrs.evolve(PLAIN, text=text, html=text)))
    assert (both.text, both.html) == (expected, expected)


INJECTIONS = ["a\r\nBcc: evil@x.test", "a\nX: y", "a\rX: y", "a\r\n\r\nbody", "a\u2028X: y", "a\x85X: y", "a\x0bX: y"]


@pytest.mark.parametrize("evil", INJECTIONS)
def test_nothing_can_add_a_field(evil: str) -> None:
    """Line ends of every kind in any field become spaces: no field and no part comes of them."""
    draft = Draft(
        Person("a@mail.test", evil),
        (Person("b@mail.test", evil),),
        "t0k3n",
        "mx.mail.test",
        0.0,
        evil,
        "text",
        None,
        (Enclosure(b"abc", evil, evil, evil),),
        (evil,),
    )
    content = compose(draft)
    message = email.message_from_bytes(content, policy=email.policy.compat32)
    assert message.keys() == [
        "Received",
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
    ]
    parts = message.get_payload()
    assert isinstance(parts, list)
    assert [part.keys() for part in parts] == [
        ["Content-Type", "Content-Transfer-Encoding"],
        ["Content-Type", "Content-Disposition", "Content-ID", "Content-Transfer-Encoding"],
    ]
    mail = parse(content)
    assert (mail.bcc, [person.address for person in mail.to], mail.text) == ((), ["b@mail.test"], "text")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", "a@b.test"),
        ("Shop Robot", "Shop Robot <a@b.test>"),
        ("Robot, Shop", '"Robot, Shop" <a@b.test>'),
        ('a "b" \\c', '"a \\"b\\" \\\\c" <a@b.test>'),
        ("Grün", "=?utf-8?B?R3LDvG4=?= <a@b.test>"),
        ("=?x", "=?utf-8?B?PT94?= <a@b.test>"),
    ],
)
def test_people_are_written_and_read_back(name: str, written: str) -> None:
    """Names are quoted or encoded as they need, and come back."""
    assert mailbox(Person("a@b.test", name)) == written
    assert parse(f"To: {written}\r\n\r\n".encode()).to == (Person("a@b.test", name),)


def test_words_are_cut_between_characters() -> None:
    """Long and foreign texts become encoded words of at most 75 characters, each a whole number of characters."""
    text = "日本語の件名" * 40
    lines = words(text).split("\r\n ")
    assert max(map(len, lines)) <= 75
    assert parse(f"Subject: {words(text)}\r\n\r\n".encode()).subject == text
    assert words("plain text: yes") == "plain text: yes"


@pytest.mark.parametrize("name", ["abc.txt", "grün €.pdf", 'a"b\\c.txt', "x" * 255, "ü" * 120, "../../etc/passwd"])
def test_file_names_are_read_back(name: str) -> None:
    """Names of files survive; folders in them do not."""
    content = compose(attrs.evolve(PLAIN, enclosures=(Enclosure(b"abc", name),)))
    (found,) = parse(content).attachments
    assert found.file_name == name.replace("/", "_").replace("\\", "_")
    assert attachment_bytes(content, found) == b"abc"


@pytest.mark.parametrize(
    ("name", "given_type", "written"),
    [
        ("a.PNG", "", "image/png"),
        ("a", "", "application/octet-stream"),
        ("a.csv", "Text/Plain", "text/plain"),
        ("a.csv", "text/plain; charset=x\r\nX: y", "text/csv"),
        ("a.eml", "message/rfc822", "application/octet-stream"),
        ("a.bin", "multipart/mixed", "application/octet-stream"),
    ],
)
def test_types_of_files(name: str, given_type: str, written: str) -> None:
    """A type that is no plain type is replaced by that of the name, and containers are only bytes."""
    (found,) = parse(compose(attrs.evolve(PLAIN, enclosures=(Enclosure(b"abc", name, given_type),)))).attachments
    assert found.content_type == written


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300), st.binary(max_size=300))
def test_any_text_makes_a_mail_that_parses(subject: str, text: str, name: str, data: bytes) -> None:
    """Every line fits into SMTP, ends with CRLF, and file and text are there."""
    draft = attrs.evolve(PLAIN, subject=subject, text=text, enclosures=(Enclosure(data, name),))
    content = compose(draft)
    assert content.endswith(b"\r\n")
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    mail = parse(content)
    assert [attachment_bytes(content, attachment) for attachment in mail.attachments] == [data]
    assert mail.to == (Person("b@mail.test", ""),)
