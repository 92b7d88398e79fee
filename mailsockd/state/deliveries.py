"""Deliveries: one stored message on its way to one target by one channel, as the queue on disk keeps it."""

import enum

import attrs


class Status(enum.Enum):
    """What became of a delivery so far."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@attrs.frozen
class Delivery:
    """
    One row of the queue. Times are UTC seconds.

    `message` is the message's id, `seq` its number, `account` whose delivery it is, `address` the reserved address (or
    catch-all) whose setting asked for it, `target` what that setting named. `trail` are the inboxes that the message
    went through by forwarding, the first one first. `due` is when it is tried next, `attempts` how often it was tried,
    `error` why the last try did not succeed. `id` is the store's number, 0 before it is stored. `renewed` is when
    somebody asked for it to be tried again, `finished` when it was delivered or given up.
    """

    message: str
    seq: int
    channel: str
    target: str
    account: str
    address: str
    created: float
    due: float
    trail: tuple[str, ...] = ()
    status: Status = Status.WAITING
    attempts: int = 0
    error: str = ""
    id: int = 0
    renewed: float | None = None
    finished: float | None = None

    @property
    def line(self) -> "Line":
        """The line that it stands in."""
        return Line(self.account, self.channel, self.target)

    @property
    def since(self) -> float:
        """When the time began in which it is tried."""
        return self.created if self.renewed is None else self.renewed


@attrs.frozen
class Line:
    """
    Who waits for whom: the deliveries of one account by one channel to one target are made in their order.

    A line is of one account alone, so that nobody can hold up what another sends to the same target.
    """

    account: str
    channel: str
    target: str


@attrs.frozen
class Head:
    """A line as the disk has it: how many wait in it, and of the first of them when it is due and how often tried."""

    line: Line
    waiting: int
    due: float
    attempts: int


@attrs.frozen
class Wanted:
    """
    Which deliveries are listed: those that meet all that is not None, newest first.

    `before` is an id; what is listed has a smaller one.
    """

    account: str | None = None
    status: Status | None = None
    channel: str | None = None
    address: str | None = None
    message: str | None = None
    before: int | None = None

    def older_than(self, delivery: Delivery) -> "Wanted":
        """Give the same conditions for what is older than a delivery."""
        return attrs.evolve(self, before=delivery.id)


@attrs.frozen
class Trial:
    """What came of a test of a target: `status` is None without an answer; `reason` says in words how it went."""

    delivered: bool
    status: int | None
    milliseconds: int
    reason: str
