"""Errors as pages: what went wrong, in a sentence, and the way on."""

from collections.abc import Callable

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.web.template import Element, Tag, renderer

from mailsockd.dashboard.frame import Frame
from mailsockd.dashboard.pages import Request, template
from mailsockd.web.errors import phrase
from mailsockd.web.router import Call, HTTPError, Reply


class ErrorPage(Element):
    """One error."""

    loader = template("error.xhtml")

    def __init__(self, error: HTTPError) -> None:
        super().__init__()
        self._error = error

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(title=phrase(self._error.status), message=self._error.message)


def as_page(frame: Frame) -> "Callable[[Call, HTTPError], Reply | Deferred[Reply]]":
    """Give what makes pages of errors; what only sends a browser on has no content."""

    def refused(call: Call, error: HTTPError) -> "Reply | Deferred[Reply]":
        if 300 <= error.status < 400:
            return Reply(b"", "text/plain; charset=utf-8", error.status, error.headers)
        title = phrase(error.status)
        return ensureDeferred(frame.show(call, title, ErrorPage(error), status=error.status, headers=error.headers))

    return refused
