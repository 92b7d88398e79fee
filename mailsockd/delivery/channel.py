"""
What a channel is: a way on for a stored message, switched by a setting of the address.

A live channel sends at once, to whoever is there. A queued one is asked what it would send to, at the time when a
message is stored; the delivery is a row of the same transaction, and the queue hands it over again until it is done.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import attrs
from twisted.internet.defer import Deferred

from mailsockd.delivery.lines import Lane
from mailsockd.mail.message import Mail
from mailsockd.mail.stored import Message
from mailsockd.state.addresses import Address
from mailsockd.state.deliveries import Delivery, Line


class Setting(Protocol):
    """A setting of an address. One channel may have several, such as a target and an option."""

    @property
    def setting(self) -> str:
        """The name of the address's setting, as REST spells it."""

    def check(self, value: object, account: str) -> str | bool | None:
        """
        Give the value to keep for a value from a request by an account, None to clear it.

        Raises ValueError with a sentence.
        """


class Channel(Setting, Protocol):
    """A live channel."""

    def publish(self, messages: Sequence[Message], mail: Mail, content: bytes) -> "Deferred[Any] | None":
        """
        Send on those copies of one mail whose address says so. Raises nothing for one receiver's fault.

        What is given fires when the content is needed no more.
        """


@attrs.frozen
class Parcel:
    """What a queued channel is handed: the delivery, the address as it is set now, the message, and its bytes."""

    delivery: Delivery
    address: Address
    message: Message
    content: bytes


@attrs.frozen
class Delivered:
    """It is done; `detail` says what the other side answered."""

    detail: str = ""


@attrs.frozen
class Postponed:
    """
    It may succeed later; `seconds` is how long the other side asked to wait, None when it did not say.

    `said` is what it answered in its own words: these may repeat the mail, so that the log does not get them.
    """

    reason: str
    seconds: float | None = None
    said: str = ""


@attrs.frozen
class Undeliverable:
    """It never will succeed as it is. `said` is as in Postponed."""

    reason: str
    said: str = ""


Outcome: TypeAlias = Delivered | Postponed | Undeliverable


class QueuedChannel(Protocol):
    """A queued channel. A new one is a file in this folder and a line in `channels`."""

    @property
    def name(self) -> str:
        """What deliveries by it are called, such as `webhook`."""

    @property
    def settings(self) -> Sequence[Setting]:
        """The settings of an address that it reads."""

    @property
    def by_setting(self) -> bool:
        """Whether an address's setting says at each try where to; otherwise each delivery does, for good."""

    @property
    def patience(self) -> float | None:
        """The seconds that one try may take, None for those of `delivery.attempt_timeout`."""

    def lane(self, line: Line) -> Lane | None:
        """Give what the deliveries of a line share with those of others, None when each line goes by itself."""

    def target(self, address: Address) -> str | None:
        """Give what an address wants its mail sent to, None when it wants none; text that UTF-8 can encode."""

    async def send(self, parcel: Parcel) -> Outcome:
        """Try once. It may take its time, within bounds of its own; what it raises counts as Postponed."""
