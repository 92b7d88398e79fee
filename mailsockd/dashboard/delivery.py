"""One delivery: where it goes, what became of it, and what its target answered to each try."""

from collections.abc import Iterator, Sequence
from typing import Any

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.activity import ActivityReading
from mailsockd.actions.deliveries import Deliveries
from mailsockd.actions.refusal import Refusal
from mailsockd.dashboard.addresses import settings_path
from mailsockd.dashboard.delivery_parts import CHANNEL_WORDS, delivery_buttons, delivery_moment, mood
from mailsockd.dashboard.event_list import EventList
from mailsockd.dashboard.events import Shown, activity_path, shown
from mailsockd.dashboard.frame import Frame, signed_in
from mailsockd.dashboard.moments import moment
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.activity import Kind
from mailsockd.state.deliveries import Delivery
from mailsockd.state.recorded import Wanted
from mailsockd.web.router import Call, HTTPError, Routes

TRIES = 200  # that are shown at the most
_KINDS = (Kind.DELIVERED, Kind.DEFERRED, Kind.FAILED, Kind.FORWARDED)
_SAID = {
    "again": "It is sent again, as soon as those before it to the same target are done.",
    "cancelled": "It was cancelled. A try that was on its way at that moment may still arrive.",
}


class DeliveryPage(Element):
    """The page. `tries` is what the activity has of it, the newest first."""

    loader = template("delivery.xhtml")

    def __init__(self, delivery: Delivery, tries: Sequence[Shown], csrf: str) -> None:
        super().__init__()
        self._delivery = delivery
        self._tries = tries
        self._csrf = csrf

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        delivery = self._delivery
        status = {"good": "", "warn": " warn", "bad": " bad", "plain": " off"}[mood(delivery)]
        return tag.fillSlots(
            id=str(delivery.id),
            badge=tags.span(delivery.status.value.capitalize(), class_=f"badge{status}"),
            buttons=delivery_buttons(delivery, self._csrf, f"/deliveries/{delivery.id}"),
        )

    @renderer
    def fact(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give what is known of it."""
        delivery = self._delivery
        facts: list[tuple[str, Any]] = [
            ("Why", delivery.error),
            ("Message", tags.a(delivery.message, href=activity_path(message=delivery.message))),
            ("Address", tags.a(delivery.address, href=settings_path(delivery.address))),
            ("Way out", CHANNEL_WORDS.get(delivery.channel, delivery.channel)),
            ("Target", tags.code(delivery.target)),
            ("Forwarded through", ", ".join(delivery.trail)),
            ("Stored", moment(delivery.created)),
            ("Asked for again", "" if delivery.renewed is None else moment(delivery.renewed)),
            ("Tries", f"{delivery.attempts:,}"),
            delivery_moment(delivery),
        ]
        for label, value in facts:
            if value:
                yield tags.dt(label)
                yield tags.dd(value)

    @renderer
    def tries(self, request: Request, tag: Tag) -> Element:
        """Give each try."""
        return EventList(self._tries)

    @renderer
    def none(self, request: Request, tag: Tag) -> "Tag | str":
        """Say that there are none."""
        return "" if self._tries else tag


class DeliveryPageRoutes:
    """The page of one delivery."""

    routes = Routes()

    def __init__(self, frame: Frame, deliveries: Deliveries, reading: ActivityReading) -> None:
        self._frame = frame
        self._deliveries = deliveries
        self._reading = reading

    @routes.get("/deliveries/{id}", open=True, summary="A delivery")
    async def show(self, call: Call, id: str) -> Any:
        """Answer one delivery of the account. Another's is answered as if it did not exist."""
        account = signed_in(call)
        try:
            delivery = await self._deliveries.get(account.name, id)
        except Refusal:
            raise HTTPError(404, "There is no such delivery among yours.") from None
        wanted = self._reading.wanted(account, Wanted(message=delivery.message), account=account.name, kinds=_KINDS)
        found = await self._reading.listed(account, wanted, TRIES)
        tries = [
            shown(one, account.name)
            for one in found
            if one.event.address == delivery.address and one.event.channel in ("", delivery.channel)
        ]
        notices = [("good", sentence) for name, sentence in _SAID.items() if call.query("done") == name]
        return await self._frame.show(
            call, f"Delivery {delivery.id}", DeliveryPage(delivery, tries, self._frame.csrf(call)),
            module="account.js", sheet="activity.css", current="/activity", notices=notices,
        )  # fmt: skip
