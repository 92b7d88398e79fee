"""What is not a listener, put together from the configuration: state, disk, actions, and the way of a mail."""

import os
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from mailsockd import __version__
from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.activity import ActivityReading
from mailsockd.actions.address_passwords import AddressPasswords
from mailsockd.actions.addresses import Addresses
from mailsockd.actions.deliveries import Deliveries
from mailsockd.actions.forward import Forwarding
from mailsockd.actions.hints import Hints
from mailsockd.actions.maildrop import Maildrops
from mailsockd.actions.metering import Metering
from mailsockd.actions.ports import Snapshot, StateStore
from mailsockd.actions.receive import Reception
from mailsockd.actions.registry import Registry
from mailsockd.actions.retention import Retention
from mailsockd.actions.rights import Rights
from mailsockd.actions.sessions import SignIns
from mailsockd.actions.signin import SigningIn
from mailsockd.actions.waiting import Waiting
from mailsockd.actions.webhooks import Try, Webhooks
from mailsockd.bounds import delivery_limits, kept, kept_events
from mailsockd.config import Config
from mailsockd.delivery.channel import Setting
from mailsockd.delivery.channels import channels, queued_channels, settings_of
from mailsockd.delivery.connector import Connector
from mailsockd.delivery.dispatch import Dispatch
from mailsockd.delivery.fanout import Fanout
from mailsockd.delivery.lookups import Lookups
from mailsockd.delivery.outgoing_http import OutgoingHTTP
from mailsockd.delivery.queue import DeliveryQueue
from mailsockd.delivery.reach import Reach
from mailsockd.delivery.relay import Relay
from mailsockd.delivery.slack import SlackChannel
from mailsockd.delivery.webhook import WebhookChannel
from mailsockd.delivery.websocket import WebSocketChannel
from mailsockd.following import let_follow
from mailsockd.log import log_event
from mailsockd.measures import Measures
from mailsockd.ownership import Ownership, make_ownership
from mailsockd.passwords import Argon2Passwords
from mailsockd.registered import make_registry
from mailsockd.reload import Live, Loaded
from mailsockd.state.activity import ActivityLog
from mailsockd.state.secrets import Secret
from mailsockd.state.sessions import Sessions
from mailsockd.state.subscriptions import Subscriptions
from mailsockd.storage.activities import SQLiteActivities
from mailsockd.storage.delivery_store import SQLiteDeliveries
from mailsockd.storage.journal import Journal
from mailsockd.storage.mailbox import SQLiteMailbox
from mailsockd.storage.maildrop import SQLiteMaildrops
from mailsockd.storage.retention import SQLiteRetention
from mailsockd.storage.sessions import SQLiteSessions, load_sessions
from mailsockd.storage.usage import SQLiteUsage, load_usage
from mailsockd.stores import mailbox_file, mailbox_store, state_store
from mailsockd.way_out import mail_channels, make_relay
from mailsockd.websocket.server import long_text_frame, text_frame

SESSION_IDLE = 14 * 86_400  # seconds without a page after which a browser has to sign in again
SESSION_LONGEST = 90 * 86_400


@attrs.frozen
class Core:
    """Everything that the listeners share. `new` are the secrets that this start made, and that have to be saved."""

    config: Config
    """As it was at the start."""
    live: Live
    measures: Measures | None
    """What is measured, if anybody may ask for it."""
    reactor: Any
    store: StateStore
    mailbox: SQLiteMailbox
    registry: Registry
    new: Sequence[Secret]
    subscriptions: Subscriptions
    activity: ActivityLog
    journal: Journal
    activity_reading: ActivityReading
    rights: Rights
    settings: Sequence[Setting]
    """The settings of an address, those of all channels."""
    deliveries: Deliveries
    queue: DeliveryQueue
    webhooks: Webhooks
    try_webhook: Try
    reception: Reception
    accounts: AccountActions
    addresses: Addresses
    ownership: Ownership
    retention: Retention
    metering: Metering
    usage_store: SQLiteUsage
    sign_ins: SignIns
    address_passwords: AddressPasswords
    signing_in: SigningIn
    maildrops: Maildrops
    hints: Hints
    waiting: Waiting
    in_thread: Callable[..., "Deferred[Any]"]
    """Runs what would hold the reactor in a thread of its pool."""
    relay: Relay | None
    """By what mail leaves, if it may."""
    any_domain: bool
    """Whether mail for every domain is taken."""


def make_core(loaded: Loaded, load: Callable[[], Config], reactor: Any, snapshot: Snapshot) -> Core:
    """
    Put it together from the configuration and the state that were read; `load` reads the configuration again.

    Raises StateUnreadable for the mailbox.
    """
    config = loaded.config
    activity = ActivityLog(time.time)
    activity.listen(log_event)
    store = state_store(config, reactor.callFromThread, _died(reactor))
    # What one turn of the reactor brings is handed to the writer together: fewer and larger commits, and the two
    # threads do not fight for the interpreter at every mail.
    measures = Measures() if config.metrics.listen else None
    mailbox = mailbox_store(
        config,
        reactor.callFromThread,
        _died(reactor),
        lambda call: reactor.callLater(0, call),
        measures.batch_committed if measures else None,
    )
    if measures:
        activity.listen(measures.hear)
    activities = SQLiteActivities(mailbox.ask, mailbox.change_unhurried)
    journal = Journal(activities, reactor, time.time, kept_events(config))
    activity.listen(journal.collect)
    registry, new = make_registry(loaded, snapshot, store)
    subscriptions = Subscriptions()
    rights = Rights(registry.book, registry.domains)
    any_domain = config.smtp.accept == "any"
    passwords = Argon2Passwords(reactor)

    def in_thread(function: Any, *arguments: Any) -> "Deferred[Any]":
        return deferToThreadPool(reactor, reactor.getThreadPool(), function, *arguments)

    live = Live(loaded, load, in_thread)

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
    retention = Retention(SQLiteRetention(mailbox), registry.accounts, activity, kept(config), time.time)
    dispatch = Dispatch(registry.book, time.time)
    reception = Reception(
        registry,
        rights,
        mailbox,
        websocket.publish,
        activity,
        in_thread,
        hostname=config.name,
        any_domain=any_domain,
        unreserved=config.inboxes.unreserved == "accept",
        monotonic=time.monotonic,
        now=time.time,
        onward=dispatch,
        no_room=lambda: retention.refusal,
        published=measures.mail_published if measures else None,
    )
    webhooks = Webhooks(registry, rights, time.time)
    reach = Reach.of(config.webhook.allow, config.webhook.ports)
    http = OutgoingHTTP(
        reactor, Connector(reactor, reach, Lookups(in_thread), in_thread), f"mailsockd/{__version__}", time.time
    )
    webhook = WebhookChannel(
        http,
        reach,
        webhooks.signing,
        in_thread,
        alias=registry.book.alias,
        hostname=config.name,
        now=time.time,
    )
    forwarding = Forwarding(
        mailbox, websocket.publish, activity, dispatch, in_thread, monotonic=time.monotonic, now=time.time
    )
    relay = make_relay(config, reactor, in_thread)
    queued = queued_channels(
        webhook,
        SlackChannel(http, reach, in_thread),
        *mail_channels(config, registry, rights, forwarding, relay, activity),
    )
    dispatch.serve(queued)
    delivery_store = SQLiteDeliveries(mailbox.ask, mailbox.change_beside)
    queue = DeliveryQueue(
        delivery_store,
        mailbox.content,
        registry.book,
        queued,
        activity,
        reactor,
        delivery_limits(config),
        now=time.time,
        random=random.random,
    )
    dispatch.listen(queue.stored)
    addresses = Addresses(
        registry, rights, mailbox, subscriptions, any_domain=any_domain, now=time.time, activity=activity
    )
    usage = load_usage(mailbox_file(config), time.time())
    metering = Metering(usage, registry.accounts, registry.domains, activity, time.time)
    usage_store = SQLiteUsage(mailbox.change_unhurried, mailbox.change_beside)

    sign_ins = SignIns(
        registry,
        Sessions(SESSION_IDLE, SESSION_LONGEST, load_sessions(mailbox_file(config))),
        SQLiteSessions(mailbox.change_beside),
        passwords,
        activity,
        now=time.time,
        monotonic=time.monotonic,
    )

    sign_ins.listen(lambda over: subscriptions.end(over, "the browser's session is over"))

    async def forget(account: str) -> None:
        metering.usage.forget(account)
        await usage_store.forget(account)
        await journal.forget(account)

    made = Core(
        config=config,
        live=live,
        measures=measures,
        reactor=reactor,
        store=store,
        mailbox=mailbox,
        registry=registry,
        new=new,
        subscriptions=subscriptions,
        activity=activity,
        journal=journal,
        activity_reading=ActivityReading(activities, rights, journal.flush),
        rights=rights,
        settings=settings_of(channels(websocket), queued),
        deliveries=Deliveries(delivery_store, rights, queue.renewed, time.time, activity),
        queue=queue,
        webhooks=webhooks,
        try_webhook=webhook.test,
        reception=reception,
        accounts=AccountActions(
            registry, mailbox, passwords, subscriptions, time.time, delivery_store, forget, sign_ins.end_all, activity
        ),
        addresses=addresses,
        retention=retention,
        metering=metering,
        usage_store=usage_store,
        ownership=make_ownership(config, registry, rights, addresses, subscriptions, activity, in_thread),
        address_passwords=AddressPasswords(registry, rights, passwords, time.time),
        signing_in=SigningIn(registry, rights, passwords, activity, time.monotonic, metering.see),
        maildrops=Maildrops(
            registry,
            rights,
            mailbox,
            SQLiteMaildrops(mailbox),
            activity,
            hostname=config.name,
            most=config.pop3.messages,
        ),
        sign_ins=sign_ins,
        hints=Hints(activity, rights),
        waiting=Waiting(activity, reactor),
        in_thread=in_thread,
        relay=relay,
        any_domain=any_domain,
    )
    let_follow(
        live,
        registry=registry,
        reception=reception,
        retention=retention,
        claims=made.ownership.claims,
        maildrops=made.maildrops,
        queue=queue,
        journal=journal,
        reach=reach,
    )
    return made


def _died(reactor: Any) -> Any:
    """Give what ends the process when a thread of the storage has died: nothing could be stored any more."""
    log = Logger()

    def died(reason: BaseException) -> None:
        log.critical("a thread of the storage died, so the daemon ends: {reason!r}", reason=reason)
        reactor.addSystemEventTrigger("after", "shutdown", os._exit, 1)
        reactor.stop()

    return died
