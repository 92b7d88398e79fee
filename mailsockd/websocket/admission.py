"""Who may open a socket, and what a caller who may not is told (contract section 2, errors)."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import attrs

from mailsockd.state.accounts import Account, key_digest
from mailsockd.state.sessions import token_digest
from mailsockd.state.subscriptions import Admission
from mailsockd.websocket.query import Query

UNAUTHORIZED = "Not authorized. You may need to log in first."
NAMED = 20  # so many refused items are named in a refusal

Authenticate: TypeAlias = Callable[[str], Account | None]
Admit: TypeAlias = Callable[[Account, Sequence[str]], Admission]


class Refused(Exception):
    """A socket that is told why and closed: the status and the sentence of its one frame."""

    def __init__(self, status: int, message: str, account: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.account = account


@attrs.frozen
class Callers:
    """Who calls: by their key, or by the token of a browser's session."""

    by_key: Authenticate
    by_session: Authenticate = lambda token: None

    def known(self, query: Query, session: str) -> tuple[Account, str]:
        """Give the caller and the digest of what proved it; a key goes before a session. Raises Refused."""
        account = self.by_key(query.key) if query.key else self.by_session(session) if session else None
        if account is None:
            raise Refused(401, UNAUTHORIZED)
        return account, key_digest(query.key) if query.key else token_digest(session)


def admitted(query: Query, account: Account, admit: Admit) -> Admission:
    """Give what an account may listen to of what it asks for. Raises Refused."""
    if query.account and query.account.casefold() != account.name.casefold():
        raise Refused(403, "_id is not the account that the key belongs to", account.name)
    if not query.items:
        raise Refused(400, "addresses is missing: name the addresses or domains to listen to", account.name)
    admission = admit(account, query.items)
    if not admission.addresses and not admission.domains:
        raise Refused(403, _why(admission), account.name)
    return admission


def _why(admission: Admission) -> str:
    reasons = list(dict.fromkeys(reason for _, reason in admission.rejected))
    more = len(reasons) - NAMED
    return "; ".join(reasons[:NAMED]) + (f"; and {more} more" if more > 0 else "")
