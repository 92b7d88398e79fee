"""Who is connected: counts for all and for each peer."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from mailsockd.state.peers import network

_Session = TypeVar("_Session")


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
