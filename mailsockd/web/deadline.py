"""One running deadline at a time: setting the next one drops the one before."""

from collections.abc import Callable
from typing import Any

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime


@attrs.define
class Deadline:
    """The single thing that a connection waits for."""

    clock: IReactorTime
    _call: "IDelayedCall | None" = None

    def set(self, seconds: float, late: Callable[..., Any], *args: Any) -> None:
        """Call `late` after `seconds`, unless another deadline is set or this one is dropped before."""
        self.drop()
        self._call = self.clock.callLater(seconds, late, *args)

    def drop(self) -> None:
        """Wait for nothing."""
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None
