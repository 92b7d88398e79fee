"""What is left to know of a connection that a resource took for another protocol, such as a WebSocket."""

from collections.abc import Callable
from typing import Any


def protocol_of(transport: Any) -> Any:
    """The protocol that now has the transport: TLS wraps the protocol, plain TCP names it."""
    places: list[Any] = [transport, getattr(transport, "protocol", None)]
    for place in places:
        if hasattr(place, "wrappedProtocol"):
            return place.wrappedProtocol
    return transport.protocol


def when_lost(protocol: Any, then: Callable[[], None]) -> None:
    """Call `then` when the protocol's connection ends: it is another room's, so it cannot count for us."""
    lost = protocol.connectionLost

    def connection_lost(*args: Any, **named: Any) -> None:
        then()
        lost(*args, **named)

    protocol.connectionLost = connection_lost
