"""The routes of the pages. They are open: what a page shows of an account, it asks for with the key typed into it."""

from typing import Any

from mailsockd.dashboard.pages import Layout, WebSocketTest, html
from mailsockd.dashboard.static_files import read_static_files
from mailsockd.web.router import Call, HTTPError, Reply, Routes

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
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
PAGE = {"Content-Security-Policy": POLICY}
_KEPT = {"Content-Security-Policy": POLICY, "Cache-Control": "public, max-age=31536000, immutable"}


class DashboardRoutes:
    """The pages and their static files. `domain` is one that the server takes mail for. Raises OSError when made."""

    routes = Routes()

    def __init__(self, domain: str) -> None:
        self._domain = domain
        self._static = read_static_files()

    @routes.get("/", open=True, summary="The way to the Web Socket Test Page")
    def home(self, call: Call) -> Any:
        """Send a browser on to the Web Socket Test Page."""
        return Reply(b"", "text/plain; charset=utf-8", 302, {**PAGE, "Location": "/websocket-test"})

    @routes.get("/websocket-test", open=True, summary="The Web Socket Test Page")
    async def websocket_test(self, call: Call) -> Any:
        """Answer the Web Socket Test Page."""
        content = WebSocketTest(self._domain)
        page = Layout("Web Socket Test Page", content, static=self._static.path, module="websocket-test.js")
        return Reply(await html(page), HTML_TYPE, headers=PAGE)

    @routes.get("/static/{version}/{name}", open=True, summary="A style sheet, script or picture of the pages")
    def static(self, call: Call, version: str, name: str) -> Any:
        """Answer a static file; only under the present version may it be kept."""
        file = self._static.files.get(name)
        if file is None:
            raise HTTPError(404, "There is no such file.")
        return Reply(file.content, file.content_type, headers=_KEPT if version == self._static.version else PAGE)
