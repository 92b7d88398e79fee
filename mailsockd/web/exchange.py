"""What this room needs of a twisted.web request, written down with types because Twisted's own methods carry none,
and how an answer is put on it."""

from typing import BinaryIO, Protocol

from twisted.internet.defer import Deferred
from twisted.web.http_headers import Headers

from mailsockd.web.errors import HTTPError
from mailsockd.web.reply import JSON_TYPE, Reply, encode


class Exchange(Protocol):
    """A request together with its answer, as twisted.web.server.Request provides them."""

    method: bytes
    uri: bytes
    path: bytes
    prepath: list[bytes]
    postpath: list[bytes]
    content: BinaryIO | None
    requestHeaders: Headers

    def getClientAddress(self) -> object:
        """The other end of the connection."""

    def setResponseCode(self, code: int) -> None:
        """Set the status of the answer."""

    def setHeader(self, name: str, value: str) -> None:
        """Set a header of the answer in the place of all of that name."""

    def write(self, data: bytes) -> None:
        """Send a piece of the answer's body, and the headers before the first."""

    def finish(self) -> None:
        """Say that the answer is complete."""

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """Have the producer paused while the client does not read."""

    def unregisterProducer(self) -> None:
        """Forget the producer, before `finish`."""

    def notifyFinish(self) -> Deferred[None]:
        """Fires when the answer is complete, fails when the client goes away before that."""


def send(exchange: Exchange, answer: Reply | None) -> None:
    """Answer and finish; None is 204. Of the answer to HEAD the request itself leaves the body out."""
    if answer is None:
        exchange.setResponseCode(204)
    else:
        content = answer.content()
        exchange.setResponseCode(answer.status)
        exchange.setHeader("Content-Type", answer.content_type)
        exchange.setHeader("Content-Length", str(len(content)))
        for name, value in answer.headers.items():
            exchange.setHeader(name, value)
        exchange.write(content)
    exchange.finish()


def error_reply(error: HTTPError) -> Reply:
    """The answer that an error becomes."""
    return Reply(encode(error.body()), JSON_TYPE, error.status, error.headers)
