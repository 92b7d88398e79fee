"""
Sending one frame to many listeners without holding the reactor.

Up to SLICE listeners are served at once. The others wait for later turns of the reactor, so that SMTP and other
sockets are served between. A listener for whom something waits gets what follows behind it: its order never changes.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mailsockd.state.subscriptions import Subscription

SLICE = 500

Shape = tuple[str, bool]
Frames = Mapping[Shape, bytes]


@attrs.define(eq=False)
class _Job:
    targets: deque[Subscription]
    frames: Frames | None = None
    failed: bool = False


class Fanout:
    """Sends frames, each in the shape that its listener asked for, in order."""

    _log = Logger()

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._jobs: deque[_Job] = deque()
        self._waiting: Counter[Subscription] = Counter()
        self._scheduled = False

    def send(self, targets: Sequence[Subscription], frames: Frames) -> None:
        """Send frames that are ready."""
        if len(targets) <= SLICE and (not self._jobs or self._waiting.keys().isdisjoint(targets)):
            for subscription in targets:
                self._send(subscription, frames)
            return
        self._enqueue(_Job(deque(targets), frames))
        if not self._scheduled:
            self._turn()

    def send_later(self, targets: Sequence[Subscription], frames: "Deferred[Frames]") -> None:
        """Send frames that are still being made; what follows to the same listeners waits for them."""
        job = _Job(deque(targets))
        self._enqueue(job)

        def made(result: Frames) -> None:
            job.frames = result

        def failed(failure: Failure) -> None:
            self._log.failure("a frame could not be made", failure)
            job.failed = True

        frames.addCallbacks(made, failed).addCallback(lambda _: self._turn())

    def _enqueue(self, job: _Job) -> None:
        self._jobs.append(job)
        self._waiting.update(job.targets)

    def _turn(self) -> None:
        self._scheduled = False
        room = SLICE
        blocked: set[Subscription] = set()
        for job in tuple(self._jobs):
            if job.frames is None and not job.failed:
                blocked.update(job.targets)
                continue
            held: deque[Subscription] = deque()
            while job.targets and room > 0:
                subscription = job.targets.popleft()
                if subscription in blocked:
                    held.append(subscription)
                    continue
                room -= 1
                self._release(subscription)
                if job.frames is not None:
                    self._send(subscription, job.frames)
            job.targets.extendleft(reversed(held))
            if not job.targets:
                self._jobs.remove(job)
            blocked.update(job.targets)
            if room <= 0:
                break
        if room <= 0 and self._jobs:
            self._scheduled = True
            self._clock.callLater(0, self._turn)

    def _release(self, subscription: Subscription) -> None:
        self._waiting[subscription] -= 1
        if self._waiting[subscription] <= 0:
            del self._waiting[subscription]

    def _send(self, subscription: Subscription, frames: Frames) -> None:
        try:
            subscription.send(frames[subscription.shape, subscription.raw])
        except Exception:
            self._log.failure("a listener failed")
