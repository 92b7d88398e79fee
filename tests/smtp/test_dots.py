"""The end of content and its dots."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mailsockd.smtp.dots import DotDecoder

NASTY = st.lists(st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"a", b"..", b"\x00", b"\r\n."]), max_size=40).map(
    b"".join
)


def stuffed(content: bytes) -> bytes:
    """Add dots and the end as RFC 5321 section 4.5.2 says, line by line; `content` is empty or ends with CRLF."""
    lines = content.split(b"\r\n")[:-1]
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines) + b".\r\n"


def decode(pieces: list[bytes]) -> tuple[bytes, bytes | None]:
    """Feed the pieces; give the content and what was behind its end, with all pieces that came after."""
    decoder, content = DotDecoder(), b""
    for index, piece in enumerate(pieces):
        some, rest = decoder.feed(piece)
        content += some
        if rest is not None:
            return content, rest + b"".join(pieces[index + 1 :])
    return content, None


@settings(deadline=None, max_examples=200)
@given(content=NASTY, behind=NASTY, cuts=st.lists(st.integers(0, 200), max_size=6))
def test_stuffed_content_comes_back_however_it_is_cut(content: bytes, behind: bytes, cuts: list[int]) -> None:
    """What an independent sender stuffs is given back whole, with what it sent behind, for any pieces."""
    content = content + b"\r\n" if content else b""
    data = stuffed(content) + behind
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    pieces = [data[start:end] for start, end in pairwise(places)]
    assert decode(pieces) == (content, behind)


def test_content_may_be_nothing() -> None:
    """A dot alone on the first line ends content of no bytes."""
    assert decode([b".\r\n"]) == (b"", b"")
    assert decode([b".", b"\r", b"\n", b"NOOP\r\n"]) == (b"", b"NOOP\r\n")


def test_only_crlf_dot_crlf_ends_content() -> None:
    """A lone CR or LF, or another byte, beside the dot makes it content, kept as it came."""
    for variant in (
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\r",
        b"\r\r\n.\r\r\n",
        b"\r\n\x00.\r\n",
        b"\r\n.\x00\r\n",
        b"\r\n..\r\n",
        b"\r\n. \r\n",
    ):
        data = b"A" + variant + b"MAIL FROM:<x@y.example>\r\n"
        kept = data.replace(b"\r\n.", b"\r\n")
        assert decode([data + b".\r\n"]) == (kept, b""), variant
        assert decode([bytes([byte]) for byte in data + b".\r\n"]) == (kept, b""), variant
