"""Who listens for which mail. Subscribers are callables: no protocol object enters here."""

from collections.abc import Callable, Container, Iterator

import attrs

FIREHOSE = "*"


@attrs.frozen
class Admission:
    """
    What became of the items that a caller asked for, in the order asked, without repeats.

    `addresses` and `domains` are accepted, canonical; `rejected` pairs an item as asked with the reason;
    `warnings` are sentences about items that are accepted but silent for now.
    """

    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


@attrs.define(eq=False)
class Subscription:
    """
    One listener of one account, for canonical `addresses` (`*@domain` and `*`, the firehose, among them) and `domains`.

    `key` is the digest of what proved it: an API key, or the token of a browser's session. `shape` is the form of
    frame that it asked for; `send` takes the bytes of one frame in that form; `end` is called with a reason when the
    account loses its right to listen.
    """

    account: str
    key: str
    addresses: frozenset[str]
    domains: frozenset[str]
    shape: str
    raw: bool
    send: Callable[[bytes], None]
    end: Callable[[str], None]


class Subscriptions:
    """All listeners, by what they listen for."""

    def __init__(self) -> None:
        self._addresses: dict[str, dict[Subscription, None]] = {}
        self._domains: dict[str, dict[Subscription, None]] = {}
        self._all: dict[Subscription, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(tuple(self._all))

    def add(self, subscription: Subscription) -> None:
        """Let a subscription listen from now on."""
        self._all[subscription] = None
        for address in subscription.addresses:
            self._addresses.setdefault(address, {})[subscription] = None
        for domain in subscription.domains:
            self._domains.setdefault(domain, {})[subscription] = None

    def remove(self, subscription: Subscription) -> None:
        """End a subscription; ending it twice is no error."""
        self._all.pop(subscription, None)
        for index, names in ((self._addresses, subscription.addresses), (self._domains, subscription.domains)):
            for name in names:
                listeners = index.get(name)
                if listeners is not None:
                    listeners.pop(subscription, None)
                    if not listeners:
                        del index[name]

    def end(self, proofs: Container[str], reason: str) -> None:
        """End those that were let in by a key or a session with one of these digests."""
        for subscription in self:
            if subscription.key in proofs:
                subscription.end(reason)

    def to_address(self, address: str) -> list[Subscription]:
        """Give those who listen to an address (or to FIREHOSE)."""
        return list(self._addresses.get(address, ()))

    def to_domain(self, domain: str) -> list[Subscription]:
        """Give those who listen to a whole domain."""
        return list(self._domains.get(domain, ()))
