"""What counts as one peer."""

from mailsockd.state.peers import network


def test_a_peer_is_an_ipv4_address_or_an_ipv6_network() -> None:
    """IPv6 addresses of one 64-bit network are one peer, IPv4 addresses are themselves, mapped ones too."""
    assert network("192.0.2.7") == "192.0.2.7"
    assert network("::ffff:192.0.2.7") == "192.0.2.7"
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9")
    assert network("2001:db8:1:2::1") != network("2001:db8:1:3::1")
    assert network("fe80::1%eth0") == network("fe80::2%eth0")
    assert network("") == ""
    assert network("what:ever") == "what:ever"
