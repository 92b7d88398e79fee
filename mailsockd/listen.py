"""Where to listen: `host:port` as people write it, or one of Twisted's endpoint strings."""

import re
import socket
from ipaddress import ip_address

import attrs

_HOST_PORT = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.%a-z]+)\]|(?P<host>[A-Za-z0-9.-]+)):(?P<port>[0-9]+)\Z")
DNS_PORT = 53
_PASSED = re.compile(r"systemd:(?P<name>[A-Za-z0-9_.-]+)\Z")
# Kinds that exist on every Twisted that mailsockd runs on.
_KINDS = frozenset(("tcp", "tcp4", "tcp6", "unix", "ssl", "fd", "systemd", "haproxy"))


class InvalidListen(ValueError):
    """What was given is no place to listen on; the message says why."""


@attrs.frozen
class Listen:
    """
    A place to listen on; `host` and `port` are None for an endpoint string that says them in its own way.

    `passed` is the name of sockets that systemd passes; then there is no endpoint string until they are known.
    """

    endpoint: str
    host: str | None = None
    port: int | None = None
    passed: str | None = None


def listen(text: str) -> Listen:
    """Understand `127.0.0.1:1025`, `[::1]:1025`, `systemd:NAME`, or an endpoint string. Raises InvalidListen."""
    if found := _PASSED.match(text):
        return Listen(text, passed=found["name"])
    found = _HOST_PORT.match(text)
    if found and found["host"] not in _KINDS:
        host = found["six"] or ("127.0.0.1" if found["host"] == "localhost" else found["host"])
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError as error:
            raise InvalidListen("the host must be an IP address, such as 127.0.0.1 or [::1]") from error
        port = int(found["port"])
        if port > 65535:
            raise InvalidListen("the port must be at most 65535")
        kind = "tcp6" if address.version == 6 else "tcp"
        return Listen(f"{kind}:{port}:interface={host.replace(':', chr(92) + ':')}", host, port)
    kind = text.partition(":")[0]
    if kind == "systemd" and ":name=" in text:
        raise InvalidListen("sockets that systemd passes are named by systemd:NAME, such as systemd:smtp")
    if kind not in _KINDS:
        raise InvalidListen("must be host:port, such as 127.0.0.1:1025 or [::1]:1025, or a Twisted endpoint string")
    return Listen(text)


def bind(listener: socket.socket, host: str, port: int) -> None:
    """Bind a socket; one of IPv6 to IPv6 alone, or 0.0.0.0 beside [::] would be busy. Raises OSError."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if listener.family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind((host, port))


def nameserver(text: str) -> tuple[str, int]:
    """Understand a DNS server, `192.0.2.1`, `192.0.2.1:5300` or `[::1]:5300`. Raises InvalidListen."""
    found = _HOST_PORT.match(text)
    host, port = (found["six"] or found["host"], int(found["port"])) if found else (text.strip("[]"), DNS_PORT)
    try:
        ip_address(host)
    except ValueError as error:
        raise InvalidListen("must be an IP address, with or without a port, such as 192.0.2.1 or [::1]:53") from error
    if not 0 < port <= 65535:
        raise InvalidListen("the port must be from 1 to 65535")
    return host, port


def on_private_network(text: str) -> bool:
    """Tell whether only this machine or a private network reaches the place; of endpoint strings, only unix does."""
    place = listen(text)
    if place.host is None:
        return place.endpoint.startswith("unix:")
    address = ip_address(place.host.partition("%")[0])
    return address.is_loopback or (address.is_private and not address.is_unspecified)


def names_this_machine(host: str) -> bool:
    """Tell whether a host, by its name or number, is loopback."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
