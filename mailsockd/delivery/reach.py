"""Where the server may be sent to by what its users set: the Internet, and what `webhook.allow` lists beside it."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network

import attrs

from mailsockd.delivery.networks import IP, Network, special
from mailsockd.delivery.target import Target, target

_LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))


class OutOfReach(ValueError):
    """The server does not send there; the message says why, and which setting would let it."""


def own(address: IP) -> bool:
    """Tell whether an address is one of this machine's: it is then the one that it would be spoken to from."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), 9))  # UDP: nothing is sent
            return ip_address(str(probe.getsockname()[0]).partition("%")[0]) == address
    except OSError:  # there is no way there at all
        return False


@attrs.define
class Reach:
    """`allow` are networks beside the Internet, `ports` ranges, both ends included; they may be replaced."""

    allow: Sequence[Network] = ()
    ports: Sequence[tuple[int, int]] = ((80, 80), (443, 443), (8080, 8080), (8443, 8443))
    own: Callable[[IP], bool] = own

    @classmethod
    def of(cls, allow: Sequence[str], ports: Sequence[int | str]) -> "Reach":
        """Make it of networks, and of ports and ranges such as `8000-8999`, as the configuration has them."""
        ends = [str(item).partition("-") for item in ports]
        return cls([ip_network(item) for item in allow], [(int(first), int(last or first)) for first, _, last in ends])

    def target(self, text: str) -> Target:
        """
        Read an URL that was set, and check what can be seen without looking its name up.

        Raises InvalidTarget and OutOfReach, both ValueError.
        """
        found = target(text)
        self.check_port(found.port)
        if found.literal is not None:
            self.check(found.literal)
        elif found.host == "localhost" or found.host.endswith(".localhost"):
            refusals = [self.refusal(address) for address in _LOOPBACK]
            if all(refusals):
                raise OutOfReach(f"leads to {found.host}: {refusals[0]}")
        return found

    def check_port(self, port: int) -> None:
        """Check a port. Raises OutOfReach."""
        if not any(first <= port <= last for first, last in self.ports):
            shown = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in self.ports)
            raise OutOfReach(f"leads to port {port}, and the operator's setting webhook.ports has {shown or 'none'}")

    def check(self, address: IP) -> None:
        """Check an address, whether it was written or found for a name. Raises OutOfReach."""
        refusal = self.refusal(address)
        if refusal:
            raise OutOfReach(f"leads to {refusal}")

    def refusal(self, address: IP) -> str:
        """Give why an address is not sent to, "" when it is."""
        if any(address in network for network in self.allow):
            return ""
        name = special(address) or ("an address of this server itself" if self.own(address) else "")
        return name and f"{address}, {name}, which the operator's setting webhook.allow does not list"
