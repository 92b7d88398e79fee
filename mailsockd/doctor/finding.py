"""What was found."""

import enum

import attrs


class Level(enum.Enum):
    """How it is."""

    GOOD = "good"
    UNSURE = "unsure"
    WARNING = "warning"
    BAD = "bad"


@attrs.frozen
class Finding:
    """One thing that was looked at: `what` it was, a sentence on how it is, and how to mend it."""

    level: Level
    what: str
    text: str
    fix: str = ""


def good(what: str, text: str) -> Finding:
    """Make a finding that needs nothing."""
    return Finding(Level.GOOD, what, text)


def unsure(what: str, text: str, fix: str = "") -> Finding:
    """Make a finding that could not be made certain."""
    return Finding(Level.UNSURE, what, text, fix)


def warning(what: str, text: str, fix: str) -> Finding:
    """Make a finding that should be looked into."""
    return Finding(Level.WARNING, what, text, fix)


def bad(what: str, text: str, fix: str) -> Finding:
    """Make a finding that keeps the server from doing its work."""
    return Finding(Level.BAD, what, text, fix)
