"""The route for the activity: what happened to the account's mail, addresses, sockets and deliveries."""

import csv
import io
from typing import Any

from twisted.internet.defer import DeferredSemaphore

from mailsockd.actions.activity import MOST_EXPORTED, MOST_LISTED, ActivityReading
from mailsockd.api.activity_schemas import EVENT, EVENTS, KIND
from mailsockd.api.answers import DAY, JSON_MEDIA, Answer, Query
from mailsockd.api.shapes import array, integer, text
from mailsockd.state.recorded import Recorded, Wanted
from mailsockd.web.disposition import saved_as
from mailsockd.web.errors import wrong
from mailsockd.web.reply import Reply, encode
from mailsockd.web.router import Call, Routes
from mailsockd.wire.activity import event_json, event_row, kind_named

DEFAULT_LIMIT = 100
LARGEST_ID = (1 << 62) - 1
# An export is made in memory: so many at one time, and each ends when it has so many bytes.
EXPORTS_AT_ONCE = 2
EXPORT_BYTES = 8 << 20

_CONDITIONS = (
    Query("kind", array(KIND, "Only these; repeated, or with commas between.")),
    Query("address", text("Only what happened to this address. For a public inbox also what is nobody's.")),
    Query("message", text("The timeline of the message with this `_id`, or of the mail with this queue id.")),
    Query("peer", text("Only what this IP address caused.")),
    Query("q", text("Only what has this in one of its texts, without regard to case.")),
    Query("since", {**DAY, "description": "Nothing that happened earlier than this date."}),
    Query("until", {**DAY, "description": "Only what happened earlier than this date."}),
    Query("before", integer("Only events with a smaller `_id`: the last one of a list, to get those behind it.", 1)),
    Query("after", integer("The events with the next larger `_id`s: the first one of a list, to get newer ones.")),
    Query("limit", integer(f"How many at most: 1000, 10000 of an export; {DEFAULT_LIMIT}, or all, unless given.", 0)),
    Query("account", text("For administrators: only this account's.")),
    Query("format", text("JSON, or an export: JSON lines or CSV.", enum=["json", "jsonl", "csv"])),
)


class ActivityRoutes:
    """The activity of the caller's account, of all accounts for an administrator."""

    routes = Routes(tag="Activity")

    def __init__(self, activity: ActivityReading) -> None:
        self._activity = activity
        self._exports = DeferredSemaphore(EXPORTS_AT_ONCE)

    @routes.get(
        "/mailsockd/v1/activity",
        operation="ListActivity",
        summary="Show what happened",
        query=_CONDITIONS,
        answers=Answer(
            "The events.",
            {JSON_MEDIA: EVENTS, "application/x-ndjson": {"type": "string"}, "text/csv": {"type": "string"}},
        ),
        errors={403: "An account is named that is not the caller's, who is no administrator."},
    )
    async def list(self, call: Call) -> Any:
        """
        Answer the events that meet all conditions, newest first.

        One message's whole way, from the connection to the last delivery, is `message=<its id>`. `since` and `until`
        make a window of time, `before` and `after` pages. An export ends at 10000 events or 8 MiB; `before` goes on.
        """
        form = call.query("format") or "json"
        if form not in {"json", "jsonl", "csv"}:
            raise wrong("format", "must be json, jsonl or csv")
        wanted = asked(self._activity, call, call.caller)
        if form == "json":
            limit = call.integer("limit", DEFAULT_LIMIT, 0, MOST_LISTED)
            found = await self._activity.listed(call.caller, wanted, limit)
            return [event_json(recorded.event, recorded.id) for recorded in found]
        limit = call.integer("limit", MOST_EXPORTED, 0, MOST_EXPORTED)
        await self._exports.acquire()
        try:
            return await self._export(call, wanted, limit, form)
        finally:
            self._exports.release()

    async def _export(self, call: Call, wanted: Wanted, limit: int, form: str) -> Reply:
        lines = _csv if form == "csv" else _jsonl
        parts = [lines([], True)]
        size = 0
        async for page in self._activity.pages(call.caller, wanted, limit):
            part = lines(page, False)
            parts.append(part)
            size += len(part)
            if size >= EXPORT_BYTES:
                break
        media = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson; charset=utf-8"
        headers = {"Content-Disposition": saved_as(f"activity.{form}")}
        return Reply(b"".join(parts), media, headers=headers)


def asked(activity: ActivityReading, call: Call, caller: Any) -> Wanted:
    """Read the conditions of a query. Raises HTTPError 400 and Refusal 400 and 403."""
    kinds = [name for value in call.queries("kind") for name in value.split(",") if name.strip()]
    return activity.wanted(
        caller,
        Wanted(
            message=call.query("message"),
            peer=call.query("peer"),
            text=call.query("q"),
            since=call.date("since"),
            until=call.date("until"),
            before=call.integer("before", 0, 1, LARGEST_ID) or None,
            after=_after(call),
        ),
        account=call.query("account"),
        address=call.query("address", literal_plus=True),
        kinds=[kind_named(name) for name in kinds],
    )


def _after(call: Call) -> int | None:
    return call.integer("after", 0, 0, LARGEST_ID) if call.query("after").strip() else None


def _jsonl(page: list[Recorded], first: bool) -> bytes:
    return b"".join(encode(event_json(recorded.event, recorded.id)) + b"\n" for recorded in page)


def _csv(page: list[Recorded], first: bool) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    if first:
        writer.writerow(EVENT.schema["properties"])
    writer.writerows(event_row(recorded.event, recorded.id) for recorded in page)
    return text.getvalue().encode("utf-8", "replace")
