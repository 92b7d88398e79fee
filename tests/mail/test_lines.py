"""Counting octets of content in CRLF lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsockd.mail import lines
from mailsockd.mail.lines import line_octets


@pytest.mark.parametrize(
    ("content", "octets"),
    [
        (b"", 0),
        (b"a", 3),
        (b"a\r\n", 3),
        (b"a\n", 3),
        (b"a\r", 4),
        (b"\n", 2),
        (b"\r\r\n", 3),
        (b"a\nb\r\nc", 9),
        (b"\r\n\r\n", 4),
        (b"\n\n\n", 6),
    ],
)
def test_octets_of_content(content: bytes, octets: int) -> None:
    """A lone LF counts as CR LF, an end of line that is missing is counted, and a lone CR is a byte like others."""
    assert line_octets(content) == octets


@given(content=st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a"])).map(b"".join), piece=st.integers(1, 5))
def test_octets_do_not_depend_on_how_content_is_cut(content: bytes, piece: int) -> None:
    """Pairs of CR and LF count once, wherever a piece ends between them."""
    whole = line_octets(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_PIECE", piece)
        assert line_octets(content) == whole
