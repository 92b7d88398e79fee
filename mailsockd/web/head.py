"""What the head of a request must look like before anything else reads it (RFC 9112): stricter than Twisted, and
the same on each of its versions, because what two programs read differently can be smuggled past one of them."""

import re

import attrs
from twisted.web.http_headers import Headers

from mailsockd.web.errors import HTTPError


@attrs.frozen
class Head:
    """A request of which only the head has come, with as much of an Exchange as says where its key is."""

    method: bytes
    uri: bytes
    requestHeaders: Headers
    peer: str
    id: str = "-"
    content: None = None

    @property
    def path(self) -> bytes:
        """The path without the query, as it came."""
        return self.uri.partition(b"?")[0]


_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ((?:/|\*|https?://)[\x21-\x7e]*) (HTTP/[0-9.]{1,7})", re.I)
_ABSOLUTE = re.compile(rb"https?://([^/?]*)(.*)", re.IGNORECASE)
_HEADER = re.compile(rb"(" + _TOKEN + rb"):([^\x00\r\n]*)")
_LENGTH = re.compile(rb"[ \t]*[0-9]{1,15}[ \t]*")


def check_request_line(line: bytes) -> HTTPError | None:
    """What is wrong with a request line. The target is ASCII without spaces: clients percent-encode the rest."""
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        return HTTPError(400, "The request line is malformed.")
    if found[3] not in (b"HTTP/1.1", b"HTTP/1.0"):
        return HTTPError(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
    return None


def check_header(line: bytes) -> HTTPError | None:
    """What is wrong with a header line: no folding, no control characters, a name that is a token with the colon
    right behind it, a Content-Length of digits only."""
    found = _HEADER.fullmatch(line)
    if found is None:
        return HTTPError(400, "A header line is malformed.")
    if found[1].lower() == b"content-length" and not _LENGTH.fullmatch(found[2]):
        return HTTPError(400, "Content-Length is malformed.")
    return None


def origin_form(target: bytes) -> tuple[bytes | None, bytes]:
    """The authority and the rest of `http://authority/rest`; a target in any other form has no authority."""
    found = _ABSOLUTE.fullmatch(target)
    if found is None:
        return None, target
    return found[1], found[2] if found[2].startswith(b"/") else b"/" + found[2]


def check_head(headers: Headers, version: bytes, target: bytes) -> HTTPError | None:
    """What is wrong with the head as a whole: one Host in HTTP/1.1, at most one in 1.0, and that of the target when
    it names one; a length told once, either by Content-Length or by one `Transfer-Encoding: chunked`."""
    hosts = headers.getRawHeaders(b"host") or ()
    authority, _ = origin_form(target)
    if authority is not None and [authority.lower()] != [host.lower() for host in hosts]:
        return HTTPError(400, "The Host header and the address of the request differ.")
    if len(hosts) > 1 or (not hosts and version == b"HTTP/1.1"):
        return HTTPError(400, "The request must have exactly one Host header.")
    codings = headers.getRawHeaders(b"transfer-encoding") or ()
    lengths = headers.getRawHeaders(b"content-length") or ()
    if codings and (len(codings) > 1 or codings[0].lower() != b"chunked" or lengths or version == b"HTTP/1.0"):
        return HTTPError(400, "Transfer-Encoding must be one `chunked`, without Content-Length.")
    if len(lengths) > 1:
        return HTTPError(400, "The request must have at most one Content-Length header.")
    return None
