"""
Secrets on their way from the form that made them to the page that shows them.

The form answers with another page to go to, so that a reload makes no second secret; that page shows it once.
"""

import secrets
from collections.abc import Callable
from typing import Generic, TypeVar

from mailsockd.state.sessions import token_digest

MOST = 1000
KEPT = 120.0  # seconds in which a browser follows to the page

Value = TypeVar("Value")


class ShownOnce(Generic[Value]):
    """What waits to be shown, each for one session. `now` gives seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._waiting: dict[tuple[str, str], tuple[float, Value]] = {}

    def keep(self, token: str, value: Value) -> str:
        """Keep a value for the session of a token; gives the name under which it may be asked for."""
        self._forget(MOST - 1)
        name = secrets.token_urlsafe(16)
        self._waiting[token_digest(token), name] = (self._now(), value)
        return name

    def take(self, token: str, name: str) -> Value | None:
        """Give the value and forget it; None for another session, a second time, and later."""
        self._forget(MOST)
        found = self._waiting.pop((token_digest(token), name), None)
        return found[1] if found else None

    def _forget(self, most: int) -> None:
        since = self._now() - KEPT
        while self._waiting:
            first = next(iter(self._waiting))
            if self._waiting[first][0] >= since and len(self._waiting) <= most:
                return
            del self._waiting[first]
