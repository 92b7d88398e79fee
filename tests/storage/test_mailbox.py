"""The mailbox in SQLite: the contract, and what only a file can have."""

import os
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.ports import Selection, StorageFull, StorageTrouble
from mailsockd.storage.mailbox import SQLiteMailbox
from tests.storage.contract_lists import ListsContract
from tests.storage.contract_mailbox import PUBLIC, MailboxContract, message
from tests.storage.faults import Noted, noted
from tests.storage.pump import LONGEST_WAIT, Pump


class SQLiteMailboxTests(MailboxContract, ListsContract, SynchronousTestCase):
    """The contract."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        super().setUp()

    def open(self, pump: Pump) -> SQLiteMailbox:
        return SQLiteMailbox(Path(self.folder.name) / "mailbox.db", pump.call_from_thread, pump.deaths.append)

    def tearDown(self) -> None:
        super().tearDown()
        assert self.pump.deaths == []


class MailboxFileTests(SynchronousTestCase):
    """The file, the transactions and the failures."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "mailbox.db"
        self.pump = Pump()
        self.factory = noted()
        self.gate = threading.Event()

    def open(self, synchronous: str = "FULL", factory: type[Noted] | None = None) -> SQLiteMailbox:
        """Open the mailbox; it is closed at the end of the test."""
        mailbox = SQLiteMailbox(
            self.path,
            self.pump.call_from_thread,
            self.pump.deaths.append,
            synchronous=synchronous,
            factory=factory or self.factory,
            index_in_the_quiet=False,
        )
        self.addCleanup(lambda: self.pump.wait(mailbox.close()))
        self.addCleanup(self.gate.set)
        return mailbox

    def hold(self, mailbox: SQLiteMailbox) -> "Deferred[Any]":
        """Keep the writer inside a transaction until the gate opens; returns when it is in there."""
        begun = threading.Event()

        def change(db: sqlite3.Connection) -> bool:
            begun.set()
            return self.gate.wait(LONGEST_WAIT)

        held = mailbox._writer.submit(change)
        assert begun.wait(LONGEST_WAIT)
        return held

    def test_durable(self) -> None:
        """The writer waits for the disk at each commit, unless a test asks that it does not."""
        for synchronous, level in (("FULL", 2), ("OFF", 0)):
            mailbox = self.open(synchronous)
            ask = mailbox._writer.submit(lambda db: db.execute("PRAGMA synchronous").fetchall())
            assert self.pump.wait(ask) == [(level,)]
            ask = mailbox._writer.submit(lambda db: db.execute("PRAGMA journal_mode").fetchall())
            assert self.pump.wait(ask) == [("wal",)]
            self.pump.wait(mailbox.close())

    def test_closed_to_others(self) -> None:
        """Only the owner may read the files, whatever the umask; a copy that others can read is closed to them."""
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        mailbox = self.open()
        self.pump.wait(mailbox.append([message(1)], b"abc"))
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in self.path.parent.iterdir()}
        assert modes == {"mailbox.db": "0o600", "mailbox.db-wal": "0o600", "mailbox.db-shm": "0o600"}
        self.pump.wait(mailbox.close())
        self.path.chmod(0o644)
        self.open()
        assert self.path.stat().st_mode & 0o777 == 0o640

    def test_group_commit(self) -> None:
        """All that waits is committed in one transaction, and at most 256 jobs are."""
        mailbox = self.open()
        held = self.hold(mailbox)
        waiting = [mailbox.append([message(seq)], b"abc") for seq in range(1, 301)]
        self.gate.set()
        for deferred in [held, *waiting]:
            self.pump.wait(deferred)
        assert self.factory.done.count("COMMIT") == 3

    def test_group_commit_of_large_content(self) -> None:
        """A transaction takes no more content than 8 MiB, but for the last."""
        mailbox = self.open()
        held = self.hold(mailbox)
        waiting = [mailbox.append([message(seq)], b"x" * (3 << 20)) for seq in range(1, 7)]
        self.gate.set()
        for deferred in [held, *waiting]:
            self.pump.wait(deferred)
        assert self.factory.done.count("COMMIT") == 3

    def test_reads_beside_the_writer(self) -> None:
        """While the writer is in a transaction, questions are answered with what was committed before."""
        mailbox = self.open()
        self.pump.wait(mailbox.append([message(1)], b"abc"))
        held = self.hold(mailbox)
        waiting = mailbox.append([message(2)], b"def")
        assert [found.id for found in self.pump.wait(mailbox.newest(PUBLIC, 9))] == ["m1"]
        assert self.pump.wait(mailbox.content(message(1))) == b"abc"
        assert self.pump.wait(mailbox.count(PUBLIC)) == 1
        self.gate.set()
        self.pump.wait(held)
        self.pump.wait(waiting)
        assert self.pump.wait(mailbox.count(PUBLIC)) == 2

    def test_readers_cannot_write(self) -> None:
        """A reader's connection refuses to change anything."""
        mailbox = self.open()
        asked = mailbox.ask(lambda db: db.execute("DELETE FROM messages"))
        assert "readonly" in str(self.pump.error(asked, StorageTrouble))
        assert mailbox.alive

    def test_every_call_fails_once(self) -> None:
        """Whichever statement of a batch fails, each append is stored or fails, and nothing else is lost."""
        number = 0
        seq = 0
        untouched = False
        mailbox = self.open()
        stored: list[str] = []
        while not untouched:
            number += 1
            first = seq + 1
            self.gate.clear()
            held = self.hold(mailbox)
            waiting = {}
            for seq in range(first, first + 3):
                waiting[seq] = mailbox.append([message(seq), message(seq + 1000, inbox="x@b.example")], b"abc")
            # The held transaction's own COMMIT is the first statement.
            self.factory.failing = number + 1
            self.gate.set()
            self.pump.wait(held)
            for one, deferred in waiting.items():
                try:
                    self.pump.wait(deferred)
                    stored.append(f"m{one}")
                except StorageTrouble as trouble:
                    assert str(trouble) == f"{self.path}: disk I/O error"
            untouched = self.factory.failing is not None
            self.factory.failing = None
            assert [found.id for found in self.pump.wait(mailbox.newest(PUBLIC, 1000))] == stored[::-1]
            assert self.pump.wait(mailbox.count(Selection("x@b.example", None))) == len(stored)
        assert number == 7
        assert mailbox.alive
        assert self.pump.wait(mailbox.check()) == []

    def test_every_call_fails(self) -> None:
        """While every statement fails so does every append, and when that ends all is well again."""
        mailbox = self.open()
        self.pump.wait(mailbox.append([message(1)], b"abc"))
        self.factory.failing = -1
        for waiting in [mailbox.append([message(seq)], b"abc") for seq in range(2, 20)]:
            self.pump.error(waiting, StorageTrouble)
        self.factory.failing = None
        self.pump.wait(mailbox.append([message(20)], b"abc"))
        assert [found.id for found in self.pump.wait(mailbox.newest(PUBLIC, 99))] == ["m20", "m1"]

    def test_full(self) -> None:
        """Without room an append fails as full and leaves nothing; a smaller one still fits, and room helps."""
        mailbox = self.open(factory=noted(pages=60))
        self.pump.wait(mailbox.append([message(1)], b"x" * 100_000))
        held = self.hold(mailbox)
        large = mailbox.append([message(2)], b"x" * 200_000)
        small = mailbox.append([message(3)], b"x")
        self.gate.set()
        self.pump.wait(held)
        assert "full" in str(self.pump.error(large, StorageFull))
        self.pump.wait(small)
        assert [found.id for found in self.pump.wait(mailbox.newest(PUBLIC, 9))] == ["m3", "m1"]
        assert self.pump.wait(mailbox.delete(message(1))) is True
        self.pump.wait(mailbox.append([message(4)], b"x" * 100_000))
        assert self.pump.wait(mailbox.check()) == []

    def test_locked_out(self) -> None:
        """While another program holds the file for writing, an append fails when it has waited long enough."""
        mailbox = self.open()
        self.pump.wait(mailbox._writer.submit(lambda db: db.execute("PRAGMA busy_timeout = 10").fetchall()))
        other = sqlite3.connect(self.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        waiting = mailbox.append([message(1)], b"abc")
        assert "locked" in str(self.pump.error(waiting, StorageTrouble))
        other.execute("ROLLBACK")
        other.close()
        self.pump.wait(mailbox.append([message(2)], b"abc"))

    def test_a_dead_writer_is_told(self) -> None:
        """When the writer cannot open its file the process is told, and appends fail instead of waiting."""
        mailbox = self.open()
        self.factory.failing = -1
        self.pump.error(mailbox.append([message(1)], b"abc"), StorageTrouble)
        assert [str(reason) for reason in self.pump.deaths] == ["disk I/O error"]
        assert not mailbox.alive
        self.factory.failing = None
        self.pump.error(mailbox.append([message(2)], b"abc"), StorageTrouble)

    def test_after_a_crash(self) -> None:
        """A copy of the files as they are when an append has answered holds it, though nothing was closed."""
        mailbox = self.open()
        whole = 0
        for seq in range(1, 30):
            self.pump.wait(mailbox.append([message(seq)], b"x" * 3000))
            log = self.path.with_name("mailbox.db-wal")
            for cut in (0, 1, 5000):
                with tempfile.TemporaryDirectory() as name:
                    copy = Path(name) / "mailbox.db"
                    shutil.copyfile(self.path, copy)
                    content = log.read_bytes()
                    copy.with_name("mailbox.db-wal").write_bytes(content[: len(content) - cut])
                    pump = Pump()
                    crashed = SQLiteMailbox(copy, pump.call_from_thread, pump.deaths.append)
                    ids = [found.id for found in pump.wait(crashed.newest(PUBLIC, 100))]
                    assert pump.wait(crashed.check()) == []
                    highest = crashed.next_seq() - 1
                    pump.wait(crashed.close())
                # Without the end of the log the last ones are missing, and never a part of one or one before.
                assert ids == [f"m{one}" for one in range(highest, 0, -1)]
                if not cut:
                    assert highest == seq
                    whole += 1
        assert whole == 29

    def test_room_is_used_again(self) -> None:
        """What is deleted makes room for what comes, and the log does not grow for ever."""
        mailbox = self.open()
        sizes = []
        for turn in range(4):
            first = turn * 200 + 1
            copies = [message(seq) for seq in range(first, first + 200)]
            for waiting in [mailbox.append([copy], b"x" * 50_000) for copy in copies]:
                self.pump.wait(waiting)
            assert self.pump.wait(mailbox.purge(PUBLIC)) == 200
            pages = mailbox._writer.submit(lambda db: db.execute("PRAGMA page_count").fetchall()[0][0])
            sizes.append(self.pump.wait(pages))
        assert max(sizes) < sizes[0] * 1.1
        assert self.path.with_name("mailbox.db-wal").stat().st_size < 64 << 20

    def test_batches_of_writes_are_few(self) -> None:
        """An append of many copies stores its content once and its copies with few statements."""
        mailbox = self.open()
        self.pump.wait(mailbox.append([message(seq) for seq in range(1, 101)], b"abc"))
        assert [sql.split("(")[0].strip() for sql in self.factory.done if sql.startswith("INSERT")] == [
            "INSERT INTO contents",
            *["INSERT INTO messages"] * 7,
        ]
