"""The program `mailsockd`: twistd in the foreground, for machines where twistd goes by another name."""

import sys

from twisted.scripts.twistd import run as twistd


def run() -> None:
    """Run `twistd --nodaemon --logger=mailsockd.log.observer mailsockd` with the arguments of the command line."""
    arguments = ["--no_save", "--nodaemon", "--pidfile=", "--logger=mailsockd.log.observer", "mailsockd", *sys.argv[1:]]
    if "--version" in sys.argv[1:]:
        arguments = ["mailsockd", "--version"]
    sys.argv[1:] = arguments
    twistd()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    run()
