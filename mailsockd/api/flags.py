"""The routes that change what is kept beside a message: star, labels, folder, read (contract section 1.3)."""

from typing import Any

from mailsockd.actions.flags import Flags
from mailsockd.api.answers import NO_MESSAGE, Body, gives
from mailsockd.api.bodies import LABELS
from mailsockd.api.schemas import LABELLED, MARKED, MESSAGE, MOVED
from mailsockd.mail.stored import Message
from mailsockd.web.call import parse_flag
from mailsockd.web.router import Call, HTTPError, Routes
from mailsockd.wire import message_json


class FlagRoutes:
    """Flags of one message; whoever may read it may change them."""

    routes = Routes(tag="Messages", errors=NO_MESSAGE)

    def __init__(self, flags: Flags) -> None:
        self._flags = flags

    @routes.put(
        "/api/addresses/{email}/messages/{id}/star",
        operation="ToggleMessageStar",
        summary="Star a message, or take its star",
        answers=gives(MESSAGE, "The message as it is now."),
    )
    async def star(self, call: Call, email: str, id: str) -> Any:
        """Toggle the star and answer the message; a starred message is kept, and of a public inbox it is hidden."""
        return message_json(await self._flags.star(call.caller, email, id))

    @routes.put(
        "/api/addresses/{email}/messages/{id}/labels",
        operation="SetMessageLabels",
        summary="Replace the labels of a message",
        takes=Body(LABELS, required=True),
        answers=gives(LABELLED, "The labels as they are now."),
    )
    async def set_labels(self, call: Call, email: str, id: str) -> Any:
        """Give a message the labels of the body, `{"labels":[…]}` or one as a string, and no others."""
        return _labels(await self._flags.set_labels(call.caller, email, id, _given(call.body())))

    @routes.put(
        "/api/addresses/{email}/messages/{id}/labels/{label*}",
        operation="AddMessageLabel",
        summary="Add a label to a message",
        answers=gives(LABELLED, "The labels as they are now."),
    )
    async def add_label(self, call: Call, email: str, id: str, label: str) -> Any:
        """Add a label, slashes included, unless it is there."""
        return _labels(await self._flags.add_label(call.caller, email, id, label))

    @routes.delete(
        "/api/addresses/{email}/messages/{id}/labels/{label*}",
        operation="DeleteMessageLabel",
        summary="Remove a label from a message",
        answers=gives(LABELLED, "The labels as they are now."),
    )
    async def remove_label(self, call: Call, email: str, id: str, label: str) -> Any:
        """Remove a label if it is there."""
        return _labels(await self._flags.remove_label(call.caller, email, id, label))

    @routes.put(
        "/api/addresses/{email}/messages/{id}/folder/{folder}",
        operation="SetMessageFolder",
        summary="Move a message to a folder",
        answers=gives(MOVED, "The folder as it is now."),
    )
    async def move(self, call: Call, email: str, id: str, folder: str) -> Any:
        """Put a message into inbox, all, spam, trash, sent or drafts."""
        message = await self._flags.move(call.caller, email, id, folder)
        return {"_id": message.id, "folder": message.folder}

    @routes.put(
        "/api/addresses/{email}/messages/{id}/read/{read}",
        operation="SetMessageReadStatus",
        summary="Mark a message as read or unread",
        answers=gives(MARKED, "The mark as it is now."),
    )
    async def mark(self, call: Call, email: str, id: str, read: str) -> Any:
        """Mark a message as read (`true`) or unread."""
        message = await self._flags.mark(call.caller, email, id, parse_flag("read", read))
        return {"_id": message.id, "read": message.read}


def _labels(message: Message) -> dict[str, Any]:
    return {"_id": message.id, "labels": list(message.labels)}


def _given(body: dict[str, Any]) -> list[str]:
    """Give the labels of a body; a string is one label, an empty one none."""
    labels = body.get("labels")
    if isinstance(labels, str):
        return [labels] if labels else []
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        reason = "labels must be a list of strings, or a string"
        raise HTTPError(400, reason, (f"labels: {reason}",))
    return labels
