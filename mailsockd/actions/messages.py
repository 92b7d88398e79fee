"""Reading, awaiting and deleting messages (contract section 1.3). A caller is an account, or None without a key."""

import re
from collections.abc import Awaitable, Callable

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.ports import EVERYTHING, Filter, Mailbox, Selection
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import shielded
from mailsockd.actions.rights import Rights
from mailsockd.mail.stored import Message
from mailsockd.mail.trace import received_value, with_trace
from mailsockd.state.accounts import Account
from mailsockd.state.activity import ActivityLog, Kind

# Seqs are counted up one by one; no mailbox gets near this, and SQLite's integers hold it.
_SEQ = re.compile(r"[0-9]{1,18}", re.ASCII)


@attrs.frozen
class Wanted:
    """
    Which messages of an inbox a caller asks for: at most `limit`, newest first.

    None of them received after `until` (UTC seconds); all of them stored after `since`, which is a seq or the id of a
    message in the inbox, "" for no such bound.
    """

    limit: int
    until: float | None = None
    since: str = ""
    filter: Filter = EVERYTHING


@attrs.frozen
class Look:
    """How somebody looks at one message, which the activity notes: in which form, and from which IP address."""

    form: str
    peer: str


class Messages:
    """What a caller may do with messages. Who looks at one with a Look is noted in `activity`, and what is deleted."""

    def __init__(self, mailbox: Mailbox, rights: Rights, hostname: str, activity: ActivityLog | None = None) -> None:
        self._mailbox = mailbox
        self._rights = rights
        self._hostname = hostname
        self._activity = activity

    async def newest(self, caller: Account | None, email: str, wanted: Wanted) -> list[Message]:
        """Give messages of an inbox; an unknown inbox has none. Raises Refusal 403 when it is another's."""
        selection = self._selection(caller, email)
        after = await self._after(selection, wanted.since)
        return await self._mailbox.newest(selection, wanted.limit, wanted.until, wanted.filter, after)

    async def coming(
        self, caller: Account | None, email: str, wanted: Wanted
    ) -> tuple[str, Callable[[], Awaitable[list[Message]]]]:
        """
        Give the inbox, and what looks for messages in it again and again; see Waiting.

        Each look checks the rights anew, and reads no message that an earlier look has read in vain.
        """
        inbox = self._rights.inbox(email)
        after = await self._after(self._selection(caller, email), wanted.since)

        async def look() -> list[Message]:
            nonlocal after
            selection = self._selection(caller, email)
            newest = await self._mailbox.newest(selection, 1, after=after)
            if not newest:
                return []
            found = await self._mailbox.newest(selection, wanted.limit, wanted.until, wanted.filter, after)
            after = newest[0].seq
            return found

        return inbox, look

    async def count(self, caller: Account | None, email: str) -> tuple[str, int]:
        """Give the inbox and how many messages are in it. Raises Refusal 403."""
        selection = self._selection(caller, email)
        return selection.inbox, await self._mailbox.count(selection)

    async def starred(self, caller: Account, limit: int, until: float | None) -> list[Message]:
        """Give the newest messages that the caller starred."""
        return await self._mailbox.starred(caller.name, limit, until)

    async def get(self, caller: Account | None, email: str, id: str, look: Look | None = None) -> Message:
        """Give one message. Raises Refusal 404, also when the inbox is another's."""
        message = await self._get(caller, email, id)
        self._seen(caller, message, look)
        return message

    async def _get(self, caller: Account | None, email: str, id: str) -> Message:
        inbox = self._rights.inbox(email)
        selection = self._rights.selection(caller, inbox, 404, f"No permission to view message {id}")
        message = await self._mailbox.get(selection, id)
        if message is None:
            raise missing(id, inbox)
        return message

    async def content(
        self, caller: Account | None, email: str, id: str, look: Look | None = None
    ) -> tuple[Message, bytes]:
        """
        Give one message and its bytes as received, which is what a Mail is parsed from. Raises Refusal 404.

        With the trace header in front they could say something else: an mbox line, for one, counts at the start alone.
        """
        message = await self._get(caller, email, id)
        content = await self._mailbox.content(message)
        if content is None:
            raise missing(id, message.inbox)
        self._seen(caller, message, look)
        return message, content

    async def traced(
        self, caller: Account | None, email: str, id: str, look: Look | None = None
    ) -> tuple[Message, bytes]:
        """Give one message and its bytes as every reader gets them, the trace header first. Raises Refusal 404."""
        message, content = await self.content(caller, email, id, look)
        return message, with_trace(message, content, self._hostname)

    def trace(self, message: Message) -> tuple[str, str]:
        """Give the trace header, which stands before those of the Mail: its name and its value."""
        return "Received", received_value(message, self._hostname)

    async def delete(self, caller: Account | None, email: str, id: str, peer: str = "") -> Message:
        """Delete one message; anybody with a key may in a public inbox. Raises Refusal 404."""
        message = await self.get(caller, email, id)
        if not await shielded(self._mailbox.delete(message)):
            raise missing(id, message.inbox)
        self._deleted(caller, message.owner, message.inbox, peer, message.id)
        return message

    async def purge(self, caller: Account, email: str, filter: Filter = EVERYTHING, peer: str = "") -> int:
        """
        Delete the messages of an inbox that the caller governs but for the starred ones; gives how many.

        It goes on when the caller does not wait for the end. Raises Refusal 401.
        """
        inbox = self._rights.inbox(email)
        if not self._rights.governs(caller, inbox):
            raise Refusal(401, "Cannot delete messages for inbox that is not owned by this account")
        selection = self._rights.selection(caller, inbox, 401)
        return await shielded(Deferred.fromCoroutine(self._purge(caller, selection, filter, peer)))

    async def _purge(self, caller: Account, selection: Selection, filter: Filter, peer: str) -> int:
        count = await self._mailbox.purge(selection, filter=filter)
        if count:
            self._deleted(caller, self._rights.owner(selection.inbox), selection.inbox, peer, count=count)
        return count

    def _seen(self, caller: Account | None, message: Message, look: Look | None) -> None:
        if self._activity is not None and look is not None:
            name = caller.name if caller is not None else ""
            by = f", by {name or 'somebody without a key'}" if name != message.owner else ""
            self._activity.record(
                Kind.READ,
                account=message.owner or name,
                address=message.inbox,
                message=message.id,
                peer=look.peer,
                text=f"{look.form} by REST{by}",
            )

    def _deleted(
        self, caller: Account | None, owner: str, inbox: str, peer: str, id: str = "", count: int | None = None
    ) -> None:
        if self._activity is not None:
            name = caller.name if caller is not None else ""
            by = f"by {name or 'somebody without a key'}"
            self._activity.record(
                Kind.DELETED,
                account=owner or name,
                address=inbox,
                message=id,
                peer=peer,
                text=by if count is None else f"{count} messages {by}",
                count=count,
            )

    def _selection(self, caller: Account | None, email: str) -> Selection:
        inbox = self._rights.inbox(email)
        message = f"{self._rights.called(email)} is owned by another account."
        return self._rights.selection(caller, inbox, message=message)

    async def _after(self, selection: Selection, since: str) -> int | None:
        if not since:
            return None
        if _SEQ.fullmatch(since):
            return int(since)
        message = await self._mailbox.get(selection, since)
        if message is None:
            reason = f"since must be a seq, or the id of a message in {selection.inbox}"
            raise Refusal(400, reason, (f"since: {reason}",))
        return message.seq


def missing(id: str, inbox: str) -> Refusal:
    """Make the refusal for a message that is not there."""
    return Refusal(404, f"Message not found by id {id} and inbox {inbox}")
