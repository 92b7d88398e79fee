"""Whole inboxes on disk: the contract, and what only a file can have."""

import sqlite3
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.maildrop import Listed
from mailsockd.actions.ports import StorageTrouble
from mailsockd.storage.mailbox import SQLiteMailbox
from mailsockd.storage.maildrop import SQLiteMaildrops
from tests.fakes import MemoryMailbox
from tests.pop3.store import MemoryMaildrops
from tests.storage.contract_mailbox import message
from tests.storage.contract_maildrop import MaildropContract
from tests.storage.faults import noted
from tests.storage.pump import Pump


class MemoryMaildropTests(MaildropContract, SynchronousTestCase):
    """The contract, for the stand-in that other tests use."""

    mailbox: MemoryMailbox

    def open(self, pump: Pump) -> MemoryMailbox:
        return MemoryMailbox()

    def store(self) -> MemoryMaildrops:
        return MemoryMaildrops(self.mailbox)


class SQLiteMaildropTests(MaildropContract, SynchronousTestCase):
    """The contract, and the file."""

    mailbox: SQLiteMailbox

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name) / "mailbox.db"
        self.factory = noted()
        super().setUp()

    def open(self, pump: Pump) -> SQLiteMailbox:
        return SQLiteMailbox(
            self.path,
            pump.call_from_thread,
            pump.deaths.append,
            factory=self.factory,
            index_in_the_quiet=False,
        )

    def store(self) -> SQLiteMaildrops:
        return SQLiteMaildrops(self.mailbox)

    def forget(self) -> None:
        """Make the messages look like those of an older version."""
        with sqlite3.connect(self.path) as db:
            db.execute("UPDATE messages SET octets = NULL")
        db.close()

    def statements(self) -> list[str]:
        done, self.factory.done = self.factory.done, []
        return done

    def test_list_reads_no_content(self) -> None:
        """A list is one statement that does not name the contents, by the index of inboxes."""
        self.append(message(1), content=b"a\n")
        self.listed()
        self.statements()
        assert self.listed() == [Listed(1, "m1", 3)]
        (statement,) = self.statements()
        assert "contents" not in statement
        with sqlite3.connect(self.path) as db:
            plan = db.execute(f"EXPLAIN QUERY PLAN {statement}", {"inbox": "", "reader": "", "most": 1}).fetchall()
        db.close()
        assert [row[3] for row in plan] == ["SEARCH messages USING INDEX messages_of_inbox (inbox=?)"]

    def test_older_messages_are_measured_once(self) -> None:
        """What was stored before octets were kept is read for the first list, and for no other."""
        self.append(message(1), content=b"one\ntwo")
        self.append(message(2), content=b"x\r\n")
        self.forget()
        wanted = [Listed(1, "m1", 10), Listed(2, "m2", 3)]
        assert self.listed() == wanted
        self.append(message(3))  # behind what the list had kept
        self.statements()
        assert self.listed()[:2] == wanted
        assert [statement for statement in self.statements() if "contents" in statement] == []

    def test_sizes_that_cannot_be_kept_are_no_trouble(self) -> None:
        """A disk that takes nothing does not keep anybody from a list."""
        self.append(message(1), content=b"one\ntwo")
        self.forget()
        self.mailbox.change_beside = lambda change: self.mailbox._writer.submit(_broken)  # type: ignore[method-assign]
        assert self.listed() == [Listed(1, "m1", 10)]

    def test_piece_that_cannot_be_read(self) -> None:
        """When the message is there and its content is not to be had, it is the disk's trouble and no deletion."""
        self.append(message(1), content=b"abc")
        with sqlite3.connect(self.path) as db:
            db.execute("DELETE FROM contents")
        db.close()
        self.pump.error(self.store().piece(message(1), 0, 10), StorageTrouble)


def _broken(db: sqlite3.Connection) -> None:
    raise sqlite3.OperationalError("disk I/O error")
