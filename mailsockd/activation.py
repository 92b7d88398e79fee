"""
The sockets that systemd has opened and passes to the daemon: sd_listen_fds(3).

The order in which several socket units are passed is nobody's promise, so a listener names them, `systemd:smtp`, by the
unit's FileDescriptorName. Twisted 22.4 knows them by their number alone.
"""

import os
import socket
from collections.abc import Mapping, MutableMapping

_VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")
_KEPT = "MAILSOCKD_"
FIRST = 3  # the descriptor of the first of them
_DOMAINS = {socket.AF_INET: "INET", socket.AF_INET6: "INET6", socket.AF_UNIX: "UNIX"}


def keep(environment: MutableMapping[str, str]) -> None:
    """Keep what systemd has said: Twisted takes it out of the environment as soon as twistd lists its plugins."""
    for name in _VARIABLES:
        if name in environment:
            environment[_KEPT + name] = environment[name]


def passed(environment: Mapping[str, str], pid: int) -> dict[str, tuple[str, ...]]:
    """Give Twisted's endpoint strings for the sockets that were passed to process `pid`, by their names."""
    process, count, every = (environment.get(_KEPT + name, "") for name in _VARIABLES)
    if process != str(pid) or not count.isdecimal():
        return {}
    names = every.split(":")
    found: dict[str, tuple[str, ...]] = {}
    for index in range(int(count)):
        name = names[index] if index < len(names) and names[index] else "unknown"
        domain = _domain(FIRST + index)
        if domain:
            found[name] = (*found.get(name, ()), f"systemd:domain={domain}:index={index}")
    return found


def _domain(descriptor: int) -> str:
    """Give the word for a socket's address family, "" when the descriptor is no socket that is listened on."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as copy:
            listens = copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            return _DOMAINS.get(copy.family, "") if listens else ""
    except OSError:
        return ""
