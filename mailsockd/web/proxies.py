"""Which peers are proxies whose word on their clients is taken."""

from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network


def trusted(proxies: Sequence[str]) -> Callable[[str], bool]:
    """Make what tells whether a peer is one of some addresses and networks; "unix" is who comes by a socket file."""
    networks = [ip_network(item) for item in proxies if item != "unix"]
    local = "unix" in proxies

    def is_trusted(peer: str) -> bool:
        if peer == "unix":
            return local
        if not networks:
            return False
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        return any(address in network for network in networks if network.version == address.version)

    return is_trusted
