"""Whether the places to listen on are free, or taken by whom they should be."""

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from mailsockd.config import Config
from mailsockd.doctor.finding import Finding, bad, good, unsure
from mailsockd.listen import listen
from mailsockd.preflight import listeners, skipped

PROC = Path("/proc")
_LISTENS = "0A"  # TCP_LISTEN in /proc/net/tcp
_MAIL_SERVERS = {
    "exim4": "exim4",
    "master": "postfix",
    "smtpd": "postfix",
    "sendmail-mta": "sendmail",
    "smtpd-opensmtpd": "opensmtpd",
}


def ports(config: Config, pid: int | None) -> list[Finding]:
    """Look at every listener; `pid` is that of the daemon that runs, None when none does."""
    found = []
    for key, items in listeners(config):
        for item in items:
            place = listen(item)
            if skipped(config, key, item):
                continue
            if place.host is None or place.port is None:
                found.append(unsure(key, f"{item} is not looked at"))
            else:
                found.append(_port(f"{key} {item}", place.host, place.port, pid))
    return found


def _port(what: str, host: str, port: int, pid: int | None) -> Finding:
    holder = holder_of(port)
    if pid is not None and holder is not None and holder[0] == pid:
        return good(what, "the daemon listens")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen(1)
    except OSError as error:
        return _taken(what, port, error, holder, pid)
    if pid is not None:
        return bad(what, "the daemon runs and does not listen", "look into its log, then restart it")
    return good(what, "the port is free")


def _taken(what: str, port: int, error: OSError, holder: tuple[int, str] | None, pid: int | None) -> Finding:
    if error.errno == errno.EADDRINUSE:
        if holder is None:
            if pid is not None and os.geteuid() != 0:
                return unsure(what, "somebody listens, probably the daemon", "run this as root to see who it is")
            return bad(what, "another program listens there", f"`ss -ltnp sport = :{port}` as root says which")
        number, name = holder
        service = _MAIL_SERVERS.get(name, name)
        fix = f"stop it for good (`systemctl disable --now {service}`), or listen elsewhere"
        if port == 25:
            fix += "; how both live on one machine is in docs/beside-another-mail-server.md"
        return bad(what, f"{name} (process {number}) listens there", fix)
    if error.errno in (errno.EACCES, errno.EPERM):
        if os.geteuid() != 0:
            return unsure(what, "only root may try this port", "run this as root; the package's unit may listen there")
        return bad(what, "the system does not let it listen", "a port below 1024 needs CAP_NET_BIND_SERVICE")
    if error.errno == errno.EADDRNOTAVAIL:
        return bad(what, "this machine has no such address", "`ip address` lists those that it has")
    return bad(what, f"cannot listen: {error.strerror}", "listen elsewhere")


def holder_of(port: int, proc: Path = PROC) -> tuple[int, str] | None:
    """Give process id and name of who listens on a TCP port, None when nobody does or it may not be seen."""
    inodes = {f"socket:[{inode}]" for inode in _inodes(port, proc)}
    if not inodes:
        return None
    for folder in proc.iterdir():
        if folder.name.isdigit():
            try:
                if any(os.readlink(entry) in inodes for entry in (folder / "fd").iterdir()):
                    return int(folder.name), (folder / "comm").read_text().strip()
            except OSError:  # it has ended, or is somebody else's
                continue
    return None


def _inodes(port: int, proc: Path) -> Iterator[str]:
    for name in ("tcp", "tcp6"):
        try:
            lines = (proc / "net" / name).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]
