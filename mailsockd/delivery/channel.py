"""What a channel is: a way on for a stored message, switched by one setting of the address."""

from collections.abc import Sequence
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from mailsockd.mail.message import Mail
from mailsockd.mail.stored import Message


class Channel(Protocol):
    """One way on. A new one is a file in this folder and a line in `channels`."""

    @property
    def setting(self) -> str:
        """The name of the address's setting, as REST spells it."""

    def check(self, value: object) -> str | bool | None:
        """Give the value to keep for a value from a request, None to clear it. Raises ValueError with a sentence."""

    def publish(self, messages: Sequence[Message], mail: Mail, content: bytes) -> "Deferred[Any] | None":
        """
        Send on those copies of one mail whose address says so. Raises nothing for one receiver's fault.

        What is given fires when the content is needed no more.
        """
