"""
What a route says of itself beside its pattern, in the words of `Answer`, `Query` and `Body`.

    @routes.get("/api/x/{email}", operation="ShowX", summary="Show x", answers=gives(X), errors=NOT_THERE)

`operation` is the name that generated clients give the method: Mailsac's own where it has one. `errors` are the
refusals that not every route has, by status. The docstring of the method is the description.
"""

from collections.abc import Mapping
from typing import Any

import attrs

from mailsockd.api.shapes import Schema, flag, integer, text

JSON_MEDIA = "application/json"


@attrs.frozen
class Answer:
    """A good answer: its schema by media type, none when it has no body."""

    description: str
    content: Mapping[str, Schema]
    status: int = 200


@attrs.frozen
class Query:
    """A parameter of the query."""

    name: str
    schema: Mapping[str, Any]
    required: bool = False


@attrs.frozen
class Body:
    """The JSON object that a route reads; forms with the same fields are read as well."""

    schema: Schema
    required: bool = False


def gives(schema: Schema, description: str = "Done.") -> Answer:
    """Give the answer that is JSON of one schema."""
    return Answer(description, {JSON_MEDIA: schema})


def gives_text(media: str, description: str) -> Answer:
    """Give the answer that is text of a media type."""
    return Answer(description, {media: {"type": "string"}})


def gives_bytes(media: str, description: str) -> Answer:
    """Give the answer that is bytes of a media type, `*/*` when the type is theirs."""
    return Answer(description, {media: {"type": "string", "format": "binary"}})


NOTHING = Answer("Done; there is no body.", {}, 204)

# What a message route refuses, and what the routes of a whole inbox do.
NO_MESSAGE = {404: "The message is not there, or not to be seen by the caller."}
FOREIGN_INBOX = {403: "The inbox is another account's."}

DAY = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}

LIMIT = Query("limit", integer("How many messages at most.", 0, 1000, default=20))
SKIP = Query("skip", integer("How many of the newest are left out.", 0, 1_000_000, default=0))
UNTIL = Query("until", {**DAY, "description": "Nothing received later than this date."})
SINCE_DATE = Query("since", {**DAY, "description": "Nothing received before this date."})
SINCE = Query("since", text("A `seq`, or the `_id` of a message in the inbox: only what was stored later."))
WAIT = Query(
    "wait",
    integer(
        "Seconds: when there is nothing, the answer comes as soon as there is, or is `[]` at the end.", 0, 60, default=0
    ),
)
DOWNLOAD = Query("download", flag("Whether a browser shall save the answer as a file."))

_CONTAINS = "contains this, without regard to case; with `=` in front, is this as a whole."
FILTERS = (
    Query("from", text(f"Only mail whose sender's address or name {_CONTAINS}")),
    Query("to", text(f"Only mail where an address or name of To and Cc, or the inbox, {_CONTAINS}")),
    Query("subject", text(f"Only mail whose subject {_CONTAINS}")),
    Query("text", text(f"Only mail whose text {_CONTAINS}")),
)
