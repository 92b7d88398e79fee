"""The Web Socket Test Page and the static files of all pages. Both are open: the page asks with a key."""

from typing import Any

from mailsockd.dashboard.frame import PAGE, Frame
from mailsockd.dashboard.pages import WebSocketTest
from mailsockd.web.router import Call, HTTPError, Reply, Routes

_KEPT = PAGE | {"Cache-Control": "public, max-age=31536000, immutable"}


class DashboardRoutes:
    """`domain` is one that the server takes mail for."""

    routes = Routes()

    def __init__(self, frame: Frame, domain: str) -> None:
        self._frame = frame
        self._domain = domain

    @routes.get("/websocket-test", open=True, summary="The Web Socket Test Page")
    async def websocket_test(self, call: Call) -> Any:
        """Answer the Web Socket Test Page."""
        content = WebSocketTest(self._domain)
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
