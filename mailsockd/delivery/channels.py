"""All channels, in the order in which a message goes through them. A new channel is one line here."""

from collections.abc import Sequence

from mailsockd.delivery.channel import Channel, QueuedChannel, Setting
from mailsockd.delivery.websocket import WebSocketChannel


def channels(websocket: WebSocketChannel) -> Sequence[Channel]:
    """Give the live channels."""
    return (websocket,)


def queued_channels() -> Sequence[QueuedChannel]:
    """Give the queued channels."""
    return ()


def settings_of(live: Sequence[Channel], queued: Sequence[QueuedChannel]) -> Sequence[Setting]:
    """Give every setting of an address that a channel reads."""
    return (*live, *(setting for channel in queued for setting in channel.settings))
