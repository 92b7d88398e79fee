"""A port that is listened on, as a service that can say whether it still is."""

from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import maybeDeferred
from twisted.internet.endpoints import serverFromString
from twisted.python.failure import Failure


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
        endpoint = serverFromString(self._reactor, self._endpoint)  # type: ignore[no-untyped-call]
        endpoint.listen(self._factory).addBoth(found.append)
        if isinstance(found[0], Failure):
            found[0].raiseException()
        self._port = found[0]

    def stopService(self) -> Any:
        """Take no more connections."""
        super().stopService()  # type: ignore[no-untyped-call]
        port, self._port = self._port, None
        return None if port is None else maybeDeferred(port.stopListening)
