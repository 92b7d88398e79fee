"""How many connections are open, in all and from each address. An IPv6 client is its /64, because it owns all of
that; connections of a local socket count only in all."""

import ipaddress
from collections import Counter

import attrs

from mailsockd.web.limits import Limits


@attrs.define
class Connections:
    """The open connections of one site."""

    limits: Limits
    open: int = 0
    refusals: int = 0
    _from: Counter[str] = attrs.field(factory=Counter, init=False)

    def admit(self, peer: str) -> bool:
        """Count a new connection; False, and nothing is counted, when there are too many already."""
        client = place(peer)
        if self.open >= self.limits.connections:
            return False
        if client and self._from[client] >= self.limits.connections_per_ip:
            return False
        self.open += 1
        if client:
            self._from[client] += 1
        return True

    def hand_over(self, peer: str) -> None:
        """A connection became something else than HTTP: it is open, but its address may make others."""
        client = place(peer)
        if client:
            self._from[client] -= 1
            if not self._from[client]:
                del self._from[client]  # or the table would grow with every address ever seen

    def leave(self, peer: str, *, handed_over: bool = False) -> None:
        """A connection ended."""
        self.open -= 1
        if not handed_over:
            self.hand_over(peer)

    def count(self, peer: str) -> int:
        """The open HTTP connections of an address."""
        return self._from[place(peer)]


def place(peer: str) -> str:
    """What counts as one client: an IPv4 address, an IPv6 network of 64 bits, "" for a local socket."""
    if ":" not in peer:
        return "" if peer == "unix" else peer
    try:
        address = ipaddress.IPv6Address(peer.partition("%")[0])
    except ValueError:
        return peer
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))
