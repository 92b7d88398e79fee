"""What the queue, and those who look after it, need of the deliveries on disk. The room `storage` provides it."""

from collections.abc import Collection
from typing import Protocol

from twisted.internet.defer import Deferred

from mailsockd.mail.stored import Message
from mailsockd.state.deliveries import Delivery, Head, Line, Status, Wanted

SLICE = 500  # deliveries that are changed or deleted in one transaction, so that mail is taken between the slices


class DeliveryStore(Protocol):
    """Deliveries on disk. What is asked fails with StorageTrouble. Changes answer when they are durable."""

    def heads(self) -> "Deferred[list[Head]]":
        """Give every line in which something waits."""

    def next(self, line: Line, besides: Collection[int]) -> "Deferred[tuple[Delivery, Message | None] | None]":
        """
        Give the first that waits in a line, but for those of some ids, with its message.

        The message is None when it was deleted; None is given for a line in which nothing else waits.
        """

    def postpone(self, id: int, due: float, error: str) -> "Deferred[bool]":
        """Count a try and have the delivery tried again; tells whether it still waited."""

    def settle(self, id: int, status: Status, error: str, finished: float, tried: bool = True) -> "Deferred[bool]":
        """Finish a delivery, with one more try if it was `tried`; tells whether it still waited."""

    def redirect(self, id: int, target: str) -> "Deferred[bool]":
        """Have a waiting delivery go to another target; tells whether it still waited."""

    def expire(self, line: Line, since: float, error: str, finished: float) -> "Deferred[list[Delivery]]":
        """Give up what waits in a line since then or longer, the oldest SLICE of them; gives them as they are now."""

    def crowd_out(self, account: str, most: int, error: str, finished: float) -> "Deferred[list[Delivery]]":
        """Give up the oldest that wait for an account while more than `most` do, as `expire` does."""

    def purge(self, before: float) -> "Deferred[int]":
        """Forget what was finished before then, SLICE of them; gives how many."""

    def trim(self, account: str, most: int) -> "Deferred[int]":
        """Forget all but the newest `most` of what is finished for an account, SLICE of them; gives how many."""

    def forget(self, account: str) -> "Deferred[int]":
        """Forget everything of an account, SLICE of them; gives how many."""

    def listed(self, wanted: Wanted, limit: int) -> "Deferred[list[Delivery]]":
        """Give at most `limit` deliveries, newest first."""

    def get(self, id: int) -> "Deferred[Delivery | None]":
        """Give one delivery."""

    def renew(self, id: int, now: float) -> "Deferred[Delivery | None]":
        """
        Have a failed or waiting delivery tried at once, as if it were new, and give it as it is now.

        None when it is neither.
        """

    def renew_failed(self, wanted: Wanted, now: float) -> "Deferred[list[Delivery]]":
        """Do so for the failed ones among those wanted, the newest SLICE of them."""
