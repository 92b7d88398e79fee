"""The pages of a small server in memory, and a browser that keeps its cookie and sends what a page has it send."""

import re
from typing import Any
from urllib.parse import urlencode

import attrs
from twisted.internet.defer import Deferred, succeed

from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.actions.sessions import SignIns
from mailsockd.dashboard.errors import as_page
from mailsockd.dashboard.frame import Frame
from mailsockd.dashboard.home import HomeRoutes
from mailsockd.dashboard.signin import SignInRoutes
from mailsockd.dashboard.site import DashboardRoutes
from mailsockd.dashboard.static_files import read_static_files
from mailsockd.state.accounts import Account, Accounts, ApiKey, key_digest
from mailsockd.state.activity import ActivityLog
from mailsockd.state.addresses import AddressBook
from mailsockd.state.domains import Domain, Domains
from mailsockd.state.sessions import Session, Sessions
from mailsockd.web.router import HasRoutes, Router
from mailsockd.web.session import Browsers
from tests.fakes import ImmediatePasswords, MemoryStore
from tests.web.talk import Answer, Talk, request

NOW = 1_800_000_000.0


class MemorySessions:
    """A SessionStore that remembers what it was asked."""

    def __init__(self) -> None:
        self.saved: list[Session] = []
        self.removed: list[Session] = []

    def change(self, saved: Any, removed: Any = ()) -> "Deferred[None]":
        self.saved.extend(saved)
        self.removed.extend(removed)
        return succeed(None)


class PagesHouse:
    """The accounts ada and admin, whose passwords are `secret of NAME`, and the domain mail.test."""

    def __init__(self) -> None:
        self.now = NOW
        self.store = MemoryStore()
        self.accounts = Accounts()
        for account in (
            Account("ada", NOW, NOW, "hash of secret of ada"),
            Account("admin", NOW, NOW, "hash of secret of admin", admin=True),
            Account("off", NOW, NOW, "hash of secret of off", disabled=True),
            Account("keys", NOW, NOW),
        ):
            self.accounts.put(account)
            self.accounts.put_key(ApiKey(key_digest(f"k_{account.name}"), account.name, "first", "last", NOW))
        self.book = AddressBook(b"secret")
        self.domains = Domains([Domain("mail.test", "admin", NOW, NOW, configured=True)])
        self.registry = Registry(self.accounts, self.book, self.domains, self.store)
        self.rights = Rights(self.book, self.domains)
        self.activity = ActivityLog(lambda: self.now)
        self.sessions = Sessions(3600, 86_400)
        self.session_store = MemorySessions()
        self.sign_ins = SignIns(
            self.registry,
            self.sessions,
            self.session_store,
            ImmediatePasswords(),
            self.activity,
            now=lambda: self.now,
            monotonic=lambda: self.now,
        )
        self.browsers = Browsers(self.sign_ins.caller)
        self.frame = Frame(read_static_files(), frozenset(("/dashboard", "/websocket-test")))

    def pages(self) -> list[HasRoutes]:
        """Make the pages; a test of others adds its own."""
        return [
            DashboardRoutes(self.frame, "mail.test"),
            HomeRoutes(self.frame, self.book, self.rights, self.domains.names, lambda account: {"Figure": "1"}),
            SignInRoutes(self.frame, self.sign_ins, self.browsers, 86_400),
        ]

    def browser(self, *pages: HasRoutes) -> "Browser":
        """Give a browser before these pages, or before all."""
        router = Router(
            *(pages or self.pages()), browsers=self.browsers, cross_origin=False, refused=as_page(self.frame)
        )
        return Browser(Talk(router))


@attrs.define
class Browser:
    """One browser. `page` is the answer that it shows."""

    talk: Talk
    cookie: str = ""
    page: Answer = attrs.field(default=Answer(0, {}, b""))

    @property
    def text(self) -> str:
        return self.page.body.decode()

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" content="([0-9a-f]+)"', self.text)
        return found[1] if found else ""

    def go(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return self._ask("GET", path, b"", headers)

    def send(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        """Send a form of the page, with the token that the page has."""
        content = urlencode({**({"_csrf": self.csrf} if self.csrf else {}), **fields}).encode()
        return self._ask("POST", path, content, {"Origin": "http://mail.test", **headers})

    def sign_in(self, name: str) -> Answer:
        """Sign in, and open the dashboard."""
        self.send("/login", {"name": name, "password": f"secret of {name}"})
        return self.go("/dashboard")

    def _ask(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Answer:
        if self.cookie:
            headers = {"Cookie": f"mailsockd_session={self.cookie}", **headers}
        kind = "application/x-www-form-urlencoded" if content else ""
        self.talk.send(request(method, path, content, kind, {name: value for name, value in headers.items() if value}))
        (answer,) = self.talk.answers()
        given = re.match(r"mailsockd_session=([^;]*)", answer.headers.get("set-cookie", ""))
        if given:
            self.cookie = given[1]
        self.page = answer
        return answer
