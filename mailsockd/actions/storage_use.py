"""What an account's mail takes, by inbox, so that people know what to delete."""

from collections.abc import Sequence

import attrs

from mailsockd.actions.ports import InboxTotals, Mailbox, Totals
from mailsockd.actions.rights import Rights
from mailsockd.state.accounts import Account


@attrs.frozen
class Use:
    """
    `totals` are of all that belongs to an account, `inboxes` the largest with mail that it owns, `more` whether others
    have some. `may_purge` are those of them that it may empty.
    """

    totals: Totals
    inboxes: Sequence[InboxTotals]
    more: bool
    may_purge: frozenset[str]


class StorageUse:
    """Answers for one mailbox."""

    def __init__(self, mailbox: Mailbox, rights: Rights) -> None:
        self._mailbox = mailbox
        self._rights = rights

    async def of(self, account: Account, most: int) -> Use:
        """Give what an account's mail takes, with at most so many inboxes."""
        found = await self._mailbox.largest_inboxes(account.name, most + 1)
        inboxes = found[:most]
        mine = frozenset(one.inbox for one in inboxes if self._rights.governs(account, one.inbox))
        return Use(await self._mailbox.totals(account.name), inboxes, len(found) > most, mine)
