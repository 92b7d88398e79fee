"""All mail of an account at once: the unified inbox, filtered and searched (contract section 1.3)."""

from mailsockd.actions.ports import EVERYTHING, Filter, Mailbox
from mailsockd.actions.refusal import Refusal
from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Account

MOST_FOUND = 100


class Unified:
    """What belongs to an account: the mail of its inboxes, and the public mail that it starred."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def inbox(self, caller: Account, limit: int, skip: int, since: float | None) -> tuple[list[Message], int]:
        """Give messages, newest first, none received before `since` (UTC seconds), and how many in all are unread."""
        messages = await self._mailbox.owned(caller.name, limit, skip, since)
        return messages, await self._mailbox.unread(caller.name)

    async def filtered(self, caller: Account, filter: Filter) -> list[Message]:
        """Give the newest messages, at most MOST_FOUND, that meet all conditions. Raises Refusal 400 without any."""
        if filter == EVERYTHING:
            names = "andSubjectIncludes, andFrom, andTo, andRead"
            reason = f"At least one condition is needed: {names}."
            raise Refusal(400, reason, tuple(f"{name}: may be given" for name in names.split(", ")))
        return await self._mailbox.owned(caller.name, MOST_FOUND, filter=filter)

    async def search(self, caller: Account, query: str) -> list[Message]:
        """Give the newest messages, at most MOST_FOUND, with `query` in to, from or subject. Raises Refusal 400."""
        if not query.strip():
            raise Refusal(400, "query must be the text to search for.", ("query: must be the text to search for",))
        return await self._mailbox.search(caller.name, query, MOST_FOUND)
