"""
URLs that people give for the server to send to, read strictly: one reading only, and none that surprises.

Every library that is handed an URL reads it in its own way, and `getaddrinfo` takes `127.1`, `0x7f.1`, `2130706433`
and circled digits for an address. So nothing is repaired here: what could be read in two ways is refused.
"""

import re
from ipaddress import IPv4Address, IPv6Address

import attrs

from mailsockd.delivery.networks import IP
from mailsockd.mail.address import InvalidAddress, canonical_domain

LONGEST_URL = 2000
_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<place>[^/?#]*)(?P<rest>.*)\Z", re.S)
_PLACE = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{1,5}))?\Z")
_REST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*\Z")
_NUMBER = re.compile(r"(?:[0-9]+|0[xX][0-9A-Fa-f]*)\Z")


class InvalidTarget(ValueError):
    """What was given is no URL to send to; the message says why, in words for the person who typed it."""


@attrs.frozen
class Target:
    """
    Where to send: `host` is a canonical domain or an IP address without brackets, `literal` that address if it is one.

    `path` is everything from the path on, ASCII, and begins with a slash.
    """

    scheme: str
    host: str
    port: int
    path: str
    literal: IP | None = None

    @property
    def authority(self) -> str:
        """The host, and the port when it is not the scheme's own: the Host header (RFC 9110 section 7.2)."""
        host = f"[{self.host}]" if isinstance(self.literal, IPv6Address) else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL in the one spelling that is sent."""
        return f"{self.scheme}://{self.authority}{self.path}"


def target(text: str) -> Target:
    """Read an URL. Raises InvalidTarget."""
    if len(text) > LONGEST_URL:
        raise InvalidTarget(f"is longer than {LONGEST_URL} characters")
    if any(character <= " " or character == "\x7f" or character.isspace() for character in text):
        raise InvalidTarget("has a space or a control character in it")
    if "\\" in text:
        raise InvalidTarget("has a backslash in it")
    found = _URL.match(text)
    if not found or found["scheme"].lower() not in _PORTS:
        raise InvalidTarget("must be an http or https URL, such as https://example.org/mail")
    scheme, rest = found["scheme"].lower(), found["rest"]
    if "@" in found["place"]:
        raise InvalidTarget("must not have a user name or password in it")
    if "#" in rest:
        raise InvalidTarget("must not have a fragment (#…)")
    if not _REST.match(rest):
        raise InvalidTarget("has characters behind the host that must be written as %XX")
    place = _PLACE.match(found["place"])
    port = int(place["port"] or _PORTS[scheme]) if place else 0
    if not place or not 0 < port < 65536:
        raise InvalidTarget("must name a host and, if any, a port from 1 to 65535")
    host, literal = _host(place["host"])
    return Target(scheme, host, port, rest if rest.startswith("/") else f"/{rest}", literal)


def _host(text: str) -> tuple[str, IP | None]:
    if not text:
        raise InvalidTarget("names no host")
    if text.startswith("["):
        if "%" in text:
            raise InvalidTarget("names an interface with its IPv6 address")
        try:
            six = IPv6Address(text[1:-1])
        except ValueError as error:
            raise InvalidTarget("has no IPv6 address between its brackets") from error
        return str(six), six
    try:
        four = IPv4Address(text)
    except ValueError:
        return _name(text), None
    return str(four), four


def _name(text: str) -> str:
    if text.endswith("."):
        raise InvalidTarget("has a host with a dot at its end")
    try:
        name = canonical_domain(text)
    except InvalidAddress as error:
        raise InvalidTarget(f"has no valid host: {error}") from error
    if _NUMBER.match(name.rpartition(".")[2]):
        # RFC 3986 section 7.4: rare formats of IP addresses.
        raise InvalidTarget("has a host that is neither a name nor four decimal numbers, such as 192.0.2.1")
    return name
