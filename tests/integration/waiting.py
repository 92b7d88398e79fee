"""The one place where tests wait for something that another process does: until it is so, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_BETWEEN = 0.01  # seconds between two looks


def until(look: Callable[[], Result], what: str, seconds: float = 20.0) -> Result:
    """Look again and again until there is something true to give; fail naming `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} seconds: {what}")
        time.sleep(_BETWEEN)
