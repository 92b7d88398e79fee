"""What counts as one peer when connections and attempts are counted."""

from ipaddress import IPv6Address

_PREFIX = 64  # bits of an IPv6 address that one customer has at least


def network(peer: str) -> str:
    """Give what counts as one peer: an IPv4 address, the first 64 bits of an IPv6 address, or the text itself."""
    if ":" not in peer:
        return peer
    try:
        address = IPv6Address(peer)
    except ValueError:
        return peer
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{int(address) >> (128 - _PREFIX):x}/{_PREFIX}"
