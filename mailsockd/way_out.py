"""The ways by which mail goes on as mail: the relay, out of the configuration, and the channels that use it."""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint

from mailsockd.actions.forward import Forwarding
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.config import Config
from mailsockd.delivery.forward import ForwardChannel, ForwardSetting
from mailsockd.delivery.relay import Relay, RelaySettings
from mailsockd.delivery.relaying import Manners
from mailsockd.delivery.sent import SentChannel
from mailsockd.listen import names_this_machine
from mailsockd.state.activity import ActivityLog


def make_relay(config: Config, reactor: Any, in_thread: "Callable[..., Deferred[Any]]") -> Relay | None:
    """Make the relay, None when none is configured. Raises ConfigError."""
    settings = relay_settings(config)
    if settings is None:
        return None
    endpoint = HostnameEndpoint(reactor, settings.host, settings.port, timeout=settings.manners.seconds)
    return Relay(settings, reactor, in_thread, endpoint)


def relay_settings(config: Config) -> RelaySettings | None:
    """Give where the relay is and how it is spoken to, None when none is configured. Raises ConfigError."""
    relay = config.relay
    if relay.host is None:
        return None
    verify = relay.verify
    if verify is None:
        verify = relay.tls != "opportunistic" and not names_this_machine(relay.host)
    return RelaySettings(
        relay.host,
        relay.port,
        Manners(
            relay.hello or config.name,
            relay.tls,
            relay.username or "",
            config.relay_password,
            relay.timeout,
        ),
        verify,
        config.relay_authorities,
        relay.sender or "",
        relay.domains,
        relay.connections,
    )


def mail_channels(
    config: Config,
    registry: Registry,
    rights: Rights,
    forwarding: Forwarding,
    relay: Relay | None,
    activity: ActivityLog,
) -> tuple[ForwardChannel, SentChannel]:
    """Make the channels that forward and that send."""
    setting = ForwardSetting(registry, rights, relay)
    return (
        ForwardChannel(setting, forwarding, relay, activity, hostname=config.name),
        SentChannel(rights, relay, activity),
    )
