"""The wiring: `assemble` makes the whole daemon from a configuration. The only module that knows every room."""

import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twisted.application import strports
from twisted.application.service import IService
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.endpoints import quoteStringArgument
from twisted.internet.threads import deferToThreadPool
from twisted.logger import ILogObserver, LogEvent, Logger
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface import implementer

from mailsockd import __version__
from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.addresses import Addresses
from mailsockd.actions.domains import DomainActions
from mailsockd.actions.flags import Flags
from mailsockd.actions.messages import Messages
from mailsockd.actions.outgoing import Sending
from mailsockd.actions.ports import Snapshot, StateStore, StorageTrouble
from mailsockd.actions.receive import Reception
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.actions.statistics import Statistics
from mailsockd.actions.subscribe import admit
from mailsockd.actions.unified import Unified
from mailsockd.actions.waiting import Waiting
from mailsockd.api.account import AccountRoutes
from mailsockd.api.addresses import AddressRoutes
from mailsockd.api.attachments import AttachmentRoutes
from mailsockd.api.contents import ContentRoutes
from mailsockd.api.description import described
from mailsockd.api.domains import DomainRoutes
from mailsockd.api.flags import FlagRoutes
from mailsockd.api.messages import MessageRoutes
from mailsockd.api.openapi import DescriptionRoutes
from mailsockd.api.outgoing import OutgoingRoutes
from mailsockd.api.placeholders import PlaceholderRoutes
from mailsockd.api.reading import Reading
from mailsockd.api.statistics import StatisticsRoutes
from mailsockd.api.test_message import TestMessageRoutes
from mailsockd.api.unified import UnifiedRoutes
from mailsockd.api.validation import ValidationRoutes
from mailsockd.bounds import rates, smtp_limits, socket_limits, web_bodies, web_limits
from mailsockd.config import Config
from mailsockd.control.server import BODY_BYTES, Facts, control_routes
from mailsockd.dashboard.reference import ReferenceRoutes
from mailsockd.dashboard.site import DashboardRoutes
from mailsockd.delivery.channels import channels
from mailsockd.delivery.fanout import Fanout
from mailsockd.delivery.websocket import WebSocketChannel
from mailsockd.listen import listen
from mailsockd.log import log_event
from mailsockd.passwords import Argon2Passwords
from mailsockd.preflight import Ready, listeners, skipped
from mailsockd.services import ADMIN, Closing, FirstStart, InOrder, Saving
from mailsockd.smtp.server import SMTPFactory
from mailsockd.state.accounts import Accounts
from mailsockd.state.activity import ActivityLog
from mailsockd.state.addresses import AddressBook
from mailsockd.state.domains import Domains, with_configured
from mailsockd.state.secrets import ALIASES, Secret
from mailsockd.state.subscriptions import Subscriptions
from mailsockd.stores import mailbox_store, state_store
from mailsockd.tls import Certificates
from mailsockd.web.errors import HTTPError
from mailsockd.web.limits import Limits
from mailsockd.web.router import Router
from mailsockd.web.site import Root, Site
from mailsockd.websocket.resource import IncomingMessages
from mailsockd.websocket.server import SocketFactory, long_text_frame, text_frame

CREDENTIALS = "initial-credentials"


class Daemon(InOrder):
    """
    The whole daemon. It is assembled when it starts, after twistd has gone into the background: threads and open
    databases do not survive a fork.
    """

    _log = Logger()

    def __init__(self, config: Config, reactor: Any, ready: Ready) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._config = config
        self._reactor = reactor
        self._ready = ready

    def privilegedStartService(self) -> None:
        """Read the state and bind the ports."""
        self._ready.lock.sign()
        self._log.info("configuration: {source}", source=self._config.source)
        self.add(assemble(self._config, self._reactor, self._ready))
        super().privilegedStartService()  # type: ignore[no-untyped-call]


def assemble(config: Config, reactor: Any, ready: Ready) -> IService:
    """
    Make every room and give the services in the order in which they start.

    Raises StateUnreadable, and CannotListenError for a port that was taken since the preflight.
    """
    folder = Path(config.data)
    activity = ActivityLog(time.time)
    activity.listen(log_event)
    store = state_store(config, reactor.callFromThread, _died(reactor))
    # What one turn of the reactor brings is handed to the writer together: fewer and larger commits, and the two
    # threads do not fight for the interpreter at every mail.
    mailbox = mailbox_store(config, reactor.callFromThread, _died(reactor), lambda call: reactor.callLater(0, call))
    registry, new = _registry(config, ready.snapshot, store)
    subscriptions = Subscriptions()
    rights = Rights(registry.book, registry.domains)
    account_actions = AccountActions(registry, mailbox, Argon2Passwords(reactor), subscriptions, time.time)

    def in_thread(function: Any, *arguments: Any) -> "Deferred[Any]":
        return deferToThreadPool(reactor, reactor.getThreadPool(), function, *arguments)

    websocket = WebSocketChannel(
        registry.book,
        registry.domains,
        subscriptions,
        activity,
        Fanout(reactor),
        hostname=config.name,
        frame=text_frame,
        long_frame=long_text_frame,
        is_admin=lambda name: bool((account := registry.accounts.get(name)) and account.admin),
        in_thread=in_thread,
    )
    any_domain = config.smtp.accept == "any"
    reception = Reception(
        registry,
        rights,
        mailbox,
        websocket.publish,
        activity,
        in_thread,
        any_domain=any_domain,
        unreserved=config.inboxes.unreserved == "accept",
        monotonic=time.monotonic,
        now=time.time,
    )
    sockets = SocketFactory(
        authenticate=registry.accounts.by_key,
        admit=lambda account, items: admit(account, items, registry.book, registry.domains),
        subscriptions=subscriptions,
        clock=reactor,
        limits=socket_limits(config),
        record=activity.record,
        shape=config.websocket.frame,
    )
    addresses = Addresses(registry, rights, mailbox, subscriptions, any_domain=any_domain, now=time.time)
    messages = Messages(mailbox, rights, config.name)
    waiting = Waiting(activity, reactor)
    reading = Reading(in_thread)
    statistics = Statistics(registry, rights, mailbox, config.served[0])
    sending = Sending(
        registry,
        rights,
        reception.inject_for,
        in_thread,
        hostname=config.name,
        any_domain=any_domain,
        largest=config.limits.message_size,
        now=time.time,
    )
    router = Router(
        AddressRoutes(addresses, registry.book, channels(websocket)),
        MessageRoutes(messages, reading, waiting, registry.accounts.by_key),
        ContentRoutes(messages, reading),
        AttachmentRoutes(messages, reading),
        FlagRoutes(Flags(messages, mailbox)),
        UnifiedRoutes(Unified(mailbox), reading),
        AccountRoutes(registry.accounts, registry.book, statistics),
        DomainRoutes(DomainActions(registry, rights, mailbox, time.time), registry.book, reading),
        StatisticsRoutes(statistics, reading, time.time),
        ValidationRoutes(config.disposable),
        OutgoingRoutes(sending, in_thread),
        PlaceholderRoutes(),
        TestMessageRoutes(addresses, reception.inject, hostname=config.name, now=time.time),
        authenticate=registry.accounts.by_key,
        translate=_translate,
        # The one place that decides who is let in without a key.
        anonymous=lambda route: route.open or (config.api.anonymous_public and route.info.get("public", False)),
        rates=rates(config, time.monotonic),
        bodies=web_bodies(config),
        in_thread=in_thread,
    )
    root = Root()
    description = described([*router.table, *DescriptionRoutes.routes], __version__)
    documents = Router(DescriptionRoutes(description))
    pages = Router(DashboardRoutes(config.served[0]), ReferenceRoutes(description), cross_origin=False)
    for resource, names in (
        (router, (b"api", b"mailsockd")),
        (documents, (b"openapi.json", b"openapi.yml")),
        (pages, (b"", b"docs", b"static", b"websocket-test")),
    ):
        for name in names:
            root.putChild(name, resource)
    root.putChild(b"incoming-messages", IncomingMessages(sockets))
    site = Site(root, clock=reactor, limits=web_limits(config), body_bytes=router.body_bytes)
    services = InOrder()  # type: ignore[no-untyped-call]

    async def close_storage() -> None:
        await mailbox.close()
        await store.close()
        ready.lock.release()

    services.add(Closing(lambda: ensureDeferred(close_storage())))
    if new:
        services.add(Saving(registry, new))
    first_start = FirstStart(registry.accounts, account_actions, folder / CREDENTIALS)
    services.add(first_start)
    operator = control_routes(
        Facts(__version__, time.monotonic(), config.source, str(folder.absolute()), config.state, config.served),
        accounts=account_actions,
        addresses=addresses,
        registry=registry,
        subscriptions=subscriptions,
        activity=activity,
        mailbox=mailbox,
        settings=channels(websocket),
        hostname=config.name,
        inject=reception.inject,
        in_thread=in_thread,
        waiting=waiting,
        listeners=lambda: {key: items for key, items in listeners(config) if items},
        ready=lambda: first_start.done,
        monotonic=time.monotonic,
        now=time.time,
    )
    control = Site(
        Router(*operator, translate=_translate, cross_origin=False),
        clock=reactor,
        limits=Limits(body_bytes=BODY_BYTES),
        log=Logger(observer=_nowhere),  # what operators ask is no traffic
    )
    # No lock file: the preflight has looked whether anybody listens, and a lock that a kill left behind would name a
    # process id that in a container is often one's own.
    path = quoteStringArgument(str(config.control_socket))  # type: ignore[no-untyped-call]
    services.add(strports.service(f"unix:{path}:mode=660:lockfile=0", control))
    certificates = Certificates(config.tls.certificates)

    def smtp(implicit_tls: bool) -> SMTPFactory:
        factory = SMTPFactory(
            config.name,
            reception.accept,
            reception.receive,
            clock=reactor,
            record=activity.record,
            limits=smtp_limits(config),
            tls=lambda: certificates or None,
            implicit_tls=implicit_tls,
            spool=str(folder),
        )
        services.add(Closing(factory.shutdown))
        return factory

    services.add(Closing(sockets.shut))
    _listen(services, config, "smtp.listen", config.smtp.listen, smtp(False))
    _listen(services, config, "http.listen", config.http.listen, site)
    if config.smtp.listen_tls:
        factory = TLSMemoryBIOFactory(certificates, False, smtp(True))
        _listen(services, config, "smtp.listen_tls", config.smtp.listen_tls, factory)
    if config.http.listen_tls:
        factory = TLSMemoryBIOFactory(certificates, False, site)
        _listen(services, config, "http.listen_tls", config.http.listen_tls, factory)
    return services


def _listen(services: InOrder, config: Config, key: str, items: Sequence[str], factory: Any) -> None:
    for item in items:
        if not skipped(config, key, item):
            # strports binds before anything else starts, and a busy port ends the start.
            services.add(strports.service(listen(item).endpoint, factory))


@implementer(ILogObserver)
def _nowhere(event: LogEvent) -> None:
    """Write nothing."""


def _died(reactor: Any) -> Any:
    """Give what ends the process when a thread of the storage has died: nothing could be stored any more."""
    log = Logger()

    def died(reason: BaseException) -> None:
        log.critical("a thread of the storage died, so the daemon ends: {reason!r}", reason=reason)
        reactor.addSystemEventTrigger("after", "shutdown", os._exit, 1)
        reactor.stop()

    return died


def _registry(config: Config, snapshot: Snapshot, store: StateStore) -> tuple[Registry, list[Secret]]:
    """Make the state in memory; the secrets that had to be made are given too, to be saved."""
    new: list[Secret] = []
    aliases = next((secret for secret in snapshot.secrets if secret.name == ALIASES), None)
    if aliases is None:
        aliases = Secret(ALIASES, secrets.token_hex(32))
        new.append(aliases)
    book = AddressBook(bytes.fromhex(aliases.value), snapshot.addresses)
    domains = Domains(with_configured(snapshot.domains, config.served, ADMIN, time.time()))
    return Registry(Accounts(snapshot.accounts, snapshot.keys), book, domains, store), new


def _translate(error: Exception) -> HTTPError | None:
    if isinstance(error, Refusal):
        return HTTPError(error.status, error.message, error.errors)
    if isinstance(error, StorageTrouble):
        Logger().warn("the storage did not do what was asked: {error}", error=str(error))
        return HTTPError(503, "The server cannot store this now. Nothing was changed; try again later.")
    return None
