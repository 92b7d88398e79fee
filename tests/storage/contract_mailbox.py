"""What every Mailbox does, whatever it is made of: a suite that each implementation inherits."""

from typing import Any

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.ports import Mailbox, Selection, StorageTrouble
from mailsockd.mail.people import Person
from mailsockd.mail.stored import Message, Summary
from tests.storage.pump import Pump

PUBLIC = Selection("a@b.example", None)
ANNS = Selection("a@b.example", "ann")
BOBS = Selection("a@b.example", "bob")


def message(seq: int, **changes: Any) -> Message:
    """Give a public message for a@b.example whose id is `m<seq>`."""
    plain = Message(
        id=f"m{seq}",
        seq=seq,
        inbox="a@b.example",
        original="a@b.example",
        owner="",
        received=1_700_000_000.0 + seq,
        size=3,
        ip="192.0.2.1",
        via="192.0.2.2",
        helo="client.example",
        sender="s@c.example",
        tls=False,
        summary=Summary((Person("s@c.example", "S"),), subject=f"number {seq}"),
    )
    return attrs.evolve(plain, **changes)


EVERYTHING = Message(
    id="everything-0",
    seq=1,
    inbox="a@b.example",
    original="a+tag@b.example",
    owner="ann",
    received=1_700_000_000.123456,
    size=12_345,
    ip="2001:db8::1",
    via="2001:db8::2",
    helo="client.example",
    sender="",
    tls=True,
    summary=Summary(
        sender=(Person("s@c.example", "Åsa \U0001f600"),),
        to=(Person("a@b.example", "A"), Person("b@b.example", "")),
        cc=(Person("c@b.example", 'quo"te'),),
        bcc=(Person("d@b.example", "D\\"),),
        subject="naïve \x00 \ud800 subject",
        links=("https://c.example/?a=1&b=2", "http://d.example/"),
        attachments=("d41d8cd98f00b204e9800998ecf8427e",),
    ),
    esmtp=False,
    folder="spam",
    labels=("one", "zwei/drei"),
    read=False,
    saved_by="ann",
)


class Opened:
    """What the suites need; `open` makes the mailbox over what is there, the same each time in one test."""

    def open(self, pump: Pump) -> Mailbox:
        raise NotImplementedError

    def setUp(self) -> None:
        self.pump = Pump()
        self.mailbox = self.open(self.pump)

    def tearDown(self) -> None:
        self.pump.wait(self.mailbox.close())

    def reopen(self) -> None:
        self.pump.wait(self.mailbox.close())
        self.mailbox = self.open(self.pump)

    def append(self, *messages: Message, content: bytes = b"abc") -> None:
        self.pump.wait(self.mailbox.append(messages, content))

    def ids(self, selection: Selection, limit: int = 100, until: float | None = None) -> list[str]:
        return [found.id for found in self.pump.wait(self.mailbox.newest(selection, limit, until))]


class MailboxContract(Opened):
    """The suite for what is on a disk."""

    def test_empty(self) -> None:
        """A new mailbox has no messages, and a question may be the first thing that it is asked."""
        assert self.ids(PUBLIC) == []
        assert self.pump.wait(self.mailbox.count(PUBLIC)) == 0
        assert self.pump.wait(self.mailbox.get(PUBLIC, "m1")) is None
        assert self.pump.wait(self.mailbox.content(message(1))) is None

    def test_everything_comes_back(self) -> None:
        """Every field of a message and every byte of its content is given back as it was, also after a restart."""
        content = bytes(range(256)) * 3
        self.append(EVERYTHING, content=content)
        for _ in range(2):
            assert self.pump.wait(self.mailbox.newest(ANNS, 10)) == [EVERYTHING]
            assert self.pump.wait(self.mailbox.get(ANNS, "everything-0")) == EVERYTHING
            assert self.pump.wait(self.mailbox.content(EVERYTHING)) == content
            self.reopen()

    def test_plain_message_comes_back(self) -> None:
        """A message whose optional fields are empty is given back as it was."""
        self.append(message(1, summary=Summary((Person("", ""),))), content=b"")
        assert self.pump.wait(self.mailbox.newest(PUBLIC, 10)) == [message(1, summary=Summary((Person("", ""),)))]
        assert self.pump.wait(self.mailbox.content(message(1))) == b""

    def test_newest_first(self) -> None:
        """Messages are listed by seq, whatever their dates say, and no more than asked for."""
        for seq in (1, 2, 3):
            self.append(message(seq, received=1_700_000_000.0 - seq))
        assert self.ids(PUBLIC) == ["m3", "m2", "m1"]
        assert self.ids(PUBLIC, limit=2) == ["m3", "m2"]
        assert self.ids(PUBLIC, limit=0) == []
        assert self.ids(PUBLIC, limit=-1) == []

    def test_until(self) -> None:
        """`until` leaves out what was received later, and keeps what was received at that moment."""
        for seq in (1, 2, 3):
            self.append(message(seq, received=100.0 * seq))
        assert self.ids(PUBLIC, until=200.0) == ["m2", "m1"]
        assert self.ids(PUBLIC, until=199.9) == ["m1"]
        assert self.ids(PUBLIC, limit=1, until=1e12) == ["m3"]

    def test_inboxes_are_apart(self) -> None:
        """An inbox is the exact address: another one's messages are neither listed, counted, given nor purged."""
        self.append(message(1), message(2, inbox="aa@b.example"), message(3, inbox="a%@b.example"))
        assert self.ids(PUBLIC) == ["m1"]
        assert self.ids(Selection("a%@b.example", None)) == ["m3"]
        assert self.ids(Selection("A@b.example", None)) == []
        assert self.pump.wait(self.mailbox.get(PUBLIC, "m2")) is None
        assert self.pump.wait(self.mailbox.purge(PUBLIC)) == 1
        assert self.ids(Selection("aa@b.example", None)) == ["m2"]

    def test_who_sees_what(self) -> None:
        """A reader sees public messages and its own; a starred public one is seen by whoever starred it alone."""
        self.append(message(1), message(2, owner="ann"), message(3, owner="bob"))
        self.append(message(4, saved_by="ann"), message(5, owner="ann", saved_by="ann"))
        seen = {None: ["m1"], "": ["m1"], "ann": ["m5", "m4", "m2", "m1"], "bob": ["m3", "m1"], "eve": ["m1"]}
        for reader, ids in seen.items():
            selection = Selection("a@b.example", reader)
            assert self.ids(selection) == ids
            assert self.pump.wait(self.mailbox.count(selection)) == len(ids)
            for id in ("m1", "m2", "m3", "m4", "m5"):
                found = self.pump.wait(self.mailbox.get(selection, id))
                assert (found is not None) == (id in ids)

    def test_seen_when_answered(self) -> None:
        """When an append has answered, the next question finds its messages."""
        for seq in range(1, 40):
            self.append(message(seq))
            assert self.ids(PUBLIC, limit=1) == [f"m{seq}"]

    def test_appends_keep_their_order(self) -> None:
        """Appends that are asked for together answer in their order, and all are stored."""
        order: list[int] = []
        waiting: list[Deferred[None]] = []
        for seq in range(1, 600):
            waiting.append(self.mailbox.append([message(seq)], b"x" * seq))
            waiting[-1].addCallback(lambda _, seq=seq: order.append(seq))
        for deferred in waiting:
            self.pump.wait(deferred)
        assert order == list(range(1, 600))
        assert self.pump.wait(self.mailbox.count(PUBLIC)) == 599

    def test_append_of_nothing(self) -> None:
        """To store content for no inbox does nothing."""
        self.append()
        assert self.ids(PUBLIC) == []

    def test_seq_rises(self) -> None:
        """Numbers begin at one and rise by one, and the taken ones are not given again."""
        assert [self.mailbox.next_seq() for _ in range(3)] == [1, 2, 3]
        self.append(message(2))
        assert self.mailbox.next_seq() == 4

    def test_seq_goes_on_after_restart(self) -> None:
        """After a restart numbers go on above the highest that was ever stored, deleted or not."""
        self.append(message(7))
        self.append(message(9))
        assert self.pump.wait(self.mailbox.delete(message(9))) is True
        self.reopen()
        assert self.mailbox.next_seq() == 10
        assert self.pump.wait(self.mailbox.purge(PUBLIC)) == 1
        self.reopen()
        assert self.mailbox.next_seq() == 10

    def test_all_or_none(self) -> None:
        """When one copy cannot be stored, none of them is, and what comes after is."""
        self.append(message(1))
        self.pump.error(self.mailbox.append([message(2), message(3, id="m1")], b"abc"), StorageTrouble)
        self.append(message(4))
        assert self.ids(PUBLIC) == ["m4", "m1"]
        assert self.pump.wait(self.mailbox.content(message(2))) is None

    def test_bad_append_costs_no_other(self) -> None:
        """Of many appends asked for together only the bad ones fail."""
        bad = {20: {"id": "m1"}, 41: {"size": 1 << 63}, 60: {"received": float("nan")}}
        waiting = {seq: self.mailbox.append([message(seq, **bad.get(seq, {}))], b"abc") for seq in range(1, 100)}
        for seq, deferred in waiting.items():
            if seq in bad:
                self.pump.error(deferred, StorageTrouble)
            else:
                self.pump.wait(deferred)
        assert self.pump.wait(self.mailbox.count(PUBLIC)) == 96

    def test_surrogates_are_replaced(self) -> None:
        """Text that is not Unicode is stored with the replacement character in place of what is not."""
        self.append(message(1, helo="a\ud800b", saved_by="\udfff", owner=""))
        found = self.pump.wait(self.mailbox.newest(Selection("a@b.example", "\ufffd"), 1))[0]
        assert (found.helo, found.saved_by) == ("a\ufffdb", "\ufffd")

    def test_one_listener_that_raises(self) -> None:
        """A callback that raises costs no other append its answer."""
        first = self.mailbox.append([message(1)], b"abc")
        first.addCallback(lambda _: 1 / 0)
        second = self.mailbox.append([message(2)], b"abc")
        self.pump.wait(second)
        self.pump.error(first, ZeroDivisionError)
        assert self.ids(PUBLIC) == ["m2", "m1"]

    def test_copies_share_content(self) -> None:
        """The content stays until the last of its copies is deleted."""
        summary = Summary((Person("s@c.example", "S"),))
        copies = [message(seq, inbox=f"{seq}@b.example", summary=summary) for seq in range(1, 101)]
        self.append(*copies, content=b"shared")
        for copy in copies[:-1]:
            assert self.pump.wait(self.mailbox.delete(copy)) is True
        assert self.pump.wait(self.mailbox.content(copies[0])) is None
        assert self.pump.wait(self.mailbox.content(copies[-1])) == b"shared"
        assert self.pump.wait(self.mailbox.newest(Selection("100@b.example", None), 1)) == [copies[-1]]
        assert self.pump.wait(self.mailbox.delete(copies[-1])) is True
        assert self.pump.wait(self.mailbox.content(copies[-1])) is None

    def test_delete_tells(self) -> None:
        """A message is deleted once; the second time it is not there."""
        self.append(message(1))
        assert self.pump.wait(self.mailbox.delete(message(1))) is True
        assert self.pump.wait(self.mailbox.delete(message(1))) is False
        assert self.ids(PUBLIC) == []

    def test_purge(self) -> None:
        """A purge deletes what its reader sees and nobody starred, and tells how many."""
        self.append(message(1), message(2, owner="ann"), message(3, owner="bob"))
        self.append(message(4, saved_by="ann"), message(5, owner="ann", saved_by="ann"), message(6, saved_by="bob"))
        assert self.pump.wait(self.mailbox.purge(ANNS)) == 2
        assert self.ids(ANNS) == ["m5", "m4"]
        assert self.pump.wait(self.mailbox.purge(ANNS, starred=True)) == 2
        assert self.ids(ANNS) == []
        assert self.ids(BOBS) == ["m6", "m3"]

    def test_purge_of_many(self) -> None:
        """A purge takes all that was there, however many, and leaves what was appended after it was asked for."""
        for _ in range(450):
            self.mailbox.append([message(self.mailbox.next_seq())], b"abc")
        purged = self.mailbox.purge(PUBLIC)
        late = self.mailbox.append([message(self.mailbox.next_seq())], b"abc")
        assert self.pump.wait(purged) == 450
        self.pump.wait(late)
        assert self.ids(PUBLIC) == ["m451"]

    def test_purge_owner(self) -> None:
        """Of an account everything that it owns is deleted, starred too, in all inboxes, and nothing else."""
        self.append(message(1), message(2, owner="ann"), message(3, owner="bob"), message(4, saved_by="ann"))
        self.append(*(message(seq, owner="ann", inbox="x@b.example", saved_by="ann") for seq in range(10, 260)))
        assert self.pump.wait(self.mailbox.purge_owner("ann")) == 251
        assert self.pump.wait(self.mailbox.purge_owner("")) == 0
        assert self.ids(ANNS) == ["m4", "m1"]
        assert self.ids(BOBS) == ["m3", "m1"]
        assert self.ids(Selection("x@b.example", "ann")) == []

    def test_adopt(self) -> None:
        """Whoever reserves an inbox gets its public messages: not another's, and not what another starred."""
        self.append(message(1), message(2, inbox="x@b.example"), message(3, owner="bob"))
        self.append(message(4, saved_by="bob"), message(5, saved_by="ann"))
        assert self.pump.wait(self.mailbox.adopt("a@b.example", "ann")) == 2
        assert self.ids(ANNS) == ["m5", "m1"]
        assert [found.owner for found in self.pump.wait(self.mailbox.newest(ANNS, 9))] == ["ann", "ann"]
        assert self.ids(BOBS) == ["m4", "m3"]
        assert self.ids(PUBLIC) == []
        assert self.ids(Selection("x@b.example", None)) == ["m2"]

    def test_changes_follow_appends(self) -> None:
        """A change that is asked for behind an append finds its messages, though nobody waited."""
        self.mailbox.append([message(1)], b"abc")
        adopted = self.mailbox.adopt("a@b.example", "ann")
        self.mailbox.append([message(2)], b"abc")
        deleted = self.mailbox.delete(message(1))
        assert self.pump.wait(adopted) == 1
        assert self.pump.wait(deleted) is True
        assert self.ids(ANNS) == ["m2"]

    def test_close_finishes(self) -> None:
        """What was asked for before the close is done; what is asked for after it is refused."""
        waiting = [self.mailbox.append([message(seq)], b"abc") for seq in range(1, 50)]
        self.pump.wait(self.mailbox.close())
        for deferred in waiting:
            self.pump.wait(deferred)
        self.pump.error(self.mailbox.append([message(50)], b"abc"), StorageTrouble)
        self.pump.error(self.mailbox.newest(PUBLIC, 1), StorageTrouble)
        self.pump.wait(self.mailbox.close())
        self.mailbox = self.open(self.pump)
        assert self.pump.wait(self.mailbox.count(PUBLIC)) == 49
