"""The bounds of each room, out of the configuration."""

from collections.abc import Callable

import attrs

from mailsockd.actions.retention import Kept
from mailsockd.config import Config
from mailsockd.delivery.queue_limits import DeliveryLimits
from mailsockd.pop3.limits import POP3Limits
from mailsockd.smtp.limits import SMTPLimits
from mailsockd.storage import journal
from mailsockd.web.limits import Limits
from mailsockd.web.rates import Buckets, Rates
from mailsockd.websocket.limits import SocketLimits


def smtp_limits(config: Config) -> SMTPLimits:
    """Give the bounds of SMTP."""
    limits = config.limits
    return SMTPLimits(
        size=limits.message_size,
        recipients=limits.recipients,
        errors=limits.smtp_errors,
        connections=limits.smtp_connections,
        connections_per_peer=limits.smtp_connections_per_peer,
        idle_timeout=limits.smtp_idle,
        session_timeout=limits.smtp_session,
    )


def pop3_limits(config: Config) -> POP3Limits:
    """Give the bounds of POP3."""
    pop3 = config.pop3
    return POP3Limits(
        connections=pop3.connections,
        connections_per_peer=pop3.connections_per_peer,
        idle_timeout=pop3.idle,
        session_timeout=pop3.session,
    )


def kept(config: Config) -> Kept:
    """Give what of the mail is kept."""
    return Kept(**attrs.asdict(config.retention))


def kept_events(config: Config) -> journal.Kept:
    """Give what of the activity is kept."""
    return journal.Kept(config.activity.keep, config.activity.most)


def web_limits(config: Config) -> Limits:
    """Give the bounds of HTTP."""
    limits = config.limits
    return Limits(
        body_bytes=limits.http_body,
        connections=limits.http_connections,
        connections_per_ip=limits.http_connections_per_peer,
        header_seconds=limits.http_header_time,
        idle_seconds=limits.http_idle,
    )


def web_bodies(config: Config) -> dict[str, int]:
    """Give the largest bodies of routes that take more than usual, by the name that they declare."""
    limits = config.limits
    # JSON makes a mail longer: base64 by a third, line ends and quotes by a little.
    return {"mail": limits.message_size * 3 // 2 + limits.http_body}


def rates(config: Config, now: Callable[[], float]) -> Rates:
    """Give how often one client may use REST; `now` gives seconds of a clock that never goes back."""
    api = config.api
    return Rates(Buckets(api.requests_per_minute_per_ip, now), Buckets(api.requests_per_minute_per_key, now))


def socket_limits(config: Config) -> SocketLimits:
    """Give the bounds of the sockets."""
    socket = config.websocket
    return SocketLimits(
        ping_interval=socket.ping_interval,
        backlog=socket.backlog,
        budget=socket.backlog_total,
        sockets=socket.connections,
        sockets_per_account=socket.connections_per_account,
        sockets_per_peer=socket.connections_per_peer,
    )


def delivery_limits(config: Config) -> DeliveryLimits:
    """Give the bounds of the queue."""
    delivery = config.delivery
    return DeliveryLimits(
        retry_for=delivery.retry_for,
        concurrency=delivery.concurrency,
        concurrency_per_account=delivery.concurrency_per_account,
        concurrency_per_target=delivery.concurrency_per_target,
        attempt_timeout=delivery.attempt_timeout,
        keep=delivery.keep,
        waiting_per_account=delivery.waiting_per_account,
        finished_per_account=delivery.finished_per_account,
    )
