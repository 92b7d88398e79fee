"""Every kind of hostile mail: read without an error, told as UTF-8 JSON, with work in proportion to its size."""

import json

import attrs
import pytest

from mailsockd.mail.html import dirty, sanitised, text_from_html
from mailsockd.mail.message import Mail, attachment_bytes, parse
from tests.mail.hostile import KINDS
from tests.mail.work import counted


def told(mail: Mail) -> bytes:
    """The mail as the JSON that clients get; fails on anything that is no valid Unicode."""
    return json.dumps(attrs.asdict(mail), ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [0, 1, 300 * 1024])
def test_any_kind_is_read_and_told(kind: str, size: int) -> None:
    """A hostile mail below and above every limit is parsed, and can be told as UTF-8 JSON."""
    content = KINDS[kind](size)
    mail = parse(content)
    assert told(mail)
    assert len(mail.headers) <= 1000
    assert len(mail.to) <= 1000
    assert len(mail.links) <= 10_000
    assert len(mail.attachments) <= 500
    assert all(len(attachment_bytes(content, a)) == a.length for a in mail.attachments)


@pytest.mark.parametrize("kind", KINDS)
def test_work_grows_no_faster_than_size(kind: str) -> None:
    """Four times the bytes of a hostile mail cost at most six times the lines of code."""
    _, small = counted(KINDS[kind](8 * 1024))
    _, large = counted(KINDS[kind](32 * 1024))
    assert large <= 6 * small + 500


@pytest.mark.parametrize("kind", KINDS)
def test_work_is_bounded(kind: str) -> None:
    """A hostile mail of 256 KiB runs fewer than 300,000 lines of code."""
    _, lines = counted(KINDS[kind](256 * 1024))
    assert lines < 300_000


@pytest.mark.parametrize("kind", KINDS)
def test_html_of_any_kind_is_made_safe(kind: str) -> None:
    """The sanitised HTML of a hostile mail has no script, image, link or event attribute, and the pages are UTF-8."""
    content = KINDS[kind](16 * 1024)
    mail = parse(content)
    shown = sanitised(mail.html)
    assert not any(tag in shown for tag in ("<script", "<img", "<a", "<style", "<iframe", "<svg"))
    assert dirty(mail.html, mail.text, content, mail.attachments).encode("utf-8")
    assert text_from_html(shown).encode("utf-8") is not None


def test_nesting_stops_at_twenty() -> None:
    """Multiparts nested deeper than twenty are kept as text, not opened."""
    head = b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"
    opened = [b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(30)]
    mail = parse(head + b"".join(opened) + b"--b30\r\n\r\ndeep\r\n")
    assert mail.text.startswith("--b20\n")
    assert mail.text.endswith("--b30\n\ndeep")


def test_parts_stop_at_five_hundred() -> None:
    """Of a thousand parts the first 499 are read: the multipart around them counts too."""
    part = b"--B\r\nContent-Type: a/b\r\n\r\nx\r\n"
    assert len(parse(b"Content-Type: multipart/mixed; boundary=B\r\n\r\n" + part * 1000).attachments) == 499


def test_boundaries_survive_many_near_misses() -> None:
    """A thousand lines that only start like the boundary do not hide the next part."""
    content = b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\n" + b"--Bx\r\n" * 1000
    mail = parse(content + b"--B\r\nContent-Type: a/b\r\n\r\nx\r\n--B--\r\n")
    assert [a.length for a in mail.attachments] == [1]


def test_headers_stop_at_a_thousand() -> None:
    """Of 1,200 header fields the first thousand are told, and the body is found behind them all."""
    mail = parse(b"".join(b"X-%d: y\r\n" % n for n in range(1200)) + b"\r\nbody\r\n")
    assert len(mail.headers) == 1000
    assert mail.headers[-1] == ("X-999", "y")
    assert mail.text == "body"


def test_header_values_stop_at_64_kib() -> None:
    """A longer value is cut, the fields after it are read."""
    mail = parse(b"X-Long: " + b"a" * 100_000 + b"\r\nSubject: kept\r\n\r\nbody\r\n")
    assert [len(value) for _, value in mail.headers] == [65536, 4]
    assert mail.subject == "kept"


def test_header_block_stops_at_256_kib() -> None:
    """The body is found behind a header block of a megabyte."""
    mail = parse(b"Subject: first\r\n" + b"".join(b"X: %s\r\n" % (b"a" * 60_000) for _ in range(18)) + b"\r\nbody\r\n")
    assert mail.subject == "first"
    assert mail.text == "body"
    assert len(mail.headers) == 6


def test_people_stop_at_a_thousand() -> None:
    """Of 5,000 recipients the first thousand are told."""
    mail = parse(b"To: " + b", ".join(b"a%d@b.test" % n for n in range(5000)) + b"\r\n\r\n")
    assert len(mail.to) == 1000
    assert mail.to[999].address == "a999@b.test"


def test_links_stop_at_ten_thousand() -> None:
    """Of 20,000 different links the first 10,000 are told."""
    mail = parse(b"\r\n" + b"".join(b"http://a.b/%d\n" % n for n in range(20_000)))
    assert len(mail.links) == 10_000
    assert mail.links[-1] == "http://a.b/9999"
