"""Message ids and summaries."""

import re

from mailsockd.mail.message import Person, parse
from mailsockd.mail.stored import new_id, summary_of


def test_ids_are_random_and_safe_in_urls() -> None:
    """Each id has 24 letters and digits, and none comes twice."""
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch("[A-Za-z0-9]{24}", id) for id in ids)


def test_a_summary_always_has_one_sender() -> None:
    """From's first person, else the envelope's sender, else an empty person."""
    two = parse(b"From: A <a@x.test>, B <b@x.test>\r\n\r\n")
    none = parse(b"Subject: x\r\n\r\n")
    assert summary_of(two, "env@x.test").sender == (Person("a@x.test", "A"),)
    assert summary_of(none, "env@x.test").sender == (Person("env@x.test", ""),)
    assert summary_of(none, "").sender == (Person("", ""),)
