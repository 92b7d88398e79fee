"""Where stored mail goes on to: what receiving and forwarding need of the deliveries that are kept beside it."""

from collections.abc import Sequence
from typing import Protocol

from mailsockd.mail.stored import Message
from mailsockd.state.deliveries import Delivery


class AlreadySettled(Exception):
    """The delivery that an append should settle waits no more, so nothing was stored: it was done before, or ended."""


class Onward(Protocol):
    """Says which deliveries messages want, and is told when they are on disk."""

    def plan(self, messages: Sequence[Message], trail: tuple[str, ...] = ()) -> Sequence[Delivery]:
        """
        Give the deliveries to store in the transaction of these messages.

        `trail` are the inboxes that they went through by forwarding, the first one first; they become that of the
        deliveries.
        """

    def stored(self, deliveries: Sequence[Delivery]) -> None:
        """Have these deliveries, which are on disk now, made when their time comes."""


class _Nowhere:
    def plan(self, messages: Sequence[Message], trail: tuple[str, ...] = ()) -> Sequence[Delivery]:
        return ()

    def stored(self, deliveries: Sequence[Delivery]) -> None:
        pass


NOWHERE: Onward = _Nowhere()
