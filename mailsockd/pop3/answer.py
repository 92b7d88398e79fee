"""What a command leads to: a Reply, or the work that has to be done before there is one."""

from collections.abc import Iterator
from typing import TypeAlias

import attrs

from mailsockd.actions.maildrop import Listed
from mailsockd.pop3.reply import Reply


@attrs.frozen
class SignIn:
    """Check a user and a password, and read the list."""

    user: str
    password: str


@attrs.frozen
class Retrieve:
    """Send a message: all of it, or its headers and some lines of its body."""

    number: int
    listed: Listed
    body: int | None = None


@attrs.frozen
class Send:
    """Send lines, each with its end, the last one a dot."""

    lines: Iterator[bytes]


@attrs.frozen
class StartTLS:
    """Say that TLS may begin, and begin it."""


@attrs.frozen
class Update:
    """Delete what is marked, and end."""

    listed: list[Listed]


Answer: TypeAlias = Reply | SignIn | Retrieve | Send | StartTLS | Update
