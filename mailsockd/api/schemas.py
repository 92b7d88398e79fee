"""What REST answers, object by object, as closed schemas (contract section 1.1). `wire` makes what they describe."""

from collections.abc import Mapping

from mailsockd.actions.flags import FOLDERS
from mailsockd.api.shapes import Named, Schema, array, closed, date, flag, integer, mapping, nullable, only, text

ERROR = Named(
    "Error",
    closed(
        "Why a request was refused, the same for every route.",
        {
            "message": text("A sentence for people."),
            "error": text("The status' own name."),
            "status": integer("The status of the answer.", 400, 599),
            "validationErrors": array(text("One wrong field and why."), "There when fields are wrong.", minItems=1),
        },
        optional=["validationErrors"],
        example={"message": "Not authorized. You may need to log in first.", "error": "Unauthorized", "status": 401},
    ),
)

RECIPIENT = Named(
    "Recipient",
    closed(
        "An address of a header, with the name that stood beside it.",
        {"address": text('The address, `""` when there was none.'), "name": text('The name, `""` when unknown.')},
        example={"address": "robot@shop.test", "name": "Shop Robot"},
    ),
)

MD5 = text("An MD5 in lower-case hexadecimal.", pattern="^[0-9a-f]{32}$")
ID = text(
    "The message's id. It is looked up together with the address.", pattern=r"^[A-Za-z0-9_-]+-[0-9]+$", minLength=3
)
LABELS = array(text("A label.", minLength=1, maxLength=200), "Its labels, in the order in which they came.")
FOLDER = text("The folder it is in.", enum=list(FOLDERS))

# In the order of contract section 1.1, which answers keep.
MESSAGE_FIELDS: Mapping[str, Schema] = {
    "_id": ID,
    "from": array(RECIPIENT, "The From header, else the envelope sender.", minItems=1, maxItems=1),
    "to": array(RECIPIENT, "The To header."),
    "cc": array(RECIPIENT, "The Cc header."),
    "bcc": array(RECIPIENT, "The Bcc header, which few mails have."),
    "subject": text('Decoded; `""` when there is none.'),
    "savedBy": nullable(text("The account that starred the message, null when none did.")),
    "inbox": text("The address that the message is stored under."),
    "originalInbox": text("The address that it was sent to, such as one with a `+` or behind a catch-all."),
    "domain": text("The domain of `inbox`."),
    "received": date("When it was received."),
    "size": integer("Bytes received, without the Received header that the server adds."),
    "attachments": array(MD5, "The MD5 of each attachment."),
    "ip": text("The address of the client that sent it."),
    "via": text("The address of the listener that took it."),
    "folder": FOLDER,
    "labels": LABELS,
    "read": nullable(flag("Whether it is marked as read; null until somebody says.")),
    "rtls": flag("Whether it came over TLS."),
    "links": array(text("An URL as it stands in the mail."), "The http and https URLs of text and HTML, each once."),
    "spam": {
        "type": ["integer", "null"],
        "description": "1 for spam; mailsockd judges nothing: 0.",
        "enum": [0, 1, None],
    },
    "seq": integer("A number that grows with every message of the server; never used twice, not without gaps.", 1),
}

MESSAGE_EXAMPLE = {
    "_id": "M6eZ40m5850cUgtY2HosKMjT-0",
    "from": [{"address": "robot@shop.test", "name": "Shop Robot"}],
    "to": [{"address": "user1+shop@mail.test", "name": ""}],
    "cc": [],
    "bcc": [],
    "subject": "Your code",
    "savedBy": None,
    "inbox": "user1@mail.test",
    "originalInbox": "user1+shop@mail.test",
    "domain": "mail.test",
    "received": "2026-11-22T08:01:10.004Z",
    "size": 812,
    "attachments": ["900150983cd24fb0d6963f7d28e17f72"],
    "ip": "192.0.2.9",
    "via": "127.0.0.1",
    "folder": "inbox",
    "labels": [],
    "read": None,
    "rtls": True,
    "links": ["https://shop.test/c?t=1"],
    "spam": 0,
    "seq": 17,
}

MESSAGE = Named("Message", closed("One stored copy of a mail.", MESSAGE_FIELDS, example=MESSAGE_EXAMPLE))
MESSAGES = Named("MessageList", array(MESSAGE, "Messages, newest first; `[]` when there are none."))

_ALIAS = text("An alias: mail to it arrives in this inbox.", pattern="^inbox-[0-9a-f]+@")

ADDRESS = Named(
    "Address",
    closed(
        "An address, reserved or not.",
        {
            "_id": text("The address in its canonical form."),
            "owner": text("The account that reserved it; not there when nobody did."),
            "forward": nullable(text("The address that its mail is forwarded to.")),
            "enablews": flag("Whether its mail goes to web sockets."),
            "enabledws": flag("The same, under the name that typed clients know."),
            "webhook": nullable(text("The URL that its mail is sent to as JSON.")),
            "webhookSlack": nullable(text("The URL of a Slack channel that its mail is shown in.")),
            "webhookSlackToFrom": nullable(flag("Whether sender and recipient are shown there.")),
            "catchAll": nullable(text("The domain that it is the catch-all of.")),
            "password": only(None, "Never told."),
            "info": text("A note.", maxLength=1000),
            "encryptedInbox": _ALIAS,
            "implicit": flag("Whether it is the account's by its domain alone."),
            "created": date("When it was reserved; not there when it is not."),
            "updated": date("When its settings were changed; not there when nobody reserved it."),
        },
        optional=["owner", "created", "updated"],
        example={
            "_id": "user1@mail.test",
            "owner": "ada",
            "forward": None,
            "enablews": True,
            "enabledws": True,
            "webhook": None,
            "webhookSlack": None,
            "webhookSlackToFrom": None,
            "catchAll": None,
            "password": None,
            "info": "",
            "encryptedInbox": "inbox-37398139ccd6d573ba9317e074e2cc1f64f388c8@mail.test",
            "implicit": False,
            "created": "2026-11-22T08:00:00.000Z",
            "updated": "2026-11-22T08:00:03.120Z",
        },
    ),
)
ADDRESSES = Named("AddressList", array(ADDRESS, "Addresses by address; `[]` when there are none."))

RELEASED = Named(
    "AddressReleased",
    closed(
        "An address was given back.",
        {"message": only("Address was released.", "Always the same."), "_id": text("The address.")},
    ),
)
AVAILABILITY = Named(
    "Availability",
    closed(
        "Whether an address can be had.",
        {
            "available": flag("Whether the caller could reserve it."),
            "email": text("The address."),
            "owned": flag("Whether the caller has reserved it."),
        },
        example={"available": False, "email": "user1@mail.test", "owned": True},
    ),
)

COUNT = Named(
    "MessageCount",
    closed(
        "How many messages an inbox has.",
        {"count": integer("How many."), "inbox": text("The inbox.")},
        example={"count": 3, "inbox": "user1@mail.test"},
    ),
)
DELETED = Named(
    "MessageDeleted",
    closed(
        "A message was deleted.",
        {"message": only("Message was deleted.", "Always the same."), "_id": ID, "inbox": text("The inbox.")},
    ),
)
STORED = Named(
    "MessageStored",
    closed("A mail was stored and published.", {"_id": ID, "inbox": text("The inbox that it is in.")}),
)
LABELLED = Named(
    "MessageLabels",
    closed(
        "The labels of a message as they are now.",
        {"_id": ID, "labels": LABELS},
        example={"_id": "M6eZ40m5850cUgtY2HosKMjT-0", "labels": ["taxes 2026"]},
    ),
)
MOVED = Named("MessageFolder", closed("The folder of a message as it is now.", {"_id": ID, "folder": FOLDER}))
MARKED = Named("MessageRead", closed("The mark of a message as it is now.", {"_id": ID, "read": flag("Read, or not.")}))

_HEADER_VALUES = array(text("A value, unfolded and decoded."), "The values of one header.", minItems=1)
HEADERS = Named(
    "Headers",
    mapping(
        _HEADER_VALUES,
        "Headers by lower-case name.",
        examples=[{"received": ["from …", "from …"], "subject": ["Your code"]}],
    ),
)
ORDERED_HEADERS = Named(
    "OrderedHeaders",
    array(
        closed(
            "One header.", {"name": text("Its name in lower case."), "value": text("Its value, unfolded and decoded.")}
        ),
        "Headers in their order.",
        examples=[[{"name": "subject", "value": "Your code"}]],
    ),
)
MIXED_HEADERS = Named(
    "MixedHeaders",
    mapping(
        {
            "oneOf": [text("The value of a header that occurs once."), {**_HEADER_VALUES, "minItems": 2}],
            "description": "A string, or a list when the header occurs several times.",
        },
        "Headers by lower-case name.",
        examples=[{"received": ["from …", "from …"], "subject": "Your code"}],
    ),
)

ATTACHMENT = Named(
    "Attachment",
    closed(
        "What is known of an attachment.",
        {
            "checksum": MD5,
            "contentDisposition": text("How the mail wants it shown.", enum=["attachment", "inline"]),
            "contentId": text('Its content id without `<>`, `""` when none.'),
            "contentType": text("Its type."),
            "fileName": text('Its file name without folders, `""` when none.'),
            "length": integer("Bytes, decoded."),
            "transferEncoding": text('How it was encoded in the mail, `""` when the mail does not say.'),
        },
        example={
            "checksum": "900150983cd24fb0d6963f7d28e17f72",
            "contentDisposition": "attachment",
            "contentId": "",
            "contentType": "text/plain",
            "fileName": "abc.txt",
            "length": 3,
            "transferEncoding": "7bit",
        },
    ),
)
ATTACHMENTS = Named("AttachmentList", array(ATTACHMENT, "Attachments in the order of the message."))

UNIFIED = Named(
    "UnifiedInbox",
    closed(
        "The mail of all inboxes of the account.",
        {
            "messages": array(MESSAGE, "Newest first."),
            "unread": integer("How many messages of the account are not marked as read."),
            "limit": integer("As it was asked.", 0, 1000),
            "skip": integer("As it was asked."),
            "since": nullable(date("As it was asked, null when it was not.")),
        },
    ),
)
FILTERED = Named(
    "FilteredMessages",
    closed("The messages that meet all conditions.", {"messages": array(MESSAGE, "Newest first.", maxItems=100)}),
)
FOUND = Named(
    "FoundMessages",
    closed(
        "The messages that were found.",
        {"query": text("What was looked for."), "messages": array(MESSAGE, "Newest first.", maxItems=100)},
    ),
)
