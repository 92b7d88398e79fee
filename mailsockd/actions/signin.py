"""Signing in with an address or an account's name and a secret, where there is no HTTP (contract sections 3.6, 3.7)."""

import secrets
from collections.abc import Callable

import attrs

from mailsockd.actions.attempts import Attempts
from mailsockd.actions.ports import Passwords
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.state.accounts import Account, key_digest
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.peers import network

WRONG = "The user or the password is wrong"
FROM_ONE_PEER = 20
TO_ONE_ADDRESS = 100


@attrs.frozen
class Admitted:
    """
    Who may read which inbox, or whose mail is taken.

    `holds()` tells whether what opened it still does: a key that was revoked, and a password that was changed, do not,
    nor what belongs to an account that was disabled.
    """

    account: Account
    inbox: str
    holds: Callable[[], bool]


class SigningIn:
    """
    Decides who somebody is. Failures are limited for each peer and for each address, and say the same whatever failed.

    The reason is in the activity, without what was given as a secret, nor as a user when that is no address: people
    mix the two up. `see` is told the digest of each key that was right.
    """

    def __init__(
        self,
        registry: Registry,
        rights: Rights,
        passwords: Passwords,
        activity: ActivityLog,
        monotonic: Callable[[], float],
        see: Callable[[str], None] = lambda digest: None,
    ) -> None:
        self._registry = registry
        self._rights = rights
        self._passwords = passwords
        self._activity = activity
        self._see = see
        self._peers = Attempts(monotonic, FROM_ONE_PEER)
        self._addresses = Attempts(monotonic, TO_ONE_ADDRESS)
        self._nobodys: str | None = None

    async def pop3(self, user: str, password: str, peer: str) -> Admitted:
        """
        Give the account and the inbox for an address and a key of whoever may read it, or the address's own password.

        Raises Refusal: 401 when that is not so, 429 after too many failures.
        """
        tried = network(peer)
        self._peers.begin(tried)
        try:
            inbox = self._rights.inbox(user)
        except Refusal:
            raise self._refused(peer, "by POP3: the user is no address") from None
        admitted = self._by_key(password, inbox)
        if admitted is None:  # keys are too long to be guessed, so others cannot lock out who has one
            self._addresses.begin(inbox)
            admitted = await self._by_password(password, inbox)
            if admitted is None:
                raise self._refused(peer, "by POP3: no key or password for this address", inbox)
            self._addresses.succeeded(inbox)
        self._peers.succeeded(tried)
        self._activity.record(Kind.SIGNED_IN, account=admitted.account.name, address=inbox, peer=peer, text="by POP3")
        return admitted

    async def capture(self, user: str, password: str, peer: str) -> Admitted:
        """
        Give the account for its name, or for an address that is its own by reservation or domain, and one of its keys.

        There is no inbox.

        Raises Refusal: 401 when that is not so, 429 after too many failures.
        """
        tried = network(peer)
        self._peers.begin(tried)
        account = self._registry.accounts.by_key(password)
        if account is None or not self._speaks_as(account, user):
            raise self._refused(peer, "by SMTP: no key of that user")
        self._peers.succeeded(tried)
        self._activity.record(Kind.SIGNED_IN, account=account.name, peer=peer, text="by SMTP")
        digest = key_digest(password)
        self._see(digest)
        return Admitted(account, "", lambda: self._lets_in(digest))

    def _speaks_as(self, account: Account, user: str) -> bool:
        if user.strip().lower() == account.name:
            return True
        try:
            inbox = self._rights.inbox(user)
        except Refusal:
            return False
        return account.name in (self._rights.owner(inbox), self._rights.reserver(inbox))

    def _by_key(self, key: str, inbox: str) -> Admitted | None:
        accounts = self._registry.accounts
        account, digest = accounts.by_key(key), key_digest(key)
        if account is None or self._rights.owner(inbox) not in ("", account.name):
            return None
        self._see(digest)
        return Admitted(account, inbox, lambda: self._lets_in(digest))

    def _lets_in(self, digest: str) -> bool:
        key = self._registry.accounts.key(digest)
        account = self._registry.accounts.get(key.account) if key is not None else None
        return account is not None and not account.disabled

    async def _by_password(self, password: str, inbox: str) -> Admitted | None:
        address = self._registry.book.get(inbox)
        kept = address.password if address is not None else None
        if kept is None:
            # As long as with one, so that the time does not tell which addresses have a password.
            await self._passwords.verify(await self._nobody(), password)
            return None
        if not await self._passwords.verify(kept, password):
            return None

        def holds() -> bool:
            address = self._registry.book.get(inbox)
            return address is not None and address.password == kept

        address = self._registry.book.get(inbox)
        account = self._registry.accounts.get(address.owner) if address is not None and holds() else None
        return Admitted(account, inbox, holds) if account is not None and not account.disabled else None

    async def _nobody(self) -> str:
        if self._nobodys is None:
            self._nobodys = await self._passwords.hash(secrets.token_hex())
        return self._nobodys

    def _refused(self, peer: str, reason: str, address: str = "") -> Refusal:
        owner = self._rights.owner(address) if address else ""  # who should know that somebody tries
        self._activity.record(Kind.SIGN_IN_REFUSED, account=owner, address=address, peer=peer, text=reason)
        return Refusal(401, WRONG)
