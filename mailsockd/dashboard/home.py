"""The front page."""

from typing import Any

from twisted.web.template import Element

from mailsockd.dashboard.frame import Frame
from mailsockd.dashboard.pages import template
from mailsockd.web.router import Call, Routes


class Home(Element):
    """The front page."""

    loader = template("home.xhtml")


class HomeRoutes:
    """The front page."""

    routes = Routes()

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    @routes.get("/", open=True, summary="The front page")
    async def home(self, call: Call) -> Any:
        """Answer the front page."""
        return await self._frame.show(call, "mailsockd", Home())
