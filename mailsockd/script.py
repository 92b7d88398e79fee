"""The program `mailsockd`: twistd in the foreground, for machines where twistd goes by another name."""

import os
import sys

from twisted.python.usage import UsageError
from twisted.scripts.twistd import run as twistd

from mailsockd.activation import keep
from mailsockd.tap import Options


def run() -> None:
    """Run `twistd --nodaemon --logger=mailsockd.log.observer mailsockd` with the arguments of the command line."""
    try:
        # Once before twistd does, so that help, version and errors speak of mailsockd.
        Options().parseOptions(sys.argv[1:])  # type: ignore[no-untyped-call]
    except UsageError as error:
        sys.stderr.write(f"mailsockd: {error}; see mailsockd --help\n")
        raise SystemExit(2) from error
    keep(os.environ)
    sys.argv[1:1] = ["--no_save", "--nodaemon", "--pidfile=", "--logger=mailsockd.log.observer", "mailsockd"]
    twistd()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    run()
