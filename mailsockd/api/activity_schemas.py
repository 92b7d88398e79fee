"""What the route of the activity answers, as closed schemas."""

from mailsockd.api.shapes import Named, array, closed, date, integer, nullable, text
from mailsockd.state.activity import Kind

KIND = text("What happened; docs/activity.md explains each.", enum=[kind.name.lower() for kind in Kind])

EVENT = Named(
    "ActivityEvent",
    closed(
        "One thing that happened. Fields that do not apply are empty or null.",
        {
            "_id": integer("Its number; what was noted later has a larger one.", 1),
            "at": date("When it happened."),
            "kind": KIND,
            "summary": text("What happened, as a sentence."),
            "account": text("Whose activity it is: the account's that has the address, or that did it."),
            "address": text("The address that it happened to."),
            "message": text("The `_id` of the message that it happened to."),
            "peer": text("The IP address of the client that caused it."),
            "session": text("The same for all that happened on one SMTP connection."),
            "channel": text("The way out of a delivery, such as `webhook`."),
            "text": text("Why, or more exactly what, in words: an SMTP reply, a reason."),
            "detail": text("What a receiver answered, and the like; shown to the account alone."),
            "count": nullable(integer("The listeners of what was published, the bytes of what was stored.")),
            "milliseconds": nullable({"type": "number", "description": "How long it took.", "minimum": 0}),
            "similar": integer("When not 0: so many more events like this one are not shown one by one."),
        },
    ),
)

EVENTS = array(EVENT, "Events, newest first.")
