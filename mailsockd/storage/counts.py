"""Counts that are remembered, so that a large inbox is not counted again for each new message."""

from collections.abc import Awaitable, Callable, Hashable
from typing import TypeAlias

from mailsockd.storage.reader import Question

REMEMBERED = 1000
Count: TypeAlias = tuple[int, ...]


class Counts:
    """
    Sums over messages, of which only those behind the last look are counted.

    A question is made with the seq behind which it counts; it answers with the highest seq that it saw, and the
    numbers. `forget` is called when anything but an append in the order of seq happens: for a change both when it is
    asked for and when it is done, because what is answered in between may count it or not.
    """

    def __init__(self, ask: Callable[[Question], Awaitable[Count]]) -> None:
        self._ask = ask
        self._turn = 0
        self._known: dict[Hashable, Count] = {}

    def forget(self) -> None:
        """Count everything anew."""
        self._turn += 1
        self._known.clear()

    async def get(self, key: Hashable, question: Callable[[int], Question]) -> Count:
        """Give the numbers of a question; the key tells it from the others."""
        known = self._known.get(key, ())
        turn = self._turn
        up_to, *numbers = await self._ask(question(known[0] if known else -1))
        total = tuple(map(sum, zip(known[1:], numbers, strict=True))) if known else tuple(numbers)
        if turn == self._turn:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = (up_to, *total)
        return total
