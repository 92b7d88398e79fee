"""Reading and deleting messages (contract section 1.3)."""

from mailsockd.actions.ports import Mailbox
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.rights import Rights
from mailsockd.mail.stored import Message
from mailsockd.mail.trace import with_trace
from mailsockd.state.accounts import Account


class Messages:
    """What an account may do with messages."""

    def __init__(self, mailbox: Mailbox, rights: Rights, hostname: str) -> None:
        self._mailbox = mailbox
        self._rights = rights
        self._hostname = hostname

    async def newest(self, caller: Account, email: str, limit: int, until: float | None) -> list[Message]:
        """Give the newest messages of an inbox; an unknown inbox has none. Raises Refusal 403 when it is another's."""
        selection = self._rights.selection(caller.name, self._rights.inbox(email))
        return await self._mailbox.newest(selection, limit, until)

    async def count(self, caller: Account, email: str) -> tuple[str, int]:
        """Give the inbox and how many messages are in it. Raises Refusal 403."""
        selection = self._rights.selection(caller.name, self._rights.inbox(email))
        return selection.inbox, await self._mailbox.count(selection)

    async def get(self, caller: Account, email: str, id: str) -> Message:
        """Give one message. Raises Refusal 404, also when the inbox is another's."""
        inbox = self._rights.inbox(email)
        selection = self._rights.selection(caller.name, inbox, 404, f"No permission to view message {id}")
        message = await self._mailbox.get(selection, id)
        if message is None:
            raise Refusal(404, f"Message not found by id {id} and inbox {inbox}")
        return message

    async def content(self, caller: Account, email: str, id: str) -> tuple[Message, bytes]:
        """Give one message and its bytes as every reader gets them, the trace header first. Raises Refusal 404."""
        message = await self.get(caller, email, id)
        content = await self._mailbox.content(message)
        if content is None:
            raise Refusal(404, f"Message not found by id {id} and inbox {message.inbox}")
        return message, with_trace(message, content, self._hostname)

    async def delete(self, caller: Account, email: str, id: str) -> Message:
        """Delete one message; anybody with a key may in a public inbox. Raises Refusal 404."""
        message = await self.get(caller, email, id)
        if not await self._mailbox.delete(message):
            raise Refusal(404, f"Message not found by id {id} and inbox {message.inbox}")
        return message

    async def purge(self, caller: Account, email: str) -> int:
        """Delete the messages of an inbox of the caller's but for the starred ones. Raises Refusal 401."""
        inbox = self._rights.inbox(email)
        if self._rights.owner(inbox) != caller.name:
            raise Refusal(401, "Cannot delete messages for inbox that is not owned by this account")
        return await self._mailbox.purge(self._rights.selection(caller.name, inbox))
