"""Messages as the control socket shows them whole: the flat frame of the socket, made in a thread when it is large."""

from collections.abc import Callable
from typing import TypeAlias

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.ports import Mailbox
from mailsockd.mail.message import parse
from mailsockd.mail.stored import Message
from mailsockd.mail.trace import received_value, with_trace
from mailsockd.state.addresses import AddressBook
from mailsockd.wire import dumps, frame_json

# A frame of this much content is parsed and encoded in a few milliseconds; a larger one in a thread.
MADE_IN_REACTOR = 64 * 1024

InThread: TypeAlias = Callable[[Callable[[], bytes]], "Deferred[bytes]"]


@attrs.frozen
class Frames:
    """Makes frames; `in_thread` runs what would hold the reactor."""

    mailbox: Mailbox
    book: AddressBook
    hostname: str
    in_thread: InThread

    async def frame(self, message: Message, *, raw: bool) -> bytes | None:
        """Give the JSON of a message, with its content if `raw`; None when it was deleted meanwhile."""
        content = await self.mailbox.content(message)
        if content is None:
            return None
        if len(content) <= MADE_IN_REACTOR:
            return self._made(message, content, raw)
        return await self.in_thread(lambda: self._made(message, content, raw))

    def _made(self, message: Message, content: bytes, raw: bool) -> bytes:
        trace = received_value(message, self.hostname)
        traced = with_trace(message, content, self.hostname)
        alias = self.book.alias(message.inbox)
        return dumps(frame_json(message, parse(content), trace, traced, alias=alias, shape="flat", raw=raw))
