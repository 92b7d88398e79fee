"""Lists of messages that are larger than their senders should have made them."""

from pathlib import Path

import pytest

from mailsockd.actions.ports import Filter, Selection, Term
from mailsockd.storage import finding
from mailsockd.storage.mailbox import SQLiteMailbox
from tests.storage.contract_mailbox import message
from tests.storage.pump import Pump

NUMBERS = Filter(subject=Term("number"))


def test_a_list_ends_early_before_it_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest come first and whole; who asks for the older ones by `until` gets them."""
    monkeypatch.setattr(finding, "LISTED_AT_ONCE", 3)
    monkeypatch.setattr(finding, "LISTED_SIZE", 200)  # characters: more than three of these summaries, less than six
    pump = Pump()
    mailbox = SQLiteMailbox(tmp_path / "mailbox.db", pump.call_from_thread, pump.deaths.append)
    try:
        for seq in range(1, 11):
            pump.wait(mailbox.append([message(seq, received=float(seq))], b"x"))
        some = pump.wait(mailbox.newest(Selection("a@b.example", None), 10, filter=NUMBERS))
        assert [found.seq for found in some] == [10, 9, 8, 7, 6, 5]
        more = pump.wait(mailbox.newest(Selection("a@b.example", None), 10, 4.0, NUMBERS))
        assert [found.seq for found in more] == [4, 3, 2, 1]
    finally:
        pump.wait(mailbox.close())
