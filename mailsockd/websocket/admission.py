"""Who may open a socket, and what a caller who may not is told (contract section 2, errors)."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from mailsockd.state.accounts import Account
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


def admitted(query: Query, authenticate: Authenticate, admit: Admit) -> tuple[Account, Admission]:
    """Give the account that asks and what it may listen to. Raises Refused."""
    account = authenticate(query.key) if query.key else None
    if account is None:
        raise Refused(401, UNAUTHORIZED)
    if query.account and query.account.casefold() != account.name.casefold():
        raise Refused(403, "_id is not the account that the key belongs to", account.name)
    if not query.items:
        raise Refused(400, "addresses is missing: name the addresses or domains to listen to", account.name)
    admission = admit(account, query.items)
    if not admission.addresses and not admission.domains:
        raise Refused(403, _why(admission), account.name)
    return account, admission


def _why(admission: Admission) -> str:
    reasons = list(dict.fromkeys(reason for _, reason in admission.rejected))
    more = len(reasons) - NAMED
    return "; ".join(reasons[:NAMED]) + (f"; and {more} more" if more > 0 else "")
