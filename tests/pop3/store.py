"""A MaildropStore in memory, on a MemoryMailbox."""

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred, succeed

from mailsockd.actions.maildrop import Listed
from mailsockd.actions.ports import Selection
from mailsockd.mail.lines import line_octets
from mailsockd.mail.stored import Message
from tests.fakes import MemoryMailbox


class MemoryMaildrops:
    """It remembers the pieces that it was asked for in `pieces`: where each began."""

    def __init__(self, mailbox: MemoryMailbox) -> None:
        self._mailbox = mailbox
        self.pieces: list[int] = []

    def listing(self, selection: Selection, most: int, added: Callable[[Message], int]) -> "Deferred[list[Listed]]":
        def listed(found: list[Message]) -> list[Listed]:
            return [
                Listed(message.seq, message.id, line_octets(self._mailbox.contents[message.id]) + added(message))
                for message in reversed(found)
            ]

        return self._mailbox.newest(selection, most).addCallback(listed)

    def piece(self, message: Message, start: int, length: int) -> "Deferred[bytes | None]":
        self.pieces.append(start)
        there = any(one.id == message.id for one in self._mailbox.messages)
        return succeed(self._mailbox.contents[message.id][start : start + length] if there else None)

    def remove(self, selection: Selection, numbers: Sequence[int]) -> "Deferred[int]":
        def removed(found: list[Message]) -> int:
            gone = [message for message in found if message.seq in set(numbers)]
            for message in gone:
                self._mailbox.messages.remove(message)
            return len(gone)

        return self._mailbox.newest(selection, 1 << 30).addCallback(removed)
