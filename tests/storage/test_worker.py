"""The thread that waits for the disk."""

import threading
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.ports import StorageTrouble
from mailsockd.storage.worker import Worker
from tests.storage.pump import LONGEST_WAIT, Pump


class Recorder:
    """Work whose jobs are callables; it keeps what it was given."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.threads: set[int] = set()
        self.closed = False

    def run(self, jobs: list[Callable[[], Any]]) -> list[Any]:
        """Call the jobs."""
        self.batches.append(len(jobs))
        self.threads.add(threading.get_ident())
        return [job() for job in jobs]

    def close(self) -> None:
        """Note it."""
        self.closed = True


class Died(BaseException):
    """What nothing in the worker expects."""


class WorkerTests(SynchronousTestCase):
    """Worker, with a Recorder for its work."""

    def setUp(self) -> None:
        self.pump = Pump()
        self.work = Recorder()
        self.calls = 0
        self.gate = threading.Event()

    def worker(self, most: int = 1, most_bytes: int = 1000) -> Worker[Callable[[], Any]]:
        """Make the worker; it is stopped at the end of the test."""

        def call_from_thread(function: Callable[..., object], *args: Any) -> None:
            self.calls += 1
            self.pump.call_from_thread(function, *args)

        worker = Worker("it", lambda: self.work, call_from_thread, self.pump.deaths.append, most, most_bytes)
        self.addCleanup(lambda: self.pump.wait(worker.stop()))
        self.addCleanup(self.gate.set)
        return worker

    def hold(self, worker: Worker[Callable[[], Any]]) -> "Deferred[Any]":
        """Keep the thread in a job until the gate opens; returns when it is in there."""
        begun = threading.Event()

        def job() -> bool:
            begun.set()
            return self.gate.wait(LONGEST_WAIT)

        held = worker.submit(job)
        assert begun.wait(LONGEST_WAIT)
        return held

    def test_answers(self) -> None:
        """A job's result is its Deferred's, whatever it is."""
        worker = self.worker()
        assert self.pump.wait(worker.submit(lambda: "done")) == "done"
        assert self.pump.wait(worker.submit(lambda: None)) is None

    def test_failure(self) -> None:
        """An Exception among the outcomes fails the job it belongs to."""
        worker = self.worker()
        self.pump.error(worker.submit(lambda: StorageTrouble("no")), StorageTrouble)
        assert self.pump.wait(worker.submit(lambda: 1)) == 1

    def test_one_thread(self) -> None:
        """All jobs are done in one thread, which is not the caller's and starts with the first job."""
        worker = self.worker()
        assert worker.alive
        before = threading.active_count()
        for _ in range(20):
            self.pump.wait(worker.submit(lambda: None))
        assert len(self.work.threads) == 1
        assert threading.get_ident() not in self.work.threads
        assert threading.active_count() == before + 1

    def test_batches(self) -> None:
        """What waits is taken together, up to the number of jobs, and answered by one call."""
        worker = self.worker(most=4)
        held = self.hold(worker)
        waiting = [worker.submit(lambda: None) for _ in range(6)]
        assert worker.waiting == 6
        self.gate.set()
        for deferred in [held, *waiting]:
            self.pump.wait(deferred)
        assert self.work.batches == [1, 4, 2]
        assert self.calls == 3

    def test_batches_of_bytes(self) -> None:
        """A batch ends with the job that reaches the number of bytes, however large that one is."""
        worker = self.worker(most=100, most_bytes=1000)
        held = self.hold(worker)
        waiting = [worker.submit(lambda: None, size) for size in (400, 600, 5000, 1, 1)]
        self.gate.set()
        for deferred in [held, *waiting]:
            self.pump.wait(deferred)
        assert self.work.batches == [1, 2, 1, 2]

    def test_cancelled(self) -> None:
        """A job that is cancelled before it was taken is not done, and costs no other."""
        worker = self.worker(most=10)
        held = self.hold(worker)
        done: list[int] = []
        waiting = [worker.submit(lambda number=number: done.append(number)) for number in range(3)]
        waiting[1].cancel()
        self.pump.error(waiting[1], CancelledError)
        self.gate.set()
        for deferred in (held, waiting[0], waiting[2]):
            self.pump.wait(deferred)
        assert done == [0, 2]

    def test_stop_drains(self) -> None:
        """To stop does what was asked for first, closes the work and refuses the rest."""
        worker = self.worker(most=2)
        self.hold(worker)
        waiting = [worker.submit(lambda: 7) for _ in range(5)]
        stopped, again = worker.stop(), worker.stop()
        refused = worker.submit(lambda: 8)
        self.gate.set()
        for deferred in waiting:
            assert self.pump.wait(deferred) == 7
        self.pump.wait(stopped)
        self.pump.wait(again)
        self.pump.wait(worker.stop())
        assert str(self.pump.error(refused, StorageTrouble)) == "it is closed"
        assert self.work.closed
        assert self.pump.deaths == []

    def test_stop_before_the_first_job(self) -> None:
        """A worker that never had a job stops at once and starts no thread."""
        before = threading.active_count()
        self.pump.wait(self.worker().stop())
        assert threading.active_count() == before

    def test_death(self) -> None:
        """When the thread dies the process is told, and every job, waiting or later, fails."""
        worker = self.worker(most=2)
        held = self.hold(worker)

        def die() -> None:
            raise Died("out of luck")

        waiting = [worker.submit(job) for job in (lambda: 1, die, lambda: 2, lambda: 3)]
        self.gate.set()
        assert self.pump.wait(held) is True
        for deferred in waiting:
            assert str(self.pump.error(deferred, StorageTrouble)) == "it has died: out of luck"
        assert [str(reason) for reason in self.pump.deaths] == ["out of luck"]
        assert not worker.alive
        assert self.work.closed
        self.pump.error(worker.submit(lambda: 4), StorageTrouble)
        self.pump.wait(worker.stop())

    def test_death_at_start(self) -> None:
        """When the work cannot start, the first job fails and the process is told."""

        def start() -> Recorder:
            raise OSError("no such disk")

        worker = Worker("it", start, self.pump.call_from_thread, self.pump.deaths.append)
        assert str(self.pump.error(worker.submit(lambda: 1), StorageTrouble)) == "it has died: no such disk"
        assert [str(reason) for reason in self.pump.deaths] == ["no such disk"]
        assert not worker.alive
