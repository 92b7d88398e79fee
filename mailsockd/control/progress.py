"""A line on the terminal that says how far something is; nothing where no terminal is."""

import time
from collections.abc import Callable
from typing import TextIO

WIDTH = 30
EVERY = 0.1  # seconds between two changes of the line


class Bar:
    """One line on `stream`, drawn over itself. `now` gives monotonic seconds."""

    def __init__(self, stream: TextIO, quiet: bool = False, now: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._shown = not quiet and stream.isatty()
        self._now = now
        self._drawn = -EVERY
        self._length = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that so much of so much is done; 0 of 0 is everything."""
        now = self._now()
        if not self._shown or (now - self._drawn < EVERY and done < total):
            return
        self._drawn = now
        part = done / total if total else 1.0
        full = round(part * WIDTH)
        line = f"{what}  [{'#' * full}{'.' * (WIDTH - full)}] {part:4.0%}"
        self._stream.write(f"\r{line}{' ' * (self._length - len(line))}")
        self._stream.flush()
        self._length = len(line)

    def end(self) -> None:
        """Take the line away."""
        if self._length:
            self._stream.write(f"\r{' ' * self._length}\r")
            self._stream.flush()
            self._length = 0
