"""Where a delivery goes now: what was asked for when its message came may have been changed since."""

from collections.abc import Sequence

from mailsockd.delivery.channel import QueuedChannel
from mailsockd.delivery.lines import Lane
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.deliveries import Delivery, Line


class Nowhere(Exception):
    """It goes nowhere any more; the text says why."""


class Whereto:
    """Asks the settings of addresses as they are at the moment."""

    def __init__(self, book: AddressBook, channels: Sequence[QueuedChannel]) -> None:
        self._book = book
        self._channels = {channel.name: channel for channel in channels}

    def now(self, delivery: Delivery) -> tuple[QueuedChannel, Address, str]:
        """Give the channel, the address and the target of a delivery. Raises Nowhere."""
        channel = self._channels.get(delivery.channel)
        address = self._book.get(delivery.address)
        if channel is None:
            raise Nowhere(f"this server has no channel {delivery.channel}")
        if not channel.by_setting:
            # Nothing of the address is asked, which nobody may have reserved.
            plain = Address(delivery.address, delivery.account, delivery.created, delivery.created)
            return channel, address or plain, delivery.target
        if address is None or address.owner != delivery.account:
            raise Nowhere(f"{delivery.address} was released")
        target = channel.target(address)
        if target is None:
            raise Nowhere(f"{delivery.channel} was switched off for {delivery.address}")
        return channel, address, target

    def lane(self, line: Line) -> Lane | None:
        """Give what a line shares with others."""
        channel = self._channels.get(line.channel)
        return None if channel is None else channel.lane(line)

    def changed(self, line: Line, address: str) -> bool:
        """Tell whether what an address wanted to go to a line's target goes elsewhere now, or nowhere."""
        channel, found = self._channels.get(line.channel), self._book.get(address)
        if channel is not None and not channel.by_setting:
            return False
        return channel is None or found is None or found.owner != line.account or channel.target(found) != line.target
