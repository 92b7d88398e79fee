"""Mail of an account that leaves the house: a copy in the folder `sent`, and a delivery by the relay to each."""

from collections.abc import Sequence

import attrs

from mailsockd.mail.envelope import Envelope
from mailsockd.mail.message import Mail
from mailsockd.mail.stored import Message, summary_of
from mailsockd.state.deliveries import Delivery

CHANNEL = "relay"
SENT = "sent"


@attrs.frozen
class Outward:
    """What leaves of a mail: whose it is, the inbox that keeps the copy, and the canonical recipients outside."""

    account: str
    inbox: str
    recipients: tuple[str, ...]

    def copy(self, envelope: Envelope, id: str, seq: int, size: int, mail: Mail) -> Message:
        """Give the copy that is kept."""
        return Message(
            id=id,
            seq=seq,
            inbox=self.inbox,
            original=self.inbox,
            owner=self.account,
            received=round(envelope.received, 3),
            size=size,
            ip=envelope.peer,
            via=envelope.via,
            helo=envelope.helo,
            sender=envelope.sender,
            tls=envelope.tls,
            summary=summary_of(mail, envelope.sender),
            esmtp=envelope.esmtp,
            folder=SENT,
            read=True,
        )

    def deliveries(self, copy: Message) -> Sequence[Delivery]:
        """Give the deliveries to store with the copy."""
        return [
            Delivery(
                message=copy.id,
                seq=copy.seq,
                channel=CHANNEL,
                target=recipient,
                account=self.account,
                address=self.inbox,
                created=copy.received,
                due=copy.received,
            )
            for recipient in self.recipients
        ]
