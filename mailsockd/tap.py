"""The command line of `twistd mailsockd`. The house is imported when it is built, not when twistd lists its plugins."""

import sys
from typing import TYPE_CHECKING

from twisted.application.service import IService
from twisted.python import usage

import mailsockd

if TYPE_CHECKING:
    from mailsockd.config import Config


class Options(usage.Options):
    """What can be said on the command line; everything else is in the configuration."""

    synopsis = "[--config FILE]"
    longdesc = "Takes mail by SMTP and sends it, as JSON, to WebSockets. mailsockctl looks after a running daemon."
    optParameters = [
        ["config", "c", None, "configuration file (default: ./mailsockd.yaml, /etc/mailsockd/mailsockd.yaml, none)"]
    ]

    def getSynopsis(self) -> str:
        """Give the first line of the help, for `mailsockd` and for `twistd mailsockd`."""
        return f"Usage: mailsockd {self.synopsis}" if self.parent is None else super().getSynopsis()

    def opt_version(self) -> None:
        """Show mailsockd's version and exit."""
        sys.stdout.write(f"mailsockd {mailsockd.__version__}\n")
        raise SystemExit(0)


def makeService(options: Options) -> IService:
    """
    Build the daemon. What can be wrong with the configuration is found now.

    twistd has not gone into the background yet: one line on stderr and exit status 1 reach whoever started it.
    """
    from twisted.internet import reactor

    from mailsockd.assembly import Daemon
    from mailsockd.config import ConfigError, load
    from mailsockd.preflight import check

    def read() -> "Config":
        return load(options["config"])

    try:
        config: Config = read()
        ready = check(config)
    except ConfigError as error:
        sys.stderr.write(f"mailsockd: {error}\n")
        raise SystemExit(1) from error
    return Daemon(config, read, reactor, ready)
