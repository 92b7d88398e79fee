"""Everything that is looked at, in the order in which it is told."""

import os
import time
from pathlib import Path

from mailsockd.config import Config
from mailsockd.doctor import exposure, machine, names, pointers, ports
from mailsockd.doctor.finding import Finding, good
from mailsockd.resolver import Resolver


def examine(config: Config) -> list[Finding]:
    """Look at configuration, machine, ports, DNS and certificates. It blocks, for some seconds at worst."""
    pid = running(config)
    public = exposure.public(config)
    resolver = Resolver(config.dns.resolvers, config.dns.timeout, time.monotonic)
    return [
        good("configuration", f"{config.read} can be used"),
        *ports.ports(config, pid),
        *names.names(config, bool(public), resolver.look),
        *pointers.pointers(config, public, resolver.names_of),
        *names.certificates(config, bool(public), time.time()),
        machine.clock(),
        *machine.disk(config),
        machine.files(config, pid),
        *exposure.exposure(config),
    ]


def running(config: Config) -> int | None:
    """Give the process id of the daemon that has the data folder, None when there is none or it may not be seen."""
    try:
        pid = int((Path(config.data) / "lock").read_text())
        os.kill(pid, 0)
        # The file stays behind when the daemon ends; its number may be somebody else's then.
        return pid if b"mailsockd" in Path(f"/proc/{pid}/cmdline").read_bytes() else None
    except PermissionError:
        return None
    except (OSError, ValueError):
        return None
