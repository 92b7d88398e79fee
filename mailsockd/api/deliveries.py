"""The routes for deliveries: mail on its way to web hooks, Slack and other addresses."""

from typing import Any

from mailsockd.actions.deliveries import LARGEST_ID, MOST_LISTED, Deliveries
from mailsockd.api.answers import Query, gives
from mailsockd.api.delivery_schemas import DELIVERIES, DELIVERY, STATUS
from mailsockd.api.shapes import integer, text
from mailsockd.web.router import Call, Routes
from mailsockd.wire.deliveries import delivery_json

_NO_DELIVERY = {404: "There is no such delivery, or it is another account's."}
_CONDITIONS = (
    Query("status", STATUS),
    Query("channel", text("Only those by this channel, such as `webhook`.")),
    Query("address", text("Only those that this address asked for.")),
    Query("message", text("Only those of the message with this `_id`.")),
    Query("before", integer("Only those with a smaller `_id`: the last one of a list, to get those after it.", 1)),
    Query("limit", integer("How many at most.", 0, MOST_LISTED, default=20)),
)


class DeliveryRoutes:
    """The deliveries of the caller's account."""

    routes = Routes(tag="Deliveries")

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    @routes.get(
        "/mailsockd/v1/deliveries",
        operation="ListDeliveries",
        summary="List deliveries",
        query=_CONDITIONS,
        answers=gives(DELIVERIES, "The deliveries."),
    )
    async def list(self, call: Call) -> Any:
        """Answer the newest deliveries of the account that meet all conditions, newest first."""
        wanted = self._deliveries.wanted(
            call.caller.name,
            status=call.query("status"),
            channel=call.query("channel"),
            address=call.query("address", literal_plus=True),
            message=call.query("message"),
            before=call.integer("before", 0, 1, LARGEST_ID) or None,
        )
        limit = call.integer("limit", 20, 0, MOST_LISTED)
        return [delivery_json(delivery) for delivery in await self._deliveries.listed(wanted, limit)]

    @routes.get(
        "/mailsockd/v1/deliveries/{id}",
        operation="GetDelivery",
        summary="Show a delivery",
        answers=gives(DELIVERY, "The delivery."),
        errors=_NO_DELIVERY,
    )
    async def show(self, call: Call, id: str) -> Any:
        """Answer one delivery of the account."""
        return delivery_json(await self._deliveries.get(call.caller.name, id))

    @routes.post(
        "/mailsockd/v1/deliveries/{id}/retry",
        operation="RetryDelivery",
        summary="Try a delivery again",
        answers=gives(DELIVERY, "The delivery, which waits for its turn."),
        errors=_NO_DELIVERY,
    )
    async def retry(self, call: Call, id: str) -> Any:
        """Have a failed delivery tried again as if it were new, or a waiting one at once; a delivered one is a 400."""
        return delivery_json(await self._deliveries.retry(call.caller.name, id))

    @routes.post(
        "/mailsockd/v1/deliveries/{id}/cancel",
        operation="CancelDelivery",
        summary="Give up a delivery",
        answers=gives(DELIVERY, "The delivery, which has failed."),
        errors=_NO_DELIVERY,
    )
    async def cancel(self, call: Call, id: str) -> Any:
        """Have a waiting delivery not tried any more; one that does not wait is a 400."""
        return delivery_json(await self._deliveries.cancel(call.caller.name, id))
