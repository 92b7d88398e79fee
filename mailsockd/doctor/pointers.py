"""Whether the addresses of this server and its name say each other."""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from mailsockd.config import Config
from mailsockd.doctor.finding import Finding, good, unsure, warning
from mailsockd.doctor.names import Addresses, addresses_of
from mailsockd.listen import listen
from mailsockd.mail.address import canonical_domain

NamesOf = Callable[[str], tuple[tuple[str, ...] | None, str]]

_INSIDE = [ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")]


def pointers(
    config: Config, public: Sequence[str], names_of: NamesOf, addresses: Addresses = addresses_of
) -> list[Finding]:
    """
    Look at the PTR records of the addresses that strangers bring mail to; `public` is where the server listens for it.

    These are the hostname's, and those that a listener names. Without a hostname that can be found there is no finding.
    """
    host = canonical_domain(config.name)
    if not public or "." not in host:
        return []
    try:
        known = [ip_address(text.partition("%")[0]) for text in addresses(host)]
    except OSError:
        return []
    found = []
    for address in _named(public):
        if address not in known:
            kind = "A" if address.version == 4 else "AAAA"
            fix = f"add to the DNS: {host}. {kind} {address}"
            found.append(warning(f"address {address}", f"mail is taken there, and {host} does not lead to it", fix))
            known.append(address)
    return found + [_pointer(address, host, names_of) for address in known if not _own(address)]


def _named(public: Sequence[str]) -> list[IPv4Address | IPv6Address]:
    hosts = [host.partition("%")[0] for host in (listen(item).host for item in public) if host]
    return [address for address in dict.fromkeys(map(ip_address, hosts)) if not address.is_unspecified]


def _own(address: IPv4Address | IPv6Address) -> bool:
    return address.is_loopback or address.is_link_local


def _pointer(address: IPv4Address | IPv6Address, host: str, names_of: NamesOf) -> Finding:
    what = f"PTR of {address}"
    if any(address in network for network in _INSIDE):
        return unsure(what, "it is of a private network, and others see another", "look from another machine")
    names, trouble = names_of(str(address))
    if names is None:
        return unsure(what, trouble, "check dns.resolvers, or /etc/resolv.conf")
    record = f"{address.reverse_pointer}. PTR {host}."
    if not names:
        return warning(what, "there is none", f"whoever gives you the address, mostly the provider, adds: {record}")
    if host not in names:
        text = f"it says {', '.join(names[:5])}, and this server is {host}"
        return warning(what, text, f"whoever gives you the address, mostly the provider, changes it to: {record}")
    return good(what, f"it says {host}")
