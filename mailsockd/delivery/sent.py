"""The channel `relay`: what accounts send to addresses outside (POST /api/outgoing-messages) leaves by the relay."""

from collections.abc import Sequence

from mailsockd.actions.rights import Rights
from mailsockd.delivery.channel import Delivered, Outcome, Parcel, Setting, Undeliverable
from mailsockd.delivery.lines import Lane
from mailsockd.delivery.relay import Relay
from mailsockd.delivery.relay_limits import TRY_SECONDS
from mailsockd.delivery.relaying import letter
from mailsockd.mail.address import InvalidAddress, canonical
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import Address
from mailsockd.state.deliveries import Line


class SentChannel:
    """Sends. No setting of an address asks for it: each delivery was asked for by itself."""

    name = "relay"
    by_setting = False
    patience = TRY_SECONDS
    settings: Sequence[Setting] = ()

    def __init__(self, rights: Rights, relay: Relay | None, activity: ActivityLog) -> None:
        self._rights = rights
        self._relay = relay
        self._activity = activity

    def lane(self, line: Line) -> Lane | None:
        """Give that of the relay."""
        return None if self._relay is None else self._relay.lane

    def target(self, address: Address) -> str | None:
        """Give nothing: no mail that arrives goes this way."""
        return None

    async def send(self, parcel: Parcel) -> Outcome:
        """Send one message once."""
        delivery, message = parcel.delivery, parcel.message
        if self._relay is None:
            return Undeliverable("no relay is configured (relay.host)")
        if self._rights.owner(message.inbox) not in ("", delivery.account):
            return Undeliverable(f"{message.sender} is another account's now")
        try:
            target = canonical(delivery.target)
        except InvalidAddress as error:
            return Undeliverable(f"{delivery.target} is no address: {error}")
        content = parcel.content
        outcome = await self._relay.send(await self._relay.apart(content, letter, message.sender, target, content))
        if isinstance(outcome, Delivered):
            self._activity.record(
                Kind.SENT,
                account=delivery.account,
                address=message.inbox,
                message=message.id,
                text=f"to {delivery.target} by the relay, which answered {outcome.detail}",
                channel=self.name,
            )
        return outcome
