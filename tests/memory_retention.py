"""A RetentionStore over the mailbox in memory; `used`, `empty` and `free` are what a test says."""

from collections.abc import Callable, Sequence

import attrs
from twisted.internet.defer import Deferred, succeed

from mailsockd.actions.retention import Room, Victim
from mailsockd.mail.stored import Message
from tests.fakes import MemoryMailbox


@attrs.define
class MemoryRetention:
    """`protected` are the ids of messages that still have to be delivered. Each message takes its size."""

    mailbox: MemoryMailbox
    empty: int = 0
    free: int = 1 << 40
    protected: set[str] = attrs.Factory(set)
    given_back: list[int] = attrs.Factory(list)

    def room(self) -> "Deferred[Room]":
        return succeed(Room(sum(message.size for message in self.mailbox.messages), self.empty, self.free))

    def oldest(self, after: int, limit: int) -> "Deferred[list[Victim]]":
        return self._victims(lambda message: message.seq > after, limit)

    def oldest_public(self, before: float, limit: int) -> "Deferred[list[Victim]]":
        return self._victims(lambda message: message.owner == "" and message.received < before, limit)

    def beyond(self, inbox: str, keep: int, limit: int, public: bool) -> "Deferred[list[Victim]]":
        there = [
            message
            for message in self.mailbox.messages
            if message.inbox == inbox and message.saved_by is None and (message.owner == "" or not public)
        ]
        there.sort(key=lambda message: -message.seq)
        gone = {message.seq for message in there[keep:]}
        return self._victims(lambda message: message.seq in gone, limit)

    def oldest_of(self, owner: str, limit: int) -> "Deferred[list[Victim]]":
        return self._victims(lambda message: owner != "" and message.owner == owner, limit)

    def count_of(self, owner: str) -> "Deferred[int]":
        return self.mailbox.totals(owner).addCallback(lambda totals: totals.messages)

    def evict(self, victims: Sequence[Victim]) -> "Deferred[list[Victim]]":
        there = {message.seq for message in self.mailbox.messages if message.saved_by is None}
        gone = [victim for victim in victims if victim.seq in there]
        numbers = {victim.seq for victim in gone}
        self.mailbox.messages = [message for message in self.mailbox.messages if message.seq not in numbers]
        return succeed(gone)

    def give_back(self, pages: int) -> "Deferred[None]":
        self.given_back.append(pages)
        self.empty = max(0, self.empty - pages * 4096)
        return succeed(None)

    def _victims(self, wanted: Callable[[Message], bool], limit: int) -> "Deferred[list[Victim]]":
        found = [
            Victim(message.seq, message.id, message.inbox, message.owner, message.received, message.size)
            for message in sorted(self.mailbox.messages, key=lambda message: message.seq)
            if message.saved_by is None and message.id not in self.protected and wanted(message)
        ]
        return succeed(found[:limit])
