"""What the routes of deliveries answer, as closed schemas."""

from mailsockd.api.schemas import ID
from mailsockd.api.shapes import Named, array, closed, date, integer, nullable, text
from mailsockd.state.deliveries import Status

STATUS = text("What became of it so far.", enum=[status.value for status in Status])

DELIVERY = Named(
    "Delivery",
    closed(
        "One message on its way to one target by one channel.",
        {
            "_id": integer("Its number; those of later deliveries are larger.", 1),
            "account": text("The account whose it is."),
            "address": text("The address, or catch-all, whose settings asked for it."),
            "message": ID,
            "channel": text("How it goes out, such as `webhook`."),
            "target": text("Where it goes, as the address's setting names it."),
            "status": STATUS,
            "attempts": integer("How often it was tried, since somebody asked for it again if anybody did."),
            "error": text('Why the last try did not succeed, `""` when it did or there was none.'),
            "created": date("When the message was stored."),
            "next": nullable(date("When it is tried next; null when it is finished.")),
            "finished": nullable(date("When it was delivered or given up; null while it waits.")),
            "trail": array(
                text("An inbox."), "The inboxes that the message was forwarded through, the first one first."
            ),
        },
    ),
)

DELIVERIES = array(DELIVERY, "Deliveries, newest first.")
