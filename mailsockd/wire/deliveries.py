"""The JSON of deliveries, of REST and of the control socket."""

from typing import Any

from mailsockd.state.deliveries import Delivery, Status
from mailsockd.wire import date_json


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    """Give a delivery: `next` is when a waiting one is tried, `error` why the last try did not succeed."""
    return {
        "_id": delivery.id,
        "account": delivery.account,
        "address": delivery.address,
        "message": delivery.message,
        "channel": delivery.channel,
        "target": delivery.target,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
        "error": delivery.error,
        "created": date_json(delivery.created),
        "next": date_json(delivery.due) if delivery.status is Status.WAITING else None,
        "finished": None if delivery.finished is None else date_json(delivery.finished),
        "trail": list(delivery.trail),
    }
