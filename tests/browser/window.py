"""A window of Chromium that notices whatever goes wrong on its pages: the one place that watches all of them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import attrs
from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Locator, Page, Request, Response

# The browser says so of what it has given up itself, such as a stream of a page that was left.
GIVEN_UP = "net::ERR_ABORTED"


@attrs.define(slots=False)  # playwright notes on an object which of its methods it calls
class Window:
    """
    One window, with cookies and a cache of its own. `faults` are what went wrong on any page in it.

    `origin` is the only one that its pages may ask.
    """

    origin: str
    context: BrowserContext
    page: Page = attrs.field(init=False)
    faults: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.context.on("page", self._watch)
        self.context.on("request", self._requested)
        self.context.on("requestfailed", self._failed)
        self.page = self.context.new_page()

    def go(self, path: str) -> Response:
        """Open a page of the daemon and give its answer."""
        answer = self.page.goto(self.origin + path)
        assert answer is not None
        return answer

    def at(self, path: str) -> None:
        """Wait until the window shows a path."""
        self.page.wait_for_url(self.origin + path)

    def button(self, name: str) -> Locator:
        """Find a button by its whole name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        """Find a link by its whole name, wherever it first stands in the content."""
        return self.page.locator("main").get_by_role("link", name=name, exact=True).first

    @contextmanager
    def expecting(self, pattern: str) -> Iterator[None]:
        """Take a fault that the pattern finds for right inside, and fail when there is none."""
        before = len(self.faults)
        yield
        found = [fault for fault in self.faults[before:] if re.search(pattern, fault)]
        assert found, f"nothing like {pattern!r} went wrong"
        self.faults[before:] = [fault for fault in self.faults[before:] if fault not in found]

    def _watch(self, page: Page) -> None:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("dialog", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _asked(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about") and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.faults.append(f"request to another host: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != GIVEN_UP:
            self.faults.append(f"failed request: {request.url}: {request.failure}")
