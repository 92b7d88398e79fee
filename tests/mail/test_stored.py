"""Summaries."""

from mailsockd.mail.message import Person, parse
from mailsockd.mail.stored import summary_of


def test_a_summary_always_has_one_sender() -> None:
    """From's first person, else the envelope's sender, else an empty person."""
    two = parse(b"From: A <a@x.test>, B <b@x.test>\r\n\r\n")
    none = parse(b"Subject: x\r\n\r\n")
    assert summary_of(two, "env@x.test").sender == (Person("a@x.test", "A"),)
    assert summary_of(none, "env@x.test").sender == (Person("env@x.test", ""),)
    assert summary_of(none, "").sender == (Person("", ""),)
