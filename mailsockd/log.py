"""The operators' log: one line a transaction, made from the activity events."""

from twisted.logger import Logger, LogLevel

from mailsockd.state.activity import Event, Kind

_log = Logger()
_WARNINGS = frozenset((Kind.TROUBLE,))
# These follow a stored message, which has its line: one line a transaction.
_QUIET = frozenset((Kind.PUBLISHED, Kind.UNPUBLISHED))


def log_event(event: Event) -> None:
    """Write one event as `kind key=value …`; values with spaces or control characters are quoted."""
    if event.kind not in _QUIET:
        level = LogLevel.warn if event.kind in _WARNINGS else LogLevel.info
        _log.emit(level, "{line}", line=line(event))


def line(event: Event) -> str:
    """Give the text of an event."""
    parts = [event.kind.value]
    for name in ("account", "address", "message", "peer", "text"):
        value = getattr(event, name)
        if value:
            parts.append(f"{name}={_quoted(value)}")
    if event.count is not None:
        parts.append(f"count={event.count}")
    if event.milliseconds is not None:
        parts.append(f"ms={event.milliseconds:.1f}")
    return " ".join(parts)


def _quoted(value: str) -> str:
    return value if value.isascii() and value.isprintable() and " " not in value else ascii(value)
