"""Whom mail is not taken from: sender domains, sender addresses, IP addresses and networks."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network

import attrs

from mailsockd.mail.address import InvalidAddress, canonical, canonical_domain, domain_of, without_tag

LONGEST_NOTE = 200
_NUMERIC = re.compile(r"[0-9.]+\Z")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]/]*\]|[^/?#:]*)")
_MAPPED = 96  # the bits in front of an IPv4 address that is written as an IPv6 one


class InvalidDenial(InvalidAddress):
    """What was given is no domain, address or network; the message says why."""


@attrs.frozen
class Denial:
    """One that is denied; `item` is canonical, as `denied_item` makes it. Times are UTC seconds."""

    item: str
    created: float
    note: str = ""


def denied_item(text: str) -> str:
    """
    Give the canonical form of a domain, `local@domain`, an IP address or a network. Raises InvalidDenial.

    `@domain` and `*.domain` are the domain, whose subdomains are denied with it.
    """
    text = text.strip()
    if "@" not in text and ("/" in text or ":" in text or _NUMERIC.match(text)):
        try:
            network = ip_network(text.strip("[]"))
        except ValueError as error:
            raise InvalidDenial(f"{text} is no IP address and no network: {_reason(error, text)}") from error
        if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped and network.prefixlen >= _MAPPED:
            network = ip_network((network.network_address.ipv4_mapped, network.prefixlen - _MAPPED))
        return str(network) if network.num_addresses > 1 else str(network.network_address)
    try:
        if text.startswith(("@", "*.")):
            return canonical_domain(text.removeprefix("@").removeprefix("*."))
        return canonical(text) if "@" in text else canonical_domain(text)
    except InvalidAddress as error:
        raise InvalidDenial(f"{text} is no domain and no address: {error}") from error


def denied_items(text: str) -> list[tuple[int, str]]:
    """
    Give the lines, from 1, and the items of an operator's file; empty lines and what follows a # say nothing.

    Raises InvalidDenial that begins with the number of the line and a colon.
    """
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        item = line.partition("#")[0].strip()
        if item:
            try:
                found.append((number, denied_item(item)))
            except InvalidDenial as error:
                raise InvalidDenial(f"{number}: {error}") from error
    return found


class Denylist:
    """
    What is denied, by item: what an operator's file has, which stays, and what was added beside it.

    An empty list costs a look at an empty dictionary.
    """

    def __init__(self, denials: Iterable[Denial] = (), fixed: Iterable[str] = ()) -> None:
        self._fixed = frozenset(fixed)
        self._added: dict[str, Denial] = {}
        self._names: set[str] = set()  # domains and addresses
        self._networks: dict[tuple[int, int], dict[int, str]] = {}  # by version and length of the prefix, then its bits
        for item in self._fixed:
            self._index(item)
        for denial in denials:
            self.put(denial)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._fixed, *self._added}))

    def __contains__(self, item: str) -> bool:
        return item in self._fixed or item in self._added

    def get(self, item: str) -> Denial | None:
        """Give what was added."""
        return self._added.get(item)

    def fix(self, items: Iterable[str]) -> None:
        """Replace what the operator's file has."""
        gone, self._fixed = self._fixed, frozenset(items)
        for item in gone - self._fixed:
            if item not in self._added:
                self._forget(item)
        for item in self._fixed:
            self._index(item)

    def fixed(self, item: str) -> bool:
        """Tell whether the operator's file has an item."""
        return item in self._fixed

    def put(self, denial: Denial) -> None:
        """Add one, or replace the one of its item."""
        self._added[denial.item] = denial
        self._index(denial.item)

    def remove(self, item: str) -> None:
        """Forget what was added; what the file has stays denied."""
        self._added.pop(item, None)
        if item not in self._fixed:
            self._forget(item)

    def _forget(self, item: str) -> None:
        self._names.discard(item)
        network = _network(item)
        if network is not None:
            version, length, bits = network
            of_length = self._networks.get((version, length), {})
            of_length.pop(bits, None)
            if not of_length:
                self._networks.pop((version, length), None)

    def peer(self, ip: str) -> str | None:
        """Give the item that denies an IP address, None when none does."""
        if not self._networks:
            return None
        try:
            address = ip_address(ip.partition("%")[0])
        except ValueError:
            return None
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        value, longest = int(address), address.max_prefixlen
        for (version, length), networks in self._networks.items():
            item = networks.get(value >> (longest - length)) if version == address.version else None
            if item is not None:
                return item
        return None

    def sender(self, address: str) -> str | None:
        """Give the item that denies a canonical sender: the address, with its tag or without, or a domain of it."""
        if not self._names or not address:
            return None
        for name in (address, without_tag(address)):
            if name in self._names:
                return name
        return self._domain(domain_of(address))

    def find(self, text: str) -> str | None:
        """Give the item that denies what a client asks about: a domain, an address, an IP address, or a URL of one."""
        url = _URL.match(text)
        try:
            item = denied_item(url[1].strip("[]") if url else text)
        except InvalidDenial:
            return None
        if item in self:
            return item
        if "@" in item:
            return self.sender(item)
        return self.peer(item) or self._domain(item)

    def _domain(self, domain: str) -> str | None:
        while domain:
            if domain in self._names:
                return domain
            domain = domain.partition(".")[2]
        return None

    def _index(self, item: str) -> None:
        network = _network(item)
        if network is None:
            self._names.add(item)
        else:
            version, length, bits = network
            self._networks.setdefault((version, length), {})[bits] = item


def _network(item: str) -> tuple[int, int, int] | None:
    """Give version, length and bits of the prefix of a canonical item, None when it is a name."""
    if "@" in item:
        return None
    try:
        network = ip_network(item)
    except ValueError:
        return None
    return (
        network.version,
        network.prefixlen,
        int(network.network_address) >> (network.max_prefixlen - network.prefixlen),
    )


def _reason(error: ValueError, text: str) -> str:
    if "host bits" in str(error):
        return f"write {ip_network(text, strict=False)}"
    return "it is like neither 192.0.2.1, 192.0.2.0/24 nor 2001:db8::/32"
