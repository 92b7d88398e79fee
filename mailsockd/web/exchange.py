"""What this room needs of a twisted.web request, written down with types: Twisted's own methods carry none."""

from typing import BinaryIO, Protocol

from twisted.internet.defer import Deferred
from twisted.web.http_headers import Headers


class Exchange(Protocol):
    """A request together with its answer, as twisted.web.server.Request provides them."""

    method: bytes
    uri: bytes
    path: bytes
    prepath: list[bytes]
    postpath: list[bytes]
    content: BinaryIO | None
    requestHeaders: Headers  # noqa: N815

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

    def notifyFinish(self) -> Deferred[None]:
        """Fires when the answer is complete, fails when the client goes away before that."""
