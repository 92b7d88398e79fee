"""The front page, and the dashboard of who is signed in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.rights import Rights
from mailsockd.dashboard.frame import Frame, elsewhere, signed_in
from mailsockd.dashboard.pages import Request, template
from mailsockd.mail.address import InvalidAddress, canonical
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.web.router import Call, Routes


class CheckMail(Element):
    """The box that leads to any inbox. `domains` are those to choose from."""

    loader = template("check-mail.xhtml")

    def __init__(self, domains: Sequence[str], typed: str = "", problem: str = "") -> None:
        super().__init__()
        self._domains = domains
        self._typed = typed
        self._problem = problem

    @renderer
    def box(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(typed=self._typed)

    @renderer
    def choices(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give the domains."""
        for domain in self._domains:
            yield tags.option(f"@{domain}", value=domain)

    @renderer
    def problem(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what is wrong with what was typed."""
        return tag(self._problem) if self._problem else ""


class Home(Element):
    """The front page."""

    loader = template("home.xhtml")

    def __init__(self, box: CheckMail) -> None:
        super().__init__()
        self._box = box

    @renderer
    def box(self, request: Request, tag: Tag) -> Element:
        """Show the way to an inbox."""
        return self._box


class Overview(Element):
    """The dashboard: the way to an inbox, the account's figures, and its addresses that were changed last."""

    loader = template("dashboard.xhtml")

    def __init__(self, name: str, box: CheckMail, addresses: Sequence[Address], figures: Mapping[str, str]) -> None:
        super().__init__()
        self._name = name
        self._box = box
        self._addresses = addresses
        self._figures = figures

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(name=self._name)

    @renderer
    def box(self, request: Request, tag: Tag) -> Element:
        """Show the way to an inbox."""
        return self._box

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
    return tag.fillSlots(inbox=inbox_path(address.address), address=address.address, badge=badge, info=address.info)


class HomeRoutes:
    """`domains` are those to choose from; `figures` gives what the dashboard shows of an account."""

    routes = Routes()

    def __init__(
        self,
        frame: Frame,
        book: AddressBook,
        rights: Rights,
        domains: Callable[[], Sequence[str]],
        figures: Callable[[Account], Mapping[str, str]],
    ) -> None:
        self._frame = frame
        self._book = book
        self._rights = rights
        self._domains = domains
        self._figures = figures

    @routes.get("/", open=True, summary="The front page")
    async def home(self, call: Call) -> Any:
        """Answer the front page."""
        return await self._frame.show(call, "mailsockd", Home(CheckMail(self._domains())))

    @routes.get("/check-mail", open=True, summary="The way to the inbox of `local` and `domain`")
    async def check_mail(self, call: Call) -> Any:
        """Lead to the inbox that was typed: a local part, or a whole address."""
        typed = call.query("local", literal_plus=True).strip()
        address = typed if "@" in typed else f"{typed}@{call.query('domain')}"
        try:
            raise elsewhere(inbox_path(self._rights.called(canonical(address))))
        except InvalidAddress as error:
            box = CheckMail(self._domains(), typed, f"That is no email address: {error}.")
            return await self._frame.show(call, "mailsockd", Home(box), status=400)

    @routes.get("/dashboard", open=True, summary="The dashboard")
    async def dashboard(self, call: Call) -> Any:
        """Answer what an account has, and the ways on."""
        account = signed_in(call)
        addresses = sorted(self._book.of(account.name), key=lambda one: one.updated, reverse=True)[:10]
        content = Overview(account.name, CheckMail(self._domains()), addresses, self._figures(account))
        return await self._frame.show(call, "Dashboard", content, current="/dashboard")


def inbox_path(address: str) -> str:
    """Give the path of the page of an inbox."""
    return f"/inbox/{quote(address, safe='@+*')}"
