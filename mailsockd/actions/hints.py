"""
Hints of new mail for who looks at a page: which inbox, which message. They only say that it is worth to look again;
what a caller may see is decided by what they look at.
"""

from collections import Counter
from collections.abc import Callable

import attrs

from mailsockd.actions.refusal import Refusal
from mailsockd.actions.rights import Rights
from mailsockd.state.accounts import Account
from mailsockd.state.activity import ActivityLog, Event, Kind

PER_ACCOUNT = 30
OVERALL = 1000


@attrs.frozen
class Hint:
    """A message that was stored: its inbox, its id and its seq."""

    inbox: str
    id: str
    seq: int


Tell = Callable[[Hint], object]


class Hints:
    """Those who are told of mail as it is stored: of all mail of an account, or of one inbox that it may read."""

    def __init__(
        self, activity: ActivityLog, rights: Rights, *, per_account: int = PER_ACCOUNT, overall: int = OVERALL
    ) -> None:
        self._rights = rights
        self._per_account = per_account
        self._overall = overall
        self._of_accounts: dict[str, dict[Tell, None]] = {}
        self._of_inboxes: dict[str, dict[Tell, None]] = {}
        self._accounts: Counter[str] = Counter()
        activity.listen(self._stored, Kind.STORED)

    def __len__(self) -> int:
        return self._accounts.total()

    def check(self, caller: Account, email: str) -> str:
        """
        Give the inbox that an `email` names, "" for all mail of the caller.

        Raises Refusal 400, 404 when the caller may not read it, and 429 when too many are told already.
        """
        if self._accounts[caller.name] >= self._per_account or len(self) >= self._overall:
            raise Refusal(429, "Too many pages of this account are told of new mail.")
        if not email:
            return ""
        inbox = self._rights.inbox(email)
        self._rights.selection(caller, inbox, 404)
        return inbox

    def follow(self, caller: Account, email: str, tell: Tell) -> Callable[[], None]:
        """
        Tell of mail from now on, and give what ends that.

        With an `email` it is the mail of that inbox, for as long as the caller may read it, else all mail of the
        caller. Raises what `check` raises.
        """
        inbox = self.check(caller, email)
        if not inbox:
            return self._join(caller, self._of_accounts, caller.name, tell)

        def if_allowed(hint: Hint) -> None:
            try:
                self._rights.selection(caller, inbox, 404)
            except Refusal:
                return
            tell(hint)

        return self._join(caller, self._of_inboxes, inbox, if_allowed)

    def _join(self, caller: Account, all_told: dict[str, dict[Tell, None]], key: str, tell: Tell) -> Callable[[], None]:
        def leave() -> None:
            told = all_told[key]
            del told[tell]
            if not told:
                del all_told[key]
            self._accounts[caller.name] -= 1
            if not self._accounts[caller.name]:
                del self._accounts[caller.name]

        self._accounts[caller.name] += 1
        all_told.setdefault(key, {})[tell] = None
        return leave

    def _stored(self, event: Event) -> None:
        if event.seq is None:
            return
        told = (*self._of_accounts.get(event.account, ()), *self._of_inboxes.get(event.address, ()))
        if told:
            hint = Hint(event.address, event.message, event.seq)
            for tell in told:
                tell(hint)
