"""The bar on a terminal."""

import io

from mailsockd.control.progress import Bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_far_it_is() -> None:
    """The line is drawn over itself, not more often than ten times a second but at the end, and taken away."""
    stream, now = Terminal(), [0.0]
    bar = Bar(stream, now=lambda: now[0])
    bar("mailbox.db", 1, 2)
    bar("mailbox.db", 1, 2)
    assert stream.getvalue() == "\rmailbox.db  [###############...............]  50%"
    now[0] = 0.05
    bar("mailbox.db", 2, 2)
    assert stream.getvalue().endswith("\rmailbox.db  [##############################] 100%")
    bar.end()
    assert stream.getvalue().endswith(f"\r{' ' * 49}\r")


def test_a_file_sees_nothing() -> None:
    """Where no terminal is, or a program reads, nothing is written."""
    for stream, quiet in ((io.StringIO(), False), (Terminal(), True)):
        bar = Bar(stream, quiet)
        bar("x", 1, 2)
        bar.end()
        assert stream.getvalue() == ""
