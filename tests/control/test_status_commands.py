"""Waiting for the daemon, and how long it has run."""

from typing import Any

import attrs
import pytest

from mailsockd.actions.words import duration
from mailsockd.control.client import Failed, NotThere
from mailsockd.control.status_commands import wait_until_ready


@attrs.define
class Starting:
    """A daemon that gives one answer after the other, and the last for ever; time passes only in `sleep`."""

    answers: list[Any]
    now: float = 0.0

    def call(self, method: str, path: str, body: Any = None, query: Any = None, timeout: float = 0.0) -> Any:
        assert (method, path) == ("GET", "ready")
        assert 0 < timeout <= 5
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"ready": answer}

    def follow(self, path: str, query: Any) -> Any:
        raise AssertionError

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wait(self, seconds: float, **more: Any) -> None:
        wait_until_ready(self, seconds, now=lambda: self.now, sleep=self.sleep, **more)


def test_waiting_ends_when_the_daemon_is_ready() -> None:
    """First nothing answers, then the start is not done, then it is."""
    daemon = Starting([NotThere("nothing answers"), False, True])
    daemon.wait(30)
    assert daemon.now == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (NotThere("nothing answers"), "nothing answers (waited 3 s)"),
        (False, "mailsockd is still starting (waited 3 s)"),
    ],
)
def test_waiting_has_an_end(answer: Any, reason: str) -> None:
    """After the seconds that were given it fails with the last reason."""
    daemon = Starting([answer])
    with pytest.raises(Failed) as failed:
        daemon.wait(3)
    assert str(failed.value) == reason
    assert 3 <= daemon.now < 3.2


def test_waiting_ends_when_there_is_nothing_to_wait_for() -> None:
    """It does not go on once `go_on` says no."""
    daemon = Starting([NotThere("nothing answers")])
    with pytest.raises(Failed):
        daemon.wait(30, go_on=lambda: False)
    assert daemon.now == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (90_061, "1 d 1 h"),
        (86_405, "1 d 5 s"),
    ],
)
def test_a_duration_has_two_units(seconds: float, text: str) -> None:
    """The two largest units that are not zero."""
    assert duration(seconds) == text
