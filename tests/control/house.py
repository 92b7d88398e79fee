"""The control routes with real actions on fakes of the disk, and the program that talks to them without a socket."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import attrs
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.activity import ActivityReading
from mailsockd.actions.address_passwords import AddressPasswords
from mailsockd.actions.addresses import Addresses
from mailsockd.actions.claims import Claims, Policy
from mailsockd.actions.deliveries import Deliveries
from mailsockd.actions.health import Facts, Health, Served, Sources
from mailsockd.actions.metering import Metering
from mailsockd.actions.proofs import Proofs
from mailsockd.actions.receive import Reception
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.reloaded import Reloaded
from mailsockd.actions.retention import Kept, Retention
from mailsockd.actions.rights import Rights
from mailsockd.actions.waiting import Waiting
from mailsockd.actions.webhooks import Webhooks
from mailsockd.control import ctl
from mailsockd.control.client import Failed
from mailsockd.control.server import control_routes
from mailsockd.delivery.forward import ForwardSetting
from mailsockd.mail.envelope import Bytes, Envelope
from mailsockd.state.accounts import Accounts
from mailsockd.state.activity import ActivityLog
from mailsockd.state.addresses import AddressBook
from mailsockd.state.deliveries import Delivery
from mailsockd.state.domains import Domain, Domains
from mailsockd.state.proof import Answers, Rules
from mailsockd.state.subscriptions import Subscription, Subscriptions
from mailsockd.state.usage import Usage
from mailsockd.storage.journal import Journal
from mailsockd.web.router import HTTPError, Router
from tests.fakes import ImmediatePasswords, MemoryMailbox, MemoryStore, onward_settings, tried
from tests.memory_activities import MemoryActivities
from tests.memory_deliveries import MemoryDeliveries
from tests.memory_retention import MemoryRetention
from tests.web.talk import Answer, Talk, request

NOW = 1795334470.004  # 2026-11-22T08:01:10.004Z


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
class Run:
    """What a run of the program left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@attrs.define
class House:
    """A daemon that serves mail.test and has no account yet; `monotonic` is its clock, `is_ready` what it says."""

    store: MemoryStore = attrs.Factory(MemoryStore)
    mailbox: MemoryMailbox = attrs.Factory(MemoryMailbox)
    subscriptions: Subscriptions = attrs.Factory(Subscriptions)
    monotonic: float = 100.0
    is_ready: bool = True
    down: list[str] = attrs.Factory(list)
    certificates: list[Served] = attrs.Factory(list)
    reloaded: Reloaded | str = "nothing was changed"
    data: str = "/nowhere"
    listeners: dict[str, tuple[str, ...]] = attrs.Factory(
        lambda: {"smtp.listen": ("127.0.0.1:1025", "[::1]:1025"), "http.listen": ("127.0.0.1:8025",)}
    )
    threads: list[Callable[[], bytes]] = attrs.Factory(list)
    signed_out: list[str] = attrs.Factory(list)
    clock: Clock = attrs.Factory(Clock)
    deliveries: MemoryDeliveries = attrs.Factory(MemoryDeliveries)
    activities: MemoryActivities = attrs.Factory(MemoryActivities)
    activity: ActivityLog = attrs.field(init=False)
    journal: Journal = attrs.field(init=False)
    renewed: list[Delivery] = attrs.Factory(list)
    policy: Policy = attrs.Factory(lambda: Policy(hosted=("hosted.test",)))
    dns: dict[str, Answers] = attrs.Factory(dict)
    look: Callable[[str], Deferred[Answers]] | None = None
    proofs: Proofs = attrs.field(init=False)
    retention: Retention = attrs.field(init=False)
    health: Health = attrs.field(init=False)
    metering: Metering = attrs.field(init=False)
    waiting: Waiting = attrs.field(init=False)
    registry: Registry = attrs.field(init=False)
    reception: Reception = attrs.field(init=False)
    router: Router = attrs.field(init=False)
    talk: Talk = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        book = AddressBook(b"secret")
        domains = Domains([Domain("mail.test", "admin", NOW, NOW, configured=True)])
        self.registry = Registry(Accounts(), book, domains, self.store)
        rights = Rights(book, domains)
        self.activity = activity = ActivityLog(lambda: NOW)
        self.journal = Journal(self.activities, Clock(), lambda: NOW)
        activity.listen(self.journal.collect)
        self.waiting = Waiting(activity, self.clock)
        self.retention = Retention(MemoryRetention(self.mailbox), self.registry.accounts, activity, Kept(), lambda: NOW)
        accounts = AccountActions(
            self.registry,
            self.mailbox,
            ImmediatePasswords(),
            self.subscriptions,
            lambda: NOW,
            self.deliveries,
            self.journal.forget,
            self.sign_out,
        )
        addresses = Addresses(
            self.registry, rights, self.mailbox, self.subscriptions, any_domain=False, now=lambda: NOW
        )
        self.reception = Reception(
            self.registry,
            rights,
            self.mailbox,
            lambda messages, mail, content: None,
            activity,
            lambda function, content: succeed(function(content)),
            hostname="mail.test",
            any_domain=False,
            unreserved=True,
            monotonic=lambda: 0.0,
            now=lambda: NOW,
        )
        self.metering = Metering(Usage(), self.registry.accounts, domains, activity, lambda: NOW)
        self.proofs = Proofs(
            self.registry,
            rights,
            self.subscriptions,
            self.activity,
            lambda name: self.look(name) if self.look else succeed(self.dns.get(name, Answers())),
            Rules(("mx.mail.test",)),
            lambda: NOW,
        )
        self.health = Health(
            Facts("1.2.3", 40.0, self.data, "sqlite", {"Python": "3"}),
            self.registry,
            self.subscriptions,
            activity,
            self.retention,
            Sources(
                config=lambda: "built-in defaults",
                domains=lambda: ("mail.test",),
                listeners=lambda: self.listeners,
                down=lambda: self.down,
                certificates=lambda: self.certificates,
                queued=lambda: 3,
                started=lambda: self.is_ready,
                touch=lambda: succeed(None),
                monotonic=lambda: self.monotonic,
                now=lambda: NOW,
            ),
        )
        self.router = Router(
            *control_routes(
                self.health,
                accounts=accounts,
                addresses=addresses,
                deliveries=Deliveries(self.deliveries, rights, self.renewed.extend, lambda: NOW, activity),
                address_passwords=AddressPasswords(self.registry, rights, ImmediatePasswords(), lambda: NOW),
                registry=self.registry,
                activity=activity,
                activity_reading=ActivityReading(self.activities, rights, self.journal.flush),
                mailbox=self.mailbox,
                settings=[Flag(), *onward_settings(), ForwardSetting(self.registry, rights, None)],
                hostname="mail.test",
                inject=self.reception.inject,
                in_thread=self.in_thread,
                waiting=self.waiting,
                claims=Claims(
                    self.registry, rights, addresses, self.subscriptions, self.activity, self.policy, lambda: NOW
                ),
                proofs=self.proofs,
                metering=self.metering,
                mail_hosts=("mx.mail.test",),
                webhooks=Webhooks(self.registry, rights, lambda: NOW),
                try_webhook=tried,
                reload=self.reload,
                now=lambda: NOW,
            ),
            translate=translated,
        )
        self.talk = Talk(self.router)

    def reload(self) -> "Deferred[Reloaded]":
        if isinstance(self.reloaded, Reloaded):
            return succeed(self.reloaded)
        return fail(Refusal(400, self.reloaded))

    def in_thread(self, function: Callable[[], bytes]) -> "Deferred[bytes]":
        self.threads.append(function)
        return succeed(function())

    async def sign_out(self, account: str) -> None:
        self.signed_out.append(account)

    def begin(self, method: str, path: str, body: object = None) -> Talk:
        """Send one request under /control/v1/ on a connection of its own, answered or not."""
        content = b"" if body is None else json.dumps(body).encode()
        talk = Talk(self.router)
        talk.send(request(method, f"/control/v1/{path}", content, "application/json" if content else ""))
        return talk

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        """Give the answer to one request under /control/v1/."""
        (answer,) = self.begin(method, path, body).answers()
        return answer

    def json(self, method: str, path: str, body: object = None) -> Any:
        """Give the JSON of the answer, which must be a 200."""
        answer = self.ask(method, path, body)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json

    def receive(self, recipient: str, content: bytes, sender: str = "s@d.test") -> None:
        """Have a mail arrive."""
        envelope = Envelope(sender, (recipient,), "192.0.2.1", "client.test", "127.0.0.1", NOW)
        self.reception.receive(envelope, Bytes(content))

    def listen(self, account: str, key: str = "", address: str = "a@mail.test") -> list[str]:
        """Open a socket for an account; gives the reasons why it was ended."""
        ended: list[str] = []
        self.subscriptions.add(
            Subscription(account, key, frozenset([address]), frozenset(), "flat", True, lambda data: None, ended.append)
        )
        return ended

    def ctl(self, *arguments: str, stdin: str = "", lines: tuple[Any, ...] = ()) -> Run:
        """Run mailsockctl; `lines` is what a stream gives before somebody presses Ctrl-C."""
        out, err = io.StringIO(), io.StringIO()
        daemon = Direct(self, lines)
        status = ctl.main(
            ["--control", "unix:/nowhere/control.sock", *arguments],
            out,
            err,
            io.StringIO(stdin),
            daemon.at,
        )
        return Run(status, out.getvalue(), err.getvalue())


@attrs.define
class Direct:
    """A Daemon that hands requests to the routes and understands answers as the real one does."""

    house: House
    lines: tuple[Any, ...] = ()
    path: Path | None = None
    followed: tuple[str, Mapping[str, Any]] | None = None

    def at(self, path: Path) -> "Direct":
        assert path == Path("/nowhere/control.sock")
        return self

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        timeout: float = 0,
    ) -> Any:
        given = {name: str(value).lower() if value is True else value for name, value in (query or {}).items() if value}
        target = f"{path}?{urlencode(given, doseq=True, quote_via=quote)}" if given else path
        answer = self.house.ask(method, target, body)
        if answer.status >= 400:
            raise Failed(answer.json["message"])
        return answer.json

    def follow(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        self.followed = (path, query)
        yield from self.lines
        raise KeyboardInterrupt
