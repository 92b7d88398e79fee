"""The Web Socket Test Page and the static files of all pages. Both are open: the page asks with a key or session."""

from typing import Any

from twisted.web.template import Element, Tag, renderer

from mailsockd.dashboard.frame import PAGE, Frame
from mailsockd.dashboard.pages import Request, template
from mailsockd.web.router import Call, HTTPError, Reply, Routes

_KEPT = PAGE | {"Cache-Control": "public, max-age=31536000, immutable"}


class WebSocketTest(Element):
    """
    The Web Socket Test Page.

    `example` is an address that the server takes mail for, `url` where people reach it, "" for where the page comes
    from; `name` is that of who is signed in, "" when nobody is; `activity` tells whether there is such a page.
    """

    loader = template("websocket-test.xhtml")

    def __init__(self, example: str, url: str, name: str, activity: bool) -> None:
        super().__init__()
        self._example = example
        self._url = url
        self._name = name
        self._activity = activity

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(example=self._example, url=self._url, name=self._name)

    @renderer
    def session(self, request: Request, tag: Tag) -> "Tag | str":
        """Show what is for who is signed in."""
        return tag if self._name else ""

    @renderer
    def no_session(self, request: Request, tag: Tag) -> "Tag | str":
        """Show what is for who is not."""
        return "" if self._name else tag

    @renderer
    def activity(self, request: Request, tag: Tag) -> "Tag | str":
        """Lead to the activity, where there is such a page."""
        return tag if self._activity else ""

    @renderer
    def no_activity(self, request: Request, tag: Tag) -> "Tag | str":
        """Lead there without it."""
        return "" if self._activity else tag


class DashboardRoutes:
    """`domain` is one that the server takes mail for, `url` where people reach it, "" when that is not known."""

    routes = Routes()

    def __init__(self, frame: Frame, domain: str, url: str = "") -> None:
        self._frame = frame
        self._domain = domain
        self._url = url

    @routes.get("/websocket-test", open=True, summary="The Web Socket Test Page")
    async def websocket_test(self, call: Call) -> Any:
        """Answer the Web Socket Test Page."""
        visitor = self._frame.visitor(call)
        name = visitor.name if visitor else ""
        content = WebSocketTest(f"user1@{self._domain}", self._url, name, "/activity" in self._frame.places)
        return await self._frame.show(
            call,
            "Web Socket Test Page",
            content,
            module="websocket-test.js",
            sheet="websocket-test.css",
            current="/websocket-test",
        )

    @routes.get("/static/{version}/{name}", open=True, summary="A style sheet, script or picture of the pages")
    def static(self, call: Call, version: str, name: str) -> Any:
        """Answer a static file; only under the present version may it be kept."""
        static = self._frame.static
        file = static.files.get(name)
        if file is None:
            raise HTTPError(404, "There is no such file.")
        return Reply(file.content, file.content_type, headers=_KEPT if version == static.version else PAGE)
