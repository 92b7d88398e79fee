"""A port that is listened on, as a service that can say whether it still is."""

import socket
from typing import Any

import attrs
from twisted.application.service import Service
from twisted.internet.defer import Deferred, fail, maybeDeferred, succeed
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.python.failure import Failure

from mailsockd.listen import bind, listen

BACKLOG = 50  # as Twisted has it


class Listening(Service):
    """Listens on an endpoint; `setting` and `place` are what the configuration calls it. A busy port ends the start."""

    def __init__(self, reactor: Any, endpoint: str, factory: Any, setting: str, place: str) -> None:
        self._reactor = reactor
        self._endpoint = endpoint
        self._factory = factory
        self.setting = setting
        self.place = place
        self._port: Any = None

    @property
    def up(self) -> bool:
        """Whether connections are taken."""
        return bool(self._port is not None and getattr(self._port, "connected", True))

    def privilegedStartService(self) -> None:
        """Bind it, before anything else starts. Raises CannotListenError."""
        found: list[Any] = []
        endpoint: Any = serverFromString(self._reactor, self._endpoint)  # type: ignore[no-untyped-call]
        host, port = listen(self.place).host, listen(self.place).port
        if host is not None and port is not None and ":" in host:
            endpoint = _OnlyIPv6(self._reactor, host, port)
        endpoint.listen(self._factory).addBoth(found.append)
        if isinstance(found[0], Failure):
            found[0].raiseException()
        self._port = found[0]

    def stopService(self) -> Any:
        """Take no more connections."""
        super().stopService()  # type: ignore[no-untyped-call]
        port, self._port = self._port, None
        return None if port is None else maybeDeferred(port.stopListening)


@attrs.frozen
class _OnlyIPv6:
    """An endpoint for IPv6 alone: to Twisted [::] is IPv4 too, and then 0.0.0.0 beside it is busy."""

    reactor: Any
    host: str
    port: int

    def listen(self, factory: Any) -> "Deferred[Any]":
        """Listen, and give the port."""
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as listener:
            try:
                bind(listener, self.host, self.port)
                listener.listen(BACKLOG)
            except OSError as error:
                return fail(CannotListenError(self.host, self.port, error))  # type: ignore[no-untyped-call]
            listener.setblocking(False)
            return succeed(self.reactor.adoptStreamPort(listener.fileno(), socket.AF_INET6, factory))
