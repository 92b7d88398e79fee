"""Moments on the command line."""

from datetime import UTC, datetime

import pytest

from mailsockd.control.command import Misused
from mailsockd.control.moments import moment, seconds_at

NOW = datetime(2026, 11, 26, 8, 15, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "date", "seconds"),
    [
        (None, None, None),
        ("15m", "2026-11-26T08:00:00.250Z", 1_795_680_000.25),
        ("90s", "2026-11-26T08:13:30.250Z", 1_795_680_810.25),
        ("2h", "2026-11-26T06:15:00.250Z", 1_795_673_700.25),
        ("7d", "2026-11-19T08:15:00.250Z", 1_795_076_100.25),
        ("999999999d", "0001-01-01", -62_135_596_800.0),
        ("2026-11-26", "2026-11-26", 1_795_651_200.0),
        ("2026-11-26T09:00:00+01:00", "2026-11-26T09:00:00+01:00", 1_795_680_000.0),
    ],
)
def test_moments(given: str | None, date: str | None, seconds: float | None) -> None:
    """A moment is a date, or how long ago it was."""
    assert moment("--since", given, NOW) == date
    assert seconds_at("--since", given, NOW) == seconds


def test_what_is_no_moment() -> None:
    """Other words are a wrong command line, and so is a date that is none."""
    with pytest.raises(Misused, match="--since must be a date such as 2026-11-26T08:00:00Z, or how long ago"):
        moment("--since", "yesterday", NOW)
    with pytest.raises(Misused, match="--since must be a date such as 2026-11-26T08:00:00Z, or how long ago"):
        seconds_at("--since", "2026-13-45", NOW)
