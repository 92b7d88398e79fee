"""The routes for messages (contract section 1.3)."""

from collections.abc import Callable
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred

from mailsockd.actions.messages import Messages
from mailsockd.mail.headers import header_block
from mailsockd.mail.message import Mail
from mailsockd.mail.stored import Message
from mailsockd.web.router import Call, HTTPError, Reply, Routes
from mailsockd.wire import header_arrays_json, headers_json, message_json

DEFAULT_LIMIT = 20
MOST = 1000

# Parses a content, in a thread when it is large.
Parsing: TypeAlias = Callable[[bytes], "Deferred[Mail]"]

_PLAIN = "text/plain; charset=utf-8"


class MessageRoutes:
    """The messages of an inbox."""

    routes = Routes()

    def __init__(self, messages: Messages, parsing: Parsing) -> None:
        self._messages = messages
        self._parsing = parsing

    @routes.get("/api/addresses/{email}/messages", summary="List the messages of an inbox")
    async def list(self, call: Call, email: str) -> Any:
        """Answer the newest messages, newest first; `limit` of them, none received after `until`."""
        limit = call.integer("limit", DEFAULT_LIMIT, 0, MOST)
        found = await self._messages.newest(call.caller, email, limit, call.date("until"))
        return [message_json(message) for message in found]

    @routes.get("/api/addresses/{email}/message-count", summary="Count the messages of an inbox")
    async def count(self, call: Call, email: str) -> Any:
        """Answer how many messages there are."""
        inbox, count = await self._messages.count(call.caller, email)
        return {"count": count, "inbox": inbox}

    @routes.delete("/api/addresses/{email}/messages", summary="Purge an inbox")
    async def purge(self, call: Call, email: str) -> None:
        """Delete all messages of an inbox of the caller's but for the starred ones."""
        await self._messages.purge(call.caller, email)

    @routes.get("/api/addresses/{email}/messages/{id}", summary="Show a message")
    async def show(self, call: Call, email: str, id: str) -> Any:
        """Answer one message."""
        return message_json(await self._messages.get(call.caller, email, id))

    @routes.delete("/api/addresses/{email}/messages/{id}", summary="Delete a message")
    async def delete(self, call: Call, email: str, id: str) -> Any:
        """Delete one message."""
        message = await self._messages.delete(call.caller, email, id)
        return {"message": "Message was deleted.", "_id": message.id, "inbox": message.inbox}

    @routes.get("/api/addresses/{email}/messages/{id}/headers", summary="Show the headers of a message")
    async def headers(self, call: Call, email: str, id: str) -> Any:
        """Answer the headers as arrays by name, in order, or as they stand in the message."""
        form = call.query("messageHeadersFormat") or call.query("format") or "json"
        if form not in {"json", "json-ordered", "plain"}:
            reason = "messageHeadersFormat must be json, json-ordered or plain"
            raise HTTPError(400, reason, (f"messageHeadersFormat: {reason}",))
        message, content = await self._messages.content(call.caller, email, id)
        if form == "plain":
            return _download(call, message, "headers", Reply(header_block(content), _PLAIN))
        mail = await self._parsing(content)
        if form == "json-ordered":
            return [{"name": name.lower(), "value": value} for name, value in mail.headers]
        return header_arrays_json(mail.headers)

    @routes.get("/api/headers/{email}/{id}", summary="Show the headers of a message (older route)")
    async def old_headers(self, call: Call, email: str, id: str) -> Any:
        """Answer the headers by name: a string for one, an array for several."""
        _, content = await self._messages.content(call.caller, email, id)
        return headers_json((await self._parsing(content)).headers)

    @routes.get("/api/text/{email}/{id}", summary="Show the text of a message")
    async def text(self, call: Call, email: str, id: str) -> Reply:
        """Answer the text part, or text made from the HTML."""
        message, content = await self._messages.content(call.caller, email, id)
        mail = await self._parsing(content)
        return _download(call, message, "txt", Reply(mail.text, _PLAIN))

    @routes.get("/api/raw/{email}/{id}", summary="Show a message as it was received")
    async def raw(self, call: Call, email: str, id: str) -> Reply:
        """Answer the bytes received, behind the trace header."""
        message, content = await self._messages.content(call.caller, email, id)
        return _download(call, message, "eml", Reply(content, _PLAIN))


def _download(call: Call, message: Message, suffix: str, reply: Reply) -> Reply:
    """Have a browser save the answer, when `download` says so; message ids are safe in a file name."""
    if not call.flag("download"):
        return reply
    name = {"Content-Disposition": f'attachment; filename="{message.id}.{suffix}"'}
    return Reply(reply.body, reply.content_type, reply.status, {**reply.headers, **name})
