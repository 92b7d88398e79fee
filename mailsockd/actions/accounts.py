"""Making, changing and removing accounts and their API keys: what an operator does with mailsockctl."""

import re
import secrets
import string
from collections.abc import Awaitable, Callable
from typing import Any

import attrs

from mailsockd.actions.delivery_store import DeliveryStore
from mailsockd.actions.ports import Entry, Mailbox, Passwords
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry, to_the_end
from mailsockd.state.accounts import Account, ApiKey, key_digest
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.subscriptions import Subscriptions

KEY_LENGTH = 40
PASSWORD_LENGTH = 20
SHORTEST_PASSWORD = 8
SHORTEST_KEY = 16
LONGEST_KEY = 200
MOST_KEYS = 500  # of one account
LIMITS = ("credits", "message_limit", "monthly_ops")  # of an account, by the name of their field
OPERATOR = "by the operator"
MOST_CREDITS = 1_000_000_000  # what a store can keep has a limit too, and a client may read a number as 32 bits
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
_KEY_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}\Z")
_LETTERS = string.ascii_letters + string.digits


@attrs.frozen
class Credentials:
    """A new account's password and key, in clear: shown once and kept nowhere."""

    account: Account
    password: str
    key: str


class AccountActions:
    """What may be done with accounts. Callers are operators, or the first start."""

    def __init__(
        self,
        registry: Registry,
        mailbox: Mailbox,
        passwords: Passwords,
        subscriptions: Subscriptions,
        now: Callable[[], float],
        deliveries: DeliveryStore | None = None,
        forget_activity: Callable[[str], Awaitable[None]] | None = None,
        end_sessions: Callable[[str], Awaitable[None]] | None = None,
        activity: ActivityLog | None = None,
    ) -> None:
        self._activity = activity
        self._registry = registry
        self._mailbox = mailbox
        self._deliveries = deliveries
        self._forget_activity = forget_activity
        self._end_sessions = end_sessions
        self._passwords = passwords
        self._subscriptions = subscriptions
        self._now = now

    async def add(
        self, name: str, *, admin: bool = False, password: str | None = None, email: str = "", key: str | None = None
    ) -> Credentials:
        """Make an account with a password and a key, random ones unless given. Raises Refusal 400."""
        if not _NAME.match(name):
            reason = "name: must be lower-case letters, digits, dots, dashes and underscores, 64 at most"
            raise Refusal(400, f"{name!r} is not a valid account name; {reason}", (reason,))
        self._check_new(name)
        password = _password(password)
        kept = await self._passwords.hash(password)
        self._check_new(name)
        now = self._now()
        key = key or new_key()
        account = Account(name, now, now, kept, admin, email=email)
        await self._registry.change([account, self._key(account, key, "first key")])
        return Credentials(account, password, key)

    def _check_new(self, name: str) -> None:
        if self._registry.accounts.get(name) is not None:
            raise Refusal(400, f"There is an account {name} already.", (f"name: {name} is taken",))

    def find(self, name: str) -> Account:
        """Give the account of that name. Raises Refusal 404."""
        account = self._registry.accounts.get(name)
        if account is None:
            raise Refusal(404, f"There is no account {name}.")
        return account

    async def set(
        self,
        name: str,
        *,
        admin: bool | None = None,
        capture_private: bool | None = None,
        disabled: bool | None = None,
        by: str = OPERATOR,
        **limits: int | None,
    ) -> Account:
        """
        Set whether an account is an administrator or disabled, whether what it captures is its own, and its limits.

        One that is disabled can do nothing: its sockets and browser sessions end at once, its keys and passwords are
        refused; what it has stays, and its mail is still taken. `limits` are those of LIMITS that are given; None is
        any number. `by` says in the activity who did it. Raises Refusal 400, 404.
        """
        account = self.find(name)
        if admin is False or disabled:
            self._keep_an_administrator(account)
        for limit, value in limits.items():
            if value is not None and not 0 <= value <= MOST_CREDITS:
                reason = f"must be from 0 to {MOST_CREDITS}, or unlimited"
                raise Refusal(400, f"{limit} {reason}", (f"{limit}: {reason}",))
        wanted: dict[str, Any] = {limit: limits[limit] for limit in LIMITS if limit in limits}
        flags = {"admin": admin, "capture_private": capture_private, "disabled": disabled}
        wanted |= {flag: value for flag, value in flags.items() if value is not None}
        changed = attrs.evolve(account, **wanted, updated=self._now())
        await to_the_end(self._set(account, changed, by))
        return changed

    async def _set(self, account: Account, changed: Account, by: str) -> None:
        await self._registry.change([changed])
        if changed.disabled != account.disabled:
            self._record(Kind.ACCOUNT_DISABLED if changed.disabled else Kind.ACCOUNT_ENABLED, account.name, by)
        if changed.disabled:
            self._end_sockets(account.name, "the account is disabled")
            await self._sign_out(account.name)

    async def set_password(self, name: str, password: str | None = None, by: str = OPERATOR) -> str:
        """Set a password, a random one unless given, and give it. Browsers have to sign in with it anew."""
        self.find(name)
        password = _password(password)
        kept = await self._passwords.hash(password)
        await self._registry.change([attrs.evolve(self.find(name), password=kept, updated=self._now())])
        self._record(Kind.PASSWORD_SET, name, by)
        await self._sign_out(name)
        return password

    async def remove(self, name: str, purge: bool) -> None:
        """
        Remove an account, its keys and addresses; `purge` deletes its mail, deliveries and activity too.

        Its sockets and browser sessions end. Mail that is not purged stays on disk and is seen by nobody, until an
        account of the same name is made. Raises Refusal 404, and 400 for the last administrator.
        """
        await to_the_end(self._remove(name, purge))

    async def _remove(self, name: str, purge: bool) -> None:
        account = self.find(name)
        self._keep_an_administrator(account)
        if purge:  # first, so that it can be asked for again when it fails
            await self._purge(name)
        gone: list[Entry] = [account, *self._registry.accounts.keys_of(name), *self._registry.book.of(name)]
        gone += [domain for domain in self._registry.domains.of(name) if not domain.configured]
        await self._registry.change([], gone)
        await self._sign_out(name)  # else they would be those of the next account of that name
        self._end_sockets(name, "the account was removed")
        if purge:  # what came meanwhile
            await self._purge(name)

    async def _purge(self, name: str) -> None:
        await self._mailbox.purge_owner(name)
        while self._deliveries is not None and await self._deliveries.forget(name):
            pass
        if self._forget_activity is not None:
            await self._forget_activity(name)

    def _end_sockets(self, name: str, reason: str) -> None:
        for subscription in self._subscriptions:
            if subscription.account == name:
                subscription.end(reason)

    async def _sign_out(self, name: str) -> None:
        if self._end_sessions is not None:
            await self._end_sessions(name)

    def _keep_an_administrator(self, account: Account) -> None:
        others = (other for other in self._registry.accounts if other.name != account.name)
        if account.admin and not account.disabled and not any(other.admin and not other.disabled for other in others):
            raise Refusal(400, f"{account.name} is the last administrator.")

    def keys(self, name: str) -> list[ApiKey]:
        """Give the keys of an account, oldest first. Raises Refusal 404."""
        return self._registry.accounts.keys_of(self.find(name).name)

    async def add_key(self, name: str, label: str, key: str | None = None) -> tuple[ApiKey, str]:
        """Add a key, a new one unless an existing one is given, and give it. Raises Refusal 400, 404."""
        account = self.find(name)
        if not _KEY_NAME.match(label):
            raise Refusal(400, "name must be 1 to 100 printable characters", ("name: must be 1 to 100 characters",))
        if len(self.keys(name)) >= MOST_KEYS:
            raise Refusal(400, f"{name} has {MOST_KEYS} keys, and may have no more. Revoke one that is not used.")
        if key is None:
            key = new_key()
        elif not (SHORTEST_KEY <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable() and " " not in key):
            reason = f"key: must be {SHORTEST_KEY} to {LONGEST_KEY} printable ASCII characters without spaces"
            raise Refusal(400, reason, (reason,))
        if self._registry.accounts.key(key_digest(key)) is not None:
            raise Refusal(400, "The key is in use already.", ("key: is in use already",))
        entry = self._key(account, key, label)
        await self._registry.change([entry])
        self._record(Kind.KEY_MADE, name, _words(entry))
        return entry, key

    async def regenerate_key(self, name: str, digest: str) -> tuple[ApiKey, str]:
        """
        Put a new key in the place of the one of this digest, and give it; the sockets of the old one end.

        Raises Refusal 404.
        """
        account = self.find(name)
        old = self._registry.accounts.key(digest)
        if old is None or old.account != account.name:
            raise Refusal(404, f"{name} has no such key.")
        key = new_key()
        entry = self._key(account, key, old.name)
        await to_the_end(self._revoke(old, entry))
        self._record(Kind.KEY_MADE, name, _words(entry))
        return entry, key

    async def revoke_key(self, name: str, which: str) -> ApiKey:
        """
        Revoke the key of an account that has this name, or these last four characters, and close its sockets.

        Raises Refusal 404, and 400 when several keys answer to it.
        """
        found = [key for key in self.keys(name) if which in (key.name, key.last, key.digest)]
        if not found:
            raise Refusal(404, f"{name} has no key {which}.")
        if len(found) > 1:
            raise Refusal(400, f"{name} has {len(found)} keys {which}: name one by its last characters.")
        await to_the_end(self._revoke(found[0]))
        return found[0]

    async def _revoke(self, key: ApiKey, *instead: ApiKey) -> None:
        await self._registry.change(instead, [key])
        self._record(Kind.KEY_REVOKED, key.account, _words(key))
        self._subscriptions.end((key.digest,), "the key was revoked")

    def _record(self, kind: Kind, name: str, text: str) -> None:
        if self._activity is not None:
            self._activity.record(kind, account=name, text=text)

    def _key(self, account: Account, key: str, label: str) -> ApiKey:
        return ApiKey(key_digest(key), account.name, label, key[-4:], self._now())


def _words(key: ApiKey) -> str:
    return f"{key.name} (****{key.last})"


def new_key() -> str:
    """Make an API key: `k_` and 40 random letters and digits."""
    return "k_" + "".join(secrets.choice(_LETTERS) for _ in range(KEY_LENGTH))


def new_password() -> str:
    """Make a password of random letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(PASSWORD_LENGTH))


def _password(password: str | None) -> str:
    if password is None:
        return new_password()
    if len(password) < SHORTEST_PASSWORD:
        reason = f"password: must have at least {SHORTEST_PASSWORD} characters"
        raise Refusal(400, reason, (reason,))
    return password
