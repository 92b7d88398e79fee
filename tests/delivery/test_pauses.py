"""Pauses between tries, and how long they are in words."""

import pytest

from mailsockd.delivery.pauses import in_words, pause


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 5.0), (2, 15.0), (3, 45.0), (4, 135.0), (7, 3600.0), (8, 3600.0), (1_000_000, 3600.0)],
)
def test_pauses_grow_up_to_an_hour(failures: int, seconds: float) -> None:
    """A pause is three times the one before, and never more than an hour, but for a fifth by chance."""
    assert pause(failures, None, lambda: 0.5) == seconds
    assert pause(failures, None, lambda: 0.0) == pytest.approx(seconds * 0.8)
    assert pause(failures, None, lambda: 1.0) == pytest.approx(seconds * 1.2)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [(0.0, 5.0), (-1.0, 5.0), (5.5, 5.5), (7200.0, 7200.0), (1e9, 21_600.0), (float("inf"), 21_600.0)],
)
def test_what_is_asked_for_makes_a_pause_longer_only(asked: float, seconds: float) -> None:
    """What the other side asks for counts when it is more than the pause would be, up to six hours."""
    assert pause(1, asked, lambda: 0.5) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "1 second"),
        (1.4, "1 second"),
        (5.0, "5 seconds"),
        (60.0, "1 minute"),
        (61.0, "61 seconds"),
        (135.0, "2 minutes"),
        (3600.0, "1 hour"),
        (7_200.0, "2 hours"),
        (86_400.0, "1 day"),
        (604_800.0, "7 days"),
    ],
)
def test_times_in_words(seconds: float, words: str) -> None:
    """A span of time is told in the largest unit that says about as much."""
    assert in_words(seconds) == words
