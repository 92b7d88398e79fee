"""What was used is written down now and then, without getting in anybody's way."""

from collections.abc import Mapping, Sequence

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from mailsockd.actions.ports import StorageTrouble
from mailsockd.bookkeeping import PAUSE, Bookkeeping
from mailsockd.state.usage import Usage, Used

NOW = 1_795_334_470.0  # 2026-11-22


class Store:
    """A UsageStore that remembers what it is given; `answer` is what it gives next."""

    def __init__(self) -> None:
        self.saved: list[list[int]] = []
        self.answer: Deferred[None] | None = None

    def save(self, used: Sequence[Used], seen: Mapping[str, float]) -> "Deferred[None]":
        self.saved.append([one.count for one in used])
        return succeed(None) if self.answer is None else self.answer

    def forget(self, account: str) -> "Deferred[None]":
        return succeed(None)


def start() -> tuple[Clock, Usage, Store, Bookkeeping]:
    clock, usage, store = Clock(), Usage(), Store()
    service = Bookkeeping(usage, store, clock)
    service.startService()
    return clock, usage, store, service


def test_nothing_is_written_when_nothing_was_used() -> None:
    """An idle daemon leaves the disk alone."""
    clock, _, store, service = start()
    clock.pump([PAUSE] * 10)
    service.stopService()
    assert store.saved == []


def test_many_operations_are_one_write() -> None:
    """A thousand calls between two looks are one count."""
    clock, usage, store, _ = start()
    for _ in range(1000):
        usage.add("ada", "k", NOW)
    clock.advance(PAUSE)
    assert store.saved == [[1000]]


def test_what_could_not_be_written_is_written_later() -> None:
    """A full disk costs no counts."""
    clock, usage, store, _ = start()
    store.answer = fail(StorageTrouble("the disk is full"))
    usage.add("ada", "k", NOW)
    clock.advance(PAUSE)
    store.answer = None
    usage.add("ada", "k", NOW)
    clock.advance(PAUSE)
    clock.advance(PAUSE)
    assert store.saved == [[1], [2]]


def test_one_write_at_a_time() -> None:
    """A slow disk is waited for."""
    clock, usage, store, _ = start()
    store.answer = slow = Deferred()
    usage.add("ada", "k", NOW)
    clock.advance(PAUSE)
    usage.add("ada", "k", NOW)
    clock.pump([PAUSE] * 3)
    assert store.saved == [[1]]
    store.answer = None
    slow.callback(None)
    clock.advance(PAUSE)
    assert store.saved == [[1], [2]]
