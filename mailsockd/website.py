"""The HTTP side, put together: every route and page, and the socket, on one site; and the operators' site."""

import importlib
import time
from collections.abc import Callable
from math import ceil

from twisted.logger import ILogObserver, LogEvent, Logger
from zope.interface import implementer

from mailsockd import __version__
from mailsockd.actions.denials import Denials
from mailsockd.actions.domains import DomainActions
from mailsockd.actions.flags import Flags
from mailsockd.actions.health import Health
from mailsockd.actions.messages import Messages
from mailsockd.actions.metering import Metering
from mailsockd.actions.outgoing import Sending
from mailsockd.actions.ports import StorageTrouble
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.statistics import Statistics
from mailsockd.actions.unified import Unified
from mailsockd.api.account import AccountRoutes
from mailsockd.api.account_options import AccountOptionRoutes
from mailsockd.api.activity import ActivityRoutes
from mailsockd.api.address_passwords import AddressPasswordRoutes
from mailsockd.api.addresses import AddressRoutes
from mailsockd.api.attachments import AttachmentRoutes
from mailsockd.api.contents import ContentRoutes
from mailsockd.api.deliveries import DeliveryRoutes
from mailsockd.api.description import described
from mailsockd.api.domain_setup import DomainSetupRoutes
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
from mailsockd.api.usage import UsageRoutes
from mailsockd.api.validation import ValidationRoutes
from mailsockd.api.webhooks import WebhookRoutes
from mailsockd.bounds import rates, web_bodies, web_limits
from mailsockd.control.server import BODY_BYTES, control_routes
from mailsockd.core import Core
from mailsockd.measures import Measures
from mailsockd.probes import PATHS, ProbeRoutes
from mailsockd.reload import Loaded
from mailsockd.state.usage import seconds_to_next_month
from mailsockd.web.call import Call
from mailsockd.web.errors import HTTPError
from mailsockd.web.limits import Limits
from mailsockd.web.proxies import trusted
from mailsockd.web.router import Route, Router
from mailsockd.web.session import Browsers
from mailsockd.web.site import Root, Site
from mailsockd.webpages import pages_router
from mailsockd.websocket.resource import IncomingMessages
from mailsockd.websocket.server import SocketFactory

# What an account may still ask when its operations are used up.
FREE = frozenset(("/api/me", "/api/me/stats", "/mailsockd/v1/usage"))


def public_site(core: Core, sockets: SocketFactory, health: Health) -> Site:
    """Make what the HTTP listeners serve: REST, its description, the pages, and the socket."""
    config = core.config
    browsers = Browsers(core.sign_ins.caller, frozenset((config.http.url,)) - {""})
    router = _rest(core, browsers)
    description = described([*router.table, *DescriptionRoutes.routes], __version__)
    documents = Router(DescriptionRoutes(description))
    pages = pages_router(core, browsers, description, _translate, health)
    root = Root(pages)
    for resource, names in (
        (router, (b"api", b"mailsockd")),
        (Router(ProbeRoutes(health), cross_origin=False), (b"healthz", b"readyz")),
        (documents, (b"openapi.json", b"openapi.yml")),
        (pages, sorted({page.pattern.split("/")[1].encode() for page in pages.table})),
    ):
        for name in names:
            root.putChild(name, resource)
    root.putChild(b"incoming-messages", IncomingMessages(sockets, lambda request: browsers.token(Call(request))))
    site = Site(
        root,
        clock=core.reactor,
        limits=web_limits(config),
        body_bytes=router.body_bytes,
        trusted=trusted(config.http.proxies),
        hsts=config.http.hsts,
        quiet=PATHS,
    )

    def take_over(loaded: Loaded) -> None:
        site.limit(web_limits(loaded.config))
        site.trusted = trusted(loaded.config.http.proxies)
        site.hsts = loaded.config.http.hsts
        router.limit(web_bodies(loaded.config))

    core.live.follow(take_over)
    return site


def _rest(core: Core, browsers: Browsers) -> Router:
    config, registry, rights = core.config, core.registry, core.rights
    mailbox, reception = core.mailbox, core.reception
    messages = Messages(mailbox, rights, config.name, core.activity)
    reading = Reading(core.in_thread)
    metering = core.metering
    statistics = Statistics(
        registry, rights, mailbox, config.served[0], lambda account: metering.usage.last_month(account, metering.now)
    )
    sending = Sending(
        registry,
        rights,
        reception.inject_for,
        core.in_thread,
        hostname=config.name,
        any_domain=core.any_domain,
        largest=config.limits.message_size,
        now=time.time,
        outside=core.relay.refusal if core.relay else None,
    )
    validation = ValidationRoutes(config.disposable)
    of_clients = rates(config, time.monotonic)

    def take_over(loaded: Loaded) -> None:
        sending.largest = loaded.config.limits.message_size
        validation.disposable = loaded.disposable
        of_clients.of_peers.per_minute = loaded.config.api.requests_per_minute_per_ip
        of_clients.of_keys.per_minute = loaded.config.api.requests_per_minute_per_key

    core.live.follow(take_over)
    return Router(
        AddressRoutes(core.addresses, registry.book, core.settings),
        AddressPasswordRoutes(core.address_passwords),
        MessageRoutes(messages, reading, core.waiting, registry.accounts.by_key),
        ContentRoutes(messages, reading),
        AttachmentRoutes(messages, reading),
        FlagRoutes(Flags(messages, mailbox)),
        UnifiedRoutes(Unified(mailbox), reading),
        AccountRoutes(registry.accounts, registry.book, statistics, core.sign_ins.sign_out, core.metering.month),
        UsageRoutes(core.metering, registry.accounts),
        AccountOptionRoutes(core.accounts, registry.accounts, registry.book),
        DomainSetupRoutes(core.ownership.claims, core.ownership.proofs, rights, core.ownership.hosts),
        DomainRoutes(DomainActions(registry, rights, mailbox, time.time, core.activity), registry.book, reading),
        StatisticsRoutes(statistics, Denials(registry, time.time), reading, time.time),
        validation,
        OutgoingRoutes(sending, core.in_thread),
        DeliveryRoutes(core.deliveries),
        ActivityRoutes(core.activity_reading),
        PlaceholderRoutes(),
        WebhookRoutes(core.webhooks, core.try_webhook),
        TestMessageRoutes(core.addresses, reception.inject, hostname=config.name, now=time.time),
        authenticate=registry.accounts.by_key,
        browsers=browsers,
        translate=_translate,
        # The one place that decides who is let in without a key.
        anonymous=lambda route: route.open
        or (core.live.config.api.anonymous_public and route.info.get("public", False)),
        rates=of_clients,
        used=within_the_month(metering),
        bodies=web_bodies(config),
        in_thread=core.in_thread,
    )


def operators_site(core: Core, health: Health) -> Site:
    """Make what the control socket serves."""
    config = core.config
    routes = control_routes(
        health,
        accounts=core.accounts,
        addresses=core.addresses,
        deliveries=core.deliveries,
        address_passwords=core.address_passwords,
        registry=core.registry,
        activity=core.activity,
        activity_reading=core.activity_reading,
        mailbox=core.mailbox,
        settings=core.settings,
        hostname=config.name,
        inject=core.reception.inject,
        in_thread=core.in_thread,
        waiting=core.waiting,
        metering=core.metering,
        claims=core.ownership.claims,
        proofs=core.ownership.proofs,
        mail_hosts=core.ownership.hosts,
        webhooks=core.webhooks,
        try_webhook=core.try_webhook,
        reload=core.live.reload,
        now=time.time,
    )
    return Site(
        Router(*routes, translate=_translate, cross_origin=False),
        clock=core.reactor,
        limits=Limits(body_bytes=BODY_BYTES),
        log=Logger(observer=_nowhere),  # what operators ask is no traffic
    )


def metrics_site(core: Core, health: Health, measures: Measures) -> Site:
    """Make what `metrics.listen` serves, and nothing else serves."""
    # Imported only when it is wanted: it costs memory, and most daemons have nobody who asks.
    metrics = importlib.import_module("mailsockd.metrics")
    router = Router(metrics.MetricsRoutes(health, measures), translate=_translate, cross_origin=False)
    root = Root()
    root.putChild(b"metrics", router)
    return Site(root, clock=core.reactor, limits=Limits(connections=100), log=Logger(observer=_nowhere))


@implementer(ILogObserver)
def _nowhere(event: LogEvent) -> None:
    """Write nothing."""


def within_the_month(metering: Metering) -> Callable[[Route, str], None]:
    """Give what counts a call by its key; it raises HTTPError 429 when none is left, but where one can see why."""

    def used(route: Route, key: str) -> None:
        refusal = metering.call(key, always=route.pattern in FREE)
        if refusal:
            raise HTTPError(429, refusal, headers={"Retry-After": str(ceil(seconds_to_next_month(metering.now)))})

    return used


def _translate(error: Exception) -> HTTPError | None:
    if isinstance(error, Refusal):
        return HTTPError(error.status, error.message, error.errors)
    if isinstance(error, StorageTrouble):
        Logger().warn("the storage did not do what was asked: {error}", error=str(error))
        return HTTPError(503, "The server cannot store this now. Nothing was changed; try again later.")
    return None
