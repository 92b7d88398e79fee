"""Counting who is connected."""

from mailsockd.connections import Connections, network


def test_a_peer_is_an_ipv4_address_or_an_ipv6_network() -> None:
    """IPv6 addresses of one 64-bit network are one peer, IPv4 addresses are themselves, mapped ones too."""
    assert network("192.0.2.7") == "192.0.2.7"
    assert network("::ffff:192.0.2.7") == "192.0.2.7"
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9")
    assert network("2001:db8:1:2::1") != network("2001:db8:1:3::1")
    assert network("fe80::1%eth0") == network("fe80::2%eth0")
    assert network("") == ""
    assert network("what:ever") == "what:ever"


def test_sessions_are_counted_for_their_peer_until_they_leave() -> None:
    """Entering counts, leaving counts back, leaving twice does nothing, and the last one to leave is told of."""
    emptied: list[int] = []
    connections: Connections[str] = Connections(lambda: emptied.append(1))
    assert connections.enter("a", "2001:db8::1") == 1
    assert connections.enter("b", "2001:db8::2") == 2
    assert connections.enter("c", "192.0.2.7") == 1
    assert sorted(connections) == ["a", "b", "c"]
    connections.leave("a")
    connections.leave("a")
    assert connections.enter("d", "2001:db8::3") == 2
    connections.leave("b")
    connections.leave("d")
    assert emptied == []
    connections.leave("c")
    assert emptied == [1]
    assert len(connections) == 0
    assert connections.enter("e", "2001:db8::1") == 1
