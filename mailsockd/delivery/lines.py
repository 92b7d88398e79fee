"""
The lines of the queue in memory: whose turn it is.

Of what waits, memory holds the lines alone; the deliveries are on disk, and each is read when its turn comes.
"""

from collections import Counter, OrderedDict, deque

import attrs
from twisted.internet.interfaces import IDelayedCall

from mailsockd.state.deliveries import Line


@attrs.frozen
class Lane:
    """What several lines share on their way: at most `most` deliveries of these lines are tried at one time."""

    name: str
    most: int


@attrs.define(eq=False)
class Waiting:
    """
    One line. `running` are the ids of deliveries that are being tried.

    `failures` is how often the target has failed since it last took something; while it is not 0 one delivery is tried
    at a time. `news` counts what was added: a line in which nothing was found while it stayed the same is empty.
    `asking` says that the disk is being asked for its next one. `address` is that of the delivery tried last. `lane`
    is what it shares with others.
    """

    line: Line
    lane: Lane | None = None
    failures: int = 0
    running: set[int] = attrs.field(factory=set)
    news: int = 0
    empty_at: int | None = None
    timer: "IDelayedCall | None" = None
    ready: bool = False
    asking: bool = False
    address: str = ""

    @property
    def resting(self) -> bool:
        """Whether the target is left alone for a while."""
        return self.timer is not None

    @property
    def empty(self) -> bool:
        """Whether nothing waits in it, but for what is running."""
        return self.empty_at == self.news


@attrs.define
class Turns:
    """
    Lines that can go on, one account after the other, so that whoever has many holds up nobody who has few.

    At most `most` are busy at one time, and at most `per_account` of one account. Those in a lane that is full wait
    apart from the others of their account.
    """

    most: int
    per_account: int
    _ready: OrderedDict[tuple[str, Lane | None], deque[Waiting]] = attrs.Factory(OrderedDict)
    _busy: Counter[str] = attrs.Factory(Counter)
    _in_lane: Counter[Lane] = attrs.Factory(Counter)
    _all_busy: int = 0

    def add(self, waiting: Waiting) -> None:
        """Give a line a turn behind the other lines of its account; one that has a turn already keeps it."""
        if not waiting.ready:
            waiting.ready = True
            self._ready.setdefault((waiting.line.account, waiting.lane), deque()).append(waiting)

    def take(self) -> Waiting | None:
        """Give the line whose turn it is, which is busy then, or None while nobody can go on."""
        if self._all_busy >= self.most:
            return None
        for (account, lane), lines in self._ready.items():
            if self._busy[account] < self.per_account and (lane is None or self._in_lane[lane] < lane.most):
                waiting = lines.popleft()
                if lines:
                    self._ready.move_to_end((account, lane))
                else:
                    del self._ready[account, lane]
                waiting.ready = False
                self._busy[account] += 1
                self._all_busy += 1
                if lane is not None:
                    self._in_lane[lane] += 1
                return waiting
        return None

    def done(self, waiting: Waiting) -> None:
        """Let others go on in the place of a line that was busy."""
        account = waiting.line.account
        self._all_busy -= 1
        self._busy[account] -= 1
        if waiting.lane is not None:
            self._in_lane[waiting.lane] -= 1
        if not self._busy[account]:
            del self._busy[account]
