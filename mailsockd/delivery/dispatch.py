"""Which deliveries a message wants: asked before it is stored, so that they are stored with it."""

from collections.abc import Callable, Sequence

from mailsockd.delivery.channel import QueuedChannel
from mailsockd.mail.stored import Message
from mailsockd.state.addresses import AddressBook
from mailsockd.state.deliveries import Delivery


class Dispatch:
    """
    An Onward over the queued channels: what the settings of the addresses concerned say at this moment.

    `now` gives UTC seconds. Whoever makes the deliveries listens to what was stored.
    """

    def __init__(self, book: AddressBook, now: Callable[[], float], channels: Sequence[QueuedChannel] = ()) -> None:
        self._book = book
        self._channels = channels
        self._now = now
        self._listeners: list[Callable[[Sequence[Delivery]], None]] = []

    def serve(self, channels: Sequence[QueuedChannel]) -> None:
        """Ask these channels from now on: one that stores what it forwards needs this before it can be made."""
        self._channels = channels

    def listen(self, listener: Callable[[Sequence[Delivery]], None]) -> None:
        """Call `listener` with the deliveries that were stored, from now on."""
        self._listeners.append(listener)

    def plan(self, messages: Sequence[Message], trail: tuple[str, ...] = ()) -> Sequence[Delivery]:
        """Give a delivery for each channel and target that an address concerned names, once for a message."""
        if not self._channels:
            return ()
        return [delivery for message in messages if message.owner for delivery in self._wanted(message, trail)]

    def stored(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the listeners."""
        if deliveries:
            for listener in self._listeners:
                listener(deliveries)

    def _wanted(self, message: Message, trail: tuple[str, ...]) -> list[Delivery]:
        found: dict[tuple[str, str], Delivery] = {}
        for address in self._book.concerned(message.inbox, message.owner):
            for channel in self._channels if address.settings else ():
                target = channel.target(address)
                if target is not None and (channel.name, target) not in found:
                    now = self._now()
                    found[channel.name, target] = Delivery(
                        message=message.id,
                        seq=message.seq,
                        channel=channel.name,
                        target=target,
                        account=address.owner,
                        address=address.address,
                        created=now,
                        due=now,
                        trail=trail,
                    )
        return list(found.values())
