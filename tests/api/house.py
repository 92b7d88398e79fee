"""The REST routes on fakes of the disk, driven by bytes through a real Site."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock

from mailsockd.actions.activity import ActivityReading
from mailsockd.actions.address_passwords import AddressPasswords
from mailsockd.actions.addresses import Addresses
from mailsockd.actions.deliveries import Deliveries
from mailsockd.actions.denials import Denials
from mailsockd.actions.domains import DomainActions
from mailsockd.actions.flags import Flags
from mailsockd.actions.messages import Messages
from mailsockd.actions.metering import Metering
from mailsockd.actions.outgoing import Sending
from mailsockd.actions.receive import Reception
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.actions.statistics import Statistics
from mailsockd.actions.unified import Unified
from mailsockd.actions.waiting import Waiting
from mailsockd.actions.webhooks import Webhooks
from mailsockd.api.account import AccountRoutes
from mailsockd.api.activity import ActivityRoutes
from mailsockd.api.address_passwords import AddressPasswordRoutes
from mailsockd.api.addresses import AddressRoutes
from mailsockd.api.attachments import AttachmentRoutes
from mailsockd.api.contents import ContentRoutes
from mailsockd.api.deliveries import DeliveryRoutes
from mailsockd.api.domains import DomainRoutes
from mailsockd.api.flags import FlagRoutes
from mailsockd.api.messages import MessageRoutes
from mailsockd.api.outgoing import OutgoingRoutes
from mailsockd.api.placeholders import PlaceholderRoutes
from mailsockd.api.reading import Reading
from mailsockd.api.statistics import StatisticsRoutes
from mailsockd.api.unified import UnifiedRoutes
from mailsockd.api.usage import UsageRoutes
from mailsockd.api.validation import ValidationRoutes
from mailsockd.api.webhooks import WebhookRoutes
from mailsockd.delivery.forward import ForwardSetting
from mailsockd.mail.message import parse
from mailsockd.mail.stored import Message, summary_of
from mailsockd.state.accounts import Account, Accounts, ApiKey, key_digest
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import AddressBook
from mailsockd.state.deliveries import Delivery
from mailsockd.state.domains import Domain, Domains
from mailsockd.state.subscriptions import Subscriptions
from mailsockd.state.usage import Usage
from mailsockd.storage.journal import Journal
from mailsockd.web.router import HTTPError, Router
from mailsockd.website import within_the_month
from tests.api.described import hold
from tests.fakes import ImmediatePasswords, MemoryMailbox, MemoryStore, onward_settings, stored, tried
from tests.memory_activities import MemoryActivities
from tests.memory_deliveries import MemoryDeliveries
from tests.web.talk import Answer, Talk, request

NOW = 1795334470.004


class Flag:
    """A channel's setting that is true or false."""

    setting = "enablews"

    def check(self, value: object, account: str) -> bool:
        if value is None:
            return False
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value


def translated(error: Exception) -> HTTPError | None:
    return HTTPError(error.status, error.message, error.errors) if isinstance(error, Refusal) else None


@attrs.define
class House:
    """Accounts ada, bob (two credits) and the administrator; the domain b.test; what each asks is one call."""

    accounts: Accounts = attrs.Factory(Accounts)
    store: MemoryStore = attrs.Factory(MemoryStore)
    mailbox: MemoryMailbox = attrs.Factory(MemoryMailbox)
    subscriptions: Subscriptions = attrs.Factory(Subscriptions)
    passwords: ImmediatePasswords = attrs.Factory(ImmediatePasswords)
    any_domain: bool = False
    unreserved: bool = True
    anonymous_public: bool = False
    largest: int = 1_000_000
    outside: Callable[[str], str] | None = None
    queued: list[Delivery] = attrs.Factory(list)
    clock: Clock = attrs.Factory(Clock)
    activity: ActivityLog = attrs.Factory(lambda: ActivityLog(lambda: NOW))
    threads: list[Any] = attrs.Factory(list)
    deliveries: MemoryDeliveries = attrs.Factory(MemoryDeliveries)
    activities: MemoryActivities = attrs.Factory(MemoryActivities)
    journal: Journal = attrs.field(init=False)
    renewed: list[Delivery] = attrs.Factory(list)
    signed_out: list[str] = attrs.Factory(list)
    metering: Metering = attrs.field(init=False)
    waiting: Waiting = attrs.field(init=False)
    registry: Registry = attrs.field(init=False)
    router: Router = attrs.field(init=False)
    book: AddressBook = attrs.field(init=False)
    talk: Talk = attrs.field(init=False)
    domains: Domains = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        for account in (
            Account("ada", NOW, NOW),
            Account("bob", NOW, NOW, credits=2),
            Account("admin", NOW, NOW, admin=True),
        ):
            self.accounts.put(account)
            self.accounts.put_key(ApiKey(key_digest(f"k_{account.name}"), account.name, "first", "last", NOW))
        self.book = AddressBook(b"secret")
        self.domains = Domains([Domain("b.test", "admin", NOW, NOW, configured=True)])
        self.domains.put(Domain("private.test", "bob", NOW, NOW, verified=True, is_private=True))
        self.registry = registry = Registry(self.accounts, self.book, self.domains, self.store)
        rights = Rights(self.book, self.domains)
        self.journal = Journal(self.activities, Clock(), lambda: NOW)
        self.activity.listen(self.journal.collect)
        addresses = Addresses(
            registry,
            rights,
            self.mailbox,
            self.subscriptions,
            any_domain=self.any_domain,
            now=lambda: NOW,
            activity=self.activity,
        )
        messages = Messages(self.mailbox, rights, "mail.test", self.activity)
        self.waiting = Waiting(self.activity, self.clock, per_account=3, overall=5)
        reading = Reading(self.in_thread)
        self.metering = metering = Metering(Usage(), self.accounts, self.domains, self.activity, lambda: NOW)
        statistics = Statistics(
            registry, rights, self.mailbox, "b.test", lambda account: metering.usage.last_month(account, NOW)
        )
        reception = Reception(
            registry,
            rights,
            self.mailbox,
            lambda *what: None,
            self.activity,
            self.in_thread_with,
            hostname="mail.test",
            any_domain=self.any_domain,
            unreserved=self.unreserved,
            monotonic=lambda: 0.0,
            now=lambda: NOW,
            onward=self,
        )
        sending = Sending(
            registry,
            rights,
            reception.inject_for,
            self.in_thread,
            hostname="mail.test",
            any_domain=self.any_domain,
            largest=self.largest,
            now=lambda: NOW,
            outside=self.outside,
        )
        self.router = Router(
            AddressRoutes(addresses, self.book, [Flag(), *onward_settings(), ForwardSetting(registry, rights, None)]),
            AddressPasswordRoutes(AddressPasswords(registry, rights, self.passwords, lambda: NOW + 5)),
            MessageRoutes(messages, reading, self.waiting, self.accounts.by_key),
            ContentRoutes(messages, reading),
            AttachmentRoutes(messages, reading),
            FlagRoutes(Flags(messages, self.mailbox)),
            UnifiedRoutes(Unified(self.mailbox), reading),
            AccountRoutes(self.accounts, self.book, statistics, self.sign_out, metering.month),
            UsageRoutes(metering, self.accounts),
            DomainRoutes(DomainActions(registry, rights, self.mailbox, lambda: NOW, self.activity), self.book, reading),
            StatisticsRoutes(statistics, Denials(registry, lambda: NOW), reading, lambda: NOW),
            ValidationRoutes(frozenset(("b.test", "temp.test"))),
            OutgoingRoutes(sending, self.in_thread),
            ActivityRoutes(ActivityReading(self.activities, rights, self.journal.flush)),
            DeliveryRoutes(Deliveries(self.deliveries, rights, self.renewed.extend, lambda: NOW, self.activity)),
            PlaceholderRoutes(),
            WebhookRoutes(Webhooks(registry, rights, lambda: NOW), tried),
            authenticate=self.accounts.by_key,
            translate=translated,
            anonymous=lambda route: route.open or (self.anonymous_public and route.info.get("public", False)),
            used=within_the_month(metering),
            bodies={"mail": self.largest * 3 // 2 + 131_072},
            in_thread=self.in_thread,
        )
        self.talk = self.connection()

    async def sign_out(self, token: str) -> None:
        self.signed_out.append(token)

    def plan(self, messages: Sequence[Message], trail: tuple[str, ...] = ()) -> Sequence[Delivery]:
        """Want no deliveries of what arrives."""
        return ()

    def stored(self, deliveries: Sequence[Delivery]) -> None:
        """Remember what the queue is told."""
        self.queued.extend(deliveries)

    def in_thread(self, function: Any) -> "Deferred[Any]":
        """Run at once what would run in a thread, and remember that it would."""
        self.threads.append(function)
        return maybeDeferred(function)

    def in_thread_with(self, function: Any, *arguments: Any) -> "Deferred[Any]":
        """Run at once a function of some arguments."""
        return self.in_thread(lambda: function(*arguments))

    def connection(self) -> Talk:
        """Give another connection to the routes, on the house's clock."""
        return Talk(self.router, clock=self.clock, options={"body_bytes": self.router.body_bytes})

    def ask(
        self,
        method: str,
        path: str,
        who: str | None = "ada",
        body: object = b"",
        content_type: str = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Give the answer to one request by an account, or by nobody. Fails when the description has none such."""
        if not isinstance(body, bytes):
            body, content_type = json.dumps(body).encode(), "application/json"
        sent = {**({"Mailsac-Key": f"k_{who}"} if who else {}), **(headers or {})}
        self.talk.send(request(method, path, body, content_type, sent))
        (answer,) = self.talk.answers()
        hold(tuple(self.router.table), method, path, answer)
        return answer

    def json(self, method: str, path: str, who: str | None = "ada", body: object = b"") -> Any:
        """Give the JSON of the answer, which must be a 200."""
        answer = self.ask(method, path, who, body)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json

    def put(self, content: bytes, inbox: str = "a@b.test", owner: str = "", **more: Any) -> Message:
        """Store a mail as if it had arrived."""
        seq = self.mailbox.next_seq()
        message = stored(
            f"m{seq}-0",
            inbox=inbox,
            owner=owner,
            seq=seq,
            size=len(content),
            summary=summary_of(parse(content), "env@d.test"),
            **{"received": NOW + seq, **more},
        )
        self.mailbox.append([message], content)
        self.activity.record(Kind.STORED, account=message.owner, address=message.inbox, message=message.id)
        return message
