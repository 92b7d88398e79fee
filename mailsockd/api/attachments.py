"""The routes for the attachments of a message (contract section 1.3)."""

from typing import Any

from mailsockd.actions.attachments import find_attachment
from mailsockd.actions.messages import Look, Messages
from mailsockd.api.answers import NO_MESSAGE, gives, gives_bytes
from mailsockd.api.contents import SANDBOX
from mailsockd.api.reading import Reading
from mailsockd.api.schemas import ATTACHMENTS
from mailsockd.mail.attachments import attachment_bytes
from mailsockd.web.disposition import saved_as
from mailsockd.web.router import Call, HTTPError, Reply, Routes
from mailsockd.wire import attachment_json


class AttachmentRoutes:
    """The attachments of one message."""

    routes = Routes(tag="Attachments")

    def __init__(self, messages: Messages, reading: Reading) -> None:
        self._messages = messages
        self._reading = reading

    @routes.get(
        "/api/addresses/{email}/messages/{id}/attachments",
        public=True,
        operation="ListMessageAttachments",
        summary="List the attachments of a message",
        answers=gives(ATTACHMENTS, "The attachments."),
        errors=NO_MESSAGE,
    )
    async def list(self, call: Call, email: str, id: str) -> Any:
        """Answer what is known of each attachment, in the order of the message."""
        look = Look("as a list of attachments", call.peer)
        _, content = await self._messages.content(call.caller, email, id, look)
        return [attachment_json(attachment) for attachment in (await self._reading.mail(content)).attachments]

    @routes.get(
        "/api/addresses/{email}/messages/{id}/attachments/{identifier*}",
        public=True,
        operation="DownloadAttachment",
        summary="Download an attachment of a message",
        answers=gives_bytes("*/*", "The bytes, with the type that the mail gives them."),
        errors={404: "The message is not there or not to be seen by the caller, or has no such attachment."},
    )
    async def download(self, call: Call, email: str, id: str, identifier: str) -> Reply:
        """Answer the bytes of the attachment with this MD5, content id or file name; a browser saves them."""
        look = Look("an attachment", call.peer)
        message, content = await self._messages.content(call.caller, email, id, look)
        attachment = find_attachment((await self._reading.mail(content)).attachments, identifier)
        if attachment is None:
            raise HTTPError(404, f"Attachment not found by id {identifier} in message {message.id}")
        size = attachment.end - attachment.start
        data = await self._reading.made(size, lambda: attachment_bytes(content, attachment))
        name = attachment.file_name or attachment.checksum
        return Reply(data, attachment.content_type, headers={**SANDBOX, "Content-Disposition": saved_as(name)})
