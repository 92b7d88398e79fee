"""
Many rows in few statements.

A thread gives the interpreter away at each statement, and has to win it back as often, while the reactor works.
"""

import sqlite3
from collections.abc import Sequence
from itertools import chain

from mailsockd.storage.entries import without_surrogates
from mailsockd.storage.rows import Row


class Insert:
    """
    Inserts rows by a statement, given up to the word VALUES, and the number of its columns.

    At most `most` rows, a power of 2, go with one statement.
    """

    def __init__(self, start: str, columns: int, most: int = 16) -> None:
        cells = f"({', '.join('?' * columns)})"
        self._statements: dict[int, str] = {}
        while most:
            self._statements[most] = f"{start} VALUES {', '.join([cells] * most)}"
            most //= 2

    def __call__(self, db: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """Insert rows, in their order. Text that is no Unicode, which SQLite refuses, is made so."""
        done = 0
        for number, statement in self._statements.items():
            while len(rows) - done >= number:
                cells = list(chain.from_iterable(rows[done : done + number]))
                try:
                    db.execute(statement, cells)
                except UnicodeEncodeError:
                    db.execute(statement, [without_surrogates(cell) for cell in cells])
                done += number
