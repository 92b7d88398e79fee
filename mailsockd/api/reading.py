"""Parsing and converting mail for an answer: at once when it is small, in a thread when it would hold the reactor."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, TypeVar

import attrs
from twisted.internet.defer import Deferred

from mailsockd.mail.message import Mail, parse
from mailsockd.mail.stored import Message
from mailsockd.web.reply import JSON_TYPE, Reply, encode
from mailsockd.wire import message_json

# Up to here a parse takes a few milliseconds at worst; making HTML safe is quicker.
PARSED_IN_REACTOR = 64 * 1024
MADE_IN_REACTOR = 128 * 1024

Made = TypeVar("Made")
InThread: TypeAlias = Callable[[Callable[[], Any]], "Deferred[Any]"]


@attrs.frozen
class Reading:
    """Does what is asked; `in_thread` runs a function in a thread."""

    in_thread: InThread

    async def mail(self, content: bytes) -> Mail:
        """Parse a content."""
        return await self._done(len(content) <= PARSED_IN_REACTOR, lambda: parse(content))

    async def made(self, size: int, make: Callable[[], Made]) -> Made:
        """Make something whose cost grows with `size`, in bytes or characters."""
        return await self._done(size <= MADE_IN_REACTOR, make)

    async def listed(self, messages: list[Message], answer: dict[str, Any] | None = None) -> Reply:
        """
        Answer messages: their array, or `answer` with the array as its member `messages`.

        A sender decides how much a message brings to a list, up to a megabyte of people and links.
        """
        value = messages if answer is None else {**answer, "messages": messages}
        made = await self.made(sum(map(_weight, messages)), lambda: b"".join(_json(value)))
        return Reply(made, JSON_TYPE)

    async def _done(self, small: bool, make: Callable[[], Made]) -> Made:
        if small:
            return make()
        made: Made = await self.in_thread(make)
        return made


def _weight(message: Message) -> int:
    """About how many characters of JSON a message becomes."""
    summary = message.summary
    people = (*summary.sender, *summary.to, *summary.cc, *summary.bcc)
    named = sum(len(person.address) + len(person.name) + 30 for person in people)
    return 500 + named + len(summary.subject) + sum(map(len, summary.links)) + 40 * len(summary.attachments)


def _json(value: Any) -> Iterator[bytes]:
    """Give JSON in pieces of a message each: one step of C over all would hold every other thread."""
    if isinstance(value, dict):
        before = b"{"
        for name, inner in value.items():
            yield before + encode(name) + b":"
            yield from _json(inner)
            before = b","
        yield b"}"
    elif isinstance(value, list) and value and isinstance(value[0], Message):
        before = b"["
        for message in value:
            yield before + encode(message_json(message))
            before = b","
        yield b"]"
    else:
        yield encode(value)
