"""Deliveries in SQLite: the contract, and what only a file can have."""

import sqlite3
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.delivery_store import DeliveryStore
from mailsockd.state.deliveries import Status
from mailsockd.storage.delivery_store import SQLiteDeliveries
from mailsockd.storage.mailbox import SQLiteMailbox
from tests.storage.contract_deliveries import ONE, DeliveriesContract, delivery
from tests.storage.contract_mailbox import message
from tests.storage.pump import Pump


class SQLiteDeliveriesTests(DeliveriesContract, SynchronousTestCase):
    """The contract."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        super().setUp()

    def open(self, pump: Pump) -> SQLiteMailbox:
        self._mailbox = SQLiteMailbox(Path(self.folder.name) / "mailbox.db", pump.call_from_thread, pump.deaths.append)
        return self._mailbox

    @property
    def deliveries(self) -> DeliveryStore:
        return SQLiteDeliveries(self._mailbox.ask, self._mailbox.change_beside)

    def contents(self) -> list[tuple[int, int]]:
        """Give the id of each content, and how many messages have it."""
        ask = "SELECT id, (SELECT COUNT(*) FROM messages WHERE content = contents.id) FROM contents ORDER BY id"
        return list(self.pump.wait(self._mailbox.ask(lambda db: db.execute(ask).fetchall())))

    def test_what_settles_shares_the_content(self) -> None:
        """A copy that is stored by forwarding takes no room for its bytes, and has them when the first is deleted."""
        content = b"Subject: x\r\n\r\nhello\r\n"
        first, copy = message(1, owner="ann"), message(2, inbox="c@b.test", owner="ann")
        self.pump.wait(self._mailbox.append([first], content, [delivery("m1", 1)]))
        self.pump.wait(self._mailbox.append([copy], content, (), 1))
        assert self.contents() == [(1, 2)]
        assert self.pump.wait(self._mailbox.delete(first)) is True
        assert self.pump.wait(self._mailbox.content(copy)) == content
        assert self.pump.wait(self._mailbox.delete(copy)) is True
        assert self.contents() == []

    def test_what_settles_a_delivery_of_a_deleted_message_has_its_own_content(self) -> None:
        """A message that goes between the try and the append takes nothing along."""
        first, copy = message(1, owner="ann"), message(2, inbox="c@b.test", owner="ann")
        self.pump.wait(self._mailbox.append([first], b"abc", [delivery("m1", 1)]))
        self._mailbox.delete(first)
        self.pump.wait(self._mailbox.append([copy], b"abc", (), 1))
        assert self.contents() == [(2, 1)]
        assert self.pump.wait(self._mailbox.content(copy)) == b"abc"

    def test_lone_surrogates(self) -> None:
        """Text that is no Unicode is stored with U+FFFD in its place, and its line is found by either."""
        odd = delivery("m1", 1, target="\ud800")
        self.put(odd)
        assert self.got(1).target == "\ufffd"
        assert self.pump.wait(self.deliveries.next(odd.line, ()))[0].id == 1

    def test_what_others_wait_for_costs_nothing(self) -> None:
        """The next of a line, and an account's newest, are found without reading what waits for others."""
        self.put(*(delivery("m1", 1, account=f"account-{number}") for number in range(3000)))
        self.put(delivery("m2", 2))
        steps: list[None] = []

        def count(db: sqlite3.Connection) -> None:
            db.set_progress_handler(lambda: steps.append(None), 100)  # each hundred instructions of SQLite

        for reader in self._mailbox._readers:
            self.pump.wait(reader.submit(count))
        assert self.pump.wait(self.deliveries.next(ONE, ()))[0].id == 3001
        assert self.listed(account="ann", limit=10) == [3001]
        assert self.listed(status=Status.FAILED, limit=10) == []
        assert len(steps) < 20
        self.listed(channel="none")
        assert len(steps) > 100
