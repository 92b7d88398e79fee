"""What is answered about web hooks, as closed schemas."""

from mailsockd.api.shapes import Named, closed, date, flag, integer, nullable, text

_SECRET = "^whsec_[A-Za-z0-9+/]+=*$"  # a pattern, no secret  # noqa: S105

WEBHOOK_SECRET = Named(
    "WebhookSecret",
    closed(
        "The secret that signs what is sent to the web hook of an address, in the way of Standard Webhooks.",
        {
            "_id": text("The address."),
            "secret": text("The secret.", pattern=_SECRET),
            "previous": nullable(text("The one before it, while that signs too.", pattern=_SECRET)),
            "previousUntil": nullable(date("Until when it does.")),
        },
        example={
            "_id": "user1@mail.test",
            "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
            "previous": None,
            "previousUntil": None,
        },
    ),
)
WEBHOOK_TRIAL = Named(
    "WebhookTest",
    closed(
        "How a test of a web hook went.",
        {
            "delivered": flag("Whether the web hook took the message."),
            "status": nullable(integer("The status that it answered, null when there was no answer.", 200, 999)),
            "milliseconds": integer("How long it took."),
            "reason": text("How it went, in words."),
        },
        example={
            "delivered": False,
            "status": 500,
            "milliseconds": 12,
            "reason": "it answered 500 Internal Server Error: no database",
        },
    ),
)
