"""Columns and characters on a terminal."""

import io

import pytest

from mailsockd.control.output import Output, plain, width


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_columns_are_aligned_by_what_is_seen() -> None:
    """Wide characters count twice and combining ones not at all."""
    out = io.StringIO()
    Output(out).table(("A", "B"), [("日本", "x"), ("e\u0301", "y")])
    assert out.getvalue() == "A     B\n日本  x\ne\u0301     y\n"
    assert (width("日本"), width("e\u0301")) == (4, 1)


def test_nothing_is_bold_but_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipes, JSON and NO_COLOR get plain text."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert Output(io.StringIO()).strong("x") == "x"
    assert Output(Terminal()).strong("x") == "\x1b[1mx\x1b[0m"
    assert Output(Terminal(), json=True).strong("x") == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Output(Terminal()).strong("x") == "x"


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\x7f", "\x9b", "\r", "\n", "\t", "\u202e", "\u2028", "\ud800"])
def test_what_moves_the_cursor_is_replaced(character: str) -> None:
    """Control, format and line-separating characters, and halves of pairs, are shown as one mark each."""
    assert plain(f"a{character}b") == "a\ufffdb"
