"""What takes time in a session: a sign-in, a list, a message, and the deletion at its end."""

from collections.abc import Coroutine, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, Protocol, TypeAlias

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from mailsockd.actions.ports import StorageTrouble
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import to_the_end
from mailsockd.actions.signin import Admitted
from mailsockd.pop3 import reply
from mailsockd.pop3.answer import Retrieve, SignIn, Update
from mailsockd.pop3.dialogue import Dialogue
from mailsockd.pop3.lines import LineEncoder
from mailsockd.pop3.reply import Reply
from mailsockd.pop3.service import Service

Task: TypeAlias = Coroutine["Deferred[Any]", Any, Reply | None]


class Client(Protocol):
    """Where to send."""

    async def give(self, data: bytes) -> None:
        """Send, and return when the client has read enough for more."""

    def cut(self) -> None:
        """Close at once."""


class Tasks:
    """Each gives the reply that is left to say, None when all is said. A task is cancelled when its client leaves."""

    def __init__(self, service: Service, dialogue: Dialogue, client: Client, peer: str) -> None:
        self._service = service
        self._dialogue = dialogue
        self._client = client
        self._peer = peer
        self._admitted: Admitted | None = None

    async def sign_in(self, wanted: SignIn) -> Reply:
        """Find out whose messages a client may read, and list them."""
        service = self._service
        try:
            admitted = await to_the_end(service.sign_in(wanted.user, wanted.password, self._peer))
            listed = await service.maildrops.listing(admitted.account, admitted.inbox)
        except Refusal as refusal:
            code = "SYS/TEMP" if refusal.status in (429, 503) else "AUTH"
            return self._dialogue.not_signed_in(refusal.message, code)
        except StorageTrouble:
            return reply.TROUBLE
        self._admitted = admitted
        return self._dialogue.signed_in(listed)

    async def list(self, lines: Iterator[bytes]) -> None:
        """Send lines."""
        while some := list(islice(lines, self._service.limits.lines_a_turn)):
            await self._client.give(b"".join(some))
            await deferLater(self._service.clock, 0)

    async def retrieve(self, wanted: Retrieve) -> Reply | None:
        """Send a message, or the top of it."""
        admitted = self._admitted
        if admitted is None or not admitted.holds():
            return reply.SIGNED_OUT
        drops, length = self._service.maildrops, self._service.limits.piece
        whole = wanted.body is None
        try:
            message, trace = await drops.open(admitted.account, admitted.inbox, wanted.listed, self._peer, whole)
            piece = await drops.piece(message, 0, length)
        except Refusal as refusal:
            return reply.error(refusal.message, ends=refusal.status != 404)
        except StorageTrouble:
            return reply.TROUBLE
        if piece is None:
            return reply.DELETED_MEANWHILE
        encoder = LineEncoder(wanted.body)
        data = reply.ok(f"{wanted.listed.octets} octets" if whole else "The top of it").wire + encoder.feed(trace)
        start = 0
        while True:
            data += encoder.feed(piece)
            start += len(piece)
            if encoder.done or len(piece) < length:
                break
            await self._client.give(data)
            data, piece = b"", None
            with suppress(StorageTrouble):
                piece = await drops.piece(message, start, length)
            if piece is None:
                self._client.cut()  # what came would look like the whole message
                return None
        await self._client.give(data + encoder.end())
        return None

    async def update(self, wanted: Update) -> Reply:
        """Delete what was marked."""
        admitted, drops = self._admitted, self._service.maildrops
        if admitted is None or not admitted.holds():
            return reply.SIGNED_OUT
        try:
            count = await drops.remove(admitted.account, admitted.inbox, wanted.listed, self._peer)
        except Refusal as refusal:
            return reply.error(refusal.message, ends=True)
        except StorageTrouble:
            return reply.NOT_DELETED
        return reply.ok(f"{count} messages deleted", ends=True)
