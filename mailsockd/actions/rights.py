"""Who an inbox belongs to, and what that lets a caller do. Decided on canonical forms, at the moment of use."""

from mailsockd.actions.ports import Selection
from mailsockd.actions.refusal import Refusal
from mailsockd.mail.address import InvalidAddress, canonical, canonical_domain, domain_of, without_tag
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import AddressBook
from mailsockd.state.domains import Domain, Domains

UNAUTHORIZED = "Not authorized. You may need to log in first."


class Rights:
    """
    Answers for one address book and one set of domains.

    A caller is an account, or None where callers without a key are let in: they see public mail that nobody starred.
    """

    def __init__(self, book: AddressBook, domains: Domains) -> None:
        self._book = book
        self._domains = domains

    def inbox(self, email: str, field: str = "email") -> str:
        """Give the inbox that an address in a request names. Raises Refusal 400 that names `field`."""
        try:
            return self.inbox_of(canonical(email))
        except InvalidAddress as error:
            raise Refusal(400, f"{email} is not a valid email address", (f"{field}: {error}",)) from error

    def inbox_of(self, address: str) -> str:
        """
        Give the inbox that a canonical address names.

        In a domain that is not ours it is the address as it stands, so that captured mail for `a+x@…` is found there.
        """
        inbox = self._book.inbox_of(address)
        ours = inbox == address or self._domains.takes(domain_of(address)) or self._book.get(inbox) is not None
        return inbox if ours else address

    @staticmethod
    def called(email: str) -> str:
        """Give what the inbox of a valid address is called before those whom it may not belong to: by no real name
        of an alias."""
        return without_tag(canonical(email))

    def owner(self, inbox: str) -> str:
        """
        Give the account that the mail of an inbox belongs to, "" for a public inbox.

        It is who reserved the address; without a reservation it is who owns the domain, if the domain is private.
        """
        address = self._book.get(inbox)
        if address is not None:
            return address.owner
        domain = self._domains.get(domain_of(inbox))
        return domain.owner if domain is not None and domain.is_private else ""

    def reserver(self, inbox: str) -> str:
        """Give the only account that may have an address: who has it, or who proved the domain; "" for any account."""
        address = self._book.get(inbox)
        if address is not None:
            return address.owner
        domain = self._domains.get(domain_of(inbox))
        return domain.owner if domain is not None and not domain.configured else ""

    def catch_all(self, account: str, inbox: str) -> bool:
        """Tell whether an account may have the catch-all `*@domain`: the domain is served and the account's."""
        domain = self._domains.get(domain_of(inbox))
        return domain is not None and domain.owner == account

    def implicit(self, caller: Account, inbox: str) -> bool:
        """Tell whether an address that nobody reserved is the caller's because its domain is."""
        return self._book.get(inbox) is None and caller.name in (self.owner(inbox), self.reserver(inbox))

    def governs(self, caller: Account, inbox: str) -> bool:
        """
        Tell whether the caller may empty an inbox.

        That is the owner of the address, and the owner of its domain if nobody reserved it; for public inboxes also an
        administrator.
        """
        owner = self.owner(inbox)
        return caller.name in (owner, self.reserver(inbox)) or (owner == "" and caller.admin)

    def selection(self, caller: Account | str | None, inbox: str, status: int = 403, message: str = "") -> Selection:
        """
        Give what the caller, or the account of that name, may see of an inbox.

        Raises Refusal with `status` when the inbox is another's; a caller without a key is told to come with one,
        except by 404.
        """
        name = caller.name if isinstance(caller, Account) else caller
        if self.owner(inbox) not in ("", name):
            if name is None and status != 404:
                raise Refusal(401, UNAUTHORIZED)
            raise Refusal(status, message or f"{inbox} is owned by another account.")
        return Selection(inbox, name)

    def domain(self, caller: Account, name: str, status: int = 404) -> Domain:
        """
        Give what the caller has of a domain, proved or not.

        Raises Refusal: 400 no domain, `status` for every domain of which the caller has nothing.
        """
        try:
            canonical_name = canonical_domain(name)
        except InvalidAddress as error:
            raise Refusal(400, f"{name} is not a valid domain", (f"domain: {error}",)) from error
        domain = self._domains.claim(canonical_name, caller.name)
        if domain is None:
            # One text for all of them, so that nobody learns what others have claimed.
            raise Refusal(status, f"The domain {canonical_name} was not found for this user.")
        return domain
