"""
Threads that wait for the disk so that the reactor does not.

Nothing that may block is done on the reactor's thread. A Worker is one thread with one queue; it takes whatever is
waiting, works on it in one go and answers each job by its own Deferred, back on the reactor.
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from traceback import format_exception
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.logger import Logger

from mailsockd.actions.ports import StorageTrouble

Job = TypeVar("Job")
CallFromThread: TypeAlias = Callable[..., object]
OnDeath: TypeAlias = Callable[[BaseException], object]
Timed: TypeAlias = Callable[[float, int], object]
Soon: TypeAlias = Callable[[Callable[[], None]], object]
_Entry: TypeAlias = tuple[Job, "Deferred[Any]", int]


def at_once(function: Callable[[], None]) -> None:
    """Call a function now: the Soon of who has no reactor."""
    function()


class Work(Protocol[Job]):
    """What a Worker does, all of it in the Worker's thread."""

    def run(self, jobs: list[Job]) -> list[Any]:
        """Do the jobs; give an outcome for each, an Exception when it failed. To raise ends the thread."""

    def close(self) -> None:
        """Let go of what was opened; the queue is empty and nothing more will come."""


class Worker(Generic[Job]):
    """
    One daemon thread that takes jobs in their order and answers each by a Deferred.

    `start` is called in the thread, at the first job, and gives the Work: a process may still fork before that
    (twistd does, when it becomes a daemon), and SQLite's connections stay in one thread. `call_from_thread` is the
    reactor's callFromThread. `on_death` is called on the reactor with the reason when the thread ends unasked: then
    nothing can be stored any more, and the process must not go on as if it could. At most `most` jobs, or those whose
    sizes reach `most_bytes`, are given to one call of the Work; a job that is `apart` is given alone.

    `timed` is told, in the thread, the seconds that the Work took and for how many jobs.

    When nothing came for `quiet` seconds after some jobs, `spare` is done, if there is one, again and again with such
    a pause before each, until its outcome is not True or something comes.
    """

    _log = Logger()

    def __init__(
        self,
        name: str,
        start: Callable[[], Work[Job]],
        call_from_thread: CallFromThread,
        on_death: OnDeath,
        most: int = 1,
        most_bytes: int = 8 << 20,
        soon: Soon = at_once,
        apart: Callable[[Job], bool] = lambda job: False,
        spare: Job | None = None,
        quiet: float = 0.02,
        timed: Timed | None = None,
    ) -> None:
        self._name = name
        self._start = start
        self._call_from_thread = call_from_thread
        self._on_death = on_death
        self._most = most
        self._most_bytes = most_bytes
        self._soon = soon
        self._apart = apart
        self._spare = spare
        self._quiet = quiet
        self._timed = timed
        self._kept: list[_Entry[Job] | None] = []
        self._handed: list[_Entry[Job]] = []
        self._queue: SimpleQueue[_Entry[Job] | None] = SimpleQueue()
        self._batch: list[_Entry[Job]] = []
        self._thread: Thread | None = None
        self._stopping: list[Deferred[None]] = []
        self._closed = ""
        self._ended = False
        self._died = False

    @property
    def alive(self) -> bool:
        """Tell whether the thread runs, or will when it is needed."""
        return not self._died and (self._thread is None or self._thread.is_alive() or bool(self._closed))

    @property
    def waiting(self) -> int:
        """How many jobs nobody has taken yet."""
        return self._queue.qsize() + len(self._kept) + len(self._handed)

    def submit(self, job: Job, size: int = 0) -> "Deferred[Any]":
        """Have a job done; its outcome is the Deferred's. `size` is in bytes. A cancelled job that waits is dropped."""
        if self._closed:
            return fail(StorageTrouble(self._closed))
        if self._thread is None:
            self._thread = Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        done: Deferred[Any] = Deferred()
        self._handed.append((job, done, size))
        if len(self._handed) == 1:
            self._soon(self._hand_over)
        return done

    def _hand_over(self) -> None:
        handed, self._handed = self._handed, []
        for entry in handed:
            self._queue.put(entry)

    def stop(self) -> "Deferred[None]":
        """Finish what was asked, then end the thread; fires when it has ended. To stop twice is no error."""
        first = not self._closed
        self._closed = self._closed or f"{self._name} is closed"
        if self._thread is None or self._ended:
            return succeed(None)
        if first:
            self._hand_over()
            self._queue.put(None)
        ended: Deferred[None] = Deferred()
        self._stopping.append(ended)
        return ended

    def _take(self) -> list[_Entry[Job]]:
        # In the thread. An empty list is the end; when the end is met behind jobs it is put back for the next call.
        batch: list[_Entry[Job]] = []
        size = 0
        entry = self._next()
        while entry is not None:
            if self._apart(entry[0]):
                if batch:
                    self._kept.append(entry)
                    return batch
                if not entry[1].called:
                    return [entry]
            elif not entry[1].called:
                batch.append(entry)
                size += entry[2]
            if batch and (len(batch) >= self._most or size >= self._most_bytes):
                return batch
            try:
                entry = self._next(block=not batch)
            except Empty:
                return batch
        if batch:
            self._queue.put(None)
        return batch

    def _next(self, block: bool = True) -> _Entry[Job] | None:
        return self._kept.pop() if self._kept else self._queue.get(block=block)

    def _use_the_quiet(self, work: Work[Job]) -> None:
        more = self._spare is not None
        while more and not self._kept:
            try:
                self._kept.append(self._queue.get(timeout=self._quiet))
            except Empty:
                more = self._spare is not None and work.run([self._spare])[0] is True

    def _run(self) -> None:
        try:
            work = self._start()
            try:
                while batch := self._take():
                    self._batch = batch
                    began = monotonic()
                    outcomes = work.run([entry[0] for entry in batch])
                    if self._timed is not None:
                        self._timed(monotonic() - began, len(batch))
                    self._batch = []
                    self._call_from_thread(self._answer, batch, outcomes)
                    self._use_the_quiet(work)
            finally:
                work.close()
        except BaseException as error:
            self._call_from_thread(self._end, error)
        else:
            self._call_from_thread(self._end, None)

    def _answer(self, batch: list[_Entry[Job]], outcomes: list[Any]) -> None:
        # A Deferred keeps what its callbacks raise; what it raises itself must not cost the others their answers.
        for (_, done, _), outcome in zip(batch, outcomes, strict=True):
            try:
                if isinstance(outcome, Exception):
                    done.errback(outcome)
                else:
                    done.callback(outcome)
            except Exception:
                self._log.failure("{name}: an answer was not taken", name=self._name)

    def _end(self, reason: BaseException | None) -> None:
        self._ended = True
        if reason is not None:
            self._died = True
            self._closed = f"{self._name} has died: {reason}"
            self._log.critical("{died}\n{trace}", died=self._closed, trace="".join(format_exception(reason)))
            self._hand_over()
            left = [*self._batch, *(entry for entry in self._kept if entry is not None)]
            while not self._queue.empty():
                entry = self._queue.get()
                if entry is not None:
                    left.append(entry)
            self._answer(left, [StorageTrouble(self._closed) for _ in left])
        stopping, self._stopping = self._stopping, []
        for ended in stopping:
            ended.callback(None)
        if reason is not None:
            self._on_death(reason)
