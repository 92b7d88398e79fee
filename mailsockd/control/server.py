"""
The routes of the control socket, under `/control/v1/`.

There is no sign-in: whoever may open the socket is an operator, and the mode of its file says who that is.
"""

from collections.abc import Callable, Sequence

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.activity import ActivityReading
from mailsockd.actions.address_passwords import AddressPasswords
from mailsockd.actions.addresses import Addresses
from mailsockd.actions.claims import Claims
from mailsockd.actions.deliveries import Deliveries
from mailsockd.actions.denials import Denials
from mailsockd.actions.health import Health
from mailsockd.actions.metering import Metering
from mailsockd.actions.ports import Mailbox
from mailsockd.actions.proofs import Proofs
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.actions.settings import Setting
from mailsockd.actions.waiting import Waiting
from mailsockd.actions.webhooks import Try, Webhooks
from mailsockd.control.account_routes import AccountRoutes
from mailsockd.control.activity_routes import ActivityRoutes
from mailsockd.control.address_routes import AddressRoutes
from mailsockd.control.delivery_routes import DeliveryRoutes
from mailsockd.control.denial_routes import DenialRoutes
from mailsockd.control.domain_routes import DomainRoutes
from mailsockd.control.expect_routes import ExpectRoutes
from mailsockd.control.frames import Frames, InThread
from mailsockd.control.mail_routes import Inject, MailRoutes
from mailsockd.control.reload_routes import Reload, ReloadRoutes
from mailsockd.control.status_routes import StatusRoutes
from mailsockd.control.webhook_routes import WebhookRoutes
from mailsockd.state.activity import ActivityLog
from mailsockd.web.router import HasRoutes

__all__ = ["BODY_BYTES", "control_routes"]

# A test mail comes in base64 inside JSON, which is read in the reactor.
BODY_BYTES = 8 * 1024 * 1024


def control_routes(
    health: Health,
    *,
    accounts: AccountActions,
    addresses: Addresses,
    deliveries: Deliveries,
    address_passwords: AddressPasswords,
    registry: Registry,
    activity: ActivityLog,
    activity_reading: ActivityReading,
    mailbox: Mailbox,
    settings: Sequence[Setting],
    hostname: str,
    inject: Inject,
    in_thread: InThread,
    waiting: Waiting,
    metering: Metering,
    claims: Claims,
    proofs: Proofs,
    mail_hosts: Sequence[str],
    webhooks: Webhooks,
    try_webhook: Try,
    reload: Reload,
    now: Callable[[], float],
) -> tuple[HasRoutes, ...]:
    """Make what a Router serves; the arguments are said where each is taken."""
    frames = Frames(mailbox, registry.book, hostname, in_thread)
    return (
        StatusRoutes(health),
        ReloadRoutes(reload),
        AccountRoutes(accounts, registry, metering),
        WebhookRoutes(webhooks, try_webhook, accounts, registry),
        DeliveryRoutes(deliveries),
        AddressRoutes(addresses, address_passwords, accounts, registry, settings),
        MailRoutes(registry, accounts, mailbox, activity, frames=frames, inject=inject),
        DomainRoutes(registry, accounts, claims, proofs, mail_hosts),
        DenialRoutes(Denials(registry, now)),
        ActivityRoutes(activity_reading, activity),
        ExpectRoutes(Rights(registry.book, registry.domains), mailbox, waiting, frames, now),
    )
