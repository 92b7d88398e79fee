"""The state in a YAML file: the contract."""

import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from mailsockd.storage.yamlfile import YAMLState
from tests.storage.contract_state import StateContract
from tests.storage.pump import Pump


class YAMLStateTests(StateContract, SynchronousTestCase):
    """The contract."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        super().setUp()

    def open(self, pump: Pump) -> YAMLState:
        return YAMLState(Path(self.folder.name) / "state.yaml", pump.call_from_thread, pump.deaths.append)
