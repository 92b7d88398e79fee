"""The routes of the control socket for the activity: an operator sees that of all accounts, and follows it."""

from typing import Any, cast

from twisted.internet.defer import Deferred

from mailsockd.actions.activity import MOST_LISTED, ActivityReading
from mailsockd.control.tail import Stream, Tail
from mailsockd.state.activity import ActivityLog, Event
from mailsockd.state.recorded import Wanted
from mailsockd.web.router import Call, Routes
from mailsockd.wire import dumps
from mailsockd.wire.activity import event_json, kind_named

LARGEST_ID = (1 << 62) - 1


class ActivityRoutes:
    """The activity of all accounts."""

    routes = Routes()

    def __init__(self, reading: ActivityReading, log: ActivityLog) -> None:
        self._reading = reading
        self._log = log

    @routes.get("/control/v1/activity", open=True)
    async def list(self, call: Call) -> Any:
        """Answer the newest events that meet all conditions of the query, newest first."""
        found = await self._reading.listed(None, self._wanted(call), call.integer("limit", 100, 0, MOST_LISTED))
        return [event_json(recorded.event, recorded.id) for recorded in found]

    @routes.get("/control/v1/activity/follow", open=True)
    async def follow(self, call: Call) -> None:
        """Answer lines without end: one that says so, the newest `limit` events, then each as it happens."""
        wanted, limit = self._wanted(call), call.integer("limit", 0, 0, MOST_LISTED)
        early: list[Event] = []
        take = early.append
        silence = self._log.listen(lambda event: take(event) if wanted.meets(event) else None)
        try:
            before = await self._reading.listed(None, wanted, limit) if limit else []
            call.request.setHeader("Content-Type", "application/x-ndjson; charset=utf-8")
            stream = cast("Stream", call.request)
            stream.write(dumps({"status": 200, "msg": "Following"}) + b"\n")
            tail = Tail(stream, _line)
            take = tail.put
            events = [recorded.event for recorded in reversed(before)]
            for event in [*events, *(event for event in early if event not in events)]:
                tail.put(event)
            # The router cancels this when the operator goes, and nothing else ends it.
            await Deferred()
        finally:
            silence()

    def _wanted(self, call: Call) -> Wanted:
        kinds = [name for value in call.queries("kind") for name in value.split(",") if name.strip()]
        return self._reading.wanted(
            None,
            Wanted(
                message=call.query("message"),
                peer=call.query("peer"),
                text=call.query("q"),
                since=call.date("since"),
                until=call.date("until"),
                before=call.integer("before", 0, 1, LARGEST_ID) or None,
            ),
            account=call.query("account"),
            address=call.query("address", literal_plus=True),
            kinds=[kind_named(name) for name in kinds],
        )


async def _line(event: Event) -> bytes:
    return dumps(event_json(event)) + b"\n"
