"""How the daemon is: the one source of `mailsockctl status`, of `/readyz`, and of whatever shows it to an operator."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred, ensureDeferred, succeed

from mailsockd.actions.registry import Registry
from mailsockd.actions.retention import Retention
from mailsockd.state.activity import ActivityLog, Event, Kind
from mailsockd.state.subscriptions import Subscriptions

DAY = 86_400.0
ALARM = 14 * DAY  # seconds before the end of a certificate from which on it is a trouble
KEPT = 1.0  # seconds for which a look at everything is good: anybody may ask for one, at any rate


@attrs.frozen
class Facts:
    """
    What does not change while the daemon runs.

    `started` is monotonic seconds, `data` the absolute path of the data folder, `state` the kind of store.
    `software` are the versions of what it runs on, by name.
    """

    version: str
    started: float
    data: str
    state: str
    software: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Served:
    """A certificate: its file, the names that it is for, and its end in UTC seconds."""

    file: str
    names: tuple[str, ...]
    ends: float

    def days(self, now: float) -> int:
        """Give the whole days that are left, negative when it has ended."""
        return int((self.ends - now) // DAY)


@attrs.frozen
class Condition:
    """
    How it is at this moment. Sizes are bytes, `uptime` seconds.

    `received` and `evicted` count messages since the start, `rejected` commands of SMTP that were refused. With less
    than `least_free` on the disk no mail is taken.

    `config` is where the configuration was read, `listeners` what is listened on, by setting; `stored_limit` 0 is none;
    `refusal` says why no more mail is taken, "" while it is; `queued` counts deliveries that wait.
    """

    facts: Facts
    uptime: float
    config: str
    domains: tuple[str, ...]
    listeners: Mapping[str, tuple[str, ...]]
    certificates: tuple[Served, ...]
    accounts: int
    addresses: int
    received: int
    rejected: int
    sockets: int
    queued: int
    stored: int
    stored_limit: int
    free_disk: int
    least_free: int
    evicted: int
    refusal: str


@attrs.frozen
class Check:
    """One thing that has to be right for the daemon to be of use; `trouble` says what is wrong, "" when nothing is."""

    name: str
    trouble: str = ""


@attrs.frozen
class Sources:
    """
    Where Health asks.

    `down` gives the listeners that should be there and are not; `started` whether everything that a start does is
    done; `touch` has the writer do nothing, and fails when it does not answer in time.
    """

    config: Callable[[], str]
    domains: Callable[[], Sequence[str]]
    listeners: Callable[[], Mapping[str, Sequence[str]]]
    down: Callable[[], Sequence[str]]
    certificates: Callable[[], Sequence[Served]]
    queued: Callable[[], int]
    started: Callable[[], bool]
    touch: "Callable[[], Deferred[Any]]"
    monotonic: Callable[[], float]
    now: Callable[[], float]


class Health:
    """How the daemon is, for whoever may know it: that is for the caller to decide."""

    def __init__(
        self,
        facts: Facts,
        registry: Registry,
        subscriptions: Subscriptions,
        activity: ActivityLog,
        retention: Retention,
        sources: Sources,
    ) -> None:
        self._facts = facts
        self._registry = registry
        self._subscriptions = subscriptions
        self._retention = retention
        self._sources = sources
        self._received = 0
        self._rejected = 0
        self._looked: tuple[float, tuple[Check, ...]] | None = None
        self._looking: list[Deferred[tuple[Check, ...]]] | None = None
        activity.listen(self._count, Kind.STORED, Kind.REJECTED)

    @property
    def started(self) -> bool:
        """Whether everything that a start does is done, the first account and its file included."""
        return self._sources.started()

    @property
    def now(self) -> float:
        """The time, in UTC seconds."""
        return self._sources.now()

    def condition(self) -> Condition:
        """Say how it is."""
        sources, retention = self._sources, self._retention
        return Condition(
            facts=self._facts,
            uptime=round(sources.monotonic() - self._facts.started, 1),
            config=sources.config(),
            domains=tuple(sources.domains()),
            listeners={setting: tuple(places) for setting, places in sources.listeners().items()},
            certificates=tuple(sources.certificates()),
            accounts=len(self._registry.accounts),
            addresses=len(self._registry.book),
            received=self._received,
            rejected=self._rejected,
            sockets=len(self._subscriptions),
            queued=sources.queued(),
            stored=retention.room.used,
            stored_limit=retention.kept.total_bytes,
            free_disk=retention.room.free,
            least_free=retention.kept.free_disk,
            evicted=retention.evicted,
            refusal=retention.refusal,
        )

    def ending(self) -> list[tuple[Served, str]]:
        """Give the certificates that end soon, or have ended, each with a sentence about it."""
        now = self._sources.now()
        return [
            (one, f"the certificate {one.file} {_left(one.ends - now)}")
            for one in self._sources.certificates()
            if one.ends - now < ALARM
        ]

    def checks(self) -> "Deferred[tuple[Check, ...]]":
        """Look at everything, the writer too; whoever asks while that is done, or a second later, gets the same."""
        if self._looked is not None and self._sources.monotonic() - self._looked[0] < KEPT:
            return succeed(self._looked[1])
        answer: Deferred[tuple[Check, ...]] = Deferred()
        if self._looking is not None:
            self._looking.append(answer)
            return answer
        self._looking = [answer]
        ensureDeferred(self._look())
        return answer

    async def _look(self) -> None:
        try:
            await self._sources.touch()
            writer = ""
        except Exception as error:
            writer = f"the writer of the mailbox does not answer: {error or type(error).__name__}"
        down = ", ".join(self._sources.down())
        found = (
            Check("start", "" if self.started else "the start is not over"),
            Check("writer", writer),
            Check("disk", self._retention.refusal),
            Check("listeners", f"nothing listens on {down}" if down else ""),
        )
        self._looked = self._sources.monotonic(), found
        waiting, self._looking = self._looking or [], None
        for answer in waiting:
            answer.callback(found)

    def _count(self, event: Event) -> None:
        self._received += event.kind is Kind.STORED
        self._rejected += event.kind is Kind.REJECTED


def _left(seconds: float) -> str:
    days = int(seconds // DAY)
    if seconds < 0:
        return "has ended"
    return f"ends in {days} days" if days > 1 else "ends in a day" if days else "ends today"
