"""Recent Activity: what happened to the account's mail, addresses, sockets and deliveries, and why."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.activity import ActivityReading
from mailsockd.actions.refusal import Refusal
from mailsockd.dashboard.activity_filter import GROUP_WORDS, RANGE_WORDS, Asked
from mailsockd.dashboard.event_list import EventList
from mailsockd.dashboard.events import Shown, shown
from mailsockd.dashboard.forms import Field, Fields, with_answers
from mailsockd.dashboard.frame import Frame, signed_in
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.accounts import Account
from mailsockd.state.activity import Kind
from mailsockd.state.recorded import Recorded
from mailsockd.web.call import parse_date
from mailsockd.web.router import Call, HTTPError, Routes
from mailsockd.wire.activity import kind_json

PAGE = 50
TIMELINE = 500  # events of one message that are shown at the most
_MORE = ("message", "peer", "since", "until", "account")  # fields that are folded away unless one is used


class Activity(Element):
    """
    The page. `links` are the ways on from it: newer, older, csv, jsonl, each "" when there is none.

    `live` is where a script asks for what is new, "" when this page is not about that.
    """

    loader = template("activity.xhtml")

    def __init__(
        self, asked: Asked, fields: Iterable[Field], events: Sequence[Shown], links: Mapping[str, str], live: str
    ) -> None:
        super().__init__()
        self._asked = asked
        self._fields = [_fit(field) for field in fields]
        self._events = events
        self._links = links
        self._live = live

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        newest = max((event.id for event in self._events), default=0)
        return tag.fillSlots(
            live=self._live,
            newest=str(newest),
            first=Fields(field for field in self._fields if field.name not in _MORE),
            more=Fields(field for field in self._fields if field.name in _MORE),
        )

    @renderer
    def further(self, request: Request, tag: Tag) -> Tag:
        """Unfold the other fields when one of them is used."""
        folded = [name for name in _MORE if name != "message"]  # which stands above the events
        used = any(field.name in folded and (field.value or field.error) for field in self._fields)
        return tag(open="open") if used else tag

    @renderer
    def timeline(self, request: Request, tag: Tag) -> "Tag | str":
        """Say whose timeline it is."""
        message = self._asked.typed["message"]
        return tag.fillSlots(message=message) if message else ""

    @renderer
    def events(self, request: Request, tag: Tag) -> Element:
        """Give the events."""
        timeline = bool(self._asked.typed["message"])
        return EventList(self._events, self._events[0].at if timeline and self._events else None)

    @renderer
    def empty(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what it may mean that there is nothing."""
        return "" if self._events else tag

    @renderer
    def nothing(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what to do when nothing has happened at all."""
        return "" if self._asked.narrowed else tag

    @renderer
    def unmatched(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what it may mean when nothing meets the conditions."""
        return tag if self._asked.narrowed else ""

    @renderer
    def way(self, request: Request, tag: Tag) -> list[Tag]:
        """Give the ways to other pages."""
        words = {"newest": "Newest", "newer": "Newer", "older": "Older"}
        ways = [(text, self._links[name]) for name, text in words.items()]
        return [tags.a(text, href=path, class_="button") for text, path in ways if path]

    @renderer
    def export(self, request: Request, tag: Tag) -> "Tag | str":
        """Give the ways to the files."""
        return tag.fillSlots(csv=self._links["csv"], jsonl=self._links["jsonl"]) if self._links["csv"] else ""


class ActivityPageRoutes:
    """The page, and what its script asks. `now` gives UTC seconds."""

    routes = Routes()

    def __init__(self, frame: Frame, reading: ActivityReading, now: Callable[[], float]) -> None:
        self._frame = frame
        self._reading = reading
        self._now = now

    @routes.get("/activity", open=True, summary="Recent Activity")
    async def show(self, call: Call) -> Any:
        """Answer the newest events that meet the conditions, or those before or after one of them."""
        account, asked = signed_in(call), Asked.of(call)
        fields = with_answers(_fields(account, asked.typed["kind"]), asked.typed, ())
        try:
            return await self._page(call, account, asked, fields)
        except (Refusal, HTTPError) as error:
            if error.status not in (400, 403):
                raise
            content = Activity(asked, with_answers(fields, asked.typed, error.errors), (), _links(), "")
            return await self._answer(call, content, error.status, () if error.errors else [("bad", error.message)])

    @routes.get("/activity/new", open=True, summary="What happened after an event, for the script of the page")
    async def new(self, call: Call) -> Any:
        """Answer the next events that meet the conditions, the newest first."""
        account, asked = signed_in(call), Asked.of(call)
        found = await self._found(account, asked, PAGE)
        return {"events": [shown(one, account.name).json() for one in found]}

    async def _page(self, call: Call, account: Account, asked: Asked, fields: Iterable[Field]) -> Any:
        timeline = bool(asked.typed["message"])
        most = TIMELINE if timeline else PAGE
        found = await self._found(account, asked, most + 1)
        after = asked.after is not None and asked.before is None
        more, page = len(found) > most, found[-most:] if after else found[:most]
        events = [shown(one, account.name) for one in page]
        first = asked.before is None and asked.after is None
        links = _links(
            newest="" if first else asked.path(),
            newer=asked.path(after=page[0].id) if page and not first and (more or not after) else "",
            older=asked.path(before=page[-1].id) if page and (more or after) else "",
            csv=asked.export("csv", self._now()) if page else "",
            jsonl=asked.export("jsonl", self._now()) if page else "",
        )
        live = asked.path("/activity/new") if first and not timeline and not asked.typed["until"] else ""
        return await self._answer(call, Activity(asked, fields, events[::-1] if timeline else events, links, live))

    async def _found(self, account: Account, asked: Asked, limit: int) -> list[Recorded]:
        wanted = self._reading.wanted(
            account,
            asked.wanted(self._now()),
            account=asked.typed["account"],
            address=asked.typed["address"],
            kinds=asked.kinds,
        )
        return await self._reading.listed(account, wanted, limit)

    async def _answer(
        self, call: Call, content: Activity, status: int = 200, notices: Sequence[tuple[str, str]] = ()
    ) -> Any:
        return await self._frame.show(
            call, "Recent Activity", content,
            module="activity.js", sheet="activity.css", current="/activity", status=status, notices=notices,
        )  # fmt: skip


def _fit(field: Field) -> Field:
    """Give a field that browsers show: theirs for dates have one way to write them, and none for what is no date."""
    if field.kind != "datetime-local" or not field.value:
        return field
    try:
        at = datetime.fromtimestamp(parse_date(field.name, field.value), UTC)
    except HTTPError:
        return attrs.evolve(field, kind="text")
    return attrs.evolve(field, value=at.strftime("%Y-%m-%dT%H:%M"))


def _links(**links: str) -> Mapping[str, str]:
    return {name: links.get(name, "") for name in ("newest", "newer", "older", "csv", "jsonl")}


def _fields(account: Account, kind: str) -> list[Field]:
    kinds = [*GROUP_WORDS.items(), *((kind_json(kind), kind.value.capitalize()) for kind in Kind)]
    if kind not in dict(kinds):
        kinds.append((kind, kind))  # several, as a link may have them
    fields = [
        Field("address", "Address", placeholder="user1@example.org"),
        Field("kind", "What", kind="choice", choices=kinds),
        Field("range", "When", kind="choice", choices=list(RANGE_WORDS.items())),
        Field("q", "Text", placeholder="A reason, a part of an address"),
        Field("message", "Message", hint="Its id, or the queue id that its sender was told: shows its whole way."),
        Field("peer", "IP address", hint="Of who sent, listened or signed in."),
        Field("since", "From", kind="datetime-local", hint="In UTC."),
        Field("until", "Until", kind="datetime-local", hint="In UTC."),
    ]
    if account.admin:
        fields.append(Field("account", "Account", hint="Of which account; of all when it is empty."))
    return fields
