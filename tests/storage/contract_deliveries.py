"""What every store of deliveries does, and every mailbox that stores them: a suite to inherit."""

from typing import Any

import attrs

from mailsockd.actions.delivery_store import SLICE, DeliveryStore
from mailsockd.actions.onward import AlreadySettled
from mailsockd.actions.ports import StorageTrouble
from mailsockd.state.deliveries import Delivery, Head, Line, Status, Wanted
from tests.storage.contract_mailbox import ANNS, Opened, message

ONE = Line("ann", "hook", "one")
EVERYTHING = Delivery(
    message="m1",
    seq=1,
    channel="forward",
    target="ü@b.example",
    account="ann",
    address="*@b.example",
    created=1_700_000_000.123456,
    due=1_700_000_001.5,
    trail=("a@b.example", "ä@b.example"),
    status=Status.FAILED,
    attempts=3,
    error='said "nö"',
    renewed=1_700_000_002.5,
    finished=1_700_000_003.5,
)


def delivery(message: str, seq: int, **changes: Any) -> Delivery:
    """Give a waiting delivery of ann's to the target `one`, made at the second `seq`."""
    plain = Delivery(message, seq, "hook", "one", "ann", "a@b.example", created=float(seq), due=float(seq))
    return attrs.evolve(plain, **changes)


class DeliveriesContract(Opened):
    """The suite; `deliveries` is the store beside `self.mailbox`."""

    @property
    def deliveries(self) -> DeliveryStore:
        raise NotImplementedError

    def put(self, *rows: Delivery) -> None:
        """Store a message m<seq> of ann's with these deliveries, for the first one's seq."""
        number = rows[0].seq
        self.pump.wait(self.mailbox.append([message(number, owner="ann")], b"abc", rows))

    def listed(self, limit: int = 1000, **wanted: Any) -> list[int]:
        """Give the ids of a list."""
        return [row.id for row in self.pump.wait(self.deliveries.listed(Wanted(**wanted), limit))]

    def got(self, id: int) -> Delivery:
        found: Delivery | None = self.pump.wait(self.deliveries.get(id))
        assert found is not None
        return found

    def test_everything_comes_back(self) -> None:
        """Every field of a delivery is given back as it was, with a number, also after a restart."""
        self.put(EVERYTHING)
        for _ in range(2):
            assert self.got(1) == attrs.evolve(EVERYTHING, id=1)
            self.reopen()
        assert self.pump.wait(self.deliveries.get(2)) is None

    def test_next_in_a_line(self) -> None:
        """The first that waits in a line is given with its message; those named, finished ones and others are not."""
        self.put(delivery("m1", 1), delivery("m1", 1, target="two"), delivery("m1", 1, account="bob"))
        self.put(delivery("m2", 2))
        one = self.pump.wait(self.deliveries.next(ONE, ()))
        assert one == (attrs.evolve(delivery("m1", 1), id=1), message(1, owner="ann"))
        assert self.pump.wait(self.deliveries.next(ONE, (1, 9)))[0].id == 4
        assert self.pump.wait(self.deliveries.next(ONE, (1, 4))) is None
        assert self.pump.wait(self.deliveries.settle(1, Status.DELIVERED, "", 5.0)) is True
        assert self.pump.wait(self.deliveries.next(ONE, ()))[0].id == 4

    def test_next_without_its_message(self) -> None:
        """A delivery whose message was deleted is given without one."""
        self.put(delivery("m1", 1))
        assert self.pump.wait(self.mailbox.delete(message(1, owner="ann"))) is True
        assert self.pump.wait(self.deliveries.next(ONE, ())) == (attrs.evolve(delivery("m1", 1), id=1), None)

    def test_heads(self) -> None:
        """Each line with something waiting is given with the number, the due time and the tries of its first."""
        self.put(delivery("m1", 1), delivery("m1", 1, target="two"))
        self.put(delivery("m2", 2))
        self.put(delivery("m3", 3, target="two"))
        self.pump.wait(self.deliveries.postpone(1, 99.0, "refused"))
        self.pump.wait(self.deliveries.settle(4, Status.FAILED, "x", 5.0))
        two = Line("ann", "hook", "two")
        assert self.pump.wait(self.deliveries.heads()) == [Head(ONE, 2, 99.0, 1), Head(two, 1, 1.0, 0)]

    def test_postpone(self) -> None:
        """A try is counted with its reason and the next time, while the delivery waits."""
        self.put(delivery("m1", 1))
        assert self.pump.wait(self.deliveries.postpone(1, 99.0, "refused")) is True
        assert self.got(1) == delivery("m1", 1, id=1, due=99.0, attempts=1, error="refused")
        self.pump.wait(self.deliveries.settle(1, Status.FAILED, "gone", 100.0))
        assert self.pump.wait(self.deliveries.postpone(1, 199.0, "refused")) is False
        assert self.got(1).error == "gone"

    def test_settle(self) -> None:
        """What is finished has a reason, a time and a try more, unless there was none; it does not fail again."""
        self.put(delivery("m1", 1), delivery("m1", 1, target="two"))
        assert self.pump.wait(self.deliveries.settle(1, Status.FAILED, "gone", 9.0)) is True
        assert self.pump.wait(self.deliveries.settle(2, Status.FAILED, "released", 9.0, tried=False)) is True
        assert self.got(1) == delivery("m1", 1, id=1, status=Status.FAILED, attempts=1, error="gone", finished=9.0)
        assert (self.got(2).attempts, self.got(2).error) == (0, "released")
        assert self.pump.wait(self.deliveries.settle(1, Status.FAILED, "late", 10.0)) is False
        assert self.pump.wait(self.deliveries.settle(1, Status.DELIVERED, "", 11.0)) is True
        assert (self.got(1).status, self.got(1).finished) == (Status.DELIVERED, 11.0)
        assert self.pump.wait(self.deliveries.settle(7, Status.FAILED, "", 10.0)) is False

    def test_settled_by_an_append(self) -> None:
        """An append delivers a waiting delivery at the moment at which it stores its message, and only once."""
        self.put(delivery("m1", 1))
        self.pump.wait(self.mailbox.append([message(2, owner="ann")], b"abc", (), 1))
        assert (self.got(1).status, self.got(1).finished) == (Status.DELIVERED, 1.0)
        again = self.mailbox.append([message(3, owner="ann")], b"abc", [delivery("m3", 3)], 1)
        with self.assertRaises(AlreadySettled):
            self.pump.wait(again)
        assert self.ids(ANNS) == ["m2", "m1"]
        assert self.listed() == [1]

    def test_an_append_that_fails_settles_nothing(self) -> None:
        """When a message cannot be stored, its deliveries are not, and what it would have settled waits on."""
        self.put(delivery("m1", 1))
        with self.assertRaises(StorageTrouble):
            self.pump.wait(self.mailbox.append([message(2, id="m1", owner="ann")], b"abc", [delivery("x", 2)], 1))
        assert self.got(1).status is Status.WAITING
        assert self.listed() == [1]

    def test_redirect(self) -> None:
        """A waiting delivery goes to another line, at the place of its number."""
        self.put(delivery("m1", 1))
        self.put(delivery("m2", 2, target="two"))
        assert self.pump.wait(self.deliveries.redirect(1, "two")) is True
        assert self.pump.wait(self.deliveries.next(Line("ann", "hook", "two"), ()))[0].id == 1
        assert self.pump.wait(self.deliveries.next(ONE, ())) is None
        self.pump.wait(self.deliveries.settle(2, Status.FAILED, "x", 5.0))
        assert self.pump.wait(self.deliveries.redirect(2, "three")) is False

    def test_expire(self) -> None:
        """What waits in a line since a time or longer is given up, counted from when it was asked for again."""
        for number in range(1, 5):
            self.put(delivery(f"m{number}", number, renewed=50.0 if number == 2 else None))
        self.put(delivery("m5", 5, created=1.0, target="two"))
        given_up = self.pump.wait(self.deliveries.expire(ONE, 3.0, "too late", 9.0))
        assert [(row.id, row.status, row.error, row.finished) for row in given_up] == [
            (1, Status.FAILED, "too late", 9.0),
            (3, Status.FAILED, "too late", 9.0),
        ]
        assert self.listed(status=Status.WAITING) == [5, 4, 2]
        assert self.pump.wait(self.deliveries.expire(ONE, 3.0, "too late", 9.0)) == []

    def test_expire_in_slices(self) -> None:
        """No more than a slice is given up at one time, the oldest first."""
        self.put(*(delivery("m1", 1) for _ in range(SLICE + 2)))
        for number in (SLICE, 2, 0):
            assert len(self.pump.wait(self.deliveries.expire(ONE, 3.0, "too late", 9.0))) == number

    def test_crowd_out(self) -> None:
        """The oldest that wait for an account are given up while there are too many, whatever their line."""
        for number in range(1, 5):
            self.put(delivery(f"m{number}", number, target=f"t{number}"))
        self.put(delivery("m5", 5, account="bob"))
        given_up = self.pump.wait(self.deliveries.crowd_out("ann", 2, "too many", 9.0))
        assert [(row.id, row.error) for row in given_up] == [(1, "too many"), (2, "too many")]
        assert self.pump.wait(self.deliveries.crowd_out("ann", 2, "too many", 9.0)) == []
        assert self.listed(status=Status.WAITING) == [5, 4, 3]

    def test_purge(self) -> None:
        """What was finished before a time is forgotten; what waits is not."""
        for number in range(1, 4):
            self.put(delivery(f"m{number}", number))
        self.pump.wait(self.deliveries.settle(1, Status.FAILED, "x", 5.0))
        self.pump.wait(self.deliveries.settle(2, Status.DELIVERED, "", 6.0))
        assert self.pump.wait(self.deliveries.purge(6.0)) == 1
        assert self.listed() == [3, 2]

    def test_trim(self) -> None:
        """The newest finished ones of an account are kept, and what waits does not count."""
        for number in range(1, 6):
            self.put(delivery(f"m{number}", number, account="bob" if number == 1 else "ann"))
            if number != 5:
                self.pump.wait(self.deliveries.settle(number, Status.DELIVERED, "", 5.0))
        assert self.pump.wait(self.deliveries.trim("ann", 2)) == 1
        assert self.listed() == [5, 4, 3, 1]

    def test_forget(self) -> None:
        """Everything of one account is forgotten."""
        self.put(delivery("m1", 1), delivery("m1", 1, account="bob"), delivery("m1", 1, status=Status.FAILED))
        assert self.pump.wait(self.deliveries.forget("ann")) == 2
        assert self.listed() == [2]

    def test_numbers_are_not_used_again(self) -> None:
        """A forgotten delivery's number is never another's, also after a restart."""
        self.put(delivery("m1", 1))
        self.pump.wait(self.deliveries.forget("ann"))
        self.reopen()
        self.put(delivery("m2", 2))
        assert self.listed() == [2]

    def test_listed(self) -> None:
        """A list has what meets all conditions, newest first, and no more than asked for."""
        self.put(delivery("m1", 1), delivery("m1", 1, channel="slack"))
        self.put(delivery("m2", 2, account="bob"))
        self.put(delivery("m3", 3, address="c@b.example"))
        self.pump.wait(self.deliveries.settle(1, Status.FAILED, "x", 5.0))
        self.pump.wait(self.deliveries.settle(3, Status.FAILED, "x", 5.0))
        assert self.listed() == [4, 3, 2, 1]
        assert self.listed(limit=2) == [4, 3]
        assert self.listed(limit=-1) == []
        assert self.listed(before=3) == [2, 1]
        assert self.listed(account="ann") == [4, 2, 1]
        assert self.listed(account="ann", before=4, limit=1) == [2]
        assert self.listed(account="") == []
        assert self.listed(status=Status.FAILED) == [3, 1]
        assert self.listed(status=Status.FAILED, account="ann") == [1]
        assert self.listed(status=Status.FAILED, before=3) == [1]
        assert self.listed(status=Status.WAITING) == [4, 2]
        assert self.listed(channel="slack") == [2]
        assert self.listed(address="c@b.example") == [4]
        assert self.listed(message="m1") == [2, 1]
        assert self.listed(message="m1", channel="hook", account="ann", status=Status.FAILED) == [1]
        assert self.listed(message="m1", channel="hook", account="bob", status=Status.FAILED) == []

    def test_renew(self) -> None:
        """A failed delivery waits again as if it were new, a waiting one is due at once, a delivered one stays so."""
        self.put(*(delivery("m1", 1, target=target) for target in ("one", "two", "three")))
        self.pump.wait(self.deliveries.settle(1, Status.FAILED, "gone", 5.0))
        self.pump.wait(self.deliveries.postpone(2, 99.0, "refused"))
        self.pump.wait(self.deliveries.settle(3, Status.DELIVERED, "", 5.0))
        renewed = self.pump.wait(self.deliveries.renew(1, 50.0))
        assert renewed == delivery("m1", 1, id=1, due=50.0, error="gone", renewed=50.0)
        assert self.got(1) == renewed
        assert self.pump.wait(self.deliveries.renew(2, 50.0)).due == 50.0
        assert self.pump.wait(self.deliveries.renew(3, 50.0)) is None
        assert self.pump.wait(self.deliveries.renew(9, 50.0)) is None

    def test_renew_failed(self) -> None:
        """All failed ones that meet the conditions wait again, and nothing else does."""
        for number in range(1, 5):
            self.put(delivery(f"m{number}", number, address=f"a{number % 2}@b.example"))
            self.pump.wait(self.deliveries.settle(number, Status.FAILED, "gone", 5.0))
        self.put(delivery("m5", 5, account="bob", status=Status.FAILED))
        renewed = self.pump.wait(self.deliveries.renew_failed(Wanted(account="ann", address="a1@b.example"), 50.0))
        assert [row.id for row in renewed] == [1, 3]
        assert self.listed(status=Status.FAILED) == [5, 4, 2]
        assert len(self.pump.wait(self.deliveries.renew_failed(Wanted(), 50.0))) == 3
