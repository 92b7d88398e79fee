"""The dashboard of who is signed in: first steps, figures, addresses, and what happened lately."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.activity import ActivityReading
from mailsockd.actions.deliveries import Deliveries
from mailsockd.dashboard.addresses import badges, settings_path
from mailsockd.dashboard.event_list import EventList
from mailsockd.dashboard.events import PROBLEMS, Shown, shown
from mailsockd.dashboard.frame import Frame, signed_in
from mailsockd.dashboard.mail_query import inbox_path
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.accounts import Account
from mailsockd.state.activity import Kind
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.recorded import Wanted
from mailsockd.web.router import Call, Routes

ADDRESSES = 10
EVENTS = 6
FAILED = 100  # so many failed deliveries are counted
_LATELY = (Kind.STORED, *sorted(PROBLEMS, key=lambda kind: kind.name))


@attrs.frozen
class Step:
    """One of the first steps: what to do and why, where, and whether it is done."""

    label: str
    href: str
    why: str
    done: bool


class Overview(Element):
    """
    The dashboard. `steps` are those of a new account, none when all are done.

    `figures` are the account's, `addresses` those that were changed last, `events` what happened lately, and `failed`
    says how many deliveries have failed.
    """

    loader = template("dashboard.xhtml")

    def __init__(
        self,
        name: str,
        steps: Sequence[Step],
        figures: Mapping[str, str],
        addresses: Sequence[Address],
        events: Sequence[Shown],
        failed: str,
    ) -> None:
        super().__init__()
        self._name = name
        self._steps = steps
        self._figures = figures
        self._addresses = addresses
        self._events = events
        self._failed = failed

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(name=self._name)

    @renderer
    def first(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the first steps while one is left."""
        return tag if self._steps else ""

    @renderer
    def step(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each step."""
        for step in self._steps:
            yield tag.clone().fillSlots(
                state="done" if step.done else "open",
                words="Done: " if step.done else "",
                label=step.label,
                href=step.href,
                why=step.why,
            )

    @renderer
    def failures(self, request: Request, tag: Tag) -> "Tag | str":
        """Say that deliveries have failed."""
        return tag.fillSlots(failed=self._failed) if self._failed else ""

    @renderer
    def figure(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each figure."""
        for label, number in self._figures.items():
            yield tags.div(tags.dt(label), tags.dd(number))

    @renderer
    def address(self, request: Request, tag: Tag) -> "Iterator[Tag] | Tag":
        """Give each address, or say what to do first."""
        if not self._addresses:
            return tags.li(
                "You have reserved no address yet. ", tags.a("Add an email address", href="/private-address"), "."
            )
        return (
            tag.clone().fillSlots(
                inbox=(inbox_path if address.catch_all is None else settings_path)(address.address),
                settings=settings_path(address.address),
                address=address.address,
                badges=[(badge, " ") for badge in badges(address)],
                info=address.info,
            )
            for address in self._addresses
        )

    @renderer
    def lately(self, request: Request, tag: Tag) -> "Element | Tag":
        """Give what happened lately, or say where it will be seen."""
        if self._events:
            return EventList(self._events)
        return tags.p("No mail has come yet, and nothing went wrong. It will be told here.", class_="none")


class OverviewRoutes:
    """`figures` gives what the dashboard shows of an account."""

    routes = Routes()

    def __init__(
        self,
        frame: Frame,
        book: AddressBook,
        figures: Callable[[Account], Mapping[str, str]],
        reading: ActivityReading,
        deliveries: Deliveries,
    ) -> None:
        self._frame = frame
        self._book = book
        self._figures = figures
        self._reading = reading
        self._deliveries = deliveries

    @routes.get("/dashboard", open=True, summary="The dashboard")
    async def dashboard(self, call: Call) -> Any:
        """Answer what an account has, what happened, and the ways on."""
        account = signed_in(call)
        addresses = sorted(self._book.of(account.name), key=lambda one: one.updated, reverse=True)
        wanted = self._reading.wanted(account, Wanted(), account=account.name, kinds=_LATELY)
        found = await self._reading.listed(account, wanted, EVENTS)
        came = any(one.event.kind is Kind.STORED for one in found)
        failed = len(await self._deliveries.listed(self._deliveries.wanted(account.name, status="failed"), FAILED))
        content = Overview(
            account.name,
            _steps(addresses, came),
            self._figures(account),
            addresses[:ADDRESSES],
            [shown(one, account.name) for one in found],
            _failed(failed),
        )
        return await self._frame.show(
            call, "Dashboard", content, module="times.js", sheet="activity.css", current="/dashboard"
        )


def _steps(addresses: Sequence[Address], came: bool) -> list[Step]:
    listening = [one for one in addresses if one.enablews]
    first = (listening or addresses)[:1]
    steps = [
        Step("Reserve an address", "/private-address", "Its mail is yours alone.", bool(addresses)),
        Step(
            "Tick “Forward all incoming emails via web socket”",
            settings_path(first[0].address) if first else "/addresses",
            "In the settings of the address.",
            bool(listening),
        ),
        Step(
            "Watch mail arrive",
            "/websocket-test",
            "The Web Socket Test Page shows each mail the moment it comes, and sends one for a test.",
            came and bool(listening),
        ),
    ]
    return [] if all(step.done for step in steps) else steps


def _failed(number: int) -> str:
    if number >= FAILED:
        return f"{FAILED} deliveries or more have"
    return f"{number} deliver{'y has' if number == 1 else 'ies have'}" if number else ""
