"""All channels, in the order in which a message goes through them. A new channel is one line here."""

from collections.abc import Sequence

from mailsockd.delivery.channel import Channel, QueuedChannel, Setting
from mailsockd.delivery.forward import ForwardChannel
from mailsockd.delivery.sent import SentChannel
from mailsockd.delivery.slack import SlackChannel
from mailsockd.delivery.webhook import WebhookChannel
from mailsockd.delivery.websocket import WebSocketChannel


def channels(websocket: WebSocketChannel) -> Sequence[Channel]:
    """Give the live channels."""
    return (websocket,)


def queued_channels(
    webhook: WebhookChannel, slack: SlackChannel, forward: ForwardChannel, sent: SentChannel
) -> Sequence[QueuedChannel]:
    """Give the queued channels."""
    return webhook, slack, forward, sent


def settings_of(live: Sequence[Channel], queued: Sequence[QueuedChannel]) -> Sequence[Setting]:
    """Give every setting of an address that a channel reads."""
    return (*live, *(setting for channel in queued for setting in channel.settings))
