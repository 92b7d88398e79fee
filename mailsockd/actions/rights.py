"""Who an inbox belongs to, and what that lets an account see. Decided on canonical forms, at the moment of use."""

from mailsockd.actions.ports import Selection
from mailsockd.actions.refusal import Refusal
from mailsockd.mail.address import InvalidAddress, canonical, domain_of
from mailsockd.state.addresses import AddressBook
from mailsockd.state.domains import Domains


class Rights:
    """Answers for one address book and one set of domains."""

    def __init__(self, book: AddressBook, domains: Domains) -> None:
        self._book = book
        self._domains = domains

    def inbox(self, email: str) -> str:
        """Give the inbox that an address in a request names. Raises Refusal 400."""
        try:
            return self._book.inbox_of(canonical(email))
        except InvalidAddress as error:
            raise Refusal(400, f"{email} is not a valid email address", (f"email: {error}",)) from error

    def owner(self, inbox: str) -> str:
        """Give the account that an inbox belongs to, "" for a public one: who reserved it, or who owns its domain."""
        address = self._book.get(inbox)
        if address is not None:
            return address.owner
        domain = self._domains.get(domain_of(inbox))
        if domain is not None and not domain.configured and domain.verified:
            return domain.owner
        return ""

    def selection(self, caller: str, inbox: str, status: int = 403, message: str = "") -> Selection:
        """Give what `caller` may see of an inbox. Raises Refusal when the inbox is another's."""
        if self.owner(inbox) not in ("", caller):
            raise Refusal(status, message or f"{inbox} is owned by another account.")
        return Selection(inbox, caller)
