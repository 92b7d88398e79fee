"""Mail as pages show it: the lists, and which inbox a page is about. A caller is an account, or None for nobody."""

from mailsockd.actions.ports import Mailbox, Selection, View
from mailsockd.actions.rights import Rights
from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Account


class MailLists:
    """Lists of messages that a caller may see."""

    def __init__(self, mailbox: Mailbox, rights: Rights) -> None:
        self._mailbox = mailbox
        self._rights = rights

    def inbox(self, caller: Account | None, email: str) -> View:
        """Give the view of one inbox. Raises Refusal 404 for another's, as if nobody could have it; 400 no address."""
        inbox = self._rights.inbox(email)
        selection = self._rights.selection(caller, inbox, 404, "There is no such inbox.")
        return View(selection.inbox, selection.reader)

    def mine(self, caller: Account) -> View:
        """Give the view of all that belongs to an account."""
        return View(None, caller.name)

    def private(self, inbox: str) -> bool:
        """Tell whether the mail of an inbox belongs to anybody."""
        return self._rights.owner(inbox) != ""

    async def page(self, view: View, limit: int, before: int | None) -> tuple[list[Message], bool]:
        """Give at most `limit` messages, newest first, none with a seq of `before` or more; and whether more follow."""
        found = await self._mailbox.page(view, limit + 1, before)
        return found[:limit], len(found) > limit

    async def count(self, view: View) -> int:
        """Count all messages of the inbox of a view, or of its account."""
        if view.inbox is None:
            return (await self._mailbox.totals(view.reader or "")).messages
        return await self._mailbox.count(Selection(view.inbox, view.reader))

    async def unread(self, caller: Account) -> int:
        """Count what belongs to an account and is not marked as read."""
        return await self._mailbox.unread(caller.name)
