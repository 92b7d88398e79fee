"""Parsing and converting mail for a reader: at once when it is small, in a thread when it would hold the reactor."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import attrs
from twisted.internet.defer import Deferred

from mailsockd.mail.message import Mail, parse

# Up to here a parse takes a few milliseconds at worst; making HTML safe is quicker.
PARSED_IN_REACTOR = 64 * 1024
MADE_IN_REACTOR = 128 * 1024

Made = TypeVar("Made")
InThread: TypeAlias = Callable[[Callable[[], Any]], "Deferred[Any]"]


@attrs.frozen
class Parsing:
    """Does what is asked; `in_thread` runs a function in a thread."""

    in_thread: InThread

    async def mail(self, content: bytes) -> Mail:
        """Parse a content."""
        return await self._done(len(content) <= PARSED_IN_REACTOR, lambda: parse(content))

    async def made(self, size: int, make: Callable[[], Made]) -> Made:
        """Make something whose cost grows with `size`, in bytes or characters."""
        return await self._done(size <= MADE_IN_REACTOR, make)

    async def _done(self, small: bool, make: Callable[[], Made]) -> Made:
        if small:
            return make()
        made: Made = await self.in_thread(make)
        return made
