"""What routes read, as schemas. Forms with the same fields are read as well; `true` may be text there."""

from mailsockd.actions.addresses import LONGEST_INFO
from mailsockd.actions.flags import LONGEST_LABEL, MOST_LABELS
from mailsockd.actions.outgoing import MOST_RECIPIENTS
from mailsockd.actions.validation import MOST_VALIDATED
from mailsockd.api.fields import MOST_ENCLOSURES, MOST_RECEIVED, MOST_RESERVED
from mailsockd.api.schemas import RECIPIENT
from mailsockd.api.shapes import Named, Schema, array, closed, flag, nullable, text

_SETTINGS = {
    "info": nullable(text("A note.", maxLength=LONGEST_INFO)),
    "enablews": nullable(flag("Whether mail goes to web sockets.")),
    "enabledws": nullable(flag("The same, under the name that typed clients know.")),
    "forward": nullable(text("The address of the account, or one outside, that mail is forwarded to.", maxLength=600)),
    "webhook": nullable(text("An http or https URL that mail is sent to as JSON.", maxLength=2000)),
    "webhookSlack": nullable(text("The URL of an incoming web hook of Slack's.", maxLength=2000)),
    "webhookSlackToFrom": nullable(flag("Whether sender and recipient are shown in Slack.")),
}
SETTINGS = Named(
    "AddressSettings",
    closed(
        "Settings of an address. What is not named stays as it is; null clears one. The other fields of an Address may "
        "be sent back and are ignored.",
        _SETTINGS,
        optional=list(_SETTINGS),
        example={"enablews": True, "info": "for the build"},
    ),
)

LABELS = Named(
    "GivenLabels",
    closed(
        "The labels that a message shall have.",
        {
            "labels": {
                "description": "A list, or one label as text.",
                "oneOf": [
                    array(text("A label.", minLength=1, maxLength=LONGEST_LABEL), "Labels.", maxItems=MOST_LABELS),
                    text("One label, or none when it is empty.", maxLength=LONGEST_LABEL),
                ],
            }
        },
        example={"labels": ["taxes 2026"]},
    ),
)

RESERVED = Named(
    "AddressesToReserve",
    closed(
        "Addresses that are reserved together, or not at all.",
        {"addresses": array(text("An address."), "The addresses.", minItems=1, maxItems=MOST_RESERVED)},
        example={"addresses": ["user1@mail.test", "user2@mail.test"]},
    ),
)
VALIDATED = Named(
    "AddressesToValidate",
    closed(
        "Addresses to judge.",
        {"emails": array(text("An address."), "The addresses.", minItems=1, maxItems=MOST_VALIDATED)},
        example={"emails": ["user1@mail.test"]},
    ),
)

_ENCLOSURE: dict[str, Schema] = {
    "content": text("The bytes, in the encoding named."),
    "encoding": text("How `content` is to be read; as text unless said.", enum=["base64", "byte"]),
    "filename": text("The file name."),
    "contentType": text("The type; found from the file name unless said."),
    "cid": text("The content id, by which the HTML refers to it."),
    "contentDisposition": text("How it is shown.", enum=["attachment", "inline"]),
}
_PEOPLE = [text("An address, or several with commas, with or without names."), RECIPIENT]
_SENT: dict[str, Schema] = {
    "to": {
        "description": f"The recipients, at most {MOST_RECIPIENTS}, in domains that are served here.",
        "oneOf": [*_PEOPLE, array({"oneOf": _PEOPLE}, "Several.", minItems=1, maxItems=MOST_RECIPIENTS)],
    },
    "from": {"description": "The sender: an address of the account.", "oneOf": _PEOPLE},
    "subject": nullable(text("The subject.")),
    "text": nullable(text("The text.")),
    "html": nullable(text("The HTML.")),
    "attachments": array(
        closed("An attachment.", _ENCLOSURE, optional=[name for name in _ENCLOSURE if name != "content"]),
        "The attachments.",
        maxItems=MOST_ENCLOSURES,
    ),
    "received": array(text("A Received header."), "Trace headers to put in front.", maxItems=MOST_RECEIVED),
    "raw": nullable(text("The whole message; then the fields for its parts are not used.")),
}
OUTGOING = Named(
    "OutgoingMessage",
    closed(
        "A mail to send.",
        _SENT,
        optional=[name for name in _SENT if name not in ("to", "from")],
        example={"to": "user1@mail.test", "from": "user2@mail.test", "subject": "Hello", "text": "It works."},
    ),
)
