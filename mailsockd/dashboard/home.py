"""The front page."""

from collections.abc import Iterator, Sequence
from typing import Any

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.dashboard.frame import Frame
from mailsockd.dashboard.pages import Request, template
from mailsockd.web.router import Call, Routes


class Home(Element):
    """The front page; `domains` are those whose inboxes can be looked into."""

    loader = template("home.xhtml")

    def __init__(self, domains: Sequence[str]) -> None:
        super().__init__()
        self._domains = domains

    @renderer
    def domain(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each domain."""
        for domain in self._domains:
            yield tags.option(domain, value=domain)


class HomeRoutes:
    """The front page. `domains` are those that mail is taken for."""

    routes = Routes()

    def __init__(self, frame: Frame, domains: Sequence[str]) -> None:
        self._frame = frame
        self._domains = domains

    @routes.get("/", open=True, summary="The front page")
    async def home(self, call: Call) -> Any:
        """Answer the front page."""
        return await self._frame.show(call, "mailsockd", Home(self._domains))
