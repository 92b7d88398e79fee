"""
What of the mail is kept, and for how long (contract section 3.11): the oldest goes first, starred mail never.

Each bound is looked at in turn, in slices, so that mail is taken between them. A message that still has to be delivered
somewhere stays until it is, or is too old for that.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import attrs
from twisted.internet.defer import Deferred

from mailsockd.state.accounts import Accounts
from mailsockd.state.activity import ActivityLog, Event, Kind

SLICE = 50  # messages that are evicted in one go
SPARE = 2 * 1024**2  # bytes of the file that may stay empty for mail to come
PAGES = 200  # of the file that are given back to the disk in one go
MOST_TOUCHED = 10_000  # inboxes that are remembered until the next look
FLOOR_KEPT = 900.0  # seconds for which what might not go is not looked at again
SLACK = 16  # the store may have a sixteenth more than its bound before mail is refused


@attrs.frozen
class Kept:
    """
    The bounds; 0 is none. Sizes are bytes, ages seconds; `per_inbox` counts messages that are not starred.

    With less than `free_disk` on the disk no more mail is taken; the others make the oldest go.

    `age_public` and `per_public_inbox` are those of public mail, and count beside the others.
    """

    total_bytes: int = 5 * 1024**3
    free_disk: int = 512 * 1024**2
    age: float = 0.0
    age_public: float = 0.0
    per_inbox: int = 0
    per_public_inbox: int = 0


@attrs.frozen
class Room:
    """How much the mailbox's file holds, how much of it is empty, and what its disk has left, in bytes."""

    used: int
    empty: int
    free: int


@attrs.frozen
class Victim:
    """A message that may go, as far as its end is told. `received` is UTC seconds."""

    seq: int
    id: str
    inbox: str
    owner: str
    received: float
    size: int


class RetentionStore(Protocol):
    """The mailbox as who makes room in it sees it. None of these gives starred mail, nor what must still go out."""

    def room(self) -> "Deferred[Room]":
        """Measure."""

    def oldest(self, after: int, limit: int) -> "Deferred[list[Victim]]":
        """Give the oldest messages behind a seq."""

    def oldest_public(self, before: float, limit: int) -> "Deferred[list[Victim]]":
        """Give the oldest public messages that were received before then."""

    def beyond(self, inbox: str, keep: int, limit: int, public: bool) -> "Deferred[list[Victim]]":
        """Give messages of an inbox, the oldest first, but for the newest `keep`; public ones alone, if wanted."""

    def oldest_of(self, owner: str, limit: int) -> "Deferred[list[Victim]]":
        """Give the oldest messages that an account owns."""

    def count_of(self, owner: str) -> "Deferred[int]":
        """Count what an account owns or starred."""

    def evict(self, victims: Sequence[Victim]) -> "Deferred[list[Victim]]":
        """Delete them; gives those that were there and still not starred."""

    def give_back(self, pages: int) -> "Deferred[None]":
        """Give empty pages of the file back to the disk."""


class Retention:
    """
    Makes room. `sweep` is to be called from time to time; nothing else may be on its way then.

    `now` gives UTC seconds.
    """

    def __init__(
        self, store: RetentionStore, accounts: Accounts, activity: ActivityLog, kept: Kept, now: Callable[[], float]
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._activity = activity
        self._kept = kept
        self._now = now
        self._inboxes: dict[str, None] = {}
        self._owners: dict[str, None] = {}
        self._limits: dict[str, int | None] = {}  # of each account, as they were at the last look
        self._floor = -1  # whatever has a smaller seq might not go when it was looked at
        self._floor_until = 0.0
        self._came = 0  # bytes of mail since `room` was measured
        self._refusal = ""
        self._full = False  # nothing is left that may go
        self.room = Room(0, 0, 0)
        self.evicted = 0
        activity.listen(self._listen, Kind.STORED)

    @property
    def kept(self) -> Kept:
        """The bounds."""
        return self._kept

    def keep(self, kept: Kept) -> None:
        """Let other bounds hold from the next look on."""
        self._kept = kept
        self._floor_until = 0.0

    @property
    def refusal(self) -> str:
        """
        Why there is no room for more mail, "" while there is.

        That is so when nothing that is too much may go, and, for a moment, when mail comes faster than it goes.
        """
        total = self._kept.total_bytes
        if self._refusal or not total or self.room.used + self._came <= total + total // SLACK:
            return self._refusal
        return f"{self._too_much}, and the oldest mail is just being deleted"

    @property
    def _too_much(self) -> str:
        return f"the store has more than {self._kept.total_bytes} bytes"

    def _listen(self, event: Event) -> None:
        if event.message.endswith("-0"):  # the first copy of a content, which all of them share
            self._came += event.count or 0
        if len(self._inboxes) < MOST_TOUCHED:
            self._inboxes[event.address] = None
            if event.account:
                self._owners[event.account] = None

    async def sweep(self) -> None:
        """Look at every bound, and evict what is beyond it. Raises StorageTrouble."""
        await self._sweep_inboxes()
        await self._sweep_accounts()
        await self._sweep_ages()
        await self._sweep_room()

    async def _sweep_inboxes(self) -> None:
        inboxes, self._inboxes = self._inboxes, {}
        kept = self._kept
        for inbox in inboxes:
            for keep, public in ((kept.per_public_inbox, True), (kept.per_inbox, False)):
                what = "public messages" if public else "messages"
                while keep and await self._evict(
                    await self._store.beyond(inbox, keep, SLICE, public), f"more than {keep} {what} in the inbox"
                ):
                    pass

    async def _sweep_accounts(self) -> None:
        limits = {account.name: account.message_limit for account in self._accounts}
        changed = {name: None for name, limit in limits.items() if limit != self._limits.get(name)}
        owners, self._owners, self._limits = {**self._owners, **changed}, {}, limits
        for owner in owners:
            account = self._accounts.get(owner)
            limit = None if account is None else account.message_limit
            if not limit:
                continue
            over = await self._store.count_of(owner) - limit
            while over > 0:
                gone = await self._evict(
                    await self._store.oldest_of(owner, min(over, SLICE)), f"more than {limit} messages of the account"
                )
                over -= gone
                if not gone:
                    break

    async def _sweep_ages(self) -> None:
        kept, now = self._kept, self._now()
        while kept.age_public:
            found = await self._store.oldest_public(now - kept.age_public, SLICE)
            if not await self._evict(found, f"public and older than {period(kept.age_public)}"):
                break
        while kept.age:
            found = await self._behind_the_floor()
            old = [one for one in found if one.received < now - kept.age]
            if not await self._evict(old, f"older than {period(kept.age)}") or len(old) < len(found):
                break

    async def _sweep_room(self) -> None:
        kept = self._kept
        before, any_gone = None, False
        while True:
            came = self._came
            self.room = room = await self._store.room()
            self._came -= came
            over = room.used - kept.total_bytes if kept.total_bytes else 0
            gone = await self._evict(_enough(await self._behind_the_floor(), over), self._too_much) if over > 0 else 0
            any_gone = any_gone or gone > 0
            # What other programs take of the disk is no reason to delete mail; what is empty here is given back.
            spare = room.empty - (0 if room.free < kept.free_disk else SPARE)
            if not gone and (spare <= 0 or room == before):
                break
            if spare > 0:
                await self._store.give_back(PAGES)
            before = room
        self._refusal = ""
        if over > 0 or any_gone or self._full:
            # New mail would have to go as soon as it came, being all that may: better to refuse it.
            enough = room.used <= kept.total_bytes - kept.total_bytes // SLACK
            left = await self._store.oldest(-1 if self._full else self._floor, 1)
            self._full = not enough and not left
            self._floor = left[0].seq - 1 if left else self._floor
        if self._full:
            what = self._too_much if over > 0 else f"the store has nearly {kept.total_bytes} bytes"
            self._refusal = f"{what}, and nothing in it may go"
        elif room.free < kept.free_disk:
            self._refusal = f"the disk has less than {kept.free_disk} bytes left"

    async def _behind_the_floor(self) -> list[Victim]:
        # What was starred may be no more, and what had to go out may be delivered: they are looked at again.
        if self._now() >= self._floor_until:
            self._floor, self._floor_until = -1, self._now() + FLOOR_KEPT
        found = await self._store.oldest(self._floor, SLICE)
        if not found and self._floor >= 0:
            self._floor = -1
            found = await self._store.oldest(self._floor, SLICE)
        if found:
            self._floor = found[0].seq - 1
        return found

    async def _evict(self, victims: Sequence[Victim], reason: str) -> int:
        if not victims:
            return 0
        gone = await self._store.evict(victims)
        for victim in gone:
            self._activity.record(
                Kind.EVICTED,
                account=victim.owner,
                address=victim.inbox,
                message=victim.id,
                text=reason,
                count=victim.size,
            )
        self.evicted += len(gone)
        return len(gone)


def _enough(victims: Sequence[Victim], wanted: int) -> Sequence[Victim]:
    """Give as many of the first as have the bytes that are wanted."""
    size = 0
    for place, victim in enumerate(victims):
        if size >= wanted:
            return victims[:place]
        size += victim.size
    return victims


def period(seconds: float) -> str:
    """Give a length of time in words."""
    for unit, name in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} seconds"
