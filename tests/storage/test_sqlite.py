"""The state in SQLite: the contract."""

import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from mailsockd.storage.sqlite import SQLiteState
from tests.storage.contract_state import StateContract
from tests.storage.pump import Pump


class SQLiteStateTests(StateContract, SynchronousTestCase):
    """The contract."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        super().setUp()

    def open(self, pump: Pump) -> SQLiteState:
        return SQLiteState(Path(self.folder.name) / "state.db", pump.call_from_thread, pump.deaths.append)
