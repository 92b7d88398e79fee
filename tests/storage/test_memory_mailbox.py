"""The mailbox that other tests use in place of the disk makes the same promises."""

from twisted.trial.unittest import SynchronousTestCase

from tests.fakes import MemoryMailbox
from tests.storage.contract_lists import ListsContract
from tests.storage.pump import Pump


class MemoryMailboxTests(ListsContract, SynchronousTestCase):
    """The contract of lists."""

    def open(self, pump: Pump) -> MemoryMailbox:
        return MemoryMailbox()
