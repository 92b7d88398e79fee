"""
What happened, for users and for the log.

The vocabulary is closed: a room that wants to say something new adds a Kind here. Onlookers (the log,
counters, pages) listen; nothing on a message's path depends on them.
"""

import enum
from collections import deque
from collections.abc import Callable, Iterator

import attrs


class Kind(enum.Enum):
    """Everything that can happen."""

    REFUSED = "connection refused"
    REJECTED = "rejected"
    STORED = "stored"
    PUBLISHED = "published to web socket"
    UNPUBLISHED = "not published to web socket"
    SOCKET_OPENED = "web socket opened"
    SOCKET_REFUSED = "web socket refused"
    SOCKET_CLOSED = "web socket closed"
    DELIVERED = "delivered"
    DEFERRED = "delivery deferred"
    FAILED = "delivery failed"
    FORWARDED = "forwarded"
    READ = "read over the API"
    DELETED = "deleted"
    EVICTED = "evicted"
    SIGNED_IN = "signed in"
    SIGN_IN_REFUSED = "sign-in refused"
    DOMAIN_VERIFIED = "domain verified"
    DOMAIN_NOT_VERIFIED = "domain not verified"
    TROUBLE = "trouble"


@attrs.frozen
class Event:
    """
    One thing that happened.

    `at` is UTC seconds; `peer` an IP address; `text` a sentence for people (an SMTP reply, a reason);
    `message` a message id; `count` a number of listeners, or the bytes of a stored message; fields that do not apply
    are "" or None.
    """

    kind: Kind
    at: float
    account: str = ""
    address: str = ""
    message: str = ""
    peer: str = ""
    text: str = ""
    count: int | None = None
    milliseconds: float | None = None


Listener = Callable[[Event], None]


class ActivityLog:
    """A ring of the latest events, and those who listen to new ones."""

    def __init__(self, now: Callable[[], float], length: int = 10_000) -> None:
        self._now = now
        self._events: deque[Event] = deque(maxlen=length)
        self._listeners: list[Listener] = []

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each new event from now on; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def record(
        self,
        kind: Kind,
        *,
        account: str = "",
        address: str = "",
        message: str = "",
        peer: str = "",
        text: str = "",
        count: int | None = None,
        milliseconds: float | None = None,
    ) -> None:
        """Remember an event and tell the listeners; the fields are Event's."""
        event = Event(kind, self._now(), account, address, message, peer, text, count, milliseconds)
        self._events.append(event)
        for listener in tuple(self._listeners):
            listener(event)
