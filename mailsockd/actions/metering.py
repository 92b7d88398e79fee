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
from mailsockd.state.usage import Usage, Used, next_month

WARNED = (80, 100)  # percent of a month's operations at which the account is told so
MOST_PUBLISHED = 10_000  # messages of which it is remembered that they were published once
_CHANNELS = frozenset(("webhook", "slack"))


class UsageStore(Protocol):
    """What was used, on disk."""

    def save(self, used: Sequence[Used], seen: Mapping[str, float]) -> "Deferred[None]":
        """Write counts, each in the place of the one before, and when keys were used. Fails with StorageTrouble."""

    def forget(self, account: str) -> "Deferred[None]":
        """Forget an account and when its keys were used. Fails with StorageTrouble."""


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
        self._published: dict[str, None] = {}
        activity.listen(self._listen, Kind.STORED, Kind.PUBLISHED, Kind.DELIVERED)

    @property
    def now(self) -> float:
        """The time, UTC seconds."""
        return self._now()

    def month(self, account: str) -> int:
        """Give what an account has used in this month."""
        return self.usage.month(account, self._now())

    def call(self, key: str, always: bool = False) -> str:
        """
        Count a call with a key; gives why it is refused, "" when it is not. `always` lets it in whatever was used.

        What is refused is not counted, and neither is what comes with no key of anybody's.
        """
        account, digest = self._accounts.by_key(key), key_digest(key)
        if account is None:
            return ""
        refusal = "" if always else self.refusal(account)
        if refusal:
            self.usage.see(digest, self._now())
        else:
            self._count(account, digest)
        return refusal

    def refusal(self, account: Account) -> str:
        """Give why an account's calls are refused, "" when they are not."""
        limit, now = account.monthly_ops, self._now()
        if limit is None or self.usage.month(account.name, now) < limit:
            return ""
        return f"All {limit} operations of this month are used; the next ones begin on {next_month(now)}."

    def by_key(self, key: str) -> Account | None:
        """Give the account that a key speaks for, where no call is counted; the key is seen to be in use."""
        account = self._accounts.by_key(key)
        if account is not None:
            self.see(key_digest(key))
        return account

    def see(self, digest: str) -> None:
        """Note that a key, given by its digest, is in use."""
        self.usage.see(digest, self._now())

    def _listen(self, event: Event) -> None:
        if event.kind is Kind.STORED:
            # What another address of the account passed on came in once, and is paid for.
            name = "" if event.channel else event.account or self._owner_of_domain(event.address)
        elif (event.kind is Kind.PUBLISHED and event.count) or (
            event.kind is Kind.DELIVERED and event.channel in _CHANNELS
        ):
            name = event.account if self._again(event.message) else ""
        else:
            return
        account = self._accounts.get(name) if name else None
        if account is not None:
            self._count(account, "")

    def _again(self, message: str) -> bool:
        """Tell whether a message was published before: the first time is free, as Mailsac has it."""
        if message in self._published:
            return True
        if len(self._published) >= MOST_PUBLISHED:
            del self._published[next(iter(self._published))]
        self._published[message] = None
        return False

    def _owner_of_domain(self, inbox: str) -> str:
        """Give who pays for public mail: who brought the domain."""
        domain = self._domains.get(domain_of(inbox))
        return domain.owner if domain is not None and not domain.configured else ""

    def _count(self, account: Account, key: str) -> None:
        used = self.usage.add(account.name, key, self._now())
        if account.monthly_ops:
            for percent in WARNED:
                if used == -(-account.monthly_ops * percent // 100):
                    text = f"{percent} % of the {account.monthly_ops} operations of this month are used"
                    self._activity.record(Kind.OPERATIONS, account=account.name, text=text, count=used)
