"""SQLite files that are damaged, foreign or too new: each is refused in words, and left as it was."""

import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.ports import Snapshot, StateUnreadable
from mailsockd.state.addresses import Address
from mailsockd.storage import database
from mailsockd.storage.mailbox import SQLiteMailbox
from mailsockd.storage.sqlite import SQLiteState
from tests.storage.contract_mailbox import message
from tests.storage.pump import Pump


class DamageTests(SynchronousTestCase):
    """A state.db and a mailbox.db that somebody has done something to."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.pump = Pump()

    def state(self) -> Snapshot:
        """Load state.db."""
        return SQLiteState(self.folder / "state.db", self.pump.call_from_thread, self.pump.deaths.append).load()

    def mailbox(self) -> SQLiteMailbox:
        """Open mailbox.db."""
        return SQLiteMailbox(self.folder / "mailbox.db", self.pump.call_from_thread, self.pump.deaths.append)

    def make(self) -> tuple[Path, Path]:
        """Make both files, of some hundred pages each."""
        state = SQLiteState(self.folder / "state.db", self.pump.call_from_thread, self.pump.deaths.append)
        state.load()
        state.fill(Snapshot(addresses=tuple(Address(f"{n}@b.example", "ann", 1.0, 2.0) for n in range(5000))))
        mailbox = self.mailbox()
        for seq in range(1, 500):
            mailbox.append([message(seq)], b"x" * 1000)
        self.pump.wait(mailbox.close())
        return self.folder / "state.db", self.folder / "mailbox.db"

    def refused(self, path: Path, reason: str) -> None:
        """The file is refused with a reason that contains the words, and its bytes stay as they are."""
        before = path.read_bytes() if path.is_file() else None
        opening: Callable[[], object] = self.state if path.name == "state.db" else self.mailbox
        with self.assertRaises(StateUnreadable) as refusal:
            opening()
        text = str(refusal.exception)
        assert text.startswith(f"{path}: "), text
        assert reason in text, text
        assert "\n" not in text
        assert before == (path.read_bytes() if path.is_file() else None)

    def test_empty(self) -> None:
        """An empty file is damage, no new database."""
        for path in self.make():
            path.write_bytes(b"")
            self.refused(path, "the file is empty")

    def test_garbage(self) -> None:
        """A file of another kind is refused."""
        for path in self.make():
            path.write_bytes(b"accounts: {}\n" * 1000)
            self.refused(path, "file is not a database")

    def test_cut_off(self) -> None:
        """A file that lost its end is refused, wherever it was cut."""
        for path in self.make():
            whole = path.read_bytes()
            for length in (1, 16, 99, 100, 512, 4096, 8192, len(whole) // 2, len(whole) - 4096):
                path.write_bytes(whole[:length])
                self.refused(path, "")

    def test_overwritten(self) -> None:
        """A file with pages overwritten is refused."""
        for path in self.make():
            whole = path.read_bytes()
            for page in (1, 3, 20):
                path.write_bytes(whole[: page * 4096] + b"\xa5" * 4096 + whole[(page + 1) * 4096 :])
                self.refused(path, "")

    def test_folder(self) -> None:
        """A folder in the place of the file is refused."""
        for name in ("state.db", "mailbox.db"):
            (self.folder / name).mkdir()
            self.refused(self.folder / name, "unable to open database file")

    def test_no_folder(self) -> None:
        """A data folder that is not there is named."""
        self.folder = self.folder / "missing"
        self.refused(self.folder / "state.db", "No such file or directory")
        self.refused(self.folder / "mailbox.db", "No such file or directory")

    def test_log_without_file(self) -> None:
        """A log whose file is missing is refused: an empty state must not take its place."""
        for name in ("state.db", "mailbox.db"):
            (self.folder / f"{name}-wal").write_bytes(b"x")
            self.refused(self.folder / name, f"the file is missing, but its log {name}-wal is there")

    def test_swapped(self) -> None:
        """The one file is not taken for the other."""
        state, mailbox = self.make()
        between = self.folder / "between"
        state.rename(between)
        mailbox.rename(state)
        between.rename(mailbox)
        self.refused(state, "this is not a state database of mailsockd")
        self.refused(mailbox, "this is not a mailbox database of mailsockd")

    def test_from_the_future(self) -> None:
        """A schema that a newer mailsockd made is refused."""
        for path, known in zip(self.make(), (2, 5), strict=True):
            db = sqlite3.connect(path)
            db.execute("PRAGMA user_version = 99")
            db.close()
            self.refused(path, f"the schema is step 99, made by a newer mailsockd; this one knows steps up to {known}")

    def test_step(self) -> None:
        """A database of an older step is brought to the newest, with what it has."""
        state, _ = self.make()
        known = database.steps("state")
        next_one = "CREATE TABLE more (name TEXT) STRICT;\nPRAGMA user_version = 3;\n"
        with patch.object(database, "steps", lambda _: [*known, next_one]):
            assert len(self.state().addresses) == 5000
        self.refused(state, "the schema is step 3")

    def test_failing_step(self) -> None:
        """A step that fails leaves the database as it was."""
        state, _ = self.make()
        known = database.steps("state")
        next_one = "CREATE TABLE more (name TEXT) STRICT;\nPRAGMA user_version = 3;\nINSERT INTO nowhere VALUES (1);\n"
        with patch.object(database, "steps", lambda _: [*known, next_one]):
            self.refused(state, "no such table: nowhere")
        assert len(self.state().addresses) == 5000

    def test_unfinished_file(self) -> None:
        """What a crash left of a file that was being made is made anew."""
        (self.folder / "state.db.new").write_bytes(b"half")
        (self.folder / "state.db.new-journal").write_bytes(b"half")
        assert self.state() == Snapshot()
        assert sorted(path.name for path in self.folder.iterdir()) == ["state.db"]
