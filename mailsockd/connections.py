"""Who is connected: counts for all and for each peer."""

from collections.abc import Callable, Iterator
from ipaddress import IPv6Address
from typing import Generic, TypeVar

_PREFIX = 64  # bits of an IPv6 address that one customer has at least
_Session = TypeVar("_Session")


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


class Connections(Generic[_Session]):
    """The open sessions of one factory, those that are being refused included; `emptied` is told when none is left."""

    def __init__(self, emptied: Callable[[], None]) -> None:
        self._emptied = emptied
        self._sessions: dict[_Session, str] = {}
        self._networks: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[_Session]:
        return iter(tuple(self._sessions))

    def enter(self, session: _Session, peer: str) -> int:
        """Count a session in; give how many its peer now has."""
        name = network(peer)
        self._sessions[session] = name
        count = self._networks[name] = self._networks.get(name, 0) + 1
        return count

    def leave(self, session: _Session) -> None:
        """Count a session out."""
        name = self._sessions.pop(session, None)
        if name is not None:
            self._networks[name] -= 1
            if not self._networks[name]:
                del self._networks[name]
            if not self._sessions:
                self._emptied()
