"""
The program mailsockctl: what an operator does with a running daemon, over its control socket, and with its files.

Exit status: 0 done, 1 not done (one line on stderr says why), 2 the command line is wrong.
"""

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Sequence
from typing import TextIO

import mailsockd
from mailsockd.config import ConfigError
from mailsockd.control import (
    account_commands,
    activity_commands,
    address_commands,
    config_commands,
    delivery_commands,
    denial_commands,
    doctor_commands,
    domain_commands,
    expect,
    keeping_commands,
    key_commands,
    mail_commands,
    reload_commands,
    state_commands,
    status_commands,
    transfer_commands,
    usage_commands,
    webhook_commands,
    welcome,
)
from mailsockd.control.client import Failed, SocketDaemon
from mailsockd.control.command import Connect, Context, Group, Misused, common_options
from mailsockd.control.output import Output

_FAMILIES = (
    account_commands,
    key_commands,
    address_commands,
    webhook_commands,
    mail_commands,
    activity_commands,
    expect,
    delivery_commands,
    status_commands,
    reload_commands,
    doctor_commands,
    usage_commands,
    denial_commands,
    domain_commands,
    config_commands,
    state_commands,
    keeping_commands,
    transfer_commands,
    welcome,
)
_EXAMPLES = """\
examples:
  mailsockctl account add alice                      make an account; its password and key are shown once
  mailsockctl address add user1@mail.test --account alice --enablews
  mailsockctl tail user1@mail.test                   watch mail come in
  mailsockctl send user1@mail.test --subject Hello   send a test mail
  mailsockctl expect user1@mail.test --extract code  wait for a mail and print its code
  mailsockctl status
  mailsockctl account add --help                     every command has help and examples
"""


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    common = common_options()
    program = argparse.ArgumentParser(
        prog="mailsockctl",
        description="Look after mailsockd: accounts, keys, addresses, mail as it arrives, configuration, state.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    program.add_argument("--version", action="version", version=f"mailsockctl {mailsockd.__version__}")
    group = Group(program.add_subparsers(metavar="COMMAND", required=True, title="commands"), common)
    for family in _FAMILIES:
        family.declare(group)
    return program


def main(
    arguments: Sequence[str],
    out: TextIO,
    err: TextIO,
    stdin: TextIO = sys.stdin,
    connect: Connect = SocketDaemon,
) -> int:
    """Run one command and give the exit status."""
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            options = parser().parse_args(arguments, argparse.Namespace(control=None, config=None, json=False))
    except SystemExit as end:
        return int(end.code or 0)
    context = Context(options, Output(out, options.json), stdin, connect)
    try:
        return options.run(context) or 0
    except (Failed, ConfigError, Misused) as error:
        err.write(f"mailsockctl: {' '.join(str(error).split())}\n")
        return 2 if isinstance(error, Misused) else 1


def run() -> None:
    """Run the program with the arguments of the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that does not know a character of some mail is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = main(sys.argv[1:], sys.stdout, sys.stderr)
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:
        # Whoever read this, such as head, has enough; nothing more can be written, not even at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    sys.exit(status)


if __name__ == "__main__":
    run()
