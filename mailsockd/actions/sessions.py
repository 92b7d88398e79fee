"""Signing in with a browser: name and password for a token, which is the caller until the session ends."""

from collections.abc import Callable, Sequence
from typing import Protocol

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.accounts import SHORTEST_PASSWORD
from mailsockd.actions.attempts import Attempts
from mailsockd.actions.ports import Passwords
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry, shielded, to_the_end
from mailsockd.state.accounts import Account
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.peers import network
from mailsockd.state.sessions import Session, Sessions, new_token, token_digest

LONGEST_PASSWORD = 1000
LONGEST_BROWSER = 200  # characters that are kept of what a browser calls itself
MOST_SESSIONS = 50  # of one account: with one more, the oldest ends
FROM_ONE_PEER = 30  # failures in the window of Attempts
AS_ONE_USER = 10
TOUCHED = 300  # seconds; `used` is written no oftener
# The hash of a password that nobody knows: verified when there is none, so that the time tells nothing of names.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$9KLmT2kA4qtOJfXKw2ca6A$iEO/PnBaLIG9ybdCmpPgfk1tekMCJhlw67ivI++Wo7I"
_WRONG = "The user name or the password is not right."
_UNCHANGED = "The password was not changed."


class SessionStore(Protocol):
    """Sessions on disk."""

    def change(self, saved: Sequence[Session], removed: Sequence[Session] = ()) -> "Deferred[None]":
        """Save and remove sessions, all or none. Fails with StorageTrouble."""


class SignIns:
    """
    Browsers and who they speak for. `now` gives UTC seconds, `monotonic` those of a clock that never goes back.

    A new sign-in is a new token, always, so that a token that somebody planted is worth nothing.
    """

    def __init__(
        self,
        registry: Registry,
        sessions: Sessions,
        store: SessionStore,
        passwords: Passwords,
        activity: ActivityLog,
        *,
        now: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._sessions = sessions
        self._store = store
        self._passwords = passwords
        self._peers = Attempts(monotonic, FROM_ONE_PEER)
        self._users = Attempts(monotonic, AS_ONE_USER)
        self._activity = activity
        self._now = now
        self._listeners: list[Callable[[frozenset[str]], object]] = []

    def listen(self, over: Callable[[frozenset[str]], object]) -> None:
        """Tell a listener, from now on, of sessions that are over, by the digests of their tokens."""
        self._listeners.append(over)

    async def sign_in(self, name: str, password: str, peer: str, browser: str = "") -> str:
        """
        Give the token of a new session. `browser` is what the browser calls itself.

        Raises Refusal: 400 a field is empty or too long, 401 name or password is wrong, 429 too many tries.
        """
        name = name.strip().lower()
        errors = [f"{field}: must be given" for field, value in (("name", name), ("password", password)) if not value]
        if len(password) > LONGEST_PASSWORD:
            errors.append(f"password: must have at most {LONGEST_PASSWORD} characters")
        if errors:
            raise Refusal(400, "Type your user name and your password.", tuple(errors))
        account = await self._verified(name, password, peer)
        if account is None:
            raise Refusal(401, _WRONG)
        self._activity.record(Kind.SIGNED_IN, account=account.name, peer=peer, text="with a browser")
        return await self._begin(account.name, peer, browser)

    async def _verified(self, name: str, password: str, peer: str) -> Account | None:
        """Give the account whose password this is, None when it is not. Raises Refusal 429 after too many failures."""
        place = network(peer)
        # A user is limited from each place: whoever guesses elsewhere does not keep the owner of the password out.
        tried = ((self._peers, place), (self._users, f"{place} {name}"))
        for attempts, key in tried:
            attempts.begin(key)
        account = self._registry.accounts.get(name)
        kept = account.password if account is not None and account.password else _NOBODY
        right = await self._passwords.verify(kept, password)
        account = self._registry.accounts.get(name)
        if not right or account is None or account.disabled or account.password != kept:
            self._refused(name, peer, "the account is disabled" if account and account.disabled else "wrong password")
            return None
        for attempts, key in tried:
            attempts.succeeded(key)
        return account

    async def change_password(self, name: str, current: str, new: str, peer: str, browser: str = "") -> str:
        """
        Set another password of an account, end all its sessions, and give the token of the one that begins instead.

        Raises Refusal: 400 that names the field, 429 after too many tries with a wrong one.
        """
        errors = [] if current else ["current: must be given"]
        if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
            errors.append(f"password: must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters")
        if errors:
            raise Refusal(400, _UNCHANGED, tuple(errors))
        account = await self._verified(name, current[:LONGEST_PASSWORD], peer)
        if account is None:
            raise Refusal(400, _UNCHANGED, ("current: is not right",))
        kept = await self._passwords.hash(new)
        return await to_the_end(self._changed(account, kept, peer, browser))

    async def _changed(self, account: Account, kept: str, peer: str, browser: str) -> str:
        present = self._registry.accounts.get(account.name)
        if present is None or present.password != account.password:
            raise Refusal(400, _UNCHANGED, ("current: was changed meanwhile",))
        await self._registry.change([attrs.evolve(present, password=kept, updated=self._now())])
        self._activity.record(Kind.PASSWORD_SET, account=account.name, peer=peer, text="with a browser")
        await self.end_all(account.name)
        return await self._begin(account.name, peer, browser)

    def of(self, account: str) -> list[Session]:
        """Give the sessions of an account that are not over, the one that was used last first."""
        now = self._now()
        found = [session for session in self._sessions.of(account) if not self._sessions.over(session, now)]
        return sorted(found, key=lambda session: session.used, reverse=True)

    async def end(self, account: str, digest: str) -> None:
        """End one session of an account. Raises Refusal 404."""
        found = [session for session in self._sessions.of(account) if session.digest == digest]
        if not found:
            raise Refusal(404, "There is no such session. It may have ended meanwhile.")
        await self._end(found)

    def caller(self, token: str) -> Account | None:
        """Give who a token speaks for, None when the session is over or the account cannot sign in any more."""
        now = self._now()
        session = self._sessions.get(token, now)
        account = self._registry.accounts.get(session.account) if session is not None else None
        if session is None or account is None or account.disabled:
            return None
        if now - session.used > TOUCHED:
            touched = attrs.evolve(session, used=now)
            self._sessions.put(touched)
            # Nobody waits for it: when it is lost, a session ends some minutes early.
            self._store.change([touched]).addErrback(lambda _: None)
        return account

    async def sign_out(self, token: str) -> None:
        """End a session, for good: the token is worth nothing afterwards, even to who has copied it."""
        session = self._sessions.get(token, self._now())
        if session is not None:
            await self._end([session])

    async def end_all(self, account: str, but: str = "") -> None:
        """End the sessions of an account, but the one whose token is `but`: when its password is another."""
        kept = token_digest(but)
        await self._end([session for session in self._sessions.of(account) if session.digest != kept])

    async def sweep(self) -> None:
        """Remove the sessions that are over."""
        now = self._now()
        over = [session for session in self._sessions if self._sessions.over(session, now)]
        if over:
            await self._end(over)

    async def _begin(self, account: str, peer: str, browser: str) -> str:
        token, now = new_token(), self._now()
        session = Session(token_digest(token), account, now, now, peer, browser[:LONGEST_BROWSER])
        old = self._sessions.of(account)[::-1][MOST_SESSIONS - 1 :]
        await shielded(self._store.change([session], old))
        self._sessions.put(session)
        self._forget(old)
        return token

    async def _end(self, sessions: Sequence[Session]) -> None:
        self._forget(sessions)
        await shielded(self._store.change([], sessions))

    def _forget(self, sessions: Sequence[Session]) -> None:
        for session in sessions:
            self._sessions.remove(session)
        over = frozenset(session.digest for session in sessions)
        for listener in self._listeners:
            listener(over)

    def _refused(self, name: str, peer: str, reason: str) -> None:
        known = self._registry.accounts.get(name)
        text = f"with a browser, as {name[:100]!r}: {reason}"
        self._activity.record(Kind.SIGN_IN_REFUSED, account=known.name if known else "", peer=peer, text=text)
