"""Stand-ins for the disk: the same promises as the room storage, kept in memory, able to fail when told."""

from collections.abc import Sequence

import attrs
from twisted.internet.defer import Deferred, fail, succeed

from mailsockd.actions.ports import Entry, Selection, Snapshot, StorageTrouble
from mailsockd.mail.stored import Message, Summary


class MemoryStore:
    """A StateStore that remembers what it was asked; `trouble` makes changes fail, `held` keeps them waiting."""

    def __init__(self) -> None:
        self.saved: list[Entry] = []
        self.removed: list[Entry] = []
        self.trouble = False
        self.held: list[Deferred[None]] | None = None

    def load(self) -> Snapshot:
        return Snapshot()

    def change(self, saved: Sequence[Entry], removed: Sequence[Entry] = ()) -> "Deferred[None]":
        if self.trouble:
            return fail(StorageTrouble("the disk is on fire"))
        self.saved.extend(saved)
        self.removed.extend(removed)
        if self.held is not None:
            waiting: Deferred[None] = Deferred()
            self.held.append(waiting)
            return waiting
        return succeed(None)

    def close(self) -> "Deferred[None]":
        return succeed(None)


class MemoryMailbox:
    """A Mailbox in memory; `trouble` is the exception that appends fail with, `held` keeps them waiting."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.contents: dict[str, bytes] = {}
        self.trouble: Exception | None = None
        self.held: list[Deferred[None]] | None = None
        self._seq = 0

    def next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def append(self, messages: Sequence[Message], content: bytes) -> "Deferred[None]":
        if self.trouble is not None:
            return fail(self.trouble)
        self.messages.extend(messages)
        self.contents.update({message.id: content for message in messages})
        if self.held is not None:
            waiting: Deferred[None] = Deferred()
            self.held.append(waiting)
            return waiting
        return succeed(None)

    def newest(self, selection: Selection, limit: int, until: float | None = None) -> "Deferred[list[Message]]":
        found = [message for message in self._seen(selection) if until is None or message.received <= until]
        return succeed(found[::-1][:limit])

    def count(self, selection: Selection) -> "Deferred[int]":
        return succeed(len(self._seen(selection)))

    def get(self, selection: Selection, id: str) -> "Deferred[Message | None]":
        return succeed(next((message for message in self._seen(selection) if message.id == id), None))

    def content(self, message: Message) -> "Deferred[bytes | None]":
        return succeed(self.contents.get(message.id))

    def delete(self, message: Message) -> "Deferred[bool]":
        there = message in self.messages
        if there:
            self.messages.remove(message)
        return succeed(there)

    def purge(self, selection: Selection, starred: bool = False) -> "Deferred[int]":
        gone = [message for message in self._seen(selection) if starred or message.saved_by is None]
        self.messages = [message for message in self.messages if message not in gone]
        return succeed(len(gone))

    def purge_owner(self, owner: str) -> "Deferred[int]":
        before = len(self.messages)
        self.messages = [message for message in self.messages if message.owner != owner]
        return succeed(before - len(self.messages))

    def adopt(self, inbox: str, owner: str) -> "Deferred[int]":
        count = 0
        for place, message in enumerate(self.messages):
            if message.inbox == inbox and message.owner == "":
                self.messages[place] = attrs.evolve(message, owner=owner)
                count += 1
        return succeed(count)

    def close(self) -> "Deferred[None]":
        return succeed(None)

    def _seen(self, selection: Selection) -> list[Message]:
        return [
            message
            for message in self.messages
            if message.inbox == selection.inbox
            and message.owner in ("", selection.reader)
            and (message.owner != "" or message.saved_by in (None, selection.reader))
        ]


class ImmediatePasswords:
    """Passwords whose hash is the password behind a mark."""

    def hash(self, password: str) -> "Deferred[str]":
        return succeed(f"hash of {password}")

    def verify(self, kept: str, password: str) -> "Deferred[bool]":
        return succeed(kept == f"hash of {password}")


def stored(id: str = "m-0", *, inbox: str = "a@b.test", owner: str = "", seq: int = 1, **fields: object) -> Message:
    """Make a stored message of which a test names only what it is about."""
    values: dict[str, object] = {
        "original": inbox,
        "received": 1_800_000_000.0,
        "size": 10,
        "ip": "192.0.2.1",
        "via": "127.0.0.1",
        "helo": "client.test",
        "sender": "s@d.test",
        "tls": False,
        "summary": Summary(sender=()),
        **fields,
    }
    return Message(id=id, seq=seq, inbox=inbox, owner=owner, **values)  # type: ignore[arg-type]
