"""What is kept: each bound by itself, the order, and what is never evicted."""

from collections.abc import Iterator

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import ensureDeferred

from mailsockd.actions.retention import FLOOR_KEPT, Kept, Retention, period
from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Account, Accounts
from mailsockd.state.activity import ActivityLog, Kind
from tests.fakes import MemoryMailbox, stored
from tests.memory_retention import MemoryRetention

NOW = 1_800_000_000.0
DAY = 86_400.0


class House:
    """A mailbox with bounds; `mail` puts one message into it, each a second younger than the one before."""

    def __init__(self, kept: Kept, limit: int | None = None) -> None:
        self.mailbox = MemoryMailbox()
        self.store = MemoryRetention(self.mailbox)
        self.activity = ActivityLog(lambda: NOW)
        self.now = NOW
        self.accounts = Accounts([Account("ada", 1.0, 1.0, message_limit=limit), Account("bob", 1.0, 1.0)])
        self.retention = Retention(self.store, self.accounts, self.activity, kept, lambda: self.now)

    def mail(self, inbox: str = "a@b.test", owner: str = "", age: float = 0.0, **fields: object) -> Message:
        seq = self.mailbox.next_seq()
        message = stored(f"m{seq}-0", inbox=inbox, owner=owner, seq=seq, received=NOW - age, **fields)
        self.mailbox.messages.append(message)
        self.activity.record(Kind.STORED, account=owner, address=inbox, message=message.id, count=message.size)
        return message

    def sweep(self) -> list[int]:
        """Sweep; give the seqs that are left."""
        failures: list[object] = []
        ensureDeferred(self.retention.sweep()).addErrback(failures.append)
        assert failures == []
        return [message.seq for message in self.mailbox.messages]

    def evictions(self) -> Iterator[tuple[str, str, str]]:
        return ((one.message, one.account, one.text) for one in self.activity if one.kind is Kind.EVICTED)


def test_without_bounds_nothing_goes() -> None:
    """Bounds of 0 are none."""
    house = House(Kept(total_bytes=0, free_disk=0))
    for _ in range(200):
        house.mail(age=10_000 * DAY)
    assert len(house.sweep()) == 200


def test_beyond_the_total_the_oldest_go_and_starred_ones_stay() -> None:
    """Just as many as have to; each is an event with the reason."""
    house = House(Kept(total_bytes=50))
    house.mail(saved_by="ada")
    for _ in range(9):
        house.mail(owner="ada")
    assert house.sweep() == [1, 7, 8, 9, 10]
    assert list(house.evictions())[:2] == [
        ("m2-0", "ada", "the store has more than 50 bytes"),
        ("m3-0", "ada", "the store has more than 50 bytes"),
    ]
    assert house.retention.evicted == 5
    assert house.retention.refusal == ""


def test_when_nothing_may_go_no_more_mail_is_taken() -> None:
    """Starred mail, and what must still go out, stays whatever happens; a star less makes room again."""
    house = House(Kept(total_bytes=50))
    for number in range(10):
        message = house.mail(saved_by="ada" if number else None)
        house.store.protected.add(message.id)
    assert len(house.sweep()) == 10
    assert house.retention.refusal == "the store has more than 50 bytes, and nothing in it may go"
    house.store.protected.clear()
    house.mailbox.messages = [attrs.evolve(message, saved_by=None) for message in house.mailbox.messages]
    assert house.sweep() == [6, 7, 8, 9, 10]
    assert house.retention.refusal == ""


def test_mail_that_would_have_to_go_at_once_is_refused() -> None:
    """When starred mail takes all but a sixteenth of the room; new mail would be all that may go."""
    house = House(Kept(total_bytes=160))
    for _ in range(16):
        house.mail(saved_by="ada")
    house.sweep()
    assert house.retention.refusal == ""
    house.mail()
    assert len(house.sweep()) == 16
    nearly = "the store has nearly 160 bytes, and nothing in it may go"
    assert house.retention.refusal == nearly
    house.sweep()
    assert house.retention.refusal == nearly
    house.mailbox.messages[3] = attrs.evolve(house.mailbox.messages[3], saved_by=None)
    assert len(house.sweep()) == 16
    assert house.retention.refusal == ""
    house.mail()
    assert house.sweep() == [1, 2, 3, *range(5, 17), 18]
    assert house.retention.refusal == ""
    house.mail(saved_by="ada")
    assert house.sweep() == [1, 2, 3, *range(5, 17), 19]
    assert house.retention.refusal == nearly
    house.mailbox.messages.pop()
    house.sweep()
    assert house.retention.refusal == ""


def test_a_full_disk_deletes_nothing_and_refuses_mail() -> None:
    """What others take of the disk is no reason to delete mail; what the file has empty is given back."""
    house = House(Kept(free_disk=1000))
    house.mail()
    house.store.free, house.store.empty = 999, 500_000
    assert house.sweep() == [1]
    assert house.store.empty == 0
    assert house.retention.refusal == "the disk has less than 1000 bytes left"
    house.store.free = 1000
    house.sweep()
    assert house.retention.refusal == ""


def test_empty_pages_are_given_back_but_for_some() -> None:
    """Two MiB of the file may stay empty for mail to come."""
    house = House(Kept())
    house.store.empty = 10 * 1024**2
    house.sweep()
    assert 1024**2 < house.store.empty <= 2 * 1024**2
    assert set(house.store.given_back) == {200}


def test_ages() -> None:
    """What is older goes; public mail may have an age of its own."""
    house = House(Kept(age=30 * DAY, age_public=4 * DAY))
    house.mail(age=31 * DAY, owner="ada")
    house.mail(age=31 * DAY, owner="ada", saved_by="ada")
    house.mail(age=29 * DAY, owner="ada")
    house.mail(age=5 * DAY)
    house.mail(age=5 * DAY, saved_by="ada")
    house.mail(age=3 * DAY)
    assert house.sweep() == [2, 3, 5, 6]
    assert [reason for _, _, reason in house.evictions()] == ["public and older than 4 days", "older than 30 days"]


def test_the_newest_of_an_inbox_are_kept() -> None:
    """By its own bound for public mail; starred ones do not count, and other inboxes are not touched."""
    house = House(Kept(per_inbox=4, per_public_inbox=2))
    for number in range(5):
        house.mail("public@b.test", saved_by="ada" if number == 0 else None)
    for _ in range(5):
        house.mail("ada@b.test", "ada")
    house.mail("other@b.test")
    assert house.sweep() == [1, 4, 5, 7, 8, 9, 10, 11]
    assert next(house.evictions()) == ("m2-0", "", "more than 2 public messages in the inbox")


def test_the_messages_of_an_account_are_bounded() -> None:
    """Over messageLimit its oldest go, starred ones count and stay, and other accounts keep theirs."""
    house = House(Kept(), limit=3)
    house.mail(owner="ada", saved_by="ada")
    for _ in range(4):
        house.mail(owner="ada")
        house.mail("bob@b.test", owner="bob")
    assert house.sweep() == [1, 3, 5, 6, 7, 8, 9]
    assert next(house.evictions()) == ("m2-0", "ada", "more than 3 messages of the account")


def test_an_account_with_starred_mail_alone_keeps_it() -> None:
    """Contract section 3.11: starred mail is never recycled, however much there is."""
    house = House(Kept(), limit=1)
    for _ in range(3):
        house.mail(owner="ada", saved_by="ada")
    assert house.sweep() == [1, 2, 3]


def test_a_limit_that_is_lowered_holds_without_new_mail() -> None:
    """Also one that was there at the start."""
    house = House(Kept(), limit=4)
    for number in range(1, 6):
        house.mailbox.messages.append(stored(f"m{number}-0", owner="ada", seq=number, received=NOW))
    assert house.sweep() == [2, 3, 4, 5]
    account = house.accounts.get("ada")
    assert account is not None
    house.accounts.put(attrs.evolve(account, message_limit=2))
    assert house.sweep() == [4, 5]
    for none in (0, None):
        house.accounts.put(attrs.evolve(account, message_limit=none))
        assert house.sweep() == [4, 5]


def test_what_might_not_go_once_is_looked_at_again() -> None:
    """Of old mail that lost its star, or that was delivered at last, the age is not forgotten."""
    house = House(Kept(age=30 * DAY))
    waiting = house.mail(age=40 * DAY)
    house.mail(age=35 * DAY, saved_by="ada")
    house.mail(age=1 * DAY)
    house.store.protected.add(waiting.id)
    assert house.sweep() == [1, 2, 3]
    house.store.protected.clear()
    house.mailbox.messages = [attrs.evolve(message, saved_by=None) for message in house.mailbox.messages]
    house.now += FLOOR_KEPT - 1
    assert house.sweep() == [1, 2, 3]
    house.now += 1
    assert house.sweep() == [3]


def test_mail_that_comes_faster_than_it_goes_is_refused_for_a_moment() -> None:
    """Between two looks there may be a sixteenth too much; copies of one content are counted once."""
    house = House(Kept(total_bytes=160))
    house.sweep()
    for _ in range(17):
        house.mail()
    house.activity.record(Kind.STORED, address="b@b.test", message="m17-1", count=1000)
    assert house.retention.refusal == ""
    house.mail()
    assert house.retention.refusal == "the store has more than 160 bytes, and the oldest mail is just being deleted"
    assert len(house.sweep()) == 16
    assert house.retention.refusal == ""


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 40)), max_size=120),
    st.integers(0, 1500),
    st.integers(0, 30),
)
@settings(max_examples=150, deadline=None)
def test_what_is_left_is_what_a_simple_model_leaves(
    mails: list[tuple[bool, bool, int]], total: int, days: int
) -> None:
    """The oldest unstarred go, first those that are too old, then as many as are too much; nothing else does."""
    house = House(Kept(total_bytes=total, age=days * DAY))
    for starred, public, age in sorted(mails, key=lambda mail: -mail[2]):
        house.mail(owner="" if public else "ada", age=age * DAY, saved_by="ada" if starred else None)
    left = [
        message
        for message in house.mailbox.messages
        if message.saved_by or not days or message.received >= NOW - days * DAY
    ]
    while total and sum(message.size for message in left) > total:
        oldest = next((message for message in left if not message.saved_by), None)
        if oldest is None:
            break
        left.remove(oldest)
    assert house.sweep() == [message.seq for message in left]


@pytest.mark.parametrize(
    ("seconds", "words"), [(90, "90 seconds"), (120, "2 minutes"), (7200, "2 hours"), (345_600, "4 days")]
)
def test_periods_in_words(seconds: float, words: str) -> None:
    """In the largest unit of which there are two."""
    assert period(seconds) == words
