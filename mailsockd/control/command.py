"""What a command of mailsockctl is given, and how it is declared."""

import argparse
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import attrs

from mailsockd.config import Config, load
from mailsockd.control.client import Daemon, SocketDaemon
from mailsockd.control.output import Output

Connect = Callable[[Path], Daemon]


class Misused(Exception):
    """The command line is wrong in a way that the parser cannot see; the text says how."""


@attrs.define(slots=False)
class Context:
    """One run of the program: its options, and what they lead to when a command needs it."""

    options: argparse.Namespace
    output: Output
    stdin: TextIO = attrs.field(factory=lambda: sys.stdin)
    connect: Connect = SocketDaemon

    @functools.cached_property
    def config(self) -> Config:
        """The configuration. Raises ConfigError."""
        return load(self.options.config)

    @functools.cached_property
    def daemon(self) -> Daemon:
        """The daemon at the socket that --control or the configuration names."""
        path = self.options.control
        return self.connect(Path(path.removeprefix("unix:")) if path else self.config.control_socket)

    def secret(self) -> str:
        """Give the first line of the standard input, for what must not be seen in a list of processes."""
        return self.stdin.readline().rstrip("\r\n")


Run = Callable[[Context], int | None]


@attrs.frozen
class Group:
    """A group of commands, such as `account …`, or the program itself."""

    parsers: Any
    common: argparse.ArgumentParser

    def group(self, name: str, text: str) -> "Group":
        """Add a group under this one."""
        parser = self.parsers.add_parser(name, help=text, description=text)
        return Group(parser.add_subparsers(metavar="COMMAND", required=True), self.common)

    def command(self, name: str, run: Run, text: str, *examples: str) -> argparse.ArgumentParser:
        """Add a command: what runs it, one sentence about it, and examples for its help."""
        parser: argparse.ArgumentParser = self.parsers.add_parser(
            name,
            help=text[0].lower() + text[1:].partition(". ")[0].removesuffix("."),
            description=text,
            parents=[self.common],
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog="\n".join(["examples:", *(f"  mailsockctl {example}" for example in examples)]),
        )
        parser.set_defaults(run=run)
        return parser


def common_options() -> argparse.ArgumentParser:
    """Make the options that may stand before a command and behind it."""
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    options = parser.add_argument_group("options of every command")
    options.add_argument("--control", metavar="SOCKET", help="the control socket (default: as the configuration says)")
    options.add_argument("--config", metavar="FILE", help="the configuration file that the daemon was started with")
    options.add_argument("--json", action="store_true", help="print JSON, for programs")
    return parser


def yes_or_no(text: str) -> bool:
    """Understand yes and no, true and false."""
    flags = {"yes": True, "true": True, "no": False, "false": False}
    if text.lower() not in flags:
        raise argparse.ArgumentTypeError(f"{text!r} is neither yes nor no")
    return flags[text.lower()]


def seconds(text: str) -> float:
    """Understand a number of seconds that is not negative."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value
