"""The routes for all mail of the account at once (contract section 1.3)."""

from typing import Any

from mailsockd.actions.ports import Filter
from mailsockd.actions.terms import contained
from mailsockd.actions.unified import Unified
from mailsockd.api.answers import LIMIT, SINCE_DATE, SKIP, Query, gives
from mailsockd.api.filters import people
from mailsockd.api.messages import limit_of
from mailsockd.api.reading import Reading
from mailsockd.api.schemas import FILTERED, FOUND, UNIFIED
from mailsockd.api.shapes import flag, text
from mailsockd.web.router import Call, Routes
from mailsockd.wire import date_json

MOST_SKIPPED = 1_000_000

_CONDITIONS = (
    Query("andSubjectIncludes", text("A part of the subject.")),
    Query("andFrom", text("A part of the sender's address or name.")),
    Query("andTo", text("A part of a recipient's address or name, or of the inbox.")),
    Query("andRead", flag("Whether it is marked as read.")),
)


class UnifiedRoutes:
    """The unified inbox."""

    routes = Routes(tag="Unified inbox")

    def __init__(self, unified: Unified, reading: Reading) -> None:
        self._unified = unified
        self._reading = reading

    @routes.get(
        "/api/inbox",
        operation="ListInboxMessages",
        summary="List the messages of all inboxes of the account",
        query=(LIMIT, SKIP, SINCE_DATE),
        answers=gives(UNIFIED, "The messages."),
    )
    async def inbox(self, call: Call) -> Any:
        """Answer messages newest first: `limit` of them after `skip`, none received before `since`."""
        limit, skip = limit_of(call), call.integer("skip", 0, 0, MOST_SKIPPED)
        since = call.date("since")
        messages, unread = await self._unified.inbox(call.caller, limit, skip, since)
        answer = {
            "messages": messages,
            "unread": unread,
            "limit": limit,
            "skip": skip,
            "since": None if since is None else date_json(since),
        }
        return await self._reading.listed(messages, answer)

    @routes.get(
        "/api/inbox-filter",
        operation="FilterInboxMessages",
        summary="Filter the messages of all inboxes of the account",
        query=_CONDITIONS,
        answers=gives(FILTERED, "The messages."),
    )
    async def filtered(self, call: Call) -> Any:
        """Answer the newest messages that meet all of `andSubjectIncludes`, `andFrom`, `andTo` and `andRead`."""
        wanted = Filter(
            sender=contained(people(call, "andFrom")),
            recipient=contained(people(call, "andTo")),
            subject=contained(call.query("andSubjectIncludes")),
            read=call.flag("andRead") if call.query("andRead") else None,
        )
        return await self._reading.listed(await self._unified.filtered(call.caller, wanted), {})

    @routes.get(
        "/api/inbox-search",
        operation="SearchInboxMessages",
        summary="Search the messages of all inboxes of the account",
        query=(Query("query", text("What to look for.", minLength=1, examples=["code"]), required=True),),
        answers=gives(FOUND, "The messages."),
    )
    async def search(self, call: Call) -> Any:
        """Answer the newest messages that have `query` in to, from or subject."""
        query = people(call, "query")
        return await self._reading.listed(await self._unified.search(call.caller, query), {"query": query})
