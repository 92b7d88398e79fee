"""
The operators' log: one line a transaction, made from the activity events.

`observer` is what twistd is given as its `--logger`. It writes time and text, or, when systemd's journal reads
(JOURNAL_STREAM), the level as the journal knows it and the text, since the journal keeps the time itself. At
thousands of mails a second Twisted's own text observer would cost a tenth of the work of a mail. With
MAILSOCKD_LOG=json each line is a JSON object instead.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

from twisted.logger import ILogObserver, LogLevel, formatEvent, globalLogPublisher
from zope.interface import implementer

from mailsockd.state.activity import Event, Kind

_WARNINGS = frozenset((Kind.TROUBLE,))
# These go with a stored or refused message, or a request, which has its line: one line a transaction.
_QUIET = frozenset((Kind.CONNECTED, Kind.PUBLISHED, Kind.UNPUBLISHED, Kind.READ))
# What of an event JSON says, and what of a request; what is empty is left out.
_FIELDS = ("account", "address", "message", "peer", "channel", "text", "count", "milliseconds", "session")
_REQUEST = ("peer", "method", "path", "status", "sent", "milliseconds", "id")
# sd-daemon(3): the priorities of syslog in angle brackets.
_PRIORITIES = {
    LogLevel.debug: "<7>",
    LogLevel.info: "<6>",
    LogLevel.warn: "<4>",
    LogLevel.error: "<3>",
    LogLevel.critical: "<2>",
}


def log_event(event: Event) -> None:
    """Write one event as `kind key=value …`; values with spaces or control characters are quoted."""
    if event.kind not in _QUIET:
        # Straight to the publisher: a Logger checks its level against all levels each time.
        globalLogPublisher(
            {
                "log_level": LogLevel.warn if event.kind in _WARNINGS else LogLevel.info,
                "log_namespace": __name__,
                "log_format": "{line}",
                "log_time": event.at,
                "line": line(event),
                "activity": event,
            }
        )


def line(event: Event) -> str:
    """Give the text of an event."""
    text = event.kind.value
    if event.account:
        text += f" account={_quoted(event.account)}"
    if event.address:
        text += f" address={_quoted(event.address)}"
    if event.message:
        text += f" message={_quoted(event.message)}"
    if event.peer:
        text += f" peer={_quoted(event.peer)}"
    if event.channel:
        text += f" channel={_quoted(event.channel)}"
    if event.text:
        text += f" text={_quoted(event.text)}"
    if event.count is not None:
        text += f" {'size' if event.kind is Kind.STORED else 'count'}={event.count}"
    if event.milliseconds is not None:
        text += f" ms={event.milliseconds:.1f}"
    return text


def _quoted(value: str) -> str:
    return value if value.isascii() and value.isprintable() and " " not in value else ascii(value)


@implementer(ILogObserver)
class LineObserver:
    """Writes each event of Twisted's logger as one line, and a traceback indented below its line."""

    def __init__(self, stream: TextIO, journal: bool, now: Callable[[], float] = time.time) -> None:
        self._stream = stream
        self._journal = journal
        self._now = now
        self._second = -1
        self._stamp = ""

    def __call__(self, event: Any) -> None:
        """Write one event. A stream that is gone, or full, is no reason to stop serving."""
        text = event.get("line") or formatEvent(event) or str(event.get("log_format", ""))
        failure = event.get("log_failure")
        if failure is not None:
            text = f"{text}\n{failure.getTraceback()}"
        if "\n" in text:
            text = text.rstrip("\n").replace("\n", "\n  ")
        try:
            self._stream.write(f"{self._head(event)}{text}\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass

    def _head(self, event: Any) -> str:
        if self._journal:
            return _PRIORITIES.get(event.get("log_level"), "<6>")
        second = int(self._now())
        if second != self._second:
            self._second = second
            self._stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z ", time.localtime(second))
        return self._stamp


@implementer(ILogObserver)
class JSONObserver:
    """Writes each event of Twisted's logger as one JSON object in one line: `time`, `level`, and what there is."""

    def __init__(self, stream: TextIO, now: Callable[[], float] = time.time) -> None:
        self._stream = stream
        self._now = now

    def __call__(self, event: Any) -> None:
        """Write one event."""
        level = event.get("log_level") or LogLevel.info
        value = {"time": _iso(event.get("log_time") or self._now()), "level": level.name, **_said(event)}
        failure = event.get("log_failure")
        if failure is not None:
            value["traceback"] = failure.getTraceback()
        try:
            self._stream.write(json.dumps(value, separators=(",", ":")) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass


def _said(event: Any) -> dict[str, Any]:
    said: dict[str, Any]
    activity = event.get("activity")
    if isinstance(activity, Event):
        known = ((name, getattr(activity, name)) for name in _FIELDS)
        said = {"event": activity.kind.value, **{name: value for name, value in known if value not in ("", None)}}
        if activity.milliseconds is not None:
            said["milliseconds"] = round(activity.milliseconds, 3)
        return said
    said = {"text": formatEvent(event) or str(event.get("log_format", ""))}
    if "log_namespace" in event:
        said["logger"] = str(event["log_namespace"])
    if "status" in event and "method" in event:  # a request
        said = {"event": "request", **{name: event[name] for name in _REQUEST if name in event}}
    return said


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def observer() -> LineObserver | JSONObserver:
    """Give the observer that writes to standard output, as twistd's `--logger` asks for it."""
    # What twistd prints is not to come back here as an event, so the stream is the real one.
    stream = sys.__stdout__ or sys.stdout
    if os.environ.get("MAILSOCKD_LOG") == "json":
        return JSONObserver(stream)
    return LineObserver(stream, "JOURNAL_STREAM" in os.environ)
