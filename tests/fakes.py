"""Stand-ins for the disk: the same promises as the room storage, kept in memory, able to fail when told."""

from collections import Counter
from collections.abc import Iterable, Sequence

import attrs
from twisted.internet.defer import Deferred, fail, succeed

from mailsockd.actions.onward import AlreadySettled
from mailsockd.actions.ports import (
    ASIDE,
    EVERYTHING,
    Entry,
    Filter,
    InboxTotals,
    Selection,
    Snapshot,
    StorageTrouble,
    Term,
    Top,
    Totals,
    View,
)
from mailsockd.delivery.channel import Setting
from mailsockd.delivery.reach import Reach
from mailsockd.delivery.url_setting import FlagSetting, URLSetting
from mailsockd.mail.address import domain_of
from mailsockd.mail.message import parse
from mailsockd.mail.people import Person
from mailsockd.mail.stored import Message, Summary
from mailsockd.state.addresses import Address
from mailsockd.state.deliveries import Delivery, Status, Trial


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
    """
    A Mailbox in memory; `trouble` is the exception that appends fail with, `held` keeps them waiting.

    `deliveries` are the rows stored with the messages, the first one has the id 1.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.contents: dict[str, bytes] = {}
        self.deliveries: list[Delivery] = []
        self.trouble: Exception | None = None
        self.held: list[Deferred[None]] | None = None
        self._seq = 0

    def next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def append(
        self,
        messages: Sequence[Message],
        content: bytes,
        deliveries: Sequence[Delivery] = (),
        settled: int | None = None,
    ) -> "Deferred[None]":
        if self.trouble is not None:
            return fail(self.trouble)
        if settled is not None:
            before = self.deliveries[settled - 1]
            if before.status is not Status.WAITING:
                return fail(AlreadySettled(f"delivery {settled} waits no more"))
            self.deliveries[settled - 1] = attrs.evolve(before, status=Status.DELIVERED, finished=before.due)
        self.deliveries.extend(
            attrs.evolve(delivery, id=id) for id, delivery in enumerate(deliveries, len(self.deliveries) + 1)
        )
        self.messages.extend(messages)
        self.contents.update({message.id: content for message in messages})
        if self.held is not None:
            waiting: Deferred[None] = Deferred()
            self.held.append(waiting)
            return waiting
        return succeed(None)

    def newest(
        self,
        selection: Selection,
        limit: int,
        until: float | None = None,
        filter: Filter = EVERYTHING,
        after: int | None = None,
    ) -> "Deferred[list[Message]]":
        found = [message for message in self._seen(selection) if after is None or message.seq > after]
        return succeed(self._newest(found, limit, until, filter))

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

    def star(self, message: Message, account: str | None) -> "Deferred[Message | None]":
        return self._change(message, account, saved_by=account)

    def move(self, message: Message, folder: str) -> "Deferred[Message | None]":
        return self._change(message, None, folder=folder)

    def label(self, message: Message, labels: tuple[str, ...]) -> "Deferred[Message | None]":
        return self._change(message, None, labels=labels)

    def mark(self, message: Message, read: bool) -> "Deferred[Message | None]":
        return self._change(message, None, read=read)

    def purge(self, selection: Selection, starred: bool = False, filter: Filter = EVERYTHING) -> "Deferred[int]":
        gone = [message for message in self._seen(selection) if starred or message.saved_by is None]
        return self._remove(self._filtered(gone, filter))

    def starred(self, account: str, limit: int, until: float | None = None) -> "Deferred[list[Message]]":
        found = [message for message in self._belonging(account) if message.saved_by == account]
        return succeed(self._newest(found, limit, until))

    def owned(
        self, owner: str, limit: int, skip: int = 0, since: float | None = None, filter: Filter = EVERYTHING
    ) -> "Deferred[list[Message]]":
        found = [message for message in self._belonging(owner) if since is None or message.received >= since]
        return succeed(self._newest(found, max(limit, 0) + max(skip, 0), None, filter)[max(skip, 0) :])

    def unread(self, owner: str) -> "Deferred[int]":
        return succeed(sum(not message.read for message in self._belonging(owner)))

    def totals(self, owner: str) -> "Deferred[Totals]":
        found = self._belonging(owner)
        starred = sum(message.saved_by == owner for message in found)
        return succeed(Totals(len(found), sum(message.size for message in found), starred))

    def inboxes_of(self, owner: str) -> "Deferred[list[str]]":
        return succeed(sorted({message.inbox for message in self.messages if owner and message.owner == owner}))

    def largest_inboxes(self, owner: str, limit: int) -> "Deferred[list[InboxTotals]]":
        found = [
            InboxTotals(inbox, len(some), sum(one.size for one in some), sum(one.saved_by is not None for one in some))
            for inbox in {message.inbox for message in self.messages if owner and message.owner == owner}
            if (some := [message for message in self.messages if (message.inbox, message.owner) == (inbox, owner)])
        ]
        found.sort(key=lambda one: (-one.bytes, one.inbox))
        return succeed(found[: max(limit, 0)])

    def search(self, owner: str, query: str, limit: int) -> "Deferred[list[Message]]":
        term = Term(query)
        found = [
            message
            for message in self._belonging(owner)
            if any(_meets(term, texts) for texts in (_sender(message), _recipients(message), [message.summary.subject]))
        ]
        return succeed(self._newest(found, limit))

    def page(self, view: View, limit: int, before: int | None = None) -> "Deferred[list[Message]]":
        where = (
            self._belonging(view.reader or "") if view.inbox is None else self._seen(Selection(view.inbox, view.reader))
        )
        term = Term(view.query) if view.query.strip() else None
        found = [
            message
            for message in where
            if (before is None or message.seq < before)
            and (not view.starred or message.saved_by == view.reader)
            and (message.folder == view.folder if view.folder else message.folder not in ASIDE)
            and (not view.label or view.label in message.labels)
            and any(
                _meets(term, texts) for texts in (_sender(message), _recipients(message), [message.summary.subject])
            )
        ]
        return succeed(self._newest(found, limit, None, Filter(read=False if view.unread else None)))

    def of_domain(
        self, domain: str, reader: str | None, limit: int, until: float | None = None
    ) -> "Deferred[list[Message]]":
        return succeed(self._newest(self._in_domain(domain, reader), limit, until))

    def count_domain(self, domain: str, reader: str | None) -> "Deferred[int]":
        return succeed(len(self._in_domain(domain, reader)))

    def purge_domain(self, domain: str, owner: str) -> "Deferred[int]":
        return self._remove(self._in_domain(domain, owner))

    def top(self, kind: Top, start: float, end: float, skip: int, limit: int) -> "Deferred[list[tuple[str, int]]]":
        names = {
            "addresses": lambda message: message.inbox,
            "senders": lambda message: "".join(person.address.lower() for person in message.summary.sender[:1]),
            "domains": lambda message: domain_of(message.inbox),
        }
        return succeed(_ranked(map(names[kind], self._public(start, end)), skip, limit))

    def common_attachments(self, start: float, end: float, skip: int, limit: int) -> "Deferred[list[tuple[str, int]]]":
        found = [checksum for message in self._public(start, end) for checksum in set(message.summary.attachments)]
        return succeed(_ranked(found, skip, limit))

    def attachment_count(self, checksum: str) -> "Deferred[int]":
        return succeed(sum(checksum in message.summary.attachments for message in self._public()))

    def messages_with_attachment(self, checksum: str, limit: int) -> "Deferred[list[Message]]":
        found = [message for message in self._public() if checksum in message.summary.attachments]
        return succeed(self._newest(found, limit))

    def purge_owner(self, owner: str) -> "Deferred[int]":
        before = len(self.messages)
        self.messages = [message for message in self.messages if message.owner != owner or not owner]
        return succeed(before - len(self.messages))

    def adopt(self, inbox: str, owner: str) -> "Deferred[int]":
        count = 0
        for place, message in enumerate(self.messages):
            if message.inbox == inbox and message.owner == "" and message.saved_by in (None, owner):
                self.messages[place] = attrs.evolve(message, owner=owner)
                count += 1
        return succeed(count)

    def close(self) -> "Deferred[None]":
        return succeed(None)

    def _seen(self, selection: Selection) -> list[Message]:
        return [
            message
            for message in self.messages
            if message.inbox == selection.inbox and _visible(message, selection.reader)
        ]

    def _in_domain(self, domain: str, reader: str | None) -> list[Message]:
        return [
            message for message in self.messages if domain_of(message.inbox) == domain and _visible(message, reader)
        ]

    def _belonging(self, account: str) -> list[Message]:
        return [
            message
            for message in self.messages
            if account and (message.owner == account or (message.owner == "" and message.saved_by == account))
        ]

    def _public(self, start: float = 0.0, end: float = float("inf")) -> list[Message]:
        found = [message for message in self.messages if message.owner == "" and message.saved_by is None]
        return [message for message in found if start <= message.received <= end]

    def _filtered(self, messages: Iterable[Message], filter: Filter) -> list[Message]:
        found = [
            message
            for message in messages
            if _meets(filter.sender, _sender(message))
            and _meets(filter.recipient, _recipients(message))
            and _meets(filter.subject, [message.summary.subject])
            and filter.read in (None, bool(message.read))
        ]
        if filter.text is not None:
            found = [message for message in found if _meets(filter.text, [parse(self.contents[message.id]).text])]
        return found

    def _newest(
        self, messages: Iterable[Message], limit: int, until: float | None = None, filter: Filter = EVERYTHING
    ) -> list[Message]:
        found = [message for message in messages if until is None or message.received <= until]
        found.sort(key=lambda message: message.seq, reverse=True)
        return self._filtered(found, filter)[: max(limit, 0)]

    def _change(self, message: Message, account: str | None, **fields: object) -> "Deferred[Message | None]":
        for place, there in enumerate(self.messages):
            if (there.id, there.seq, there.owner) == (message.id, message.seq, message.owner):
                if there.owner == "" and there.saved_by not in (None, message.saved_by, account):
                    return succeed(None)
                self.messages[place] = attrs.evolve(there, **fields)  # type: ignore[arg-type]
                return succeed(self.messages[place])
        return succeed(None)

    def _remove(self, gone: list[Message]) -> "Deferred[int]":
        self.messages = [message for message in self.messages if message not in gone]
        return succeed(len(gone))


def _visible(message: Message, reader: str | None) -> bool:
    if message.owner:
        return message.owner == reader
    return message.saved_by is None or message.saved_by == reader


def _sender(message: Message) -> list[str]:
    return _texts(message.summary.sender)


def _recipients(message: Message) -> list[str]:
    return [*_texts((*message.summary.to, *message.summary.cc)), message.inbox, message.original]


def _texts(people: Sequence[Person]) -> list[str]:
    return [text for person in people for text in (person.address, person.name)]


def _meets(term: Term | None, texts: Sequence[str]) -> bool:
    if term is None:
        return True
    wanted = term.text.casefold()
    return any(wanted == text.casefold() if term.exact else wanted in text.casefold() for text in texts)


def _ranked(names: Iterable[str], skip: int, limit: int) -> list[tuple[str, int]]:
    counted = sorted(Counter(name for name in names if name).items(), key=lambda item: (-item[1], item[0]))
    return counted[max(skip, 0) :][: max(limit, 0)]


class ImmediatePasswords:
    """Passwords whose hash is the password behind a mark."""

    def hash(self, password: str) -> "Deferred[str]":
        return succeed(f"hash of {password}")

    def verify(self, kept: str, password: str) -> "Deferred[bool]":
        return succeed(kept == f"hash of {password}")


def onward_settings() -> list[Setting]:
    """Give the settings of web hooks and Slack, on a server that may reach the Internet alone."""
    reach = Reach(own=lambda address: False)
    return [URLSetting("webhook", reach), URLSetting("webhookSlack", reach), FlagSetting("webhookSlackToFrom")]


async def tried(address: Address) -> Trial:
    """Say that the web hook of an address took a test in 7 ms."""
    return Trial(True, 200, 7, f"{address.settings['webhook']} answered 200 OK")


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
