"""Who is signed in with a browser: sessions by the digest of their token. A token is known to its browser alone."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator

import attrs

TOKEN_BYTES = 32


@attrs.frozen
class Session:
    """
    One sign-in. `digest` is the SHA-256 (hex) of its token. Times are UTC seconds.

    `used` is when the browser was last seen, exact to some minutes. `peer` is the IP address that it signed in from,
    `browser` what it calls itself (User-Agent), both as a stranger may have made them up.
    """

    digest: str
    account: str
    created: float
    used: float
    peer: str = ""
    browser: str = ""


def new_token() -> str:
    """Make a token, 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> str:
    """Give the SHA-256 (hex) under which a token is kept and looked up."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Sessions:
    """All sessions. One ends `idle` seconds after its browser was last seen, and `longest` after its start."""

    def __init__(self, idle: float, longest: float, sessions: Iterable[Session] = ()) -> None:
        self._idle = idle
        self._longest = longest
        self._sessions = {session.digest: session for session in sessions}

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._sessions.values()))

    def get(self, token: str, now: float) -> Session | None:
        """Give the session of a token, None when there is none or it is over."""
        session = self._sessions.get(token_digest(token))
        return None if session is None or self.over(session, now) else session

    def over(self, session: Session, now: float) -> bool:
        """Tell whether a session has ended by itself."""
        return now - session.used > self._idle or now - session.created > self._longest

    def put(self, session: Session) -> None:
        """Add a session, or replace the one of its digest."""
        self._sessions[session.digest] = session

    def remove(self, session: Session) -> None:
        """Forget a session."""
        self._sessions.pop(session.digest, None)

    def of(self, account: str) -> list[Session]:
        """Give the sessions of an account, oldest first."""
        found = (session for session in self._sessions.values() if session.account == account)
        return sorted(found, key=lambda session: session.created)
