"""
Counting operations (contract section 3.9), and what happens when an account has used all of a month's.

Counted are calls with a key, mail for what is an account's, what it captures, and what is published to its sockets, web
hooks and Slack. What an account may use is a soft limit: over it its calls are refused, and its mail comes as before.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from twisted.internet.defer import Deferred

from mailsockd.mail.address import domain_of
from mailsockd.state.accounts import Account, Accounts, key_digest
from mailsockd.state.activity import ActivityLog, Event, Kind
from mailsockd.state.domains import Domains
from mailsockd.state.usage import Usage, Used

WARNED = (80, 100)  # percent of a month's operations at which the account is told so
_CHANNELS = frozenset(("webhook", "slack"))


class UsageStore(Protocol):
    """What was used, on disk."""

    def save(self, used: Sequence[Used], seen: Mapping[str, float]) -> "Deferred[None]":
        """Write counts, each in the place of the one before, and when keys were used. Fails with StorageTrouble."""

    def forget(self, account: str) -> "Deferred[None]":
        """Forget an account. Fails with StorageTrouble."""


class Metering:
    """Counts. `now` gives UTC seconds."""

    def __init__(
        self, usage: Usage, accounts: Accounts, domains: Domains, activity: ActivityLog, now: Callable[[], float]
    ) -> None:
        self.usage = usage
        self._accounts = accounts
        self._domains = domains
        self._activity = activity
        self._now = now
        activity.listen(self._listen)

    def call(self, key: str) -> Account | None:
        """Count a call with a valid key; gives the account when it has used more than a month's, else None."""
        digest = key_digest(key)
        account = self._accounts.by_key(key)
        if account is None:
            return None
        used = self._count(account.name, digest)
        return account if account.monthly_ops is not None and used > account.monthly_ops else None

    def month(self, account: str) -> int:
        """Give what an account has used in this month."""
        return self.usage.month(account, self._now())

    @property
    def now(self) -> float:
        """The time, UTC seconds."""
        return self._now()

    def _listen(self, event: Event) -> None:
        if event.kind is Kind.STORED:
            account = event.account or self._owner_of_domain(event.address)
        elif (event.kind is Kind.PUBLISHED and event.count) or (
            event.kind is Kind.DELIVERED and event.channel in _CHANNELS
        ):
            account = event.account
        else:
            return
        if account:
            self._count(account, "")

    def _owner_of_domain(self, inbox: str) -> str:
        """Give who pays for public mail: who brought the domain."""
        domain = self._domains.get(domain_of(inbox))
        return domain.owner if domain is not None and not domain.configured else ""

    def _count(self, name: str, key: str) -> int:
        used = self.usage.add(name, key, self._now())
        account = self._accounts.get(name)
        if account is not None and account.monthly_ops:
            for percent in WARNED:
                if used == -(-account.monthly_ops * percent // 100):
                    text = f"{percent} % of the {account.monthly_ops} operations of this month are used"
                    self._activity.record(Kind.OPERATIONS, account=name, text=text, count=used)
        return used
