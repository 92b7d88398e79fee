"""What routes read, as schemas. Forms with the same fields are read as well; `true` may be text there."""

from mailsockd.actions.addresses import LONGEST_INFO
from mailsockd.actions.flags import LONGEST_LABEL, MOST_LABELS
from mailsockd.api.shapes import Named, array, closed, flag, nullable, only, text

_UNSERVED = only(None, "Null clears it. Setting it is refused: this server does not send there yet.")
_SETTINGS = {
    "info": nullable(text("A note.", maxLength=LONGEST_INFO)),
    "enablews": nullable(flag("Whether mail goes to web sockets.")),
    "enabledws": nullable(flag("The same, under the name that typed clients know.")),
    "forward": _UNSERVED,
    "webhook": _UNSERVED,
    "webhookSlack": _UNSERVED,
    "webhookSlackToFrom": _UNSERVED,
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
