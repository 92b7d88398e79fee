"""Mail for an answer of the API: parsed as Parsing does, and lists of messages as JSON."""

from collections.abc import Iterator
from typing import Any

import attrs

from mailsockd.actions.parsing import Parsing
from mailsockd.mail.stored import Message
from mailsockd.web.reply import JSON_TYPE, Reply, encode
from mailsockd.wire import message_json


@attrs.frozen
class Reading(Parsing):
    """Does what is asked; `in_thread` runs a function in a thread."""

    async def listed(self, messages: list[Message], answer: dict[str, Any] | None = None) -> Reply:
        """
        Answer messages: their array, or `answer` with the array as its member `messages`.

        A sender decides how much a message brings to a list, up to a megabyte of people and links.
        """
        value = messages if answer is None else {**answer, "messages": messages}
        made = await self.made(sum(map(_weight, messages)), lambda: b"".join(_json(value)))
        return Reply(made, JSON_TYPE)


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
