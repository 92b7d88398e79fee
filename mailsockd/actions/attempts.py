"""How often somebody may try to sign in and fail."""

from collections import OrderedDict
from collections.abc import Callable

from mailsockd.actions.refusal import Refusal

REMEMBERED = 10_000
TOO_MANY = "Too many sign-ins failed, try again later"


class Attempts:
    """
    Counts failures by name: who tries, and what is tried.

    After `most` failures within `window` seconds of the first a name is refused until the window has passed. The
    `REMEMBERED` names that failed last are remembered. `monotonic` gives seconds of a clock that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float], most: int, window: float = 600.0) -> None:
        self._monotonic = monotonic
        self._most = most
        self._window = window
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def begin(self, name: str) -> None:
        """Count an attempt as a failure until it succeeds. Raises Refusal 429 when there were too many."""
        count, since = self._of(name)
        if count >= self._most:
            raise Refusal(429, TOO_MANY)
        self._failures[name] = (count + 1, since)
        self._failures.move_to_end(name)
        if len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """Take an attempt back. Earlier failures stay: whoever has one key must not guess others for ever."""
        count, since = self._of(name)
        if count > 1:
            self._failures[name] = (count - 1, since)
        else:
            self._failures.pop(name, None)

    def _of(self, name: str) -> tuple[int, float]:
        now = self._monotonic()
        count, since = self._failures.get(name, (0, now))
        return (0, now) if now - since >= self._window else (count, since)
