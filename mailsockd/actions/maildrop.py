"""An inbox as a mail program sees it (RFC 1939): a list made at sign-in, messages in pieces, deletion at the end."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.ports import Mailbox, Selection
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry, to_the_end
from mailsockd.actions.rights import Rights
from mailsockd.mail.stored import Message
from mailsockd.mail.trace import received_header
from mailsockd.state.accounts import Account
from mailsockd.state.activity import ActivityLog, Kind

# More are recorded as one event: thousands of them would push everything else out of the memory of what happened.
RECORDED_ONE_BY_ONE = 50


@attrs.frozen
class Listed:
    """One message of a list; `octets` is what its reader gets, with all lines ending in CR LF."""

    seq: int
    id: str
    octets: int


class MaildropStore(Protocol):
    """What the mailbox on disk does for whole inboxes."""

    def listing(self, selection: Selection, most: int, added: Callable[[Message], int]) -> "Deferred[list[Listed]]":
        """
        List the newest `most` messages of a selection, oldest first.

        It reads no content. `added` is called in another thread with each message, which has no summary, and gives
        the octets that a reader gets beside the content's.
        """

    def piece(self, message: Message, start: int, length: int) -> "Deferred[bytes | None]":
        """Give some bytes of a message as received, b"" behind its end; None when it was deleted meanwhile."""

    def remove(self, selection: Selection, numbers: Sequence[int]) -> "Deferred[int]":
        """Delete those of these seqs that are in a selection, starred ones too, in slices; gives how many."""


class Maildrops:
    """What a mail program may do with an inbox; `most`, which may change, is how many messages one list has."""

    def __init__(
        self,
        registry: Registry,
        rights: Rights,
        mailbox: Mailbox,
        store: MaildropStore,
        activity: ActivityLog,
        *,
        hostname: str,
        most: int,
    ) -> None:
        self._registry = registry
        self._rights = rights
        self._mailbox = mailbox
        self._store = store
        self._activity = activity
        self._hostname = hostname
        self.most = most

    async def listing(self, account: Account, inbox: str) -> list[Listed]:
        """List what an account may see of an inbox, oldest first. Raises Refusal, StorageTrouble."""
        selection = self._selection(account.name, inbox)
        return await self._store.listing(selection, self.most, partial(_trace_octets, self._hostname))

    async def open(self, account: Account, inbox: str, listed: Listed, peer: str, whole: bool) -> tuple[Message, bytes]:
        """
        Give a message and the trace header that stands before its content; `whole` says that all of it is wanted.

        Raises Refusal when it was deleted, or is not the account's to see any more.
        """
        message = await self._mailbox.get(self._selection(account.name, inbox), listed.id)
        if message is None:
            raise Refusal(404, "This message was deleted meanwhile")
        if whole:
            self._activity.record(
                Kind.READ, account=account.name, address=inbox, message=message.id, peer=peer, text="by POP3"
            )
        return message, received_header(message, self._hostname)

    def piece(self, message: Message, start: int, length: int) -> "Deferred[bytes | None]":
        """Give some bytes of a message that was opened."""
        return self._store.piece(message, start, length)

    async def remove(self, account: Account, inbox: str, listed: Sequence[Listed], peer: str) -> int:
        """
        Delete messages of a list, starred ones too; gives how many were still there.

        It goes on when the caller does not wait for the end. Raises Refusal, StorageTrouble; then some may be deleted.
        """
        return await to_the_end(self._remove(self._selection(account.name, inbox), listed, peer))

    async def _remove(self, selection: Selection, listed: Sequence[Listed], peer: str) -> int:
        count = await self._store.remove(selection, [one.seq for one in listed])
        account, inbox = selection.reader or "", selection.inbox
        one_by_one = len(listed) <= RECORDED_ONE_BY_ONE
        for one in listed if one_by_one and count else ():
            self._activity.record(
                Kind.DELETED, account=account, address=inbox, message=one.id, peer=peer, text="by POP3"
            )
        if count and not one_by_one:
            text = f"{count} messages by POP3"
            self._activity.record(Kind.DELETED, account=account, address=inbox, peer=peer, text=text, count=count)
        return count

    def _selection(self, name: str, inbox: str) -> Selection:
        account = self._registry.accounts.get(name)
        if account is None or account.disabled:
            raise Refusal(401, "The account is there no more")
        return self._rights.selection(account, inbox)


def _trace_octets(hostname: str, message: Message) -> int:
    return len(received_header(message, hostname))
