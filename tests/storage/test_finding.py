"""Lists of messages that are larger than their senders should have made them."""

from pathlib import Path

import pytest

from mailsockd.actions.ports import EVERYTHING, Filter, Selection, Term
from mailsockd.storage import rows
from mailsockd.storage.mailbox import SQLiteMailbox
from tests.storage.contract_mailbox import message
from tests.storage.pump import Pump

NUMBERS = Filter(subject=Term("number"))


def test_a_list_ends_early_before_it_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest come first and whole; who asks for the older ones by `until` gets them."""
    monkeypatch.setattr(rows, "LISTED_SIZE", 200)  # characters: more than three of these summaries
    pump = Pump()
    mailbox = SQLiteMailbox(tmp_path / "mailbox.db", pump.call_from_thread, pump.deaths.append)
    try:
        for seq in range(1, 11):
            pump.wait(mailbox.append([message(seq, received=float(seq), saved_by="ann")], b"x"))
        for filter in (EVERYTHING, NUMBERS):
            some = pump.wait(mailbox.newest(Selection("a@b.example", "ann"), 10, filter=filter))
            assert [found.seq for found in some] == [10, 9, 8, 7]
            more = pump.wait(mailbox.newest(Selection("a@b.example", "ann"), 10, 6.0, filter))
            assert [found.seq for found in more] == [6, 5, 4, 3]
        assert [found.seq for found in pump.wait(mailbox.starred("ann", 10))] == [10, 9, 8, 7]
        assert [found.seq for found in pump.wait(mailbox.of_domain("b.example", "ann", 10))] == [10, 9, 8, 7]
    finally:
        pump.wait(mailbox.close())
