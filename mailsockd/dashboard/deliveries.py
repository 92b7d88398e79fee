"""Deliveries: mail on its way to web hooks, Slack and other addresses, what became of it, and sending it again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.deliveries import LARGEST_ID, Deliveries
from mailsockd.actions.refusal import Refusal
from mailsockd.dashboard.delivery_parts import CHANNEL_WORDS, delivery_buttons, delivery_moment, mood, place
from mailsockd.dashboard.forms import Field, Fields, with_answers
from mailsockd.dashboard.frame import Frame, elsewhere, local_path, signed_in
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.deliveries import Delivery, Status
from mailsockd.web.router import Call, Routes

PAGE = 50
_NAMES = ("status", "channel", "address", "message")
_STATUS_WORDS = {"": "All", "waiting": "Waiting", "failed": "Failed", "delivered": "Delivered"}
_SAID = {
    "again": "It is sent again, as soon as those before it to the same target are done.",
    "cancelled": "It was cancelled. A try that was on its way at that moment may still arrive.",
}


class DeliveryList(Element):
    """The page. `typed` are the conditions; `older` is the path of the next page, "" when there is none."""

    loader = template("deliveries.xhtml")

    def __init__(
        self,
        typed: Mapping[str, str],
        fields: Iterable[Field],
        found: Sequence[Delivery],
        older: str,
        here: str,
        csrf: str,
    ) -> None:
        super().__init__()
        self._typed = typed
        self._fields = fields
        self._found = found
        self._older = older
        self._here = here
        self._csrf = csrf

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(fields=Fields(self._fields), status=self._typed["status"], csrf=self._csrf)

    @renderer
    def tab(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give a way to each status, with the other conditions as they are."""
        for status, words in _STATUS_WORDS.items():
            here = {"aria-current": "page"} if status == self._typed["status"] else {}
            yield tags.li(tags.a(words, href=_path({**self._typed, "status": status}), **here))

    @renderer
    def row(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each delivery."""
        for delivery in self._found:
            words, when = delivery_moment(delivery)
            tried = f" · Tried {delivery.attempts:,} time{'' if delivery.attempts == 1 else 's'}"
            yield tag.clone().fillSlots(
                mood=mood(delivery),
                words=words,
                channel=CHANNEL_WORDS.get(delivery.channel, delivery.channel),
                place=place(delivery),
                address=delivery.address,
                error=tags.p(delivery.error, class_="why") if delivery.error else "",
                tried=tried if delivery.attempts else "",
                when=when,
                path=f"/deliveries/{delivery.id}",
                buttons=delivery_buttons(delivery, self._csrf, self._here),
            )

    @renderer
    def all_again(self, request: Request, tag: Tag) -> "Tag | str":
        """Offer to send all failed ones again, when some are in sight."""
        if not any(delivery.status is Status.FAILED for delivery in self._found):
            return ""
        hidden = [tags.input(type="hidden", name=name, value=self._typed[name]) for name in _NAMES[1:]]
        return tag.fillSlots(conditions=hidden, csrf=self._csrf)

    @renderer
    def empty(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what it means that there is nothing."""
        return "" if self._found else tag

    @renderer
    def way(self, request: Request, tag: Tag) -> "Tag | str":
        """Give the way to older ones."""
        return tags.a("Older", href=self._older, class_="button") if self._older else ""


class DeliveryListRoutes:
    """The list and what can be done with deliveries."""

    routes = Routes()

    def __init__(self, frame: Frame, deliveries: Deliveries) -> None:
        self._frame = frame
        self._deliveries = deliveries

    @routes.get("/deliveries", open=True, summary="Deliveries")
    async def show(self, call: Call) -> Any:
        """Answer the newest deliveries that meet the conditions, or those before one of them."""
        account = signed_in(call)
        typed = {name: call.query(name, literal_plus=name == "address").strip() for name in _NAMES}
        before = call.integer("before", 0, 1, LARGEST_ID) or None
        fields = with_answers(_fields(), typed, ())
        try:
            wanted = self._deliveries.wanted(account.name, **typed, before=before)
        except Refusal as refusal:
            fields = with_answers(_fields(), typed, refusal.errors)
            problem = [] if "address" in refusal.errors[0] else [("bad", refusal.message)]
            return await self._answer(call, DeliveryList(typed, fields, (), "", "", ""), refusal.status, problem)
        found = await self._deliveries.listed(wanted, PAGE + 1)
        page = found[:PAGE]
        older = _path(typed, before=page[-1].id) if len(found) > PAGE else ""
        here = _path(typed, before=before or "")
        notices = [("good", sentence) for name, sentence in _SAID.items() if call.query("done") == name]
        number = call.query("again")
        if number.isascii() and number.isdigit() and len(number) < 10:
            notices.append(("good", f"{int(number):,} {'is' if number == '1' else 'are'} sent again."))
        content = DeliveryList(typed, fields, page, older, here, self._frame.csrf(call))
        return await self._answer(call, content, notices=notices)

    @routes.post("/deliveries/{id}/retry", open=True, summary="Send a delivery again")
    async def retry(self, call: Call, id: str) -> Any:
        """Have it tried again as if it were new, or at once, and go back."""
        await self._deliveries.retry(signed_in(call).name, id)
        raise elsewhere(_back(call, "again"))

    @routes.post("/deliveries/{id}/cancel", open=True, summary="Cancel a delivery")
    async def cancel(self, call: Call, id: str) -> Any:
        """Give it up, and go back."""
        await self._deliveries.cancel(signed_in(call).name, id)
        raise elsewhere(_back(call, "cancelled"))

    @routes.post("/deliveries/retry-failed", open=True, summary="Send all failed deliveries again")
    async def retry_failed(self, call: Call) -> Any:
        """Have all failed ones tried again that meet the conditions of the list."""
        account, typed = signed_in(call), call.form()
        conditions: dict[str, Any] = {name: typed.get(name, "") for name in _NAMES[1:]}
        wanted = self._deliveries.wanted(account.name, status="failed", **conditions)
        number = await self._deliveries.retry_failed(wanted)
        raise elsewhere(_path(conditions, again=number))

    async def _answer(
        self, call: Call, content: DeliveryList, status: int = 200, notices: Sequence[tuple[str, str]] = ()
    ) -> Any:
        return await self._frame.show(
            call, "Deliveries", content,
            module="account.js", sheet="activity.css", current="/activity", status=status, notices=notices,
        )  # fmt: skip


def _fields() -> list[Field]:
    channels = [("", "Any"), *CHANNEL_WORDS.items()]
    return [
        Field("address", "Address", placeholder="user1@example.org"),
        Field("channel", "Way out", kind="choice", choices=channels),
        Field("message", "Message", placeholder="Its id"),
    ]


def _path(typed: Mapping[str, str], **others: Any) -> str:
    said = {name: str(value) for name, value in {**typed, **others}.items() if value != ""}
    return f"/deliveries?{urlencode(said, quote_via=quote)}" if said else "/deliveries"


def _back(call: Call, done: str) -> str:
    path = local_path(call.form().get("back", ""), "/deliveries")
    if not path.startswith("/deliveries"):
        path = "/deliveries"
    return f"{path}{'&' if '?' in path else '?'}done={done}"
