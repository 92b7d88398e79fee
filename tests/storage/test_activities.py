"""Activity on disk: what is kept, what is found, and what is forgotten."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.activity_store import SLICE
from mailsockd.actions.ports import StorageTrouble
from mailsockd.state.activity import Event, Kind
from mailsockd.state.recorded import Recorded, Wanted
from mailsockd.storage.activities import LONGEST_DETAIL, LONGEST_TEXT, SQLiteActivities
from mailsockd.storage.mailbox import SQLiteMailbox
from tests.memory_activities import MemoryActivities
from tests.storage.contract_mailbox import message
from tests.storage.faults import noted
from tests.storage.pump import Pump

EVERYTHING = Event(
    kind=Kind.DELIVERED,
    at=1_700_000_000.123456,
    account="ada",
    address="a@b.test",
    message="m1-0",
    peer="2001:db8::1",
    text="naïve \x00 text",
    count=3,
    milliseconds=1.25,
    session="s1",
    channel="webhook",
    detail="it said \U0001f600",
    similar=312,
)


def stored(message: str, session: str = "", account: str = "ada", **more: object) -> Event:
    return attrs.evolve(Event(Kind.STORED, 1.0, account, "a@b.test", message, session=session), **more)


class ActivityTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = MemoryActivities()

    def add(self, *events: Event) -> None:
        self.successResultOf(self.store.add(events))

    def found(self, wanted: Wanted = Wanted(), limit: int = 1000) -> Sequence[Recorded]:
        return self.successResultOf(self.store.listed(wanted, limit))

    def ids(self, wanted: Wanted = Wanted(), limit: int = 1000) -> list[int]:
        return [recorded.id for recorded in self.found(wanted, limit)]

    def test_every_field_comes_back(self) -> None:
        """An event is read as it was written, with its number."""
        self.add(EVERYTHING, Event(Kind.REFUSED, 2.0))
        assert self.found() == [Recorded(2, Event(Kind.REFUSED, 2.0)), Recorded(1, EVERYTHING)]

    def test_what_no_file_can_hold_is_made_holdable(self) -> None:
        """Halves of characters become U+FFFD, and texts of any length are cut."""
        self.add(attrs.evolve(EVERYTHING, address="\ud800@b.test", text="x" * 5000, detail="\udfffy" * 5000))
        [recorded] = self.found()
        assert recorded.event.address == "\ufffd@b.test"
        assert recorded.event.text == "x" * LONGEST_TEXT == "x" * 1000
        assert recorded.event.detail == "\ufffdy" * (LONGEST_DETAIL // 2) == "\ufffdy" * 2000

    def test_any_number_is_written_in_order(self) -> None:
        """However many events come at once, and though one has half a character, each is there, in its order."""
        for number in (0, 1, 3, 63, 250):
            store = MemoryActivities()
            events = [Event(Kind.REFUSED, float(at), text="\ud800" if at == 40 else "x") for at in range(number)]
            self.successResultOf(store.add(events))
            found = self.successResultOf(store.listed(Wanted(), 1000))
            assert [recorded.event.at for recorded in found] == [float(at) for at in reversed(range(number))]

    def test_pages_go_back_from_the_newest(self) -> None:
        """Pages of `before` have every event once, in falling order, whatever is added meanwhile."""
        self.add(*(stored(f"m{number}-0") for number in range(1, 8)))
        pages, wanted = [], Wanted()
        while page := self.ids(wanted, 3):
            pages.append(page)
            wanted = Wanted(before=page[-1])
            self.add(stored("later-0"))
        assert pages == [[7, 6, 5], [4, 3, 2], [1]]

    def test_pages_go_on_from_the_last_one_seen(self) -> None:
        """`after` gives the events that follow next, the newest of them first, so that none is left out."""
        self.add(*(stored(f"m{number}-0") for number in range(1, 8)))
        assert self.ids(Wanted(after=2), 3) == [5, 4, 3]
        assert self.ids(Wanted(after=5), 3) == [7, 6]
        assert self.ids(Wanted(after=7), 3) == []
        assert self.ids(Wanted(after=2, before=7), 2) == [6, 5]
        assert self.ids(Wanted(after=0), 0) == []

    def test_an_account_sees_its_own(self) -> None:
        """What belongs to others, or to nobody, is not there, unless what is nobody's is asked for too."""
        self.add(stored("m1-0"), stored("m2-0", account="bob"), stored("m3-0", account=""))
        assert self.ids(Wanted(account="ada")) == [1]
        assert self.ids(Wanted(account="ada", unowned=True)) == [3, 1]
        assert self.ids(Wanted()) == [3, 2, 1]
        assert self.ids(Wanted(account="")) == [3]

    def test_a_window_of_time_has_its_beginning_and_not_its_end(self) -> None:
        """Windows that follow each other have each event once."""
        self.add(*(Event(Kind.REFUSED, float(at)) for at in (10, 20, 30)))
        assert self.ids(Wanted(since=10.0, until=20.0)) == [1]
        assert self.ids(Wanted(since=20.0, until=40.0)) == [3, 2]

    def test_a_timeline_begins_with_the_connection(self) -> None:
        """A message has the connection that it came on, what was refused there before, and its deliveries."""
        self.add(
            Event(Kind.CONNECTED, 1.0, "ada", session="s1"),
            Event(Kind.REJECTED, 1.0, "ada", "a@b.test", session="s1"),
            Event(Kind.CONNECTED, 1.0, "ada", session="s2"),
            stored("m1-0", "s1"),
            stored("m2-0", "s2"),
            Event(Kind.REJECTED, 1.0, "ada", "a@b.test", session="s1"),
            attrs.evolve(EVERYTHING, session=""),
            Event(Kind.CONNECTED, 1.0, "ada"),
        )
        assert self.ids(Wanted(message="m1-0")) == [7, 4, 2, 1]
        assert self.ids(Wanted(message="m1-0", account="ada")) == [7, 4, 2, 1]
        assert self.ids(Wanted(message="m1-0", kinds=frozenset((Kind.DELIVERED,)))) == [7]
        assert self.ids(Wanted(message="m3-0")) == []

    def test_a_queue_id_shows_all_copies(self) -> None:
        """The id that the sender was told stands for the copies of all inboxes, and for no id that begins like it."""
        self.add(stored("m1-0"), stored("m1-12"), stored("m10-0"), stored("m1"), stored("m1.0"), stored(""))
        assert self.ids(Wanted(message="m1")) == [4, 2, 1]
        assert self.ids(Wanted(message="m1-1")) == []

    def test_the_timeline_of_another_account_is_not_there(self) -> None:
        """Who has no copy sees nothing; who has one sees the connection, and no refusal or copy of others."""
        self.add(
            Event(Kind.CONNECTED, 1.0, "ada", session="s1"),
            Event(Kind.REJECTED, 1.0, "ada", "a@b.test", session="s1"),
            Event(Kind.REJECTED, 1.0, "bob", "b@b.test", session="s1"),
            stored("m1-0", "s1"),
            stored("m1-1", "s1", "bob"),
        )
        assert self.ids(Wanted(message="m1", account="eve")) == []
        assert self.ids(Wanted(message="m1-0", account="bob")) == []
        assert self.ids(Wanted(message="m1", account="bob")) == [5, 3, 1]
        assert self.ids(Wanted(message="m1", account="ada")) == [4, 2, 1]

    def test_details_are_searched_by_their_account(self) -> None:
        """A search does not tell others what a receiver answered."""
        self.add(attrs.evolve(EVERYTHING, detail="the Secret answer"))
        assert self.ids(Wanted(text="secret")) == [1]
        assert self.ids(Wanted(text="secret", reader="ada")) == [1]
        assert self.ids(Wanted(text="secret", reader="admin")) == []
        assert self.ids(Wanted(text="WEBHOOK", reader="admin")) == [1]

    def test_a_connection_is_found_by_its_name(self) -> None:
        """Everything that happened on one connection is one search, also when it brought several mails."""
        self.add(Event(Kind.CONNECTED, 1.0, session="s1"), stored("m1-0", "s1"), stored("m2-0", "s2"))
        self.add(stored("m3-0", "s1"))
        assert self.ids(Wanted(text="s1")) == [4, 2, 1]

    def test_signs_of_patterns_are_themselves(self) -> None:
        """What is searched for is text, whatever signs it has."""
        self.add(attrs.evolve(EVERYTHING, text="100% su=re_"), attrs.evolve(EVERYTHING, text="1000 sure"))
        assert self.ids(Wanted(text="0% s")) == [1]
        assert self.ids(Wanted(text="=")) == self.ids(Wanted(text="_")) == [1]
        assert self.ids(Wanted(text="1_0")) == []

    def test_old_events_are_forgotten_in_slices(self) -> None:
        """What happened before a time goes, the oldest first, a slice at a time."""
        self.add(*(Event(Kind.REFUSED, float(at)) for at in range(SLICE + 10)))
        assert [self.successResultOf(self.store.purge(SLICE + 5.0)) for _ in range(3)] == [SLICE, 5, 0]
        assert [recorded.event.at for recorded in self.found()][-1] == SLICE + 5.0

    def test_an_account_gives_up_its_oldest(self) -> None:
        """A number of events of one account goes, a slice at most, and nothing of others."""
        self.add(stored("m1-0"), stored("b1-0", account="bob"), stored("m2-0"), stored("m3-0"))
        assert self.successResultOf(self.store.counts()) == {"ada": 3, "bob": 1}
        assert self.successResultOf(self.store.trim("ada", 2)) == 2
        assert [recorded.event.message for recorded in self.found()] == ["m3-0", "b1-0"]
        assert self.successResultOf(self.store.trim("ada", 10_000)) == 1
        assert self.successResultOf(self.store.counts()) == {"bob": 1}

    def test_numbers_are_not_given_again(self) -> None:
        """When everything was forgotten, new events still have larger numbers."""
        self.add(stored("m1-0"), stored("m2-0"))
        self.successResultOf(self.store.trim("ada", 2))
        self.add(stored("m3-0"))
        assert self.ids() == [3]

    def test_questions_read_no_more_than_they_must(self) -> None:
        """A page of an account is found by an index, and not sorted; a timeline reads the table once."""
        for wanted in (Wanted(account="ada"), Wanted(account="ada", after=1), Wanted(), Wanted(message="m")):
            plan = " ".join(self.store.plan(wanted))
            assert plan.count("SCAN activity") == (1 if wanted.message else 0)
            assert "FOR ORDER BY" not in plan or wanted.message


TEXTS = st.sampled_from(["", "a", "B", "a@b.test", "m1", "m1-0", "%", "é", "x=_"])
EVENTS = st.builds(
    Event,
    kind=st.sampled_from([Kind.STORED, Kind.REJECTED, Kind.SOCKET_OPENED]),
    at=st.sampled_from([1.0, 2.0, 3.0]),
    account=st.sampled_from(["", "ada", "bob"]),
    address=TEXTS,
    message=TEXTS,
    peer=TEXTS,
    text=TEXTS,
    channel=TEXTS,
    detail=TEXTS,
)
WANTED = st.builds(
    Wanted,
    account=st.sampled_from([None, "ada", ""]),
    unowned=st.booleans(),
    kinds=st.sampled_from([frozenset(), frozenset((Kind.STORED, Kind.SOCKET_OPENED))]),
    address=TEXTS,
    message=st.sampled_from(["", "m1", "m1-0"]),
    peer=TEXTS,
    text=st.sampled_from(["", "A", "b", "%", "socket op", "É", "=", "_"]),
    since=st.sampled_from([None, 2.0]),
    until=st.sampled_from([None, 3.0]),
    reader=st.sampled_from([None, "ada"]),
)


@given(st.lists(EVENTS, max_size=12), WANTED)
def test_the_disk_finds_what_is_followed(events: list[Event], wanted: Wanted) -> None:
    """Conditions mean the same for events on the disk and for those that are followed as they happen."""
    store = MemoryActivities()
    store.add(events)
    found: list[Recorded] = []
    store.listed(wanted, 100).addCallback(found.extend)
    assert [recorded.event for recorded in found] == [event for event in reversed(events) if wanted.meets(event)]


class ActivityFileTests(SynchronousTestCase):
    """Beside the mail, in its file."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "mailbox.db"
        self.factory = noted()
        self.pump = Pump()

    def mailbox(self) -> SQLiteMailbox:
        mailbox = SQLiteMailbox(
            self.path,
            self.pump.call_from_thread,
            self.pump.deaths.append,
            factory=self.factory,
            index_in_the_quiet=False,
        )
        self.addCleanup(lambda: self.pump.wait(mailbox.close()))
        return mailbox

    def test_it_is_there_after_a_restart(self) -> None:
        """What was written is read by the next daemon."""
        mailbox = self.mailbox()
        self.pump.wait(SQLiteActivities(mailbox.ask, mailbox.change_unhurried).add([EVERYTHING]))
        self.pump.wait(mailbox.close())
        again = self.mailbox()
        found = self.pump.wait(SQLiteActivities(again.ask, again.change_unhurried).listed(Wanted(), 10))
        assert found == [Recorded(1, EVERYTHING)]

    def test_it_shares_no_transaction_with_mail_and_waits_for_no_disk(self) -> None:
        """Events between two mails are committed for themselves, and not synchronously."""
        mailbox = self.mailbox()
        store = SQLiteActivities(mailbox.ask, mailbox.change_unhurried)
        self.pump.wait(mailbox.append([message(1)], b"x"))
        self.factory.done.clear()
        self.pump.wait(store.add([EVERYTHING]))
        kinds = [statement.split(" (")[0] for statement in self.factory.done]
        assert kinds == [
            "PRAGMA synchronous = NORMAL",
            "BEGIN IMMEDIATE",
            "INSERT INTO activity",
            "COMMIT",
            "PRAGMA synchronous = FULL",
        ]

    def test_trouble_costs_no_mail(self) -> None:
        """When events cannot be written the mail beside them is stored, and the next events are."""
        mailbox = self.mailbox()
        store = SQLiteActivities(mailbox.ask, mailbox.change_unhurried)
        self.pump.wait(mailbox.append([message(1)], b"x"))
        self.factory.failing = 3
        self.pump.error(store.add([EVERYTHING]), StorageTrouble)
        self.pump.wait(mailbox.append([message(2)], b"y"))
        self.pump.wait(store.add([EVERYTHING]))
        assert len(self.pump.wait(store.listed(Wanted(), 10))) == 1
        assert self.pump.deaths == []
