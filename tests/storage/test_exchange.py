"""Files changed for others, with whoever does it failing or dying at each of its steps."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mailsockd.storage.exchange import broken_off, exchange, forget, take_back
from mailsockd.storage.lock import FolderLock

NAMES = ("mailbox.db", "state.yaml")
OLD = {"mailbox.db": "old mail", "mailbox.db-wal": "old log", "state.db": "old state", "other": "untouched"}
NEW = {"mailbox.db": "new mail", "state.yaml": "new state", "other": "untouched"}
DIED = 7


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with old files, and with new ones beside them."""
    for name, content in OLD.items():
        (tmp_path / name).write_text(content)
    for name in NAMES:
        (tmp_path / f"{name}.restored").write_text(NEW[name])
    return tmp_path


def change(folder: Path) -> None:
    exchange(folder, NAMES, [folder / name for name in OLD if name != "other"], folder / "aside")


def held(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.name != "lock"}


class Steps:
    """Counts what changes names and folders, and has the step of a number replaced by `end`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, last: int, end: Callable[[], None]) -> None:
        self.done = 0
        for name in ("rename", "mkdir", "rmdir", "unlink"):
            self.watch(monkeypatch, name, getattr(Path, name), last, end)

    def watch(
        self,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        real: Callable[..., object],
        last: int,
        end: Callable[[], None],
    ) -> None:
        def step(*args: object, **named: object) -> object:
            self.done += 1
            if self.done == last:
                end()
            return real(*args, **named)

        monkeypatch.setattr(Path, name, step)


def fail() -> None:
    raise OSError(28, "No space left on device")


def die() -> None:
    os._exit(DIED)


def dies_at(step: int, work: Callable[[], object]) -> bool:
    """Do some work in a child that dies at a step; tell whether it came so far."""
    child = os.fork()
    if not child:
        Steps(pytest.MonkeyPatch(), step, die)
        work()
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, DIED)
    return status == DIED


def test_all_are_changed(folder: Path) -> None:
    """The new ones have the names, the old ones are in the folder aside, and what was not named stays."""
    change(folder)
    assert {path.name: path.read_text() for path in (folder / "aside").iterdir()} == {
        "mailbox.db": "old mail",
        "mailbox.db-wal": "old log",
        "state.db": "old state",
    }
    for path in (folder / "aside").iterdir():
        path.unlink()
    (folder / "aside").rmdir()
    assert held(folder) == NEW
    assert not take_back(folder)


# The folder aside, the mark in two steps, three old files, two new ones, and the mark goes.
@pytest.mark.parametrize("step", range(1, 10))
def test_a_step_that_fails_leaves_the_old_ones(folder: Path, step: int) -> None:
    """Whichever step it is, the error is told and the old files are where they were."""
    with pytest.MonkeyPatch.context() as patch:
        steps = Steps(patch, step, fail)
        with pytest.raises(OSError, match="No space left"):
            change(folder)
        assert steps.done >= step
    forget(folder, NAMES)
    left = held(folder)
    left.pop("exchange.json.new", None)
    assert left == OLD


def test_a_death_at_any_step_leaves_the_old_ones_or_the_new_ones(folder: Path) -> None:
    """Whoever locks the folder next finds the old files, and is told; a death while that is undone changes nothing."""
    deaths = undone = 0
    while dies_at(deaths + 1, lambda: change(folder)):
        deaths += 1
        waits = broken_off(folder)
        again = 0
        while waits and dies_at(again + 1, lambda: take_back(folder)):
            again += 1  # so each attempt gets one step further than the one before
        undone += again
        still = broken_off(folder)
        lock = FolderLock(folder)
        assert lock.undone is still
        lock.release()
        forget(folder, NAMES)
        for left in ("exchange.json.new", "aside"):
            if (folder / left).is_dir():
                (folder / left).rmdir()
            else:
                (folder / left).unlink(missing_ok=True)
        assert held(folder) == OLD
        for name in NAMES:
            (folder / f"{name}.restored").write_text(NEW[name])
    assert deaths >= 8
    assert undone >= 8
    assert (folder / "mailbox.db").read_text() == "new mail"
