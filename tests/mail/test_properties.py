"""Searches for bytes that break the parser's promises: total, clean, in proportion."""

import json
from codecs import lookup

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsockd.mail import charsets
from mailsockd.mail.headers import block_end, fields, header_block, words
from mailsockd.mail.html import dirty, html_from_text, sanitised, text_from_html
from mailsockd.mail.message import attachment_bytes, parse
from mailsockd.mail.parameters import parameter, split
from mailsockd.mail.people import people
from tests.mail.work import counted

FRAGMENTS = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b":", b";", b",", b"=", b'"', b"<", b">", b"(", b")", b"\\", b"@",
    b"Subject: ", b"From: ", b"To: ", b"Date: ", b"Message-ID: ", b"Content-ID: <i@x>", b"X-Priority: 1",
    b"Content-Type: multipart/mixed; boundary=B\r\n\r\n", b"Content-Type: multipart/alternative; boundary=BB\r\n\r\n",
    b"Content-Type: text/html; charset=", b"Content-Type: text/plain; charset=", b"Content-Type: message/rfc822\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n", b"Content-Disposition: attachment; filename",
    b"*0*=utf-8''%e9", b"*=", b"utf-8", b"iso-2022-jp", b"utf-7", b"big5", b"nonsense",
    b"--B\r\n", b"--BB\r\n", b"--B--\r\n", b"--BB--\r\n", b"\r\n--B", b"=?utf-8?q?", b"=?utf-8?b?", b"?=", b"=ED=A0=80",
    b"begin 644 f\n", b"YWJj", b"\xff", b"\xe9", b"\xed\xa0\x80", b"\0", b"\x1b$B", b"a@b.test", b"http://a.b/c",
    b"<a href=", b"<script>", b"<!--", b"-->", b"&lt;", b"&#", b"</p>", b"<p", b"cid:i@x", b"<pre>",
]  # fmt: skip
mail_like = st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=6), max_size=60).map(b"".join)


def check(content: bytes) -> None:
    mail = parse(content)
    json.dumps(attrs.asdict(mail), ensure_ascii=False).encode("utf-8")
    assert "\r" not in mail.text
    assert "\0" not in mail.text + mail.html
    for line in (mail.subject, mail.message_id, *(value for _, value in mail.headers)):
        assert "\n" not in line and "\r" not in line and "\0" not in line
    for found in mail.attachments:
        assert len(attachment_bytes(content, found)) == found.length
        assert 0 <= found.start <= found.end <= len(content)
        assert "/" not in found.file_name and "\n" not in found.file_name
    dirty(mail.html, mail.text, content, mail.attachments).encode("utf-8")
    header_block(content)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_mail(content: bytes) -> None:
    """Arbitrary bytes are parsed, and everything told of them is clean UTF-8."""
    check(content)


@settings(deadline=None, max_examples=500)
@given(mail_like)
def test_any_pieces_of_mail_are_a_mail(content: bytes) -> None:
    """Pieces of mail in any order are parsed, and everything told of them is clean UTF-8."""
    check(content)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from([b"", *FRAGMENTS]), mail_like, st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=4))
def test_no_repeated_piece_costs_more_than_its_size(first: bytes, start: bytes, pieces: list[bytes]) -> None:
    """Repeating a piece 400 instead of 100 times costs at most six times the lines of code."""
    piece = b"".join(pieces)
    _, small = counted(first + start + piece * 100)
    _, large = counted(first + start + piece * 400)
    assert large <= 6 * small + 500


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(["<", ">", "b", "p", "/", " ", '"', "'", "=", "&lt;", "<p>", "</b>", "<script>", "<!--",
                                 "-->", "<img src=x onerror=y>", "<a href='javascript:x'>", "title=", "x", "<svg>"]),
                max_size=40))  # fmt: skip
def test_sanitised_html_is_stable_and_harmless(pieces: list[str]) -> None:
    """Sanitising twice gives what sanitising once gives, and no element beyond the allowed ones is left."""
    once = sanitised("".join(pieces))
    assert sanitised(once) == once
    assert not any(tag in once.lower() for tag in ("<script", "<img", "<a ", "<a>", "<svg", "<!"))


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=80))
def test_text_survives_html(text: str) -> None:
    """Text without line ends or repeated spaces comes back from the HTML that is made of it."""
    plain = " ".join(charsets.clean(text).replace("\xa0", " ").split())
    plain = "".join(c for c in plain if c.isprintable())
    plain = " ".join(plain.split())
    assert text_from_html(html_from_text(plain)) == plain


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(["a", ":", " ", "\t", "\n", "\r\n", "b: c", "\xe9", "From x", "-"]), max_size=30))
def test_field_splitting_has_one_meaning(pieces: list[str]) -> None:
    """The quick way for well-formed header blocks and the careful way find the same fields."""
    block = "".join(pieces).encode("latin-1")
    stop, _ = block_end(block, 0, len(block))
    # A last line that is no field sends the same block through the careful way.
    careful = block[:stop] + (b"" if block[:stop].endswith(b"\n") or not stop else b"\n") + b"no field"
    assert list(fields(block[:stop], 0, stop)[0]) == list(fields(careful, 0, len(careful))[0])


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=200))
def test_values_are_total(value: str) -> None:
    """Any value can be read as words, as people and as parameters, and gives clean text."""
    _, parameters = split(value)
    found = [words(value), parameter(parameters, "filename")]
    for person in people(value):
        found += [person.address, person.name]
    assert [charsets.clean(text) for text in found] == found


def test_no_decoder_makes_surrogates() -> None:
    """Every allowed charset gives valid Unicode for every pair of bytes, after text and after an escape."""
    for label in charsets._DECODERS:
        for first in range(256):
            pairs = b"".join(b"a" + bytes((first, second)) + b"  " for second in range(256))
            charsets.decode(pairs, label).encode("utf-8")


def test_every_charset_of_the_list_is_known() -> None:
    """Every label that Python knows too is decoded as Python decodes it, for letters that it can write."""
    for label in charsets._DECODERS:
        try:
            codec = lookup(label).name
        except LookupError:
            continue
        for text in ("plain text 123", "é", "я", "字"):
            try:
                data = text.encode(codec)
            except UnicodeEncodeError:
                continue
            assert charsets.decode(data, label) == text
