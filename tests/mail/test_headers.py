"""Header fields: blocks, folding, encoded words, dates, ids, priorities."""

import pytest

from mailsockd.mail.headers import date, fields, header_block, message_id, priority, words


def read(content: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """The fields, and what follows them."""
    found, body = fields(content, 0, len(content))
    return list(found), content[body:]


@pytest.mark.parametrize(
    ("content", "found", "body"),
    [
        (b"", [], b""),
        (b"\r\n", [], b""),
        (b"\r\nbody", [], b"body"),
        (b"\nbody", [], b"body"),
        (b"A: b", [("A", "b")], b""),
        (b"A: b\r\nC:d\r\n\r\nx", [("A", "b"), ("C", "d")], b"x"),
        (b"A: b\nC: d\n\nx\r\n\r\ny", [("A", "b"), ("C", "d")], b"x\r\n\r\ny"),
        (b"A: b\r\nC: d\n\r\nx", [("A", "b"), ("C", "d")], b"x"),
        (b"A: b\r\n c\r\n\td\r\nE: f\r\n\r\nx", [("A", "b c\td"), ("E", "f")], b"x"),
        (b"A: \r\n b\r\n\r\nx", [("A", " b")], b"x"),
        (b"A:\r\n\r\nx", [("A", "")], b"x"),
        (b"A : b \t\r\n\r\nx", [("A", "b")], b"x"),
        (b"A: b\r\nno field\r\nC: d\r\n\r\nx", [("A", "b")], b"no field\r\nC: d\r\n\r\nx"),
        (b"just text\r\n\r\nmore", [], b"just text\r\n\r\nmore"),
        (b"From a@b Sun Nov 22\r\nA: b\r\n\r\nx", [("A", "b")], b"x"),
        (b" lost\r\nA: b\r\n\r\nx", [("A", "b")], b"x"),
        (b"\xef\xbb\xbfA: b\r\n\r\nx", [("A", "b")], b"x"),
        (b"A: b\rc\r\n\r\nx", [("A", "b\rc")], b"x"),
    ],
)
def test_fields_and_body(content: bytes, found: list[tuple[str, str]], body: bytes) -> None:
    """Fields are unfolded and the body begins where it should, with either line end."""
    assert read(content) == (found, body)


def test_header_block_is_as_received() -> None:
    """The header block keeps its folds and line ends, and leaves the empty line out."""
    assert header_block(b"A: b\r\n c\r\nD: e\r\n\r\nbody\r\n\r\n") == b"A: b\r\n c\r\nD: e\r\n"
    assert header_block(b"A: b\n\nbody") == b"A: b\n"
    assert header_block(b"\r\nbody") == b""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?h=C3=A9llo_w?= orld", "héllo w orld"),
        ("=?UTF-8?B?aMOpbGxv?=", "héllo"),
        ("a =?iso-8859-1?Q?=E9?= b", "a é b"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?=\t =?iso-8859-1?q?=E9?= c", "aé c"),
        ("=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"),
        ("=?utf-8?q?=E2=82?= =?utf-8?b?rA==?=", "€"),
        ("=?utf-8*en?q?x?=", "x"),
        ("=?utf-8?q?a b?=", "a b"),
        ("=?utf-8?b?aMOpbGxv", "=?utf-8?b?aMOpbGxv"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("=?nonsense?q?=E9?=", "é"),
        ("=?us-ascii?q?=C3=A9?=", "é"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?utf-8?q?a=0D=0ABcc:_x?=", "a\ufffd\ufffdBcc: x"),
        ("=?utf-8?q?=00=1B=7F?=", "\ufffd\ufffd\ufffd"),
        ("=?utf-8?q?=ED=A0=80?=", "\ufffd\ufffd\ufffd"),
        ("=?unicode_escape?q?=5Cud800?=", "\\ud800"),
        ("=?utf-8?q??=", ""),
        ("e\u0301".encode().decode("latin-1"), "é"),
        ("\xe9", "é"),
        ("日本".encode().decode("latin-1"), "日本"),
        ("a\rb", "a\ufffdb"),
    ],
)
def test_words(value: str, text: str) -> None:
    """Encoded words and 8-bit values become clean text; nothing becomes a line break."""
    assert words(value) == text


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("Sun, 22 Nov 2026 07:30:51 +0000", 1795332651.0),
        ("Sun, 22 Nov 2026 07:30:51 -0130 (comment)", 1795338051.0),
        ("22 Nov 2026 07:30 GMT", 1795332600.0),
        ("Sun, 22 Nov 26 07:30:51 EST", 1795350651.0),
        ("Sun, 22-Nov-2026 07:30:51", 1795332651.0),
        ("Sun Nov 22 07:30:51 2026", 1795332651.0),
        ("Sun, 22 November 2026 07:30:60 +0000", 1795332659.0),
        ("1 Jan 1970 00:00:00 +0000", 0.0),
        ("Thu, 1 Jan 70 00:00:01 +0000", 1.0),
        ("1 Jan 1969 00:00:00 +0000", None),
        ("31 Dec 9999 23:59:59 -1200", None),
        ("Sun, 99 Nov 2026 07:30:51 +0000", None),
        ("Sun, 22 Foo 2026 07:30:51 +0000", None),
        ("22 Nov 0000 07:30:51 +0000", None),
        ("٢٢ Nov 2026 07:30:51", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_date(value: str, seconds: float | None) -> None:
    """Dates in all the forms that are still sent become UTC seconds; nonsense becomes None."""
    assert date(value) == seconds


@pytest.mark.parametrize(
    ("value", "bare"),
    [("<a@b>", "a@b"), (" <a@b> (c)", "a@b"), ("a@b", "a@b"), ("<", ""), ("", ""), ("<a", "a"), ("<a\0b>", "a\ufffdb")],
)
def test_message_id(value: str, bare: str) -> None:
    """A message id loses its angle brackets, whatever is left of them."""
    assert message_id(value) == bare


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], "normal"), (["", "3"], "normal"), (["high"], "high"), (["", "1 (Highest)"], "high"), (["", "5"], "low"),
        (["Low"], "low"), (["urgent"], "high"), (["non-urgent"], "low"), (["odd", "2"], "high"),
    ],
)  # fmt: skip
def test_priority(values: list[str], said: str) -> None:
    """The first value that says high or low decides."""
    assert priority(values) == said
