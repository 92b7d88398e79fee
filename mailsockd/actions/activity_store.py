"""What the journal, and those who read it, need of the activity on disk. The room `storage` provides it."""

from collections.abc import Sequence
from typing import Protocol

from twisted.internet.defer import Deferred

from mailsockd.state.activity import Event
from mailsockd.state.recorded import Recorded, Wanted

SLICE = 250  # events that are written or deleted in one transaction, which mail may have to wait for


class ActivityStore(Protocol):
    """
    Events on disk. What is asked fails with StorageTrouble.

    Nothing here waits until the disk has it for certain: a crash may take the last of it along, in its order.
    """

    def add(self, events: Sequence[Event]) -> "Deferred[None]":
        """Write events, in their order."""

    def listed(self, wanted: Wanted, limit: int) -> "Deferred[list[Recorded]]":
        """
        Give at most `limit` events, newest first.

        They are the newest that are wanted; with `after` and without `before` they are those that follow next.
        """

    def counts(self) -> "Deferred[dict[str, int]]":
        """Count the events of each account, "" being those of nobody."""

    def purge(self, before: float) -> "Deferred[int]":
        """Forget what happened before then, SLICE of it; gives how many."""

    def trim(self, account: str, count: int) -> "Deferred[int]":
        """Forget the oldest `count` events of an account, or SLICE of them; gives how many."""
