"""Looking after deliveries: what became of them, and having failed ones made again."""

from collections.abc import Callable, Sequence

from mailsockd.actions.delivery_store import SLICE, DeliveryStore
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.rights import Rights
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.deliveries import Delivery, Status, Wanted

MOST_LISTED = 1000
LARGEST_ID = (1 << 63) - 1
CANCELLED = "it was cancelled"


class Deliveries:
    """
    What one account, or an operator (None), may see and do of deliveries; another's is as if it were not there.

    `renewed` is told of what is to be tried at once; `now` gives UTC seconds; `activity` has what is cancelled.
    """

    def __init__(
        self,
        store: DeliveryStore,
        rights: Rights,
        renewed: Callable[[Sequence[Delivery]], None],
        now: Callable[[], float],
        activity: ActivityLog,
    ) -> None:
        self._activity = activity
        self._store = store
        self._rights = rights
        self._renewed = renewed
        self._now = now

    def wanted(
        self,
        account: str | None,
        *,
        status: str = "",
        channel: str = "",
        address: str = "",
        message: str = "",
        before: int | None = None,
    ) -> Wanted:
        """Make conditions of what a request says, "" being no condition. Raises Refusal 400 that names the field."""
        found = next((one for one in Status if one.value == status), None)
        if status and found is None:
            reason = f"status: must be {', '.join(one.value for one in Status)}"
            raise Refusal(400, reason.replace(":", "", 1), (reason,))
        inbox = self._rights.inbox(address, "address") if address else None
        return Wanted(account, found, channel or None, inbox, message or None, before)

    async def listed(self, wanted: Wanted, limit: int) -> list[Delivery]:
        """Give deliveries, newest first, at most `limit` and MOST_LISTED."""
        return await self._store.listed(wanted, min(limit, MOST_LISTED))

    async def get(self, account: str | None, id: str) -> Delivery:
        """Give one delivery. Raises Refusal 404."""
        number = int(id) if id.isascii() and id.isdigit() and len(id) < 20 else 0
        delivery = await self._store.get(number) if 0 < number <= LARGEST_ID else None
        if delivery is None or account not in (None, delivery.account):
            raise Refusal(404, f"There is no delivery {id}.")
        return delivery

    async def retry(self, account: str | None, id: str) -> Delivery:
        """Have a delivery tried now, as if it were new, and give it. Raises Refusal 404; 400 when it is delivered."""
        delivery = await self.get(account, id)
        renewed = await self._store.renew(delivery.id, self._now())
        if renewed is None:
            raise Refusal(400, f"The delivery {id} was delivered already.")
        self._renewed([renewed])
        return renewed

    async def cancel(self, account: str | None, id: str) -> Delivery:
        """
        Give up a delivery that waits, and give it. A try that is on its way just now may still arrive.

        Raises Refusal 404; 400 when it waits no more.
        """
        delivery = await self.get(account, id)
        if not await self._store.settle(delivery.id, Status.FAILED, CANCELLED, self._now(), tried=False):
            raise Refusal(400, f"The delivery {id} does not wait any more.")
        self._activity.record(
            Kind.FAILED,
            account=delivery.account,
            address=delivery.address,
            message=delivery.message,
            text=CANCELLED,
            channel=delivery.channel,
        )
        return await self.get(account, id)

    async def retry_failed(self, wanted: Wanted) -> int:
        """Have all failed deliveries among those wanted tried again; gives how many. What fails meanwhile is not."""
        number = 0
        while True:
            renewed = await self._store.renew_failed(wanted, self._now())
            self._renewed(renewed)
            number += len(renewed)
            if len(renewed) < SLICE:
                return number
            wanted = wanted.older_than(renewed[0])
