"""
What happened, for users and for the log.

The vocabulary is closed: a room that wants to say something new adds a Kind here, and a line in docs/activity.md.
Onlookers (the log, the journal on disk, counters) listen; nothing on a message's path depends on them.
"""

import enum
from collections import deque
from collections.abc import Callable, Iterator

from mailsockd.mail.frozen import frozen


class Kind(enum.Enum):
    """Everything that can happen. Names are on disk and in the API: they stay as they are."""

    __hash__ = object.__hash__  # each is one object; an Enum's own hash is that of its name, worked out in Python

    CONNECTED = "connected"
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
    SENT = "sent outbound"
    READ = "read over the API"
    DELETED = "deleted"
    EVICTED = "evicted"
    SIGNED_IN = "signed in"
    SIGN_IN_REFUSED = "sign-in refused"
    PASSWORD_SET = "password set"  # what happened, no password  # noqa: S105
    ACCOUNT_DISABLED = "account disabled"
    ACCOUNT_ENABLED = "account enabled"
    KEY_MADE = "API key made"
    KEY_REVOKED = "API key revoked"
    DOMAIN_VERIFIED = "domain verified"
    DOMAIN_NOT_VERIFIED = "domain not verified"
    OPERATIONS = "operations running out"
    TROUBLE = "trouble"


@frozen
class Event:
    """
    One thing that happened.

    `at` is UTC seconds; `account` whose activity it is: the owner's of the message or the address, else the caller's;
    `peer` an IP address; `text` a sentence for people (an SMTP reply, a reason); `message` a message id; `count` a
    number of listeners, or the bytes of a stored message. `session` is the same for all that happened on one SMTP
    connection; `channel` names the way out of a delivery; `detail` is what others than the account do not see, and
    the log does not show: what a receiver answered, say. `similar` is how many events like this one are not shown.
    `seq` is that of a message at the moment when it is stored, for listeners; it is written nowhere. Fields that do not
    apply are "" or None.
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
    session: str = ""
    channel: str = ""
    detail: str = ""
    similar: int = 0
    seq: int | None = None


Listener = Callable[[Event], None]


class ActivityLog:
    """A ring of the latest events, and those who listen to new ones."""

    def __init__(self, now: Callable[[], float], length: int = 10_000) -> None:
        self._now = now
        self._events: deque[Event] = deque(maxlen=length)
        self._listeners: dict[Kind, tuple[Listener, ...]] = dict.fromkeys(Kind, ())

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def listen(self, listener: Listener, *kinds: Kind) -> Callable[[], None]:
        """Call `listener` with each new event of these kinds, of all without any, from now on; the result ends that."""
        for kind in kinds or Kind:
            self._listeners[kind] += (listener,)

        def stop() -> None:
            for kind in kinds or Kind:
                self._listeners[kind] = tuple(other for other in self._listeners[kind] if other != listener)

        return stop

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
        session: str = "",
        channel: str = "",
        detail: str = "",
        at: float | None = None,
        seq: int | None = None,
    ) -> None:
        """Remember an event and tell the listeners; the fields are Event's, `at` None is now."""
        at = self._now() if at is None else at
        event = Event(
            kind, at, account, address, message, peer, text, count, milliseconds, session, channel, detail, seq=seq
        )
        self._events.append(event)
        for listener in self._listeners[kind]:
            listener(event)
