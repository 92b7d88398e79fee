"""How long the queue waits before it tries again."""

from collections.abc import Callable

from mailsockd.delivery.queue_limits import FIRST_PAUSE, GROWTH, JITTER, LONGEST_ASKED, LONGEST_PAUSE


def pause(failures: int, asked: float | None, random: Callable[[], float]) -> float:
    """
    Give the seconds to wait after a number of failures in a row, at least one.

    `asked` is how long the other side wants to be left alone, if it said; `random` gives numbers from 0 up to 1. The
    pause is never shorter than what was asked, as far as that is within LONGEST_ASKED.
    """
    # Beyond some failures it is the longest anyway; the power of a very large number would be none.
    grown = min(FIRST_PAUSE * GROWTH ** min(failures - 1, 20), LONGEST_PAUSE)
    spread = grown * (1 + JITTER * (2 * random() - 1))
    return spread if asked is None else max(spread, min(asked, LONGEST_ASKED))


def in_words(seconds: float) -> str:
    """Give a span of time for people, such as `45 seconds` or `2 hours`."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or seconds == size:
            return _counted(round(seconds / size), name)
    return _counted(max(round(seconds), 1), "second")


def _counted(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
