"""Taking the state from one kind of store to the other."""

import tempfile
from pathlib import Path

import attrs
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.ports import Snapshot, StateUnreadable
from mailsockd.storage.convert import NotEmpty, convert
from mailsockd.storage.sqlite import SQLiteState
from mailsockd.storage.yamlfile import YAMLState
from tests.storage.contract_state import ANN, WHOLE
from tests.storage.pump import Pump


class ConvertTests(SynchronousTestCase):
    """convert, between a YAML file and a SQLite file in one folder."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.pump = Pump()

    def yaml(self, name: str = "state.yaml") -> YAMLState:
        """Open the YAML file."""
        return YAMLState(self.folder / name, self.pump.call_from_thread, self.pump.deaths.append)

    def sqlite(self, name: str = "state.db") -> SQLiteState:
        """Open the SQLite file."""
        return SQLiteState(self.folder / name, self.pump.call_from_thread, self.pump.deaths.append)

    def test_there_and_back(self) -> None:
        """From SQLite to YAML and from there to SQLite nothing is lost."""
        self.sqlite().load()
        self.sqlite().fill(WHOLE)
        assert convert(self.sqlite(), self.yaml()) == WHOLE
        assert self.yaml().load() == WHOLE
        assert convert(self.yaml(), self.sqlite("again.db")) == WHOLE
        assert self.sqlite("again.db").load() == WHOLE

    def test_empty(self) -> None:
        """An empty state becomes an empty state."""
        assert convert(self.sqlite(), self.yaml()) == Snapshot()
        assert convert(self.yaml(), self.sqlite("again.db")) == Snapshot()

    def test_refuses_to_overwrite(self) -> None:
        """A store that has entries is not converted to, in either direction."""
        convert(_Source(WHOLE), self.yaml())
        convert(_Source(WHOLE), self.sqlite())
        few = Snapshot((attrs.evolve(ANN, admin=True),))
        for target in (self.yaml(), self.sqlite()):
            with self.assertRaises(NotEmpty):
                convert(_Source(few), target)
            assert target.load() == WHOLE

    def test_damaged_source(self) -> None:
        """A source that cannot be read ends it, and nothing is made."""
        (self.folder / "state.yaml").write_text("version: 1\n")
        with self.assertRaises(StateUnreadable):
            convert(self.yaml(), self.sqlite())
        assert not (self.folder / "state.db").exists()


@attrs.frozen
class _Source:
    snapshot: Snapshot

    def load(self) -> Snapshot:
        return self.snapshot
