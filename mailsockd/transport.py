"""
Two things that every server here does with its transport: send without waiting for the next turn of the
reactor, and close for certain.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.internet.tcp import Server

SOCKET_CLOSE_GRACE = 2.0


def send_at_once(transport: Any, data: bytes) -> None:
    """
    Send `data` now when the transport is plain TCP with nothing waiting, else leave it to `transport.write`.

    Twisted queues each write for the next turn of its poll, which costs two epoll_ctl calls and one more
    wake-up a reply; that was half of the work of a small mail. The order of bytes holds, because anything already
    queued makes this a plain write. It reads private attributes of Twisted's TCP transport; where one is missing,
    or the transport is of another kind (TLS, a proxy, a test's), it is `transport.write`.
    """
    try:
        idle = type(transport) is Server and not (
            transport.dataBuffer
            or transport._tempDataBuffer
            or transport.disconnecting
            or transport._writeDisconnecting
            or not transport.connected
            or transport.disconnected
            or transport.TLS
        )
    except AttributeError:
        idle = False
    if idle:
        try:
            sent = transport.socket.send(data)
        except OSError:  # would block, or the peer is gone: the transport finds out in its own way
            sent = 0
        if sent == len(data):
            return
        data = data[sent:]
    transport.write(data)


def peer_of(address: object) -> str:
    """Give the host of an address, "" when it has none: a UNIX socket's. IPv4 over an IPv6 socket is IPv4."""
    host = str(getattr(address, "host", None) or "")
    return host.removeprefix("::ffff:") if "." in host else host


def write(transport: Any, data: bytes) -> None:
    """Send by `transport.write`: what is used in place of `send_at_once` when that is switched off."""
    transport.write(data)


Send = Callable[[Any, bytes], None]


def close(transport: Any, clock: IReactorTime, grace: float = SOCKET_CLOSE_GRACE) -> None:
    """
    Close the connection: politely now, by force after `grace` seconds.

    `loseConnection` alone waits for ever for a peer that does not read or does not finish TLS.
    """
    transport.loseConnection()
    if hasattr(transport, "abortConnection"):
        clock.callLater(grace, _cut, transport)


def _cut(transport: Any) -> None:
    # Twisted's TLS layer raises when it is cut off after its connection was lost.
    if getattr(transport, "connected", True):
        transport.abortConnection()
