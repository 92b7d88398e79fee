"""The bounds of each room, out of the configuration."""

from mailsockd.config import Config
from mailsockd.smtp.limits import SMTPLimits
from mailsockd.web.limits import Limits
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
