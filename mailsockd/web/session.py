"""
Callers who are known by a cookie, and what guards them.

A browser sends a cookie with whatever any page has it ask. So a request that may change something counts as its
user's only when it comes from a page of this very site (Origin) and holds the token that only such a page can read.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import attrs

from mailsockd.web.call import CSRF_FIELD, Call
from mailsockd.web.errors import HTTPError

COOKIE = "mailsockd_session"
CSRF_HEADER = "X-CSRF-Token"
FOREIGN = "The request does not come from a page of this server. Reload the page and try again."
_SAFE = frozenset((b"GET", b"HEAD", b"OPTIONS"))
LONGEST_COOKIE = 200


def session_token(call: Call) -> str:
    """Give the token of the request's cookie, "" when there is none, or several, which no browser of ours sends."""
    found = []
    for header in call.headers("Cookie"):
        for pair in header.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == COOKIE:
                found.append(value)
    return found[0] if len(found) == 1 and len(found[0]) <= LONGEST_COOKIE else ""


def csrf_token(token: str) -> str:
    """Give what a page of a session sends with each change. It tells nothing of the session's own token."""
    return hmac.new(token.encode("utf-8", "surrogatepass"), b"csrf", sha256).hexdigest()


def set_cookie(token: str, seconds: int, secure: bool) -> str:
    """Give the Set-Cookie header that begins a session; with an empty token the one that ends it."""
    age = seconds if token else 0
    return f"{COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"


def encrypted(call: Call) -> bool:
    """Tell whether a browser, whose Origin is this site's, speaks TLS, perhaps to a proxy in front of this server."""
    return call.secure or call.header("Origin").startswith("https://")


@attrs.frozen
class Browsers:
    """
    Knows callers by their session. `caller` gives whoever a token speaks for; `origins` are those of this site beside
    the one that the request itself names, such as `https://mail.example.org` in front of a proxy.
    """

    caller: Callable[[str], Any | None]
    origins: frozenset[str] = frozenset()

    def identify(self, call: Call) -> Any | None:
        """Give the caller, None without a session. Raises HTTPError 403 for a change that is not the user's own."""
        token = session_token(call)
        caller = self.caller(token) if token else None
        if caller is not None and call.request.method not in _SAFE:
            self.check_origin(call)
            given = call.header(CSRF_HEADER) or call.whole_body().fields.get(CSRF_FIELD)
            if not isinstance(given, str) or not _equal(given, csrf_token(token)):
                raise HTTPError(403, FOREIGN)
        return caller

    def token(self, call: Call) -> str:
        """Give the session's token of a request that a page of this very site makes, "" for any other."""
        return session_token(call) if self.own(call.header("Origin"), call.header("Host"), call.secure) else ""

    def check_origin(self, call: Call) -> None:
        """Raise HTTPError 403 for a request from a page of another site, or from no page at all."""
        if not self.own(call.header("Origin"), call.header("Host"), call.secure):
            raise HTTPError(403, FOREIGN)

    def own(self, origin: str, host: str, secure: bool) -> bool:
        """Tell whether an Origin is this site's, as the request's own Host names it."""
        if origin in self.origins:
            return True
        parts = urlsplit(origin) if origin.isascii() else urlsplit("")
        return bool(host) and parts.scheme == ("https" if secure else "http") and parts.netloc == host.lower()


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("ascii"))


NOBODY = Browsers(lambda token: None)
