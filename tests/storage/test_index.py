"""What appends leave undone: done in the quiet or before a question, in slices, and never lost or done by an append."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from unittest.mock import patch

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.ports import StorageTrouble
from mailsockd.storage import database, index, writer
from mailsockd.storage.mailbox import SQLiteMailbox
from tests.storage.contract_lists import written
from tests.storage.contract_mailbox import message
from tests.storage.faults import Noted, noted
from tests.storage.pump import LONGEST_WAIT, Pump

INDEX = "INSERT OR REPLACE INTO search"


class IndexTests(SynchronousTestCase):
    """A mailbox in a folder."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "mailbox.db"
        self.pump = Pump()
        self.factory = noted()

    def open(self, in_the_quiet: bool = False, factory: type[Noted] | None = None) -> SQLiteMailbox:
        mailbox = SQLiteMailbox(
            self.path,
            self.pump.call_from_thread,
            self.pump.deaths.append,
            factory=factory or self.factory,
            index_in_the_quiet=in_the_quiet,
        )
        self.addCleanup(lambda: self.pump.wait(mailbox.close()))
        return mailbox

    def append(self, mailbox: SQLiteMailbox, first: int, last: int) -> "list[Deferred[None]]":
        return [
            mailbox.append([written(seq, subject=f"code {seq}", owner="ann")], b"abc") for seq in range(first, last + 1)
        ]

    def rows(self) -> tuple[int, int]:
        """Give how many messages are in the search table, and how far the index says that it got."""
        db = sqlite3.connect(self.path)
        try:
            return (
                db.execute("SELECT COUNT(*) FROM search").fetchall()[0][0],
                db.execute("SELECT up_to FROM indexing").fetchall()[0][0],
            )
        finally:
            db.close()

    def test_appends_leave_it(self) -> None:
        """Appends and plain lists touch nothing of the index; a search brings it up to date, once."""
        mailbox = self.open()
        for waiting in self.append(mailbox, 1, 100):
            self.pump.wait(waiting)
        self.pump.wait(mailbox.owned("ann", 9))
        assert self.rows() == (0, 0)
        assert len(self.pump.wait(mailbox.search("ann", "code", 1000))) == 100
        assert self.rows() == (100, 100)
        before = len(self.factory.done)
        assert len(self.pump.wait(mailbox.search("ann", "code 50", 1000))) == 1
        assert [sql for sql in self.factory.done[before:] if sql.startswith(("INSERT", "UPDATE", "BEGIN"))] == []

    def test_own_transactions(self) -> None:
        """The index is written in transactions that hold nothing else, and that do not wait for the disk."""
        mailbox = self.open()
        for waiting in [*self.append(mailbox, 1, 50), mailbox.search("ann", "code", 9)]:
            self.pump.wait(waiting)
        for waiting in [*self.append(mailbox, 51, 60), mailbox.search("ann", "code", 9), *self.append(mailbox, 61, 70)]:
            self.pump.wait(waiting)
        inside: list[set[str]] = []
        for sql in self.factory.done:
            if sql == "BEGIN IMMEDIATE":
                inside.append(set())
            elif sql.startswith(INDEX):
                inside[-1].add("index")
            elif sql.startswith("INSERT INTO messages"):
                inside[-1].add("append")
        assert {"index"} in inside
        assert {"append"} in inside
        assert {"index", "append"} not in inside
        waits = [sql for sql in self.factory.done if sql.startswith("PRAGMA synchronous")]
        assert waits[0] == "PRAGMA synchronous = FULL"
        assert waits[1:] == ["PRAGMA synchronous = NORMAL", "PRAGMA synchronous = FULL"] * (len(waits) // 2)
        ask = mailbox._writer.submit(lambda db: db.execute("PRAGMA synchronous").fetchall())
        assert self.pump.wait(ask) == [(2,)]

    def test_in_the_quiet(self) -> None:
        """When nothing waits the index is brought up to date by itself, attachments and domains too."""
        mailbox = self.open(in_the_quiet=True)
        reached = threading.Event()

        def index_and_tell(db: sqlite3.Connection) -> bool:
            more = index.index_some(db)
            if not more:
                reached.set()
            return more

        with patch.object(writer, "index_some", index_and_tell):
            for waiting in self.append(mailbox, 1, 100):
                self.pump.wait(waiting)
            assert reached.wait(LONGEST_WAIT)
        self.pump.wait(mailbox.close())
        assert self.rows() == (100, 100)

    def test_slices(self) -> None:
        """A slice ends when its time is over, and appends are taken between the slices of a question."""
        mailbox = self.open()
        for waiting in self.append(mailbox, 1, 500):
            self.pump.wait(waiting)
        with patch.object(index, "SLICE", 0.0):
            assert self.pump.wait(mailbox._writer.submit(writer.Index())) is True
            assert self.rows() == (index.STEP, index.STEP)
            searched = mailbox.search("ann", "code", 1000)
            appended = mailbox.append([message(501)], b"abc")
            self.pump.wait(appended)
            assert not searched.called
            assert len(self.pump.wait(searched)) == 500

    def test_an_older_file(self) -> None:
        """A mailbox of the first step gets what it lacks, and its mail is found."""
        first = database.steps("mailbox")[:1]
        with patch.object(database, "steps", lambda kind: first):
            database.prepare(self.path, "mailbox")
        db = sqlite3.connect(self.path)
        for seq in range(1, 51):
            summary = '{"from":[["s@c.example","S"]],"subject":"old code","attachments":["abc"]}'
            db.execute("INSERT INTO contents VALUES (?, ?, ?)", (seq, summary, b"raw"))
            db.execute(
                "INSERT INTO messages (seq, id, content, inbox, original, owner, received, size, ip, via, helo, sender,"
                " tls, esmtp, folder, labels) VALUES (?, ?, ?, 'x@d.test', 'x@d.test', '', 1.0, 3, '', '', '', '',"
                " 0, 1, 'inbox', '[]')",
                (seq, f"m{seq}", seq),
            )
        db.commit()
        db.close()
        mailbox = self.open()
        assert self.pump.wait(mailbox.count_domain("d.test", None)) == 50
        assert self.pump.wait(mailbox.attachment_count("abc")) == 50
        assert self.pump.wait(mailbox.top("senders", 0.0, 2.0, 0, 9)) == [("s@c.example", 50)]
        assert mailbox.next_seq() == 51
        assert self.pump.wait(mailbox.check()) == []

    def test_every_statement_fails_once(self) -> None:
        """Whichever statement of a slice fails, the question fails or answers, nothing is half done, and it goes on."""
        mailbox = self.open()
        number = 0
        untouched = False
        seq = 0
        while not untouched:
            number += 1
            seq += 1
            one = written(seq, subject=f"code {seq}", owner="ann", summary={"attachments": ("abc",)})
            self.pump.wait(mailbox.append([one], b"abc"))
            self.factory.failing = number + 1  # behind the first, without which the writer would end
            try:
                self.pump.wait(mailbox._writer.submit(writer.Index()))
            except StorageTrouble as trouble:
                assert str(trouble).endswith(": disk I/O error")
                assert self.rows() == (seq - 1, seq - 1) or not mailbox.alive
                if not mailbox.alive:  # the setting that makes appends wait could not be put back
                    mailbox = self.open()
            untouched = self.factory.failing is not None
            self.factory.failing = None
            assert len(self.pump.wait(mailbox.search("ann", "code", 99))) == seq
        assert number > 6
        self.pump.deaths.clear()

    def test_killed(self) -> None:
        """After a kill at any moment the index goes on where it was, and lacks nothing."""
        for _ in range(3):
            program = subprocess.Popen(
                [sys.executable, "-c", KILLED, str(self.path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
            )
            assert program.stdout is not None
            with program, program.stdout as output:
                output.readline()
                os.kill(program.pid, signal.SIGKILL)
        found, up_to = self.rows()
        assert up_to > 0
        assert found == up_to
        mailbox = self.open()
        highest = mailbox.next_seq() - 1
        assert highest > up_to
        assert self.pump.wait(mailbox.check()) == []
        assert self.pump.wait(mailbox.count_domain("b.example", "ann")) == highest
        assert len(self.pump.wait(mailbox.search("ann", "code", 10_000))) == highest
        assert self.rows() == (highest, highest)


KILLED = """
import sys
from pathlib import Path
from mailsockd.storage import index, writer
from mailsockd.storage.mailbox import SQLiteMailbox
from tests.storage.contract_lists import written
from tests.storage.pump import Pump

pump = Pump()
index.SLICE = 0.0
mailbox = SQLiteMailbox(Path(sys.argv[1]), pump.call_from_thread, pump.deaths.append, index_in_the_quiet=False)
for _ in range(150):
    pump.wait(mailbox.append([written(mailbox.next_seq(), subject="code", owner="ann")], b"abc"))
for slice in range(100):
    pump.wait(mailbox._writer.submit(writer.Index()))
    pump.wait(mailbox.append([written(mailbox.next_seq(), subject="code", owner="ann")], b"abc"))
    if slice == 2:
        print(flush=True)
"""
