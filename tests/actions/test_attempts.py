"""How often somebody may fail."""

import pytest

from mailsockd.actions import attempts
from mailsockd.actions.attempts import Attempts
from mailsockd.actions.refusal import Refusal


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def refused(tries: Attempts, name: str) -> bool:
    try:
        tries.begin(name)
    except Refusal as refusal:
        assert (refusal.status, refusal.message) == (429, "Too many sign-ins failed, try again later")
        return True
    return False


def test_failures_are_counted_by_name_until_their_time_is_over() -> None:
    """After its failures a name is refused for the rest of the window, others are not."""
    time = Time()
    tries = Attempts(time, 3, 60.0)
    assert [refused(tries, "a") for _ in range(5)] == [False, False, False, True, True]
    assert not refused(tries, "b")
    time.now += 59.9
    assert refused(tries, "a")
    time.now += 0.1
    assert [refused(tries, "a") for _ in range(4)] == [False, False, False, True]


def test_success_takes_its_own_attempt_back() -> None:
    """Whoever succeeds may go on for ever; what failed before still counts."""
    tries = Attempts(Time(), 2, 60.0)
    for _ in range(10):
        assert not refused(tries, "a")
        tries.succeeded("a")
    assert not refused(tries, "a")
    for _ in range(10):
        assert not refused(tries, "a")
        tries.succeeded("a")
    assert not refused(tries, "a")
    assert refused(tries, "a")


def test_attempts_at_one_time_are_limited_too() -> None:
    """An attempt counts from its beginning, so many at once are no way around."""
    tries = Attempts(Time(), 2, 60.0)
    assert [refused(tries, "a") for _ in range(3)] == [False, False, True]
    tries.succeeded("a")
    assert not refused(tries, "a")


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """When too many names have failed, the one that failed longest ago is forgotten."""
    monkeypatch.setattr(attempts, "REMEMBERED", 2)
    tries = Attempts(Time(), 1, 60.0)
    for name in ("a", "b", "c"):
        tries.begin(name)
    assert [refused(tries, name) for name in ("b", "c", "a")] == [True, True, False]
