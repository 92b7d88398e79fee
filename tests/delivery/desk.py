"""A queue over a database in memory and a clock that tests turn, with one channel that does what it is told."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from mailsockd.actions.ports import StorageTrouble
from mailsockd.delivery.channel import Delivered, Outcome, Parcel, Setting
from mailsockd.delivery.dispatch import Dispatch
from mailsockd.delivery.lines import Lane
from mailsockd.delivery.queue import DeliveryQueue
from mailsockd.delivery.queue_limits import STOP_GRACE, DeliveryLimits
from mailsockd.mail.stored import Message
from mailsockd.state.activity import ActivityLog, Event
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.deliveries import Delivery, Line, Wanted
from mailsockd.storage.database import steps
from mailsockd.storage.deliveries import insert
from mailsockd.storage.delivery_store import SQLiteDeliveries
from mailsockd.storage.rows import content_row, message_row
from tests.fakes import stored

START = 1_800_000_000.0


class Hook:
    """
    A channel `hook` that notes when it sent which message where; `says` decides what came of it.

    With `held`, each try waits in it until the test answers.
    """

    name = "hook"
    by_setting = True
    patience: float | None = None
    lanes: Mapping[str, Lane] = {}
    settings: Sequence[Setting] = ()

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.tries: list[tuple[float, str, str]] = []
        self.says: Callable[[Parcel], Outcome] = lambda parcel: Delivered("200")
        self.held: list[tuple[str, Deferred[Outcome]]] | None = None
        self.cancelled: list[str] = []

    def lane(self, line: Line) -> Lane | None:
        return self.lanes.get(line.target)

    def target(self, address: Address) -> str | None:
        value = address.settings.get("hook")
        return value if isinstance(value, str) else None

    async def send(self, parcel: Parcel) -> Outcome:
        id = parcel.message.id
        self.tries.append((self._now(), parcel.delivery.target, id))
        if self.held is None:
            return self.says(parcel)
        waiting: Deferred[Outcome] = Deferred(lambda _: self.cancelled.append(id))
        self.held.append((id, waiting))
        return await waiting

    @property
    def sent(self) -> list[str]:
        """The messages that were tried, in order."""
        return [id for _, _, id in self.tries]

    @property
    def times(self) -> list[float]:
        """When tries were made, in seconds since the start."""
        return [round(at, 3) for at, _, _ in self.tries]


class Desk:
    """Everything around the queue; `start` makes one over what is on disk, as each start of the daemon does."""

    def __init__(self, **limits: Any) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        for step in steps("mailbox"):
            self.db.executescript(step)
        self.clock = Clock()
        self.limits = DeliveryLimits(**limits)
        self.store = SQLiteDeliveries(self.do, self.do)
        self.book = AddressBook(b"secret")
        self.hook = Hook(self.clock.seconds)
        self.activity = ActivityLog(self.now)
        self.trouble = False
        self.held: list[Deferred[None]] | None = None
        self.random = 0.5
        self.questions = 0
        self._seq = 0
        self.start()

    def start(self) -> None:
        """Start a queue; one that was there is forgotten as it stands, as by a kill."""
        if hasattr(self, "queue"):
            for call in tuple(self.clock.getDelayedCalls()):
                call.cancel()
        self.queue = DeliveryQueue(
            self.store,
            self.content,
            self.book,
            [self.hook],
            self.activity,
            self.clock,
            self.limits,
            now=self.now,
            random=lambda: self.random,
        )
        self.dispatch = Dispatch(self.book, self.now, [self.hook])
        self.dispatch.listen(self.queue.stored)
        self.queue.startService()
        self.clock.advance(0)

    def end(self) -> None:
        """Stop the queue, and what is under way."""
        self.queue.stopService()
        self.clock.advance(STOP_GRACE)

    def do(self, work: Callable[[sqlite3.Connection], Any]) -> "Deferred[Any]":
        self.questions += 1
        if self.held is not None:
            waiting: Deferred[None] = Deferred()
            self.held.append(waiting)
            return waiting.addCallback(lambda _: work(self.db))
        return fail(StorageTrouble("the disk is on fire")) if self.trouble else succeed(work(self.db))

    def now(self) -> float:
        return START + self.clock.seconds()

    def content(self, message: Message) -> "Deferred[bytes | None]":
        found = self.db.execute("SELECT raw FROM contents WHERE id = ?", (message.seq,)).fetchall()
        return succeed(found[0][0] if found else None)

    def address(self, address: str = "a@b.test", owner: str = "ada", hook: str | None = "one") -> None:
        """Reserve an address, or change its setting."""
        settings = {} if hook is None else {"hook": hook}
        self.book.put(Address(address, owner, 1.0, 1.0, settings=settings))

    def mail(self, id: str, inbox: str = "a@b.test", owner: str = "ada", size: int = 10, wait: bool = False) -> None:
        """Store a message with its deliveries, and let the queue begin unless the test wants to `wait` with it."""
        self._seq += 1
        message = stored(id, inbox=inbox, owner=owner, seq=self._seq, size=size)
        deliveries = self.dispatch.plan([message])
        self.db.execute("INSERT INTO contents (id, summary, raw) VALUES (?, ?, ?)", content_row(message, b"mail"))
        self.db.execute(
            """
            INSERT INTO messages (seq, id, content, inbox, original, owner, received, size, ip, via, helo, sender,
                                  tls, esmtp, folder, labels, read, saved_by)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            message_row(message, message.seq),
        )
        insert(self.db, deliveries)
        self.dispatch.stored(deliveries)
        if not wait:
            self.clock.advance(0)

    def run(self, seconds: float, step: float = 1.0) -> None:
        """Let time go by."""
        self.clock.pump([step] * round(seconds / step))

    def rows(self) -> list[tuple[str, str, int, str]]:
        """Give message, status, tries and error of every delivery, in their order."""
        found: list[Delivery] = []
        self.store.listed(Wanted(), 1000).addCallback(found.extend)
        return [(row.message, row.status.value, row.attempts, row.error) for row in reversed(found)]

    def events(self) -> list[tuple[str, str, str]]:
        """Give kind, message and text of what happened."""
        return [(event.kind.value, event.message, event.text) for event in self.activity]

    def whole_events(self) -> list[Event]:
        return [attrs.evolve(event, at=0.0) for event in self.activity]
