"""The pages as elements: markup is in `templates/`, one file an element, and Python only fills it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import attrs
from twisted.internet.defer import Deferred
from twisted.python.filepath import FilePath
from twisted.web.iweb import IRequest
from twisted.web.template import Element, Tag, XMLFile, flattenString, renderer, tags

Request: TypeAlias = "IRequest | None"

_TEMPLATES = FilePath(__file__).sibling("templates")


def template(name: str) -> XMLFile:
    """Give the template of that name."""
    return XMLFile(_TEMPLATES.child(name))


@attrs.frozen
class Visitor:
    """
    Whoever looks at a page, as the page's frame shows them. `csrf` is what each form of the page has to send.

    `admin` is an administrator. `counts` are the numbers beside the links of the navigation, by path.
    """

    name: str
    csrf: str
    admin: bool = False
    counts: Mapping[str, int] = attrs.field(factory=dict)


# The navigation of a signed-in visitor, in the words of contract section 4. An empty path is a heading.
PLACES = (
    ("", "Mail"),
    ("/dashboard", "Dashboard"),
    ("/app", "Unified Inbox"),
    ("/starred", "Starred Messages"),
    ("", "Addresses"),
    ("/private-address", "Add Email Address"),
    ("/addresses", "Manage Email Addresses"),
    ("/domains", "Custom Domains"),
    ("", "Account"),
    ("/api-keys", "API Keys & Users"),
    ("/storage", "Manage Storage"),
    ("/usage", "Usage and Analytics"),
    ("/activity", "Recent Activity"),
    ("/validation", "Email Validation"),
    ("/account", "Account Settings"),
    ("", "Tools"),
    ("/websocket-test", "Web Socket Test Page"),
    ("/docs/api", "API reference"),
)
ADMIN_PLACES = (
    ("", "Server"),
    ("/admin/accounts", "Accounts"),
    ("/admin/domains", "Domains"),
    ("/admin/health", "Health"),
)


class Layout(Element):
    """
    What all pages share: head, top bar, navigation, footer.

    `static` is the path under which the static files are; `module` is the page's script and `sheet` its own style, ""
    when it has none;
    `current` is the path of the place in the navigation; `notices` are sentences above the content, each with its kind:
    "good", "warn", "bad" or "ask". `places` are those that this server has, `domains` those that it takes mail for.
    """

    loader = template("layout.xhtml")

    def __init__(
        self,
        title: str,
        content: Element,
        *,
        static: str,
        module: str = "",
        sheet: str = "",
        visitor: Visitor | None = None,
        current: str = "",
        notices: Sequence[tuple[str, str]] = (),
        places: frozenset[str] = frozenset(),
        domains: Sequence[str] = (),
        sign_in: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._content = content
        self._static = static
        self._module = module
        self._sheet = sheet
        self._visitor = visitor
        self._current = current
        self._notices = notices
        self._places = places
        self._domains = domains
        self._sign_in = sign_in

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots of the whole page."""
        return tag.fillSlots(
            title=self._title,
            style=f"{self._static}/style.css",
            icon=f"{self._static}/icon.svg",
            home="/dashboard" if self._visitor else "/",
            kind="with-places" if self._visitor else "plain",
        )

    @renderer
    def csrf(self, request: Request, tag: Tag) -> "Tag | str":
        """Give scripts what they have to send with each change."""
        return tag.fillSlots(csrf=self._visitor.csrf) if self._visitor else ""

    @renderer
    def own_style(self, request: Request, tag: Tag) -> "Tag | str":
        """Name the page's own style sheet, if there is one."""
        return tag.fillSlots(sheet=f"{self._static}/{self._sheet}") if self._sheet else ""

    @renderer
    def script(self, request: Request, tag: Tag) -> "Tag | str":
        """Name the script, if there is one."""
        return tag.fillSlots(module=f"{self._static}/{self._module}") if self._module else ""

    @renderer
    def signed_in(self, request: Request, tag: Tag) -> "Tag | str":
        """Show who is signed in, and the way out."""
        return tag.fillSlots(name=self._visitor.name, csrf=self._visitor.csrf) if self._visitor else ""

    @renderer
    def signed_out(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the way in."""
        return tag if self._visitor is None and self._sign_in else ""

    @renderer
    def navigation(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the places that a visitor may go to."""
        return tag if self._visitor else ""

    @renderer
    def check_mail(self, request: Request, tag: Tag) -> "Tag | str":
        """Give the way to the inbox of any address."""
        return tag if self._domains and "/check-mail" in self._places else ""

    @renderer
    def domain(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each domain that mail is taken for."""
        for domain in self._domains:
            yield tags.option(f"@{domain}", value=domain)

    @renderer
    def navigation_button(self, request: Request, tag: Tag) -> "Tag | str":
        """Show what opens the navigation where there is no room for it."""
        return tag if self._visitor else ""

    @renderer
    def place(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each place, under its heading; a heading without places is left out."""
        visitor = self._visitor
        assert visitor is not None
        heading = ""
        for path, label in (*PLACES, *(ADMIN_PLACES if visitor.admin else ())):
            if not path:
                heading = label
            elif path in self._places:
                if heading:
                    yield tags.li(heading, class_="heading")
                    heading = ""
                count = visitor.counts.get(path)
                number = "" if count is None else tags.span(f"{count:,}", class_="number")
                here = {"aria-current": "page"} if path == self._current else {}
                yield tags.li(tags.a(label, number, href=path, **here))

    @renderer
    def notice(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Say what has just happened."""
        for kind, sentence in self._notices:
            yield tags.p(sentence, class_=f"notice {kind}", role="alert" if kind == "bad" else "status")

    @renderer
    def content(self, request: Request, tag: Tag) -> Element:
        """Give what this page is about."""
        return self._content


def html(page: Layout) -> "Deferred[bytes]":
    """Give a page as bytes. All data is in the elements already, so nothing can fail when half is sent."""
    return flattenString(None, page).addCallback(lambda body: b"<!DOCTYPE html>\n" + body)
