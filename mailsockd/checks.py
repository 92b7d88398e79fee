"""What a setting's value may be: each check makes the value of what YAML says, or raises ValueError with a reason."""

import re
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from mailsockd.listen import InvalidListen, listen, nameserver
from mailsockd.mail.address import InvalidAddress, canonical, canonical_domain
from mailsockd.sections import Check

_PREFIX = re.compile(r"[A-Za-z0-9_=.-]{0,32}\Z")


def text(value: Any) -> str:
    """Take text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be text")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Take a list of texts."""
    if not isinstance(value, list):
        raise ValueError("must be a list, such as [a, b]")
    return tuple(text(item) for item in value)


def origin(value: Any) -> str:
    """Take where a web server is, as browsers name it in an Origin: scheme, host, and a port that is not the usual."""
    if value == "":
        return ""
    try:
        parts = urlsplit(text(value).rstrip("/"))
        usual = {"http": 80, "https": 443}[parts.scheme]
        name = parts.hostname or ""
        named = f"[{ip_address(name)}]" if ":" in name else host(name)
        port = "" if parts.port in (None, usual) else f":{parts.port}"
    except (KeyError, ValueError):
        raise ValueError("must be such as https://mail.example.org") from None
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("must be a scheme and a host, such as https://mail.example.org, and nothing behind them")
    return f"{parts.scheme}://{named}{port}"


def domain(value: Any) -> str:
    """Take a domain, in its canonical form."""
    try:
        return canonical_domain(text(value))
    except InvalidAddress as error:
        raise ValueError(str(error)) from error


def host(value: Any) -> str:
    """Take the name of a host, or an IP address."""
    try:
        return str(ip_address(text(value)))
    except ValueError:
        return domain(value)


def address(value: Any) -> str:
    """Take an email address, in its canonical form."""
    try:
        return canonical(text(value))
    except InvalidAddress as error:
        raise ValueError(str(error)) from error


def domains(value: Any) -> tuple[str, ...]:
    """Take a list of domains, at least one."""
    if value == []:
        raise ValueError("must name at least one domain")
    return tuple(dict.fromkeys(domain(item) for item in texts(value)))


def any_domains(value: Any) -> tuple[str, ...]:
    """Take a list of domains, perhaps none."""
    return tuple(dict.fromkeys(domain(item) for item in texts(value)))


def nameservers(value: Any) -> tuple[str, ...]:
    """Take a list of DNS servers, each address once: they are told apart by it."""
    items, seen = texts(value), set()
    for item in items:
        try:
            host, _ = nameserver(item)
        except InvalidListen as error:
            raise ValueError(f"{item!r}: {error}") from error
        if host in seen:
            raise ValueError(f"{item!r}: there is another server at {host} already")
        seen.add(host)
    return items


def proof_prefix(value: Any) -> str:
    """Take what the text of a TXT record begins with, "" for nothing."""
    if not isinstance(value, str) or not _PREFIX.match(value):
        raise ValueError("must be at most 32 letters, digits and any of _ = . -")
    return value


def listens(value: Any) -> tuple[str, ...]:
    """Take a list of places to listen on."""
    items = texts(value)
    for item in items:
        try:
            listen(item)
        except InvalidListen as error:
            raise ValueError(f"{item!r}: {error}") from error
    return items


def networks(value: Any) -> tuple[str, ...]:
    """Take a list of networks."""
    items = texts(value)
    for item in items:
        try:
            ip_network(item)
        except ValueError as error:
            raise ValueError(f"{item!r}: must be a network, such as 10.0.0.0/8 or ::1/128") from error
    return items


def proxies(value: Any) -> tuple[str, ...]:
    """Take a list of addresses and networks of proxies; `unix` is whoever comes by a socket file."""
    items = texts(value)
    for item in items:
        try:
            if item != "unix":
                ip_network(item)
        except ValueError as error:
            reason = "must be an address or a network, such as 127.0.0.1 or 10.0.0.0/8, or unix"
            raise ValueError(f"{item!r}: {reason}") from error
    return items


def ports(value: Any) -> tuple[int | str, ...]:
    """Take a list of ports and ranges of them."""
    if not isinstance(value, list):
        raise ValueError("must be a list, such as [443, 8000-8999]")
    for item in value:
        first, dash, last = str(item).partition("-")
        pair = (first, last if dash else first)
        if isinstance(item, bool) or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in pair):
            raise ValueError(f"{item!r}: must be a port, such as 443, or a range, such as 8000-8999")
        if not 0 < int(pair[0]) <= int(pair[1]) < 65536:
            raise ValueError(f"{item!r}: ports are from 1 to 65535")
    return tuple(value)


def number(least: int, most: int) -> Check:
    """Make what takes a whole number within bounds."""

    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return check


def flag(value: Any) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def choice(*choices: str) -> Check:
    """Make what takes one of some words."""

    def check(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return str(value)

    return check


def certificates(value: Any) -> tuple[tuple[str, str], ...]:
    """Take a list of pairs of PEM files."""
    if not isinstance(value, list):
        raise ValueError("must be a list of {certificate: FILE, key: FILE}")
    pairs = []
    for item in value:
        if not isinstance(item, dict) or item.keys() != {"certificate", "key"}:
            raise ValueError("each item must be {certificate: FILE, key: FILE}")
        pairs.append((text(item["certificate"]), text(item["key"])))
    return tuple(pairs)
