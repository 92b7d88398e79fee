"""The pages of a small server in memory, and a browser that keeps its cookie and sends what a page has it send."""

import re
from typing import Any
from urllib.parse import urlencode

import attrs
from twisted.internet.defer import Deferred, maybeDeferred, succeed

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.activity import ActivityReading
from mailsockd.actions.address_passwords import AddressPasswords
from mailsockd.actions.addresses import Addresses
from mailsockd.actions.deliveries import Deliveries
from mailsockd.actions.flags import Flags
from mailsockd.actions.mail_lists import MailLists
from mailsockd.actions.messages import Messages
from mailsockd.actions.metering import Metering
from mailsockd.actions.parsing import Parsing
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.actions.sessions import SignIns
from mailsockd.actions.settings import Setting
from mailsockd.actions.storage_use import StorageUse
from mailsockd.actions.webhooks import Webhooks
from mailsockd.dashboard.account import AccountPageRoutes
from mailsockd.dashboard.activity import ActivityPageRoutes
from mailsockd.dashboard.address_pop3 import MailProgramRoutes
from mailsockd.dashboard.address_settings import SettingsRoutes
from mailsockd.dashboard.addresses import ManageRoutes
from mailsockd.dashboard.api_keys import ApiKeyRoutes
from mailsockd.dashboard.deliveries import DeliveryListRoutes
from mailsockd.dashboard.delivery import DeliveryPageRoutes
from mailsockd.dashboard.errors import as_page
from mailsockd.dashboard.frame import Frame
from mailsockd.dashboard.home import HomeRoutes
from mailsockd.dashboard.mail_changes import MailChangeRoutes
from mailsockd.dashboard.mailboxes import MailRoutes
from mailsockd.dashboard.overview import OverviewRoutes
from mailsockd.dashboard.signin import SignInRoutes
from mailsockd.dashboard.site import DashboardRoutes
from mailsockd.dashboard.static_files import read_static_files
from mailsockd.dashboard.storage import StoragePageRoutes
from mailsockd.dashboard.usage import UsageRoutes
from mailsockd.dashboard.validation import ValidationPageRoutes
from mailsockd.mail.message import parse
from mailsockd.mail.stored import Message, summary_of
from mailsockd.state.accounts import Account, Accounts, ApiKey, key_digest
from mailsockd.state.activity import ActivityLog
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.deliveries import Delivery, Trial
from mailsockd.state.domains import Domain, Domains
from mailsockd.state.sessions import Session, Sessions
from mailsockd.state.subscriptions import Subscriptions
from mailsockd.state.usage import Usage
from mailsockd.web.router import HasRoutes, HTTPError, Router
from mailsockd.web.session import Browsers
from tests.fakes import ImmediatePasswords, MemoryMailbox, MemoryStore, stored
from tests.memory_activities import MemoryActivities
from tests.memory_deliveries import MemoryDeliveries
from tests.web.talk import Answer, Talk, request

NOW = 1_800_000_000.0


def translated(error: Exception) -> HTTPError | None:
    return HTTPError(error.status, error.message, error.errors) if isinstance(error, Refusal) else None


class MemorySessions:
    """A SessionStore that remembers what it was asked."""

    def __init__(self) -> None:
        self.saved: list[Session] = []
        self.removed: list[Session] = []

    def change(self, saved: Any, removed: Any = ()) -> "Deferred[None]":
        self.saved.extend(saved)
        self.removed.extend(removed)
        return succeed(None)


@attrs.frozen
class Named:
    """A setting that takes any text but "bad", and for enablews a flag."""

    setting: str

    def check(self, value: object, account: str) -> str | bool | None:
        """Give the value."""
        if value == "bad":
            raise ValueError("must not be bad")
        if self.setting == "enablews":
            return bool(value)
        return value if isinstance(value, str) and value else None


class PagesHouse:
    """The accounts ada and admin, whose passwords are `secret of NAME`, and the domain mail.test."""

    def __init__(self) -> None:
        self.now = NOW
        self.disposable = {"temp.test"}
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
        places = ("/dashboard", "/addresses", "/websocket-test", "/check-mail")
        self.frame = Frame(read_static_files(), frozenset(places), domains=("mail.test",))
        self.mailbox = MemoryMailbox()
        self.subscriptions = Subscriptions()
        self.addresses = Addresses(
            self.registry, self.rights, self.mailbox, self.subscriptions, any_domain=False, now=lambda: self.now
        )
        self.actions = AccountActions(
            self.registry,
            self.mailbox,
            ImmediatePasswords(),
            self.subscriptions,
            lambda: self.now,
            end_sessions=self.sign_ins.end_all,
            activity=self.activity,
        )
        self.activities = MemoryActivities()
        self.written = 0
        self.reading = ActivityReading(self.activities, self.rights, self.flush)
        self.deliveries = MemoryDeliveries()
        self.renewed: list[Delivery] = []
        self.sending = Deliveries(self.deliveries, self.rights, self.renewed.extend, lambda: self.now, self.activity)
        self.metering = Metering(Usage(), self.accounts, self.domains, self.activity, lambda: self.now)
        self.public = False
        self.webhooks = Webhooks(self.registry, self.rights, lambda: self.now)
        self.settings: list[Setting] = [Named("enablews"), Named("webhook"), Named("webhookSlack")]
        self.tried: list[Address] = []
        self.trial = Trial(True, 200, 12, "200 OK")

    def pages(self) -> list[HasRoutes]:
        """Make the pages; a test of others adds its own."""
        return [
            DashboardRoutes(self.frame, "mail.test"),
            OverviewRoutes(self.frame, self.book, lambda account: {"Figure": "1"}, self.reading, self.sending),
            HomeRoutes(self.frame, ["mail.test"]),
            SignInRoutes(self.frame, self.sign_ins, self.browsers, 86_400),
            ManageRoutes(
                self.frame, self.addresses, Messages(self.mailbox, self.rights, "mail.test"), "user1@mail.test"
            ),
            SettingsRoutes(self.frame, self.addresses, self.book, self.settings, self.webhooks, self.attempt),
            MailProgramRoutes(
                self.frame,
                self.addresses,
                AddressPasswords(self.registry, self.rights, ImmediatePasswords(), lambda: self.now),
                [("POP3", ["127.0.0.1:1110"]), ("POP3 with TLS", [])],
            ),
            ApiKeyRoutes(self.frame, self.actions, self.metering.usage.seen, lambda: self.now),
            StoragePageRoutes(
                self.frame,
                StorageUse(self.mailbox, self.rights),
                Messages(self.mailbox, self.rights, "mail.test", self.activity),
            ),
            UsageRoutes(self.frame, self.metering, self.actions),
            ValidationPageRoutes(self.frame, lambda: self.disposable),
            AccountPageRoutes(self.frame, self.actions, self.sign_ins, 86_400),
            DeliveryListRoutes(self.frame, self.sending),
            DeliveryPageRoutes(self.frame, self.sending, self.reading),
            *self.mail_pages(),
            ActivityPageRoutes(self.frame, self.reading, lambda: self.now),
        ]

    def mail_pages(self) -> list[HasRoutes]:
        """Make the pages of mail; public inboxes are open to everybody while `public` is on."""
        messages = Messages(self.mailbox, self.rights, "mail.test", self.activity)
        return [
            MailRoutes(
                self.frame,
                MailLists(self.mailbox, self.rights),
                messages,
                Parsing(maybeDeferred),
                self.book,
                by_key=self.accounts.by_key,
                public=lambda: self.public,
                shape="flat",
                now=lambda: self.now,
            ),
            MailChangeRoutes(messages, Flags(messages, self.mailbox), "mail.test"),
        ]

    def deliver(self, inbox: str, content: bytes, **fields: Any) -> Message:
        """Store a mail and give its message; the fields are a Message's."""
        seq = self.mailbox.next_seq()
        mail = parse(content)
        values = {"id": f"m{seq}-0", "owner": self.rights.owner(inbox), "size": len(content), "received": NOW, **fields}
        message = stored(inbox=inbox, original=inbox, seq=seq, summary=summary_of(mail, "s@d.test"), **values)
        self.mailbox.append([message], content)
        return message

    def flush(self) -> "Deferred[None]":
        """Write what has happened since the last time."""
        events = list(self.activity)[self.written :]
        self.written += len(events)
        return self.activities.add(events)

    async def attempt(self, address: Address) -> Trial:
        """Try the webhook of an address."""
        self.tried.append(address)
        return self.trial

    def reserve(self, email: str, owner: str = "ada", **settings: str | bool) -> None:
        """Have an account own an address."""
        self.book.put(Address(email, owner, NOW, NOW, settings=settings))

    def browser(self, *pages: HasRoutes) -> "Browser":
        """Give a browser before these pages, or before all."""
        router = Router(
            *(pages or self.pages()),
            browsers=self.browsers,
            translate=translated,
            cross_origin=False,
            refused=as_page(self.frame),
        )
        return Browser(Talk(router))


@attrs.define
class Browser:
    """One browser. `page` is the answer that it shows."""

    talk: Talk
    cookie: str = ""
    page: Answer = attrs.field(default=Answer(0, {}, b""))
    csrf: str = ""

    @property
    def text(self) -> str:
        return self.page.body.decode()

    def go(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return self._ask("GET", path, b"", headers)

    def send(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        """Send a form of the page, with the token that the page has."""
        return self.post(path, list({**({"_csrf": self.csrf} if self.csrf else {}), **fields}.items()), **headers)

    def post(self, path: str, fields: list[tuple[str, str]], **headers: str) -> Answer:
        """Send a form some of whose fields are there several times; the token is sent unless they have one."""
        token = [("_csrf", self.csrf)] if self.csrf and "_csrf" not in dict(fields) else []
        content = urlencode([*token, *fields]).encode()
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
        found = re.search(r'name="csrf" content="([0-9a-f]+)"', answer.body.decode())
        self.csrf = found[1] if found else self.csrf
        self.page = answer
        return answer
