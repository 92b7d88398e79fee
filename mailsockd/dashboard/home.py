"""The front page, and the dashboard of who is signed in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.dashboard.addresses import settings_path
from mailsockd.dashboard.frame import Frame, signed_in
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.web.router import Call, Routes


class Home(Element):
    """The front page."""

    loader = template("home.xhtml")


class Overview(Element):
    """The dashboard: the account's figures, and its addresses that were changed last."""

    loader = template("dashboard.xhtml")

    def __init__(self, name: str, addresses: Sequence[Address], figures: Mapping[str, str]) -> None:
        super().__init__()
        self._name = name
        self._addresses = addresses
        self._figures = figures

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(name=self._name)

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
        return (_address(tag.clone(), address) for address in self._addresses)


def _address(tag: Tag, address: Address) -> Tag:
    badge = tags.span("WS", class_="badge", title="Mail goes to web sockets") if address.enablews else ""
    path = settings_path(address.address)
    return tag.fillSlots(settings=path, address=address.address, badge=badge, info=address.info)


class HomeRoutes:
    """`figures` gives what the dashboard shows of an account."""

    routes = Routes()

    def __init__(
        self,
        frame: Frame,
        book: AddressBook,
        figures: Callable[[Account], Mapping[str, str]],
    ) -> None:
        self._frame = frame
        self._book = book
        self._figures = figures

    @routes.get("/", open=True, summary="The front page")
    async def home(self, call: Call) -> Any:
        """Answer the front page."""
        return await self._frame.show(call, "mailsockd", Home())

    @routes.get("/dashboard", open=True, summary="The dashboard")
    async def dashboard(self, call: Call) -> Any:
        """Answer what an account has, and the ways on."""
        account = signed_in(call)
        addresses = sorted(self._book.of(account.name), key=lambda one: one.updated, reverse=True)[:10]
        content = Overview(account.name, addresses, self._figures(account))
        return await self._frame.show(call, "Dashboard", content, current="/dashboard")
