"""
Which IP addresses belong to nobody in the Internet: IANA's registries of special addresses, and what embeds them.

Python's `is_global` is no such list: it lets multicast, `fec0::/10`, `::/96` and `64:ff9b::/96` pass.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

IP: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# The first network that holds an address says what it is: a narrow one stands before the wide one around it.
_NAMES: Mapping[str, Iterable[str]] = {
    "the address that cloud machines get their secrets from": ("169.254.169.254/32", "fd00:ec2::254/128"),
    "a loopback address": ("127.0.0.0/8", "::1/128"),
    "an address that means this machine": ("0.0.0.0/8", "::/128"),
    "a private address": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
    "a link-local address": ("169.254.0.0/16", "fe80::/10"),
    "an address behind a provider's NAT": ("100.64.0.0/10",),
    "an address for documents": ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
    "an address for benchmarks": ("198.18.0.0/15", "2001:2::/48"),
    "a multicast address": ("224.0.0.0/4", "ff00::/8"),
    "a broadcast or reserved address": ("240.0.0.0/4",),
    "an address of a transition from IPv4 to IPv6": (
        "192.88.99.0/24",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
    ),
    "an address for protocols": (
        "192.0.0.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.175.48.0/24",
        "100::/64",
        "2001::/23",
        "2620:4f:8000::/48",
        "3ffe::/16",
        "5f00::/16",
    ),
}
_SPECIAL = tuple((ip_network(text), name) for name, texts in _NAMES.items() for text in texts)
_UNICAST = IPv6Network("2000::/3")  # all that was ever given out for the Internet


def special(address: IP) -> str:
    """Give in words why an address is nobody's in the Internet, "" when it is somebody's."""
    for network, name in _SPECIAL:
        if address in network:
            return name
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return "an address that was never given out"
    return ""
