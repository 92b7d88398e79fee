"""Looking up names, in threads, few at once: a resolver may take half a minute, and users choose the names."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any

from twisted.internet.defer import Deferred, DeferredSemaphore

from mailsockd.actions.registry import shielded
from mailsockd.delivery.limits import LOOKUPS, LOOKUPS_WAITING
from mailsockd.delivery.networks import IP

_UNKNOWN = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class NotFound(Exception):
    """The name has no address, or none was found in time; the message says why."""


class Lookups:
    """
    Finds the addresses of names. `in_thread` runs a function in a thread; `find` is like `socket.getaddrinfo`.

    A thread that is no longer waited for counts until it ends: there are never more than LOOKUPS.
    """

    def __init__(
        self, in_thread: Callable[..., "Deferred[Any]"], find: Callable[..., Sequence[Any]] = socket.getaddrinfo
    ) -> None:
        self._in_thread = in_thread
        self._find = find
        self._free = DeferredSemaphore(LOOKUPS)

    def addresses(self, host: str) -> "Deferred[list[IP]]":
        """Give all addresses of a canonical name, in the order to try them. Fails with NotFound."""
        if len(self._free.waiting) >= LOOKUPS_WAITING:
            raise NotFound("too many names are being looked up")
        return shielded(self._free.run(self._in_thread, self._look_up, host))

    def _look_up(self, host: str) -> list[IP]:
        try:
            # As bytes, which getaddrinfo takes as they are.
            found = self._find(host.encode("ascii"), None, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno in _UNKNOWN:
                raise NotFound(f"the name {host} has no address") from error
            raise NotFound(f"the name {host} could not be looked up: {error.strerror}") from error
        return list(dict.fromkeys(ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found))
