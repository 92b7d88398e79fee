"""The frame of every page: who looks at it, where they are, what goes with the answer. Pages bring their content."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, urlsplit

import attrs
from twisted.web.template import Element

from mailsockd.dashboard.pages import Layout, Visitor, html
from mailsockd.dashboard.static_files import StaticFiles
from mailsockd.state.accounts import Account
from mailsockd.web.router import Call, HTTPError, Reply
from mailsockd.web.session import csrf_token, session_token

HTML_TYPE = "text/html; charset=utf-8"

# No inline script or style, nothing from another host, and no frame around the page. ws: and wss: are named because
# older browsers do not count a socket of the same host as 'self'.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self' ws: wss:",
        "img-src 'self' data:",
        "frame-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
# With no-referrer a browser would call the Origin of a form "null", and a form is judged by it.
PAGE = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"}


@attrs.frozen
class Frame:
    """
    Makes answers of contents.

    `places` are the paths of the navigation that this server has; `counts` gives the numbers beside them for an
    account. `domains` are those that mail is taken for, the first one foremost.
    """

    static: StaticFiles
    places: frozenset[str] = frozenset()
    counts: Callable[[Account], Mapping[str, int]] = lambda account: {}
    domains: Sequence[str] = ()

    @property
    def sign_in(self) -> bool:
        """Whether one can sign in here."""
        return "/dashboard" in self.places

    async def show(
        self,
        call: Call,
        title: str,
        content: Element,
        *,
        module: str = "",
        sheet: str = "",
        current: str = "",
        status: int = 200,
        notices: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Answer a page. `module` and `sheet` name a script and a style of its own among the static files."""
        layout = Layout(
            title,
            content,
            static=self.static.path,
            module=module,
            sheet=sheet,
            visitor=self.visitor(call),
            current=current,
            notices=notices,
            places=self.places,
            domains=self.domains,
            sign_in=self.sign_in and current != "/login",
        )
        return Reply(await html(layout), HTML_TYPE, status, PAGE | dict(headers or {}))

    def visitor(self, call: Call) -> Visitor | None:
        """Give who is signed in, None when nobody is."""
        account = call.caller
        if not isinstance(account, Account):
            return None
        return Visitor(account.name, self.csrf(call), account.admin, self.counts(account))

    @staticmethod
    def csrf(call: Call) -> str:
        """Give what a form of this visitor's has to send."""
        return csrf_token(session_token(call))


def signed_in(call: Call) -> Account:
    """Give the visitor's account. Nobody is sent to sign in, and comes back afterwards. Raises HTTPError 303."""
    if isinstance(call.caller, Account):
        return call.caller
    wanted = call.request.uri.decode("latin-1") if call.request.method == b"GET" else ""
    raise elsewhere(f"/login?next={quote(wanted, safe='')}" if wanted else "/login")


def administrator(call: Call) -> Account:
    """Give the visitor's account, an administrator's. For others there is no such page. Raises HTTPError 303, 404."""
    account = signed_in(call)
    if not account.admin:
        raise HTTPError(404, "There is no such page.")
    return account


def elsewhere(path: str) -> HTTPError:
    """Make what sends a browser to another page of this site, by GET."""
    return HTTPError(303, "Go on there.", headers={**PAGE, "Location": path})


def local_path(text: str, otherwise: str) -> str:
    """Give a path of this site that a request names; for anything that could lead elsewhere give `otherwise`."""
    plain = text.isascii() and text.isprintable() and "\\" not in text and text.startswith("/")
    if not plain or text.startswith("//") or urlsplit(text).netloc or urlsplit(text).scheme:
        return otherwise
    return text
