"""Forwarding inside the house: stored again in another inbox of the same account (contract section 3.3)."""

from collections.abc import Callable

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.onward import Onward
from mailsockd.actions.ports import Mailbox
from mailsockd.actions.receive import PARSED_IN_REACTOR, Publish
from mailsockd.actions.registry import to_the_end
from mailsockd.mail.ids import Ids
from mailsockd.mail.message import Mail, parse
from mailsockd.mail.stored import Message
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.deliveries import Delivery


class Forwarding:
    """Stores what is forwarded, has it published, and has its own deliveries made, as for any mail."""

    def __init__(
        self,
        mailbox: Mailbox,
        publish: Publish,
        activity: ActivityLog,
        onward: Onward,
        in_thread: Callable[..., "Deferred[Mail]"],
        *,
        monotonic: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self._mailbox = mailbox
        self._publish = publish
        self._activity = activity
        self._onward = onward
        self._in_thread = in_thread
        self._monotonic = monotonic
        self._now = now
        self._ids = Ids()

    async def store(self, delivery: Delivery, message: Message, content: bytes, inbox: str) -> str:
        """
        Store a message again in an inbox of the delivery's account, and settle the delivery in the same transaction.

        Gives the new message's id. Raises AlreadySettled and StorageTrouble.
        """
        began = self._monotonic()
        mail = parse(content) if len(content) <= PARSED_IN_REACTOR else await self._in_thread(parse, content)
        # Whoever waits may stop waiting; what is stored is published and goes on all the same.
        return await to_the_end(self._store(delivery, message, content, inbox, mail, began))

    async def _store(
        self, delivery: Delivery, message: Message, content: bytes, inbox: str, mail: Mail, began: float
    ) -> str:
        now = self._now()
        copy = attrs.evolve(
            message,
            id=f"{self._ids.new(now)}-0",
            seq=self._mailbox.next_seq(),
            inbox=inbox,
            owner=delivery.account,
            received=round(now, 3),
            folder="inbox",
            labels=(),
            read=None,
            saved_by=None,
        )
        deliveries = self._onward.plan([copy], (*delivery.trail, message.inbox))
        await self._mailbox.append([copy], content, deliveries, settled=delivery.id)
        self._activity.record(
            Kind.STORED,
            account=copy.owner,
            address=inbox,
            message=copy.id,
            peer=copy.ip,
            channel="forward",
            text=f"forwarded from {message.inbox}, where it is {message.id}",
            count=copy.size,
            milliseconds=(self._monotonic() - began) * 1000,
            seq=copy.seq,
        )
        self._onward.stored(deliveries)
        self._publish([copy], mail, content)
        return copy.id
