"""The mailbox in SQLite: the contract, and what only a file can have."""

import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from mailsockd.storage.mailbox import SQLiteMailbox
from tests.storage.contract_mailbox import MailboxContract
from tests.storage.pump import Pump


class SQLiteMailboxTests(MailboxContract, SynchronousTestCase):
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
