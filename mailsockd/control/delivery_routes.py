"""The routes of the control socket for deliveries: an operator sees those of all accounts."""

from typing import Any

from mailsockd.actions.deliveries import LARGEST_ID, MOST_LISTED, Deliveries
from mailsockd.control.fields import known, text
from mailsockd.web.router import Call, Routes
from mailsockd.wire.deliveries import delivery_json


class DeliveryRoutes:
    """Deliveries of all accounts."""

    routes = Routes()

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    @routes.get("/control/v1/deliveries", open=True)
    async def list(self, call: Call) -> Any:
        """Answer the newest deliveries that meet all conditions of the query, newest first."""
        wanted = self._deliveries.wanted(
            call.query("account") or None,
            status=call.query("status"),
            channel=call.query("channel"),
            address=call.query("address", literal_plus=True),
            message=call.query("message"),
            before=call.integer("before", 0, 1, LARGEST_ID) or None,
        )
        limit = call.integer("limit", 20, 0, MOST_LISTED)
        return [delivery_json(delivery) for delivery in await self._deliveries.listed(wanted, limit)]

    @routes.get("/control/v1/deliveries/{id}", open=True)
    async def show(self, call: Call, id: str) -> Any:
        """Answer one delivery."""
        return delivery_json(await self._deliveries.get(None, id))

    @routes.post("/control/v1/deliveries/{id}/retry", open=True)
    async def retry(self, call: Call, id: str) -> Any:
        """Have one delivery tried again."""
        return delivery_json(await self._deliveries.retry(None, id))

    @routes.post("/control/v1/deliveries/{id}/cancel", open=True)
    async def cancel(self, call: Call, id: str) -> Any:
        """Give up one delivery that waits."""
        return delivery_json(await self._deliveries.cancel(None, id))

    @routes.post("/control/v1/deliveries/retry", open=True)
    async def retry_failed(self, call: Call) -> Any:
        """Have all failed deliveries that meet the conditions of the body tried again, and answer how many."""
        body = known(call.body(), ("account", "address", "channel"))
        wanted = self._deliveries.wanted(
            text(body, "account", "") or None,
            channel=text(body, "channel", ""),
            address=text(body, "address", ""),
        )
        return {"retried": await self._deliveries.retry_failed(wanted)}
