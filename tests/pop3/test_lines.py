"""A message as POP3 sends it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsockd.mail.lines import line_octets
from mailsockd.pop3.lines import LineEncoder


def sent(message: bytes, body: int | None = None, cuts: tuple[int, ...] = ()) -> bytes:
    encoder = LineEncoder(body)
    out = b""
    for start, end in pairwise([0, *cuts, len(message)]):
        if not encoder.done:
            out += encoder.feed(message[start:end])
    return out + encoder.end()


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (b"", b".\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a\nb\n", b"a\r\nb\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b".\n", b"..\r\n.\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\n.\nb", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"..a\r\n.\r\n", b"...a\r\n..\r\n.\r\n"),
        (b"a\r", b"a\r\r\n.\r\n"),
        (b"a\r.\r\n", b"a\r.\r\n.\r\n"),
        (b"\r\r\n.", b"\r\r\n..\r\n.\r\n"),
    ],
)
def test_messages_on_the_wire(message: bytes, wire: bytes) -> None:
    """Every line ends in CR LF, dots that open a line are doubled, and the end is a dot alone."""
    assert sent(message) == wire


MAIL = b"From: a\r\n.x: y\r\n\r\none\r\n.two\r\n\r\n"


@pytest.mark.parametrize(
    ("message", "body", "wire"),
    [
        (MAIL, 0, b"From: a\r\n..x: y\r\n\r\n.\r\n"),
        (MAIL, 1, b"From: a\r\n..x: y\r\n\r\none\r\n.\r\n"),
        (MAIL, 2, b"From: a\r\n..x: y\r\n\r\none\r\n..two\r\n.\r\n"),
        (MAIL, 3, b"From: a\r\n..x: y\r\n\r\none\r\n..two\r\n\r\n.\r\n"),
        (MAIL, 10**400, b"From: a\r\n..x: y\r\n\r\none\r\n..two\r\n\r\n.\r\n"),
        (b"From: a\n\none\ntwo", 1, b"From: a\r\n\r\none\r\n.\r\n"),
        (b"From: a\n\none\ntwo", 2, b"From: a\r\n\r\none\r\ntwo\r\n.\r\n"),
        (b"no body\r\n", 0, b"no body\r\n.\r\n"),
        (b"no body", 5, b"no body\r\n.\r\n"),
        (b"\r\nonly body\r\nmore", 1, b"\r\nonly body\r\n.\r\n"),
    ],
)
def test_tops_on_the_wire(message: bytes, body: int, wire: bytes) -> None:
    """TOP gives the headers, the empty line and so many lines of the body, however it is cut into pieces."""
    assert sent(message, body) == wire
    for cut in range(len(message) + 1):
        assert sent(message, body, (cut,)) == wire
    assert sent(message, body, tuple(range(1, len(message)))) == wire


bits = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b""])).map(b"".join)


@given(message=bits, data=st.data())
def test_what_is_sent_is_what_was_counted(message: bytes, data: st.DataObject) -> None:
    """However a message is cut, a client gets the same lines back, and as many octets as lists said."""
    cuts = tuple(sorted(data.draw(st.sets(st.integers(0, len(message))))))
    wire = sent(message, cuts=cuts)
    assert wire == sent(message)
    *lines, dot, nothing = wire.split(b"\r\n")
    assert (dot, nothing) == (b".", b"")
    assert b"." not in lines
    got = b"".join(line.removeprefix(b".") + b"\r\n" for line in lines)
    assert len(got) == line_octets(message)
    assert got.replace(b"\r\n", b"\n").removesuffix(b"\n") == message.replace(b"\r\n", b"\n").removesuffix(b"\n")


def test_a_piece_of_line_ends_is_cut_by_halves() -> None:
    """A TOP ends at its line when lines are empty and very many."""
    message = b"\r\n" + b"\n" * 200_000
    assert sent(message, 123_456) == b"\r\n" + b"\r\n" * 123_456 + b".\r\n"
