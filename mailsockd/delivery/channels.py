"""All channels, in the order in which a message goes through them. A new channel is one line here."""

from collections.abc import Sequence

from mailsockd.delivery.channel import Channel
from mailsockd.delivery.websocket import WebSocketChannel


def channels(websocket: WebSocketChannel) -> Sequence[Channel]:
    """Give the channels."""
    return (websocket,)
