"""Sending at once and closing for certain, on real sockets of this Twisted."""

import socket
from typing import Any

import pytest
from twisted.internet.address import IPv6Address, UNIXAddress
from twisted.internet.task import Clock
from twisted.internet.tcp import Server
from twisted.internet.testing import MemoryReactor, StringTransport, StringTransportWithDisconnection

from mailsockd import transport as transports
from mailsockd.transport import close, peer_of, send_at_once


class Protocol:
    """As much of a protocol as a transport asks for."""

    def connectionLost(self, reason: object) -> None:
        pass


@pytest.fixture
def pair() -> Any:
    """Give a connected Server transport and the other end of its socket."""
    here, there = socket.socketpair()
    here.setblocking(False)
    there.setblocking(False)
    yield Server(here, Protocol(), ("127.0.0.1", 1), None, 1, MemoryReactor()), there
    for fd in (here, there):
        fd.close()


def received(there: socket.socket) -> bytes:
    try:
        return there.recv(1 << 22)
    except BlockingIOError:
        return b""


def test_bytes_leave_before_the_reactor_turns(pair: Any) -> None:
    """On an idle TCP connection the bytes are sent in the call itself, and nothing is queued."""
    server, there = pair
    send_at_once(server, b"250 OK\r\n")
    assert received(there) == b"250 OK\r\n"
    assert not server.dataBuffer and not server._tempDataBuffer


def test_bytes_keep_their_order_behind_what_waits(pair: Any) -> None:
    """When something is queued already, the new bytes go behind it."""
    server, there = pair
    server.write(b"first ")
    send_at_once(server, b"second")
    assert received(there) == b""
    server.doWrite()
    assert received(there) == b"first second"


def test_what_the_socket_does_not_take_is_queued(pair: Any) -> None:
    """A full socket takes what it can; the rest is queued, complete and in order."""
    server, there = pair
    sent = bytes(range(256)) * 20_000
    send_at_once(server, sent)
    got = received(there)
    while server._tempDataBuffer or server.dataBuffer[server.offset :]:
        server.doWrite()
        got += received(there)
    got += received(there)
    assert got == sent


def test_a_closing_or_lost_connection_is_left_to_twisted(pair: Any) -> None:
    """Nothing is sent past Twisted on a connection that is closing or closed."""
    server, there = pair
    server.disconnecting = True
    send_at_once(server, b"x")
    assert received(there) == b""
    server.disconnecting = False
    server.connected = 0
    server.disconnected = 1
    send_at_once(server, b"x")
    assert received(there) == b""


def test_what_goes_through_tls_is_left_to_twisted(pair: Any) -> None:
    """After STARTTLS nothing is put on the wire past the encryption."""
    server, there = pair
    written: list[bytes] = []
    server.TLS, server.write = True, written.append
    send_at_once(server, b"x")
    assert (received(there), written) == (b"", [b"x"])


def test_other_transports_are_written_to() -> None:
    """A transport of another kind, such as TLS, gets a plain write; so does one without the private attributes."""
    text = StringTransport()
    send_at_once(text, b"abc")
    assert text.value() == b"abc"


def test_this_twisted_has_what_sending_at_once_reads(pair: Any) -> None:
    """The private attributes exist on this version of Twisted, or every send would silently be the slow one."""
    server, _ = pair
    names = "dataBuffer _tempDataBuffer disconnecting _writeDisconnecting connected disconnected TLS"
    assert [name for name in names.split() if not hasattr(server, name)] == []


def test_the_switch_is_a_plain_write() -> None:
    """`write` has the same shape and sends by the transport alone."""
    text = StringTransport()
    transports.write(text, b"abc")
    assert text.value() == b"abc"


def test_close_is_polite_first_and_certain_after_the_grace() -> None:
    """The connection is lost politely at once and aborted when the grace is over."""
    clock = Clock()
    lost = StringTransportWithDisconnection()
    lost.protocol = Protocol()
    aborted: list[float] = []
    lost.loseConnection = lambda: None  # type: ignore[method-assign]
    lost.abortConnection = lambda: aborted.append(clock.seconds())  # type: ignore[method-assign]
    close(lost, clock, 2.0)
    clock.advance(1.9)
    assert aborted == []
    clock.advance(0.1)
    assert aborted == [2.0]


def test_the_host_of_a_peer() -> None:
    """IPv4 that came by an IPv6 socket is IPv4, so that bounds and lists know it; a UNIX socket has none."""
    hosts = ("192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "::1")
    assert [peer_of(IPv6Address("TCP", host, 25)) for host in hosts] == ["192.0.2.1", "192.0.2.1", "2001:db8::1", "::1"]
    assert [peer_of(address) for address in (UNIXAddress(b"/x"), None)] == ["", ""]
