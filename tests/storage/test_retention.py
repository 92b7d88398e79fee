"""Making room on disk: what may go, in which order, and what the file gives back."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.retention import SLICE, Room, Victim
from mailsockd.mail.stored import Message
from mailsockd.state.deliveries import Delivery
from mailsockd.storage.mailbox import SQLiteMailbox
from mailsockd.storage.retention import SQLiteRetention
from tests.fakes import MemoryMailbox, stored
from tests.memory_retention import MemoryRetention
from tests.storage.pump import Pump


def message(seq: int, inbox: str = "a@b.test", owner: str = "", **fields: object) -> Message:
    return stored(f"m{seq}-0", inbox=inbox, owner=owner, seq=seq, received=1000.0 + seq, size=10 * seq, **fields)


class Contract:
    """What every RetentionStore does."""

    mailbox: Any
    store: Any

    def wait(self, waiting: "Deferred[Any]") -> Any:
        raise NotImplementedError

    def keep(self, *messages: Message, deliveries: tuple[Delivery, ...] = ()) -> None:
        for one in messages:
            mine = [delivery for delivery in deliveries if delivery.message == one.id]
            self.wait(self.mailbox.append([one], b"Subject: x\r\n\r\nx", mine))

    def seqs(self, waiting: "Deferred[list[Victim]]") -> list[int]:
        return [victim.seq for victim in self.wait(waiting)]

    def test_the_oldest_are_given_in_their_order(self) -> None:
        """Behind a seq, so many, and no starred ones; with what an event tells of them."""
        self.keep(message(1), message(2, saved_by="ada"), message(3, "c@b.test", "ada"), message(4))
        assert self.wait(self.store.oldest(-1, 2)) == [
            Victim(1, "m1-0", "a@b.test", "", 1001.0, 10),
            Victim(3, "m3-0", "c@b.test", "ada", 1003.0, 30),
        ]
        assert self.seqs(self.store.oldest(3, 9)) == [4]

    def test_public_mail_by_age(self) -> None:
        """Received before a time, the oldest first; owned and starred mail is left out."""
        self.keep(message(1), message(2, owner="ada"), message(3, saved_by="ada"), message(4), message(5))
        self.index()
        assert self.seqs(self.store.oldest_public(1005.0, 9)) == [1, 4]
        assert self.seqs(self.store.oldest_public(1005.0, 1)) == [1]

    def test_what_is_beyond_the_newest_of_an_inbox(self) -> None:
        """Starred mail does not count; public mail alone, if wanted."""
        self.keep(
            message(1, owner="ada"), message(2), message(3, saved_by="ada"), message(4), message(5),
            message(6, "other@b.test"),
        )  # fmt: skip
        assert self.seqs(self.store.beyond("a@b.test", 2, 9, False)) == [1, 2]
        assert self.seqs(self.store.beyond("a@b.test", 2, 1, False)) == [1]
        assert self.seqs(self.store.beyond("a@b.test", 2, 9, True)) == [2]
        assert self.seqs(self.store.beyond("a@b.test", 4, 9, False)) == []

    def test_the_oldest_of_an_account(self) -> None:
        """What it owns and has not starred."""
        self.keep(message(1, owner="ada", saved_by="ada"), message(2, owner="ada"), message(3), message(4, owner="ada"))
        assert self.seqs(self.store.oldest_of("ada", 9)) == [2, 4]
        assert self.seqs(self.store.oldest_of("ada", 1)) == [2]
        assert self.seqs(self.store.oldest_of("", 9)) == []
        assert self.wait(self.store.count_of("ada")) == 3

    def test_what_was_starred_meanwhile_is_not_evicted(self) -> None:
        """Nor what is gone already; what went is given."""
        self.keep(message(1), message(2), message(3))
        victims = self.wait(self.store.oldest(-1, 9))
        self.wait(self.mailbox.star(message(1), "ada"))
        self.wait(self.mailbox.delete(message(2)))
        assert [victim.seq for victim in self.wait(self.store.evict(victims))] == [3]
        assert self.seqs(self.store.oldest(-1, 9)) == []

    def index(self) -> None:
        """Have everything that is there found by its age."""


class MemoryRetentionTests(Contract, SynchronousTestCase):
    """The contract, for the stand-in that other tests use."""

    def setUp(self) -> None:
        self.mailbox = MemoryMailbox()
        self.store = MemoryRetention(self.mailbox)

    def wait(self, waiting: "Deferred[Any]") -> Any:
        return self.successResultOf(waiting)


class SQLiteRetentionTests(Contract, SynchronousTestCase):
    """The contract, and the file."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "mailbox.db"
        self.pump = Pump()
        self.mailbox = SQLiteMailbox(
            self.path, self.pump.call_from_thread, self.pump.deaths.append, index_in_the_quiet=False
        )
        self.addCleanup(lambda: self.pump.wait(self.mailbox.close()))
        self.store = SQLiteRetention(self.mailbox)

    def wait(self, waiting: "Deferred[Any]") -> Any:
        return self.pump.wait(waiting)

    def index(self) -> None:
        self.wait(self.mailbox.count_domain("b.test", None))

    def test_what_must_still_go_out_stays(self) -> None:
        """Until its delivery is done."""
        one = message(1, owner="ada")
        waiting = Delivery(one.id, 1, "webhook", "t", "ada", one.inbox, created=1.0, due=1.0)
        self.keep(one, message(2, owner="ada"), deliveries=(waiting,))
        assert self.seqs(self.store.oldest(-1, 9)) == [2]
        assert self.seqs(self.store.oldest_of("ada", 9)) == [2]
        assert self.seqs(self.store.beyond("a@b.test", 0, 9, False)) == [2]

    def test_the_file_shrinks_when_mail_is_gone(self) -> None:
        """Evicted mail's pages are empty first, and are then given back to the disk a slice at a time."""
        content = b"x" * 100_000
        for seq in range(1, 101):
            self.wait(self.mailbox.append([message(seq)], content))
        full: Room = self.wait(self.store.room())
        assert full.used > 10_000_000
        assert full.free > 0
        while victims := self.wait(self.store.oldest(-1, SLICE)):
            self.wait(self.store.evict(victims))
        emptied: Room = self.wait(self.store.room())
        assert emptied.used < 1_000_000
        assert emptied.empty > 9_000_000
        while (room := self.wait(self.store.room())).empty > 500_000:
            before = room.empty
            self.wait(self.store.give_back(200))
            assert before - self.wait(self.store.room()).empty == 200 * 4096
        self.wait(self.mailbox.close())
        assert self.path.stat().st_size < 2_000_000

    def test_a_file_that_cannot_shrink_is_said_to_have_nothing_to_give_back(self) -> None:
        """One that was made without auto_vacuum: its empty pages are used again, and nobody tries in vain."""
        older = self.path.with_name("older.db")
        with closing(sqlite3.connect(self.path)) as db:
            db.execute("VACUUM INTO ?", (str(older),))
        with closing(sqlite3.connect(older, isolation_level=None)) as db:
            db.execute("PRAGMA auto_vacuum = NONE")
            db.execute("VACUUM")
            db.execute("PRAGMA journal_mode = WAL")
        mailbox = SQLiteMailbox(older, self.pump.call_from_thread, self.pump.deaths.append, index_in_the_quiet=False)
        self.addCleanup(lambda: self.wait(mailbox.close()))
        store = SQLiteRetention(mailbox)
        for seq in range(1, 21):
            self.wait(mailbox.append([message(seq)], b"x" * 100_000))
        full = self.wait(store.room())
        self.wait(store.evict(self.wait(store.oldest(-1, SLICE))))
        emptied = self.wait(store.room())
        assert full.used > 2_000_000
        assert emptied.used < 500_000
        assert emptied.empty == 0
