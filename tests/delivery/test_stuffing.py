"""Content as DATA carries it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from mailsockd.delivery.stuffing import stuffed
from mailsockd.smtp.dots import DotDecoder

# What breaks: line ends of every kind, dots, and something between them.
PIECES = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"..", b"x", b"\0", b"\xff"])).map(b"".join)


def unstuffed(data: bytes) -> tuple[bytes, bytes]:
    """Read as a server does that takes every line to its end: give the content, and what is behind its dot."""
    lines = []
    rest = data
    while rest:
        line, end, rest = rest.partition(b"\r\n")
        assert end, "the last line has no end"
        if line == b".":
            return b"".join(one + b"\r\n" for one in lines), rest
        lines.append(line.removeprefix(b"."))
    raise AssertionError("there is no end")


def normal(content: bytes) -> bytes:
    """Give the content with CR LF at the end of every line, the last one too."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    return lines if not lines or lines.endswith(b"\r\n") else lines + b"\r\n"


@given(PIECES, st.integers(1, 9))
def test_a_reader_of_lines_gets_the_content_and_nothing_behind_it(content: bytes, size: int) -> None:
    """Whatever the content and however it is cut, its lines arrive, and its end is the only end in it."""
    sent = b"".join(stuffed(content, size))
    assert unstuffed(sent) == (normal(content), b"")
    assert sent.count(b"\r\n.\r\n") == (1 if content else 0)


@given(PIECES, st.integers(1, 9))
def test_no_server_sees_an_end_that_is_none(content: bytes, size: int) -> None:
    """There is no lone CR and no lone LF that a lenient server could take for the end of a line."""
    sent = b"".join(stuffed(content, size))
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", sent) is None


@given(PIECES)
def test_our_own_server_reads_it(content: bytes) -> None:
    """The decoder of our server gives back the content with its line ends made good."""
    content = content or b"x"
    decoder = DotDecoder()
    assert decoder.feed(b"".join(stuffed(content))) == (normal(content), b"")


def test_long_lines_that_begin_with_dots() -> None:
    """Dots at the borders of pieces and of lines of 16 KB and more are stuffed when they open a line, and only then."""
    for length in (16_383, 16_384, 16_385, 131_071, 131_072, 131_073):
        line = b"." + b"x" * (length - 1)
        content = line + b"\r\n" + line + b".\r\n.\r\n" + b"x" * length + b".y\r\n"
        sent = b"".join(stuffed(content))
        assert sent == b"." + line + b"\r\n." + line + b".\r\n..\r\n" + b"x" * length + b".y\r\n.\r\n"
        assert unstuffed(sent) == (content, b"")


def test_no_content() -> None:
    """An empty content is its end alone."""
    assert list(stuffed(b"")) == [b".\r\n"]


def test_pieces_are_bounded() -> None:
    """No piece is much longer than what is handed to a transport at a time, even if every byte becomes two."""
    assert max(len(piece) for piece in stuffed(b"\n" * 1_000_000)) <= 2 * 131_072
