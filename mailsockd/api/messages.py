"""The routes for the messages of an inbox: listing, awaiting, counting, deleting (contract section 1.3)."""

from typing import Any

from mailsockd.actions.messages import Look, Messages, Wanted
from mailsockd.actions.waiting import LONGEST, TooManyWaiting, Waiting
from mailsockd.api.answers import FILTERS, FOREIGN_INBOX, LIMIT, NO_MESSAGE, NOTHING, SINCE, UNTIL, WAIT, gives
from mailsockd.api.filters import queried
from mailsockd.api.reading import Reading
from mailsockd.api.schemas import COUNT, DELETED, MESSAGE, MESSAGES
from mailsockd.web.auth import UNAUTHORIZED, Authenticate, key_of
from mailsockd.web.router import Call, HTTPError, Routes
from mailsockd.wire import message_json

DEFAULT_LIMIT = 20
MOST = 1000


class MessageRoutes:
    """
    The messages of an inbox.

    `authenticate` gives the account of a key; a caller who waited is asked for again with it.
    """

    routes = Routes(tag="Messages")

    def __init__(self, messages: Messages, reading: Reading, waiting: Waiting, authenticate: Authenticate) -> None:
        self._messages = messages
        self._reading = reading
        self._waiting = waiting
        self._authenticate = authenticate

    @routes.get(
        "/api/addresses/starred/messages",
        operation="ListStarredMessages",
        summary="List the messages that the account starred",
        query=(LIMIT, UNTIL),
        answers=gives(MESSAGES, "The messages."),
    )
    async def starred(self, call: Call) -> Any:
        """Answer the newest starred messages, newest first; `limit` of them, none received after `until`."""
        return await self._reading.listed(await self._messages.starred(call.caller, limit_of(call), call.date("until")))

    @routes.get(
        "/api/addresses/{email}/messages",
        public=True,
        operation="ListMessages",
        summary="List or await the messages of an inbox",
        query=(LIMIT, UNTIL, SINCE, WAIT, *FILTERS),
        answers=gives(MESSAGES, "The messages."),
        errors=FOREIGN_INBOX,
    )
    async def list(self, call: Call, email: str) -> Any:
        """
        Answer the newest messages, newest first.

        `limit` of them, none received after `until`, all stored after `since`, a seq or a message id, that meet `from`,
        `to`, `subject` and `text`. With `wait`, and when there are none, answer when there are, or after so many
        seconds.
        """
        wanted = Wanted(limit_of(call), call.date("until"), call.query("since"), queried(call))
        seconds = call.integer("wait", 0, 0, int(LONGEST))
        if seconds and wanted.limit:
            found = await self._awaited(call, email, wanted, seconds)
        else:
            found = await self._messages.newest(call.caller, email, wanted)
        return await self._reading.listed(found)

    async def _awaited(self, call: Call, email: str, wanted: Wanted, seconds: int) -> Any:
        inbox, look = await self._messages.coming(call.caller, email, wanted)
        name = call.caller.name if call.caller else ""

        async def still_allowed() -> Any:
            key = key_of(call)
            if key and self._authenticate(key) is None and name:
                raise HTTPError(401, UNAUTHORIZED)
            return await look()

        try:
            return await self._waiting.until(name or call.peer, inbox, seconds, still_allowed)
        except TooManyWaiting as error:
            raise HTTPError(error.status, error.message, headers={"Retry-After": "1"}) from error

    @routes.get(
        "/api/addresses/{email}/message-count",
        operation="CountMessages",
        summary="Count the messages of an inbox",
        answers=gives(COUNT, "How many there are."),
        errors=FOREIGN_INBOX,
    )
    async def count(self, call: Call, email: str) -> Any:
        """Answer how many messages there are."""
        inbox, count = await self._messages.count(call.caller, email)
        return {"count": count, "inbox": inbox}

    @routes.delete(
        "/api/addresses/{email}/messages",
        operation="DeleteAllMessages",
        summary="Purge an inbox",
        query=FILTERS,
        answers=NOTHING,
        errors={401: "There is no valid key, or the inbox is not the account's."},
    )
    async def purge(self, call: Call, email: str) -> None:
        """Delete the messages of an inbox of the caller's but for the starred ones; all, or those that meet filters."""
        await self._messages.purge(call.caller, email, queried(call), call.peer)

    @routes.get(
        "/api/addresses/{email}/messages/{id}",
        public=True,
        unseen="No permission to view message {id}",
        operation="GetMessageMetadata",
        summary="Show a message",
        answers=gives(MESSAGE, "The message."),
        errors=NO_MESSAGE,
    )
    async def show(self, call: Call, email: str, id: str) -> Any:
        """Answer one message."""
        return message_json(await self._messages.get(call.caller, email, id, Look("as JSON", call.peer)))

    @routes.delete(
        "/api/addresses/{email}/messages/{id}",
        public=True,
        operation="DeleteMessage",
        summary="Delete a message",
        answers=gives(DELETED, "The message is gone."),
        errors=NO_MESSAGE,
    )
    async def delete(self, call: Call, email: str, id: str) -> Any:
        """Delete one message."""
        message = await self._messages.delete(call.caller, email, id, call.peer)
        return {"message": "Message was deleted.", "_id": message.id, "inbox": message.inbox}


def limit_of(call: Call) -> int:
    """Read how many messages a list shall have."""
    return call.integer("limit", DEFAULT_LIMIT, 0, MOST)
