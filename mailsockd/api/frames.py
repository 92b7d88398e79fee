"""What the socket and web hooks send, as schemas (contract sections 2 and 3.1)."""

from collections.abc import Mapping

from mailsockd.api.answers import Query
from mailsockd.api.schemas import MESSAGE_EXAMPLE, MESSAGE_FIELDS, MIXED_HEADERS
from mailsockd.api.shapes import Named, Schema, array, closed, date, integer, only, text
from mailsockd.web.routes import Route
from mailsockd.wire import FRAME_SHAPES

_STATUS = only(200, "Always 200.")
_RAW = text("The whole message as received, behind the Received header that the server adds. Not with `raw=0`.")
_ENCODING = only("latin1", "There when the bytes are not UTF-8: encode `raw` as latin-1 to have them back.")

# All that a frame says of a message, without `status`.
CONTENT: Mapping[str, Schema] = {
    **MESSAGE_FIELDS,
    "encryptedInbox": text("The alias of the inbox, without its domain.", pattern="^inbox-[0-9a-f]+$"),
    "html": text("The HTML part as it is, or HTML made from the text. Not made safe."),
    "raw": _RAW,
    "rawEncoding": _ENCODING,
    "text": text("The text part, or text made from the HTML."),
    "headers": MIXED_HEADERS,
}
_BODY = text("The same as `html`.")
_SOMETIMES = ("raw", "rawEncoding")
_EXAMPLE = {
    **MESSAGE_EXAMPLE,
    "encryptedInbox": "inbox-37398139ccd6d573ba9317e074e2cc1f64f388c8",
    "html": "<p>Code 1234</p>",
    "raw": "Received: from …",
    "text": "Code 1234",
    "headers": {"received": ["from …", "from …"], "subject": "Your code"},
}

LISTENING = Named(
    "ListeningFrame",
    closed(
        "The first frame: what the socket listens to.",
        {
            "status": _STATUS,
            "msg": only("Listening", "Always the same."),
            "addresses": array(text("An address."), "The addresses that were accepted, in the order asked."),
            "domains": array(text("A domain."), "The same for domains."),
            "rejected": array(
                closed("What was not accepted.", {"address": text("As it was asked."), "error": text("Why not.")}),
                "There when something was not accepted.",
                minItems=1,
            ),
            "warnings": array(text("A sentence."), "There when something that was accepted is silent.", minItems=1),
        },
        optional=["rejected", "warnings"],
        example={"status": 200, "msg": "Listening", "addresses": ["user1@mail.test"], "domains": []},
    ),
)
FLAT = Named(
    "MessageFrame",
    closed(
        "A mail, in the shape `flat`, which is the default.",
        {"status": _STATUS, **CONTENT},
        optional=_SOMETIMES,
        example={"status": 200, **_EXAMPLE},
    ),
)
_INNER = closed("The message.", {**CONTENT, "body": _BODY}, optional=_SOMETIMES)
NESTED = Named("NestedMessageFrame", closed("A mail, in the shape `nested`.", {"status": _STATUS, "email": _INNER}))
BOTH = Named(
    "DoubleMessageFrame",
    closed(
        "A mail, in the shape `both`: at the top and inside `email`, which leaves the large fields out of large mail.",
        {
            "status": _STATUS,
            **CONTENT,
            "body": _BODY,
            "email": closed("The message.", {**CONTENT, "body": _BODY}, optional=[*_SOMETIMES, "html", "body"]),
        },
        optional=_SOMETIMES,
    ),
)
SOCKET_ERROR = Named(
    "ErrorFrame",
    closed(
        "The one frame that a socket sends before it closes with 1008.",
        {
            "status": integer("400, 401, 403 or 429.", 400, 599),
            "error": text("Why."),
            "message": text("The same."),
            "msg": text("The same."),
            "addresses": array(text("None."), "Empty.", maxItems=0),
            "domains": array(text("None."), "Empty.", maxItems=0),
        },
        example={
            "status": 401,
            "error": "Not authorized. You may need to log in first.",
            "message": "Not authorized. You may need to log in first.",
            "msg": "Not authorized. You may need to log in first.",
            "addresses": [],
            "domains": [],
        },
    ),
)
FRAMES = (LISTENING, FLAT, NESTED, BOTH, SOCKET_ERROR)

WEBHOOK = Named(
    "WebhookMessage",
    closed(
        "What is posted to a web hook.",
        {
            **CONTENT,
            "messageId": text("The Message-ID without `<>`."),
            "priority": text("`normal` unless the mail says otherwise.", enum=["normal", "high", "low"]),
            "date": date("The Date header, or when it was received, without one that can be read."),
            "receivedDate": date("When it was received, in whole seconds."),
        },
        optional=["rawEncoding"],
    ),
)
SIGNED = {
    "webhook-id": "The same at every try: who has it already, has the message.",
    "webhook-timestamp": "When it was sent, in seconds since 1970.",
    "webhook-signature": "`v1,` and HMAC-SHA256 in base64, of id, timestamp and body with a dot between them.",
}

_QUERY = (
    Query("addresses", text("Addresses and domains, separated by commas."), required=True),
    Query("_id", text("The name of the account. Not needed.")),
    Query("frame", text("The shape of message frames.", enum=list(FRAME_SHAPES))),
    Query("raw", text("`0` leaves the field `raw` out of frames.", enum=["0", "1"])),
)

# The socket is no method of an api object, so what it says of itself stands here.
SOCKET = Route(
    "GET",
    "/incoming-messages",
    "",
    info={
        "tag": "WebSocket",
        "operation": "IncomingMessages",
        "summary": "Receive mail on a WebSocket",
        "description": (
            "A WebSocket handshake (RFC 6455). After the upgrade the server sends one ListeningFrame, then one frame "
            "for each mail; or one ErrorFrame, and closes with 1008. A wrong key is told by that frame and not by the "
            "status of the handshake. The client never has to send anything."
        ),
        "query": _QUERY,
        "frames": FRAMES,
    },
)
