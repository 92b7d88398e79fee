"""The service that says in the log that a certificate is about to end."""

from collections.abc import Callable, Sequence
from typing import Any

from twisted.application.service import Service
from twisted.logger import Logger

EVERY = 86_400.0  # seconds between two looks


class Expiry(Service):
    """Looks at the start, after each reload and once a day. `ending` gives sentences about those that end soon."""

    _log = Logger()

    def __init__(self, ending: Callable[[], Sequence[str]], clock: Any) -> None:
        self._ending = ending
        self._clock = clock
        self._next: Any = None

    def startService(self) -> None:
        """Begin with a look."""
        super().startService()  # type: ignore[no-untyped-call]
        self.look()

    def stopService(self) -> None:
        """Look no more."""
        super().stopService()  # type: ignore[no-untyped-call]
        if self._next is not None and self._next.active():
            self._next.cancel()

    def look(self) -> None:
        """Say what there is to say now, and again in a day."""
        if self._next is not None and self._next.active():
            self._next.cancel()
        for sentence in self._ending():
            self._log.warn("{sentence}", sentence=sentence)
        self._next = self._clock.callLater(EVERY, self.look)
