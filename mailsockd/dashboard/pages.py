"""The pages as elements: markup is in `templates/`, one file an element, and Python only fills it."""

from twisted.internet.defer import Deferred
from twisted.python.filepath import FilePath
from twisted.web.iweb import IRequest
from twisted.web.template import Element, Tag, XMLFile, flattenString, renderer

_TEMPLATES = FilePath(__file__).sibling("templates")


def template(name: str) -> XMLFile:
    """Give the template of that name."""
    return XMLFile(_TEMPLATES.child(name))


class Layout(Element):
    """
    What all pages share: head, top bar, footer.

    `static` is the path under which the static files are; `module` is the page's script, "" when it has none.
    """

    loader = template("layout.xhtml")

    def __init__(self, title: str, content: Element, *, static: str, module: str = "") -> None:
        super().__init__()
        self._title = title
        self._content = content
        self._static = static
        self._module = module

    @renderer
    def page(self, request: "IRequest | None", tag: Tag) -> Tag:
        """Fill the slots of the whole page."""
        return tag.fillSlots(
            title=self._title,
            style=f"{self._static}/style.css",
            icon=f"{self._static}/icon.svg",
        )

    @renderer
    def script(self, request: "IRequest | None", tag: Tag) -> "Tag | str":
        """Name the script, if there is one."""
        return tag.fillSlots(module=f"{self._static}/{self._module}") if self._module else ""

    @renderer
    def content(self, request: "IRequest | None", tag: Tag) -> Element:
        """Give what this page is about."""
        return self._content


class WebSocketTest(Element):
    """The Web Socket Test Page. `domain` is one that the server takes mail for, for the examples in the page."""

    loader = template("websocket-test.xhtml")

    def __init__(self, domain: str) -> None:
        super().__init__()
        self._domain = domain

    @renderer
    def page(self, request: "IRequest | None", tag: Tag) -> Tag:
        """Fill in the example address."""
        return tag.fillSlots(example=f"user1@{self._domain}")


def html(page: Layout) -> "Deferred[bytes]":
    """Give a page as bytes. All data is in the elements already, so nothing can fail when half is sent."""
    return flattenString(None, page).addCallback(lambda body: b"<!DOCTYPE html>\n" + body)
