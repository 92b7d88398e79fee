"""mbox files: what is written is read back as it was."""

import mailbox
from pathlib import Path

import pytest

from mailsockd.mail.mbox import crlf, entries, entry

MAILS = [
    b"Subject: one\r\n\r\nHello\r\n",
    b"Subject: two\r\n\r\nFrom here\r\n>From there\r\n\r\nFrom nowhere\r\n",
    b"Subject: three\r\n\r\nno end of line",
    b"",
    b"\r\n\r\n\r\n",
]


def test_what_was_written_is_read_again() -> None:
    """Lines that begin with From, quoted or not, and empty lines come back; a last line without end gets one."""
    text = b"".join(entry(mail, "a@b.test", 0.0) for mail in MAILS)
    found = list(entries(text.splitlines(keepends=True)))
    assert found == [*MAILS[:2], b"Subject: three\r\n\r\nno end of line\r\n", *MAILS[3:]]


def test_an_entry_begins_as_everybody_expects() -> None:
    """Sender and time in UTC; a sender that is empty or has spaces makes no other line."""
    assert entry(b"x\r\n", "a@b.test", 0.0) == b"From a@b.test Thu Jan  1 00:00:00 1970\nx\n\n"
    assert entry(b"x", "", 0.0).startswith(b"From MAILER-DAEMON Thu")
    assert entry(b"x", "a\nb c", 0.0).startswith(b"From abc Thu")


def test_the_standard_library_reads_it(tmp_path: Path) -> None:
    """Python's own mailbox module finds as many mails, with their subjects."""
    (tmp_path / "x.mbox").write_bytes(b"".join(entry(mail, "a@b.test", 0.0) for mail in MAILS[:3]))
    assert [mail["subject"] for mail in mailbox.mbox(tmp_path / "x.mbox")] == ["one", "two", "three"]


@pytest.mark.parametrize("text", [b"", b"no mbox at all\n", b"\n\n"])
def test_what_is_no_mbox_has_no_mails(text: bytes) -> None:
    """Nothing before the first From line is a mail."""
    assert list(entries(text.splitlines(keepends=True))) == []


def test_line_ends_become_crlf() -> None:
    """LF and CRLF become CRLF; a lone CR stays what it is."""
    assert crlf(b"a\nb\r\nc\rd") == b"a\r\nb\r\nc\rd"
