"""Which names an account may claim, and which the server gives away."""

import re
from collections.abc import Sequence

SHORTEST_HOSTED = 3
# Two labels at least, as DNS has hosts (RFC 1123 section 2.1); the last one, which is no number, begins with a letter.
_CLAIMABLE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_LABEL = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
# What people, programs and mail of other sites take for the server's own (RFC 2142, RFC 6186 and habit).
# fmt: off
_RESERVED = frozenset((
    "abuse", "account", "accounts", "admin", "administrator", "api", "autoconfig", "autodiscover", "calendar",
    "capture", "cdn", "contacts", "daemon", "dashboard", "dkim", "dns", "docs", "ftp", "help", "hostmaster", "imap",
    "info", "ldap", "localhost", "login", "mail", "mailer-daemon", "mailsockd", "mta-sts", "news", "noreply", "owner",
    "pop", "pop3", "poppy", "postmaster", "proxy", "relay", "root", "security", "server", "sftp", "smtp", "sock",
    "ssh", "ssl", "static", "status", "submission", "support", "system", "test", "webmail", "webmaster", "wpad",
    "www",
))
# fmt: on
_NUMBERED = re.compile(r"(?:mx|ns|smtp|mail|relay|dns|www)\d+\Z")


def unclaimable(name: str) -> str | None:
    """Say what keeps a canonical domain from being claimed by anybody, None when nothing does."""
    if name.startswith("["):
        return "is an address literal; only a domain can be claimed"
    if "." not in name:
        return "has one label; a domain needs at least two, such as example.org"
    if not _CLAIMABLE.match(name):
        return "is not the name of a host: letters, digits and inner dashes, the last label beginning with a letter"
    return None


def hosted_parent(name: str, parents: Sequence[str]) -> str | None:
    """Give the domain under which the server gives the name away: all of it but the first label; None when none is."""
    parent = name.partition(".")[2]
    return parent if parent in parents else None


def unhostable(label: str) -> str | None:
    """Say why the server does not give a first label away, None when it may."""
    if len(label) < SHORTEST_HOSTED or not _LABEL.match(label):
        return f"must have {SHORTEST_HOSTED} to 63 letters, digits and inner dashes, and begin with a letter"
    if label.startswith("xn--") or "--" in label:
        return "must not have two dashes in a row"
    if label in _RESERVED or _NUMBERED.match(label):
        return "is kept for the server itself"
    return None
