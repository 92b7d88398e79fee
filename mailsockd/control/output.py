"""What mailsockctl prints: JSON for programs, aligned columns for people."""

import json
import os
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import attrs

_UNPRINTABLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def plain(text: str) -> str:
    """Give a text without what could move the cursor or change colours: much of it comes from strangers' mail."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNPRINTABLE else c for c in text)


def width(text: str) -> int:
    """Give how many columns a text takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in text
    )


@attrs.frozen
class Output:
    """Where a command writes. `json` says that a program reads it."""

    out: TextIO
    json: bool = False

    @property
    def tty(self) -> bool:
        """Tell whether a person looks at it."""
        return not self.json and self.out.isatty()

    def value(self, value: Any) -> None:
        """Write JSON, indented when it stands alone."""
        self.out.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def line_of(self, value: Any) -> None:
        """Write JSON in one line, of many, at once."""
        self.out.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
        self.out.flush()

    def say(self, text: str = "") -> None:
        """Write a line."""
        self.out.write(text + "\n")
        self.out.flush()

    def strong(self, text: str) -> str:
        """Give a text in bold on a terminal."""
        return f"\x1b[1m{text}\x1b[0m" if self.tty and "NO_COLOR" not in os.environ else text

    def pairs(self, pairs: Iterable[tuple[str, str]], indent: str = "") -> None:
        """Write names and values in two columns."""
        rows = list(pairs)
        room = max((width(name) for name, _ in rows), default=0)
        for name, value in rows:
            self.say(f"{indent}{name}{' ' * (room - width(name))}  {plain(value)}".rstrip())

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write rows under their heads, or one line when there are none."""
        if not rows:
            self.say("none")
            return
        cells = [[plain(cell) for cell in row] for row in rows]
        rooms = [max(width(row[place]) for row in [heads, *cells]) for place in range(len(heads))]
        for number, row in enumerate([heads, *cells]):
            columns = (cell + " " * (room - width(cell)) for cell, room in zip(row, rooms, strict=True))
            line = "  ".join(columns).rstrip()
            self.say(line if number else self.strong(line))
