"""Accounts and the API keys that speak for them."""

import hashlib
from collections.abc import Iterable, Iterator

import attrs

UNLIMITED_CREDITS = 1_000_000  # what clients are shown for "no limit"


@attrs.frozen
class Account:
    """
    One account; `name` is its `_id`. Times are UTC seconds.

    `password` is a hash as `passwords` makes it, None when the account cannot sign in. `credits` is how many
    addresses it may reserve in all, `monthly_ops` how many operations it has each month (contract section 3.9),
    `message_limit` how many messages it may keep (0 is no limit); None for any number. `capture_private` makes the mail
    that it captures its own (contract section 3.6).
    """

    name: str
    created: float
    updated: float
    password: str | None = None
    admin: bool = False
    credits: int | None = None
    email: str = ""
    disabled: bool = False
    capture_private: bool = False
    monthly_ops: int | None = None
    message_limit: int | None = None


@attrs.frozen
class ApiKey:
    """One API key: its SHA-256 (hex) and its last four characters, never the key."""

    digest: str
    account: str
    name: str
    last: str
    created: float


def key_digest(key: str) -> str:
    """Give the SHA-256 (hex) under which a key is stored and looked up."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class Accounts:
    """All accounts by name and all keys by digest."""

    def __init__(self, accounts: Iterable[Account] = (), keys: Iterable[ApiKey] = ()) -> None:
        self._accounts = {account.name: account for account in accounts}
        self._keys = {key.digest: key for key in keys}

    def __iter__(self) -> Iterator[Account]:
        return iter(sorted(self._accounts.values(), key=lambda account: account.name))

    def __len__(self) -> int:
        return len(self._accounts)

    def get(self, name: str) -> Account | None:
        """Give the account of that name."""
        return self._accounts.get(name)

    def put(self, account: Account) -> None:
        """Add an account, or replace the one of its name."""
        self._accounts[account.name] = account

    def remove(self, name: str) -> None:
        """Forget the account; its keys are removed apart."""
        self._accounts.pop(name, None)

    def by_key(self, key: str) -> Account | None:
        """Give the account that `key` speaks for: None when the key is unknown or the account disabled."""
        entry = self._keys.get(key_digest(key))
        account = self._accounts.get(entry.account) if entry else None
        return account if account and not account.disabled else None

    def key(self, digest: str) -> ApiKey | None:
        """Give the key of that digest."""
        return self._keys.get(digest)

    def put_key(self, key: ApiKey) -> None:
        """Add a key, or replace the one of its digest."""
        self._keys[key.digest] = key

    def remove_key(self, digest: str) -> None:
        """Forget a key."""
        self._keys.pop(digest, None)

    def keys_of(self, name: str) -> list[ApiKey]:
        """Give the keys of an account, oldest first."""
        return sorted((key for key in self._keys.values() if key.account == name), key=lambda key: key.created)
