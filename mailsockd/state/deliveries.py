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
