"""Moments on the command line: a date, or how long ago something is."""

import importlib
import re
from datetime import datetime, timedelta

from mailsockd.control.command import Misused

WHEN = "a date, or how long ago: 90s, 15m, 2h, 7d"

_DURATION = re.compile(r"([0-9]{1,9})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment(name: str, value: str | None, now: datetime) -> str | None:
    """Give a date for the API: as given, or for how long ago something is. Raises Misused."""
    if value is None:
        return None
    found = _DURATION.fullmatch(value)
    if found is None:
        if not re.match("[0-9]{4}-", value):
            raise _no_moment(name)
        return value
    try:
        date = now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        return "0001-01-01"
    return date.strftime("%Y-%m-%dT%H:%M:%S.") + f"{date.microsecond // 1000:03d}Z"


def seconds_at(name: str, value: str | None, now: datetime) -> float | None:
    """Give the same in UTC seconds, for what is done without the daemon. Raises Misused."""
    date = moment(name, value, now)
    if date is None:
        return None
    # Imported only now: it brings Twisted, and most commands start without.
    call, errors = importlib.import_module("mailsockd.web.call"), importlib.import_module("mailsockd.web.errors")
    try:
        return float(call.parse_date(name, date))
    except errors.HTTPError as error:
        raise _no_moment(name) from error


def _no_moment(name: str) -> Misused:
    return Misused(f"{name} must be a date such as 2026-11-26T08:00:00Z, or how long ago, such as 15m")
