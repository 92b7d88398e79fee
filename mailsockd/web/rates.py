"""How many requests a minute one client may make: a bucket of tokens for each address and each key."""

import math
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

import attrs

from mailsockd.web.connections import place
from mailsockd.web.errors import HTTPError

# Beyond this many clients, those that were not seen for longest are forgotten: they begin with a full bucket again.
MOST_CLIENTS = 50_000


@attrs.define
class Buckets:
    """
    One bucket for each client: it holds what a client may ask in a minute and fills evenly. 0 a minute is no limit.

    `now` gives seconds of a clock that never goes back.
    """

    per_minute: int
    now: Callable[[], float]
    most: int = MOST_CLIENTS
    _left: OrderedDict[str, tuple[float, float]] = attrs.field(factory=OrderedDict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self._left)

    def take(self, client: str) -> None:
        """Count one request. Raises HTTPError 429, with Retry-After, when the bucket is empty."""
        if not self.per_minute:
            return
        now = self.now()
        left, at = self._left.pop(client, (float(self.per_minute), now))
        left = min(float(self.per_minute), left + (now - at) * self.per_minute / 60)
        empty = left < 1
        self._left[client] = (left if empty else left - 1, now)
        if len(self._left) > self.most:
            self._left.popitem(last=False)
        if empty:
            seconds = max(1, math.ceil((1 - left) * 60 / self.per_minute))
            message = f"Too many requests: {self.per_minute} a minute are allowed. Try again in {seconds} s."
            raise HTTPError(429, message, headers={"Retry-After": str(seconds)})


@attrs.frozen
class Rates:
    """The limits of a site: for each IPv4 address or IPv6 network of 64 bits, and for each valid key."""

    of_peers: Buckets
    of_keys: Buckets

    def peer(self, peer: str) -> None:
        """Count a request by where it comes from; local sockets have no limit. Raises HTTPError 429."""
        client = place(peer)
        if client:
            self.of_peers.take(client)

    def key(self, key: str) -> None:
        """Count a request by its key, which must be valid, or the table would fill with guesses. Raises 429."""
        # Nobody who sees this memory learns a key from it.
        self.of_keys.take(sha256(key.encode("utf-8", "replace")).hexdigest())


def unlimited() -> Rates:
    """Give rates without any limit."""
    return Rates(Buckets(0, float), Buckets(0, float))
