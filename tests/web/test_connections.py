"""Counting connections."""

from mailsockd.web.connections import Connections
from mailsockd.web.limits import Limits


def test_limits_of_all_and_of_one() -> None:
    """Both bounds hold, and a refused connection is not counted."""
    connections = Connections(Limits(connections=3, connections_per_ip=2))
    assert [connections.admit("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert connections.admit("192.0.2.2")
    assert not connections.admit("192.0.2.3")
    connections.leave("192.0.2.1")
    assert connections.admit("192.0.2.3")
    assert (connections.open, connections.count("192.0.2.1")) == (3, 1)


def test_an_ipv6_client_is_its_64() -> None:
    """Addresses of one /64 are one client, those of the next are another."""
    connections = Connections(Limits(connections_per_ip=1))
    assert connections.admit("2001:db8::1")
    assert not connections.admit("2001:db8::2:3")
    assert connections.admit("2001:db8:0:1::1")
    assert connections.admit("fe80::1%eth0")


def test_a_local_socket_counts_in_all_only() -> None:
    """There is no address to count by."""
    connections = Connections(Limits(connections_per_ip=1))
    assert [connections.admit("unix") for _ in range(2)] == [True, True]
    connections.leave("unix")
    assert connections.open == 1


def test_a_connection_that_was_handed_over() -> None:
    """It leaves its address at once and the whole when it ends; no address stays in the table."""
    connections = Connections(Limits(connections_per_ip=1))
    connections.admit("192.0.2.1")
    connections.hand_over("192.0.2.1")
    assert (connections.open, connections.count("192.0.2.1")) == (1, 0)
    assert connections.admit("192.0.2.1")
    connections.leave("192.0.2.1", handed_over=True)
    connections.leave("192.0.2.1")
    assert connections == Connections(Limits(connections_per_ip=1))
