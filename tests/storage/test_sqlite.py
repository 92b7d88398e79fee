"""The state in SQLite: the contract, and what only a database can have."""

import os
import sqlite3
import tempfile
from importlib import resources
from pathlib import Path

import attrs
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.ports import Snapshot, StateUnreadable, StorageFull, StorageTrouble
from mailsockd.state.addresses import Address
from mailsockd.state.domains import Domain
from mailsockd.storage.sqlite import SQLiteState
from tests.storage.contract_state import ALL, ANN, FIRST, FULL, PLAIN, WHOLE, StateContract
from tests.storage.faults import Noted, noted
from tests.storage.pump import Pump


class SQLiteStateTests(StateContract, SynchronousTestCase):
    """The contract."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        super().setUp()

    def open(self, pump: Pump) -> SQLiteState:
        return SQLiteState(Path(self.folder.name) / "state.db", pump.call_from_thread, pump.deaths.append)


class StateFileTests(SynchronousTestCase):
    """The file, the rows and the failures."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "state.db"
        self.pump = Pump()

    def open(self, factory: type[Noted]) -> SQLiteState:
        """Open the state; it is closed at the end of the test."""
        state = SQLiteState(self.path, self.pump.call_from_thread, self.pump.deaths.append, factory=factory)
        self.addCleanup(lambda: self.pump.wait(state.close()))
        return state

    def test_a_change_costs_what_it_changes(self) -> None:
        """Among 10,000 addresses, each with a setting, a change of one writes one row."""
        factory = noted()
        state = self.open(factory)
        state.load()
        addresses = [Address(f"{n}@b.example", "ann", 1.0, 2.0, settings={"enablews": True}) for n in range(10_000)]
        state.fill(Snapshot(addresses=tuple(addresses)))
        for changed, rows in (
            (attrs.evolve(addresses[5000], info="new"), 1),
            (attrs.evolve(addresses[5000], info="new", settings={"enablews": False}), 2),
            (attrs.evolve(addresses[5000], info="new", settings={"enablews": False, "webhook": "no"}), 2),
            (attrs.evolve(addresses[5000], info="new", settings={"webhook": "no"}), 2),
        ):
            state = self.open(factory)
            factory.changed.clear()
            self.pump.wait(state.change((changed,)))
            self.pump.wait(state.close())
            assert factory.changed == [rows]
        assert len(self.open(factory).load().addresses) == 10_000

    def test_every_call_fails_once(self) -> None:
        """Whichever statement of a change fails, the change is not made, and the next one is."""
        factory = noted()
        state = self.open(factory)
        state.load()
        self.pump.wait(state.change(ALL))
        changed = (attrs.evolve(PLAIN, info="new"), attrs.evolve(ANN, admin=True))
        number = 0
        while True:
            number += 1
            factory.failing = number
            waiting = state.change(changed, (FULL, FIRST))
            try:
                self.pump.wait(waiting)
            except StorageTrouble as trouble:
                assert str(trouble) == f"{self.path}: disk I/O error"
                factory.failing = None
                assert self.open(noted()).load() == WHOLE
            else:
                break
        factory.failing = None
        assert number == 9
        assert self.open(noted()).load().addresses == (attrs.evolve(PLAIN, info="new"),)

    def test_full(self) -> None:
        """Without room a change fails as full, and nothing of it is there."""
        state = self.open(noted(pages=40))
        state.load()
        self.pump.wait(state.change(ALL))
        many = [Address(f"{n}@c.example", "ann", 1.0, 2.0) for n in range(5000)]
        self.pump.error(state.change(many), StorageFull)
        self.pump.wait(state.change((attrs.evolve(ANN, disabled=True),)))
        assert self.open(noted()).load() == attrs.evolve(
            WHOLE, accounts=(attrs.evolve(ANN, disabled=True), WHOLE.accounts[1])
        )

    def test_failing_load(self) -> None:
        """When reading fails the state is unreadable, never empty."""
        factory = noted()
        self.open(factory).load()
        factory.failing = 5
        with self.assertRaises(StateUnreadable) as refusal:
            self.open(factory).load()
        assert str(refusal.exception) == f"{self.path}: disk I/O error"

    def test_durable(self) -> None:
        """The writer waits for the disk at each commit."""
        factory = noted()
        state = self.open(factory)
        state.load()
        self.pump.wait(state.change((ANN,)))
        assert "PRAGMA synchronous = FULL" in factory.done

    def test_closed_to_others(self) -> None:
        """Only the owner may read the files, whatever the umask."""
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        state = self.open(noted())
        state.load()
        self.pump.wait(state.change((ANN,)))
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in self.path.parent.iterdir()}
        assert modes == {"state.db": "0o600", "state.db-wal": "0o600", "state.db-shm": "0o600"}

    def test_domains_of_the_first_step_are_kept(self) -> None:
        """A state from before several accounts could claim a domain has each domain as it was."""
        self.path.touch()
        old = sqlite3.connect(self.path)
        old.executescript((resources.files("mailsockd.storage") / "schema" / "state-0001.sql").read_text())
        old.execute(
            "INSERT INTO domains VALUES ('c.example', 'bob', 1.0, 2.0, 0, 1, 1, 1, 1, 1, 'mailsockd_0123', 'no record')"
        )
        old.commit()
        old.close()
        kept = Domain("c.example", "bob", 1.0, 2.0, False, True, True, True, True, True, "mailsockd_0123", "no record")
        assert self.open(noted()).load().domains == (kept,)
