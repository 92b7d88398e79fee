"""The addresses that accounts have reserved, and which inbox a recipient's mail belongs to."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping

import attrs

from mailsockd.mail.address import domain_of, without_tag
from mailsockd.mail.frozen import frozen

ALIAS_DIGITS = 40  # contract section 3.5: inbox- and 40 hex digits
_ALIAS = re.compile(r"inbox-[0-9a-f]{40}\Z")


@attrs.frozen
class Address:
    """
    One reserved address; `address` is canonical. Times are UTC seconds.

    `settings` holds what the channels were told, by the channel's setting name (`enablews`, `webhook`, …); a
    setting that was never given, or was cleared, is absent. `catch_all` is the domain of a `*@domain` address, None
    while it takes no mail because its owner has the domain no longer.
    """

    address: str
    owner: str
    created: float
    updated: float
    info: str = ""
    settings: Mapping[str, str | bool] = attrs.field(factory=dict)
    catch_all: str | None = None
    password: str | None = None

    @property
    def enablews(self) -> bool:
        """Whether mail goes to the owner's web sockets."""
        return self.settings.get("enablews") is True


@frozen
class Destination:
    """
    Where a recipient's mail goes: the inbox, the address as it was sent to, and who reserved it, if any did.

    `name` is the address without tag or alias: the inbox, or what a catch-all stands in for.
    """

    inbox: str
    original: str
    address: Address | None
    name: str


def alias_of(address: str, secret: bytes) -> str:
    """Give the local part of the alias that stands for an address: `inbox-<40 hex>` (contract section 3.5)."""
    digest = hmac.new(secret, address.encode(), hashlib.sha256).hexdigest()
    return f"inbox-{digest[:ALIAS_DIGITS]}"


def is_alias(local: str) -> bool:
    """Tell whether a local part has the form of an alias, whether or not it stands for an address."""
    return local.startswith("inbox-") and _ALIAS.match(local) is not None


class AddressBook:
    """All reserved addresses, by address, by owner and by alias."""

    def __init__(self, secret: bytes, addresses: Iterable[Address] = ()) -> None:
        self._secret = secret
        self._addresses: dict[str, Address] = {}
        self._owned: dict[str, set[str]] = {}
        self._in_domains: dict[str, set[str]] = {}
        self._aliases: dict[str, str] = {}
        self._addresses_of: dict[str, str] = {}
        for address in addresses:
            self.put(address)

    def __iter__(self) -> Iterator[Address]:
        return iter(self._addresses.values())

    def __len__(self) -> int:
        return len(self._addresses)

    def get(self, address: str) -> Address | None:
        """Give the reserved address of exactly that canonical form."""
        return self._addresses.get(address)

    def put(self, address: Address) -> None:
        """Add an address, or replace the one of its name."""
        before = self._addresses.get(address.address)
        if before is not None and before.owner != address.owner:
            self._owned[before.owner].discard(address.address)
        self._addresses[address.address] = address
        self._owned.setdefault(address.owner, set()).add(address.address)
        if before is None:
            self._in_domains.setdefault(domain_of(address.address), set()).add(address.address)
            alias = alias_of(address.address, self._secret)
            self._addresses_of[alias] = address.address
            self._aliases[address.address] = alias

    def remove(self, address: str) -> None:
        """Forget an address."""
        gone = self._addresses.pop(address, None)
        if gone is not None:
            self._owned[gone.owner].discard(address)
            self._in_domains[domain_of(address)].discard(address)
            self._addresses_of.pop(self._aliases.pop(address), None)

    def of(self, owner: str) -> list[Address]:
        """Give the addresses of an account, by address."""
        return [self._addresses[address] for address in sorted(self._owned.get(owner, ()))]

    def count(self, owner: str) -> int:
        """Give how many addresses an account has reserved; catch-alls come with their domains and do not count."""
        return sum(not address.startswith("*@") for address in self._owned.get(owner, ()))

    def in_domain(self, domain: str) -> list[Address]:
        """Give the addresses of a domain, by address."""
        return [self._addresses[address] for address in sorted(self._in_domains.get(domain, ()))]

    def alias(self, address: str) -> str:
        """Give the local part of an address's alias."""
        return self._aliases.get(address) or alias_of(address, self._secret)

    def inbox_of(self, address: str) -> str:
        """
        Give the inbox that a canonical address names: itself, or what its alias or tag stands for.

        The same folding serves SMTP and REST paths, so that writer and reader agree. An alias may have a tag, and is
        good at any domain.
        """
        name = without_tag(address)
        if name.startswith("inbox-"):
            return self._addresses_of.get(name.rpartition("@")[0], name)
        return name

    def leads_nowhere(self, address: str) -> bool:
        """Tell whether a canonical address is an alias that stands for nothing, or for nothing any more."""
        local = without_tag(address).rpartition("@")[0]
        return is_alias(local) and local not in self._addresses_of

    def concerned(self, inbox: str, owner: str) -> list[Address]:
        """
        Give the addresses of an account whose settings say where mail of an inbox that it owns goes on to.

        That is the inbox's own, then the catch-all of its domain while that takes mail (contract section 3.4). Nobody
        is told of mail that another account owns, and nobody's settings say anything of public mail.
        """
        own = self._addresses.get(inbox)
        catch_all = self._addresses.get(f"*@{domain_of(inbox)}")
        found = [own] if own is not None and own.owner == owner else []
        if catch_all is not None and catch_all is not own and catch_all.owner == owner and catch_all.catch_all:
            found.append(catch_all)
        return found

    def find(self, recipient: str) -> Destination:
        """
        Give the inbox of a canonical recipient: exact, alias, `+tag`, then the domain's catch-all.

        A recipient that nobody reserved is an inbox of its own, with no address.
        """
        inbox = self.inbox_of(recipient)
        address = self._addresses.get(inbox)
        if address is None:
            catch_all = self._addresses.get(f"*@{domain_of(inbox)}")
            if catch_all is not None and catch_all.catch_all is not None:
                return Destination(catch_all.address, recipient, catch_all, inbox)
        return Destination(inbox, recipient, address, inbox)
