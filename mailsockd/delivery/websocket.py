"""The channel to web sockets: who gets a message (contract section 2, last paragraph), encoded once for all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred, DeferredList, DeferredSemaphore

from mailsockd.delivery.fanout import Fanout, Frames, Shape
from mailsockd.mail.address import domain_of
from mailsockd.mail.message import Mail
from mailsockd.mail.stored import Message
from mailsockd.mail.trace import traced
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import AddressBook
from mailsockd.state.domains import Domains
from mailsockd.state.subscriptions import FIREHOSE, Subscription, Subscriptions
from mailsockd.wire import dumps, dumps_in_slices, frame_json

# Encoding takes about 10 ms a megabyte: above this it is done in a thread.
ENCODED_IN_REACTOR = 64 * 1024
# A large frame can be twelve times its content; two threads would only wait for each other.
LARGE_AT_ONCE = 1

InThread: TypeAlias = Callable[[Callable[[], Frames]], "Deferred[Frames]"]


class WebSocketChannel:
    """
    Publishes messages to subscriptions.

    `frame` makes the bytes of one frame from its payload, `long_frame` from the payload in pieces; `is_admin` tells
    whether an account is an administrator; `in_thread` runs the encoding of large frames.
    """

    setting = "enablews"

    def __init__(
        self,
        book: AddressBook,
        domains: Domains,
        subscriptions: Subscriptions,
        activity: ActivityLog,
        fanout: Fanout,
        *,
        hostname: str,
        frame: Callable[[bytes], bytes],
        long_frame: Callable[[Iterable[bytes]], bytes],
        is_admin: Callable[[str], bool],
        in_thread: InThread,
    ) -> None:
        self._book = book
        self._domains = domains
        self._subscriptions = subscriptions
        self._activity = activity
        self._fanout = fanout
        self._hostname = hostname
        self._frame = frame
        self._long_frame = long_frame
        self._large = DeferredSemaphore(LARGE_AT_ONCE)
        self._is_admin = is_admin
        self._in_thread = in_thread

    def check(self, value: object, account: str) -> bool:
        """Give the flag that a request names. Raises ValueError."""
        if value is None:
            return False
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value

    def publish(self, messages: Sequence[Message], mail: Mail, content: bytes) -> "Deferred[Any] | None":
        """
        Send each message, once, to every socket that is entitled to it at this moment.

        Large frames are made later; what is given then fires when all of them are made, and does not fail.
        """
        making: list[Deferred[Any]] = []
        for message in messages:
            targets = list(dict.fromkeys(self._entitled(message))) if len(self._subscriptions) else []
            self._record(message, len(targets))
            if not targets:
                continue
            shapes = {(target.shape, target.raw) for target in targets}
            if len(content) <= ENCODED_IN_REACTOR:
                self._fanout.send(targets, self._frames(shapes, message, mail, content))
            else:
                frames = self._later(shapes, message, mail, content)
                self._fanout.send_later(targets, frames)
                making.append(frames)
        return DeferredList(making) if making else None

    def _later(self, shapes: set[Shape], message: Message, mail: Mail, content: bytes) -> "Deferred[Frames]":
        return self._large.run(self._in_thread, lambda: self._frames(shapes, message, mail, content))

    def _frames(self, shapes: set[Shape], message: Message, mail: Mail, content: bytes) -> Frames:
        trace, whole = traced(message, content, self._hostname)
        alias = self._book.alias(message.inbox)
        frames: dict[Shape, bytes] = {}
        for shape, raw in shapes:
            frame = frame_json(message, mail, trace, whole, alias=alias, shape=shape, raw=raw)
            if len(content) <= ENCODED_IN_REACTOR:
                frames[shape, raw] = self._frame(dumps(frame))
            else:
                frames[shape, raw] = self._long_frame(dumps_in_slices(frame))
        return frames

    def _entitled(self, message: Message) -> Iterator[Subscription]:
        domain = domain_of(message.inbox)
        enabled = False
        for address in self._book.concerned(message.inbox, message.owner):
            if address.enablews:
                enabled = True
                for subscription in self._subscriptions.to_address(address.address):
                    if subscription.account == message.owner:
                        yield subscription
        owned = self._domains.get(domain)
        if owned is not None and owned.enablews:
            enabled = enabled or owned.owner == message.owner
            for subscription in self._subscriptions.to_domain(domain):
                if subscription.account == owned.owner and message.owner in ("", owned.owner):
                    yield subscription
        for subscription in self._subscriptions.to_address(FIREHOSE):
            account = subscription.account
            theirs = enabled and message.owner == account
            # Captured mail needs no reserved address, and may have none: one application's key is one team's inbox.
            captured = message.submitter == account and message.owner in ("", account)
            if theirs or captured or (message.owner == "" and self._is_admin(account)):
                yield subscription

    def _record(self, message: Message, listeners: int) -> None:
        self._activity.record(
            Kind.PUBLISHED if listeners else Kind.UNPUBLISHED,
            account=message.owner or message.submitter,
            address=message.inbox,
            message=message.id,
            text="" if listeners else self._why_not(message),
            count=listeners,
        )

    def _why_not(self, message: Message) -> str:
        address = self._book.get(message.inbox)
        domain = self._domains.get(domain_of(message.inbox))
        by_domain = domain is not None and domain.enablews and domain.owner == message.owner
        if by_domain or any(one.enablews for one in self._book.concerned(message.inbox, message.owner)):
            return "nobody listens"
        if message.submitter and message.owner in ("", message.submitter):
            return "nobody listens to what the account captures (addresses=*)"
        if address is not None:
            return "web socket forwarding is off for the address"
        if message.owner:
            return "web sockets are off for the domain, and nobody has reserved the address"
        return "nobody has reserved the address"
