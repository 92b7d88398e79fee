"""The routes for what a message says: headers, text, HTML and the message as received (contract section 1.3)."""

from mailsockd.actions.messages import Look, Messages
from mailsockd.api.answers import DOWNLOAD, JSON_MEDIA, NO_MESSAGE, Answer, Query, gives, gives_bytes, gives_text
from mailsockd.api.reading import Reading
from mailsockd.api.schemas import HEADERS, MIXED_HEADERS, ORDERED_HEADERS
from mailsockd.api.shapes import text
from mailsockd.mail.headers import header_block
from mailsockd.mail.html import dirty, sanitised
from mailsockd.mail.stored import Message
from mailsockd.web.disposition import saved_as
from mailsockd.web.reply import JSON_TYPE, encode
from mailsockd.web.router import Call, HTTPError, Reply, Routes
from mailsockd.wire import header_arrays_json, headers_json

_PLAIN = "text/plain; charset=utf-8"
_HTML = "text/html; charset=utf-8"
# A browser that opens a stranger's HTML runs nothing of it and fetches nothing for it.
SANDBOX = {"Content-Security-Policy": "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"}

_FORMS = ["json", "json-ordered", "plain"]
_FORM = Query("messageHeadersFormat", text("`json`, unless another form is wanted.", enum=_FORMS))
_OLD_FORM = Query("format", text("The same, as older clients name it.", enum=_FORMS))


class ContentRoutes:
    """One message in each of its forms; `download=1` has a browser save it."""

    routes = Routes(tag="Contents", errors=NO_MESSAGE)

    def __init__(self, messages: Messages, reading: Reading) -> None:
        self._messages = messages
        self._reading = reading

    @routes.get(
        "/api/addresses/{email}/messages/{id}/headers",
        operation="GetHeaders",
        summary="Show the headers of a message",
        query=(_FORM, _OLD_FORM, DOWNLOAD),
        answers=Answer(
            "The headers, in the form asked for.",
            {JSON_MEDIA: {"oneOf": [HEADERS, ORDERED_HEADERS]}, "text/plain": {"type": "string"}},
        ),
    )
    async def headers(self, call: Call, email: str, id: str) -> Reply:
        """Answer the headers as arrays by name, in order, or as they stand in the message."""
        form = call.query("messageHeadersFormat") or call.query("format") or "json"
        if form not in {"json", "json-ordered", "plain"}:
            reason = "messageHeadersFormat must be json, json-ordered or plain"
            raise HTTPError(400, reason, (f"messageHeadersFormat: {reason}",))
        if form == "plain":
            message, content = await self._messages.traced(call.caller, email, id, Look("as headers", call.peer))
            return _download(call, message, "headers.txt", Reply(header_block(content), _PLAIN))
        message, content = await self._messages.content(call.caller, email, id, Look("as headers", call.peer))
        found = (self._messages.trace(message), *(await self._reading.mail(content)).headers)
        ordered = [{"name": name.lower(), "value": value} for name, value in found]
        value = ordered if form == "json-ordered" else header_arrays_json(found)
        return _download(call, message, "headers.json", Reply(encode(value), JSON_TYPE))

    @routes.get(
        "/api/headers/{email}/{id}",
        operation="GetMixedHeaders",
        summary="Show the headers of a message (older route)",
        query=(DOWNLOAD,),
        answers=gives(MIXED_HEADERS, "The headers."),
    )
    async def old_headers(self, call: Call, email: str, id: str) -> Reply:
        """Answer the headers by name: a string for one, an array for several."""
        message, content = await self._messages.content(call.caller, email, id, Look("as headers", call.peer))
        value = headers_json((self._messages.trace(message), *(await self._reading.mail(content)).headers))
        return _download(call, message, "headers.json", Reply(encode(value), JSON_TYPE))

    @routes.get(
        "/api/text/{email}/{id}",
        public=True,
        operation="GetBodyPlainText",
        summary="Show the text of a message",
        query=(DOWNLOAD,),
        answers=gives_text("text/plain", "The text."),
    )
    async def text(self, call: Call, email: str, id: str) -> Reply:
        """Answer the text part, or text made from the HTML."""
        message, content = await self._messages.content(call.caller, email, id, Look("as text", call.peer))
        mail = await self._reading.mail(content)
        return _download(call, message, "txt", Reply(mail.text, _PLAIN))

    @routes.get(
        "/api/body/{email}/{id}",
        public=True,
        operation="GetBodySanitized",
        summary="Show the HTML of a message, made safe",
        query=(DOWNLOAD,),
        answers=gives_text("text/html", "The HTML."),
    )
    async def body(self, call: Call, email: str, id: str) -> Reply:
        """Answer the HTML, or HTML made from the text, without scripts, images, forms and links."""
        message, content = await self._messages.content(call.caller, email, id, Look("as safe HTML", call.peer))
        mail = await self._reading.mail(content)
        html = await self._reading.made(len(mail.html), lambda: sanitised(mail.html))
        return _download(call, message, "html", Reply(html, _HTML, headers=SANDBOX))

    @routes.get(
        "/api/dirty/{email}/{id}",
        public=True,
        operation="GetBodyDirty",
        summary="Show the HTML of a message as it is",
        query=(DOWNLOAD,),
        answers=gives_text("text/html", "The HTML."),
    )
    async def dirty(self, call: Call, email: str, id: str) -> Reply:
        """Answer the HTML with its inline images in it, or a document made from the text."""
        message, content = await self._messages.content(call.caller, email, id, Look("as HTML", call.peer))
        mail = await self._reading.mail(content)
        html = await self._reading.made(
            max(len(mail.html), len(content)), lambda: dirty(mail.html, mail.text, content, mail.attachments)
        )
        return _download(call, message, "html", Reply(html, _HTML, headers=SANDBOX))

    @routes.get(
        "/api/raw/{email}/{id}",
        public=True,
        operation="GetFullRawMessage",
        summary="Show a message as it was received",
        query=(DOWNLOAD,),
        answers=gives_bytes("text/plain", "The message."),
    )
    async def raw(self, call: Call, email: str, id: str) -> Reply:
        """Answer the bytes received, behind the trace header."""
        message, content = await self._messages.traced(call.caller, email, id, Look("as received", call.peer))
        return _download(call, message, "eml", Reply(content, _PLAIN))


def _download(call: Call, message: Message, suffix: str, reply: Reply) -> Reply:
    """Have a browser save the answer under the message's id, when `download` says so."""
    if not call.flag("download"):
        return reply
    headers = {**reply.headers, "Content-Disposition": saved_as(f"{message.id}.{suffix}")}
    return Reply(reply.body, reply.content_type, reply.status, headers)
