"""Hints of new mail: who is told of what, who is not, and how many may be told."""

import pytest

from mailsockd.actions.hints import Hint, Hints
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.rights import Rights
from mailsockd.state.accounts import Account
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.domains import Domain, Domains

ADA = Account("ada", 0, 0)
BOB = Account("bob", 0, 0)


class House:
    """The domain mail.test, where ada has ada@mail.test, and two hints a caller at most."""

    def __init__(self) -> None:
        self.activity = ActivityLog(lambda: 0.0)
        self.book = AddressBook(b"secret")
        self.book.put(Address("ada@mail.test", "ada", 0, 0))
        rights = Rights(self.book, Domains([Domain("mail.test", "admin", 0, 0, configured=True)]))
        self.hints = Hints(self.activity, rights, per_account=2, overall=3)
        self.told: list[Hint] = []

    def stored(self, inbox: str, owner: str, seq: int) -> None:
        self.activity.record(Kind.STORED, account=owner, address=inbox, message=f"m{seq}", seq=seq)


@pytest.fixture
def house() -> House:
    return House()


def test_an_account_is_told_of_its_own_mail(house: House) -> None:
    """Of whatever inbox: with inbox, id and seq, and of nobody else's, until it does not want to be told any more."""
    leave = house.hints.follow(ADA, "", house.told.append)
    house.stored("ada@mail.test", "ada", 1)
    house.stored("bob@mail.test", "bob", 2)
    house.stored("public@mail.test", "", 3)
    assert house.told == [Hint("ada@mail.test", "m1", 1)]
    leave()
    house.stored("ada@mail.test", "ada", 4)
    assert house.told == [Hint("ada@mail.test", "m1", 1)]
    assert len(house.hints) == 0


def test_whoever_may_read_an_inbox_is_told_of_its_mail(house: House) -> None:
    """A public inbox has hints for any account, in whatever way its address is written; other events are none."""
    house.hints.follow(BOB, "Public+tag@Mail.Test", house.told.append)
    house.activity.record(Kind.PUBLISHED, address="public@mail.test", message="m1", count=1)
    house.stored("public@mail.test", "", 2)
    house.stored("other@mail.test", "", 3)
    assert house.told == [Hint("public@mail.test", "m2", 2)]


def test_an_inbox_of_another_account_has_no_hints(house: House) -> None:
    """It is refused as if it did not exist; an address that is none is refused for what it is."""
    with pytest.raises(Refusal) as refused:
        house.hints.follow(BOB, "ada@mail.test", house.told.append)
    assert refused.value.status == 404
    with pytest.raises(Refusal) as refused:
        house.hints.follow(BOB, "nonsense", house.told.append)
    assert refused.value.status == 400


def test_rights_are_those_of_the_moment(house: House) -> None:
    """When an inbox becomes another account's, its mail is told to the new owner alone."""
    house.hints.follow(BOB, "later@mail.test", house.told.append)
    house.book.put(Address("later@mail.test", "ada", 0, 0))
    house.stored("later@mail.test", "ada", 1)
    assert house.told == []


def test_so_many_are_told_and_no_more(house: House) -> None:
    """One account has its bound, all have one, and whoever leaves makes a place."""
    leave = house.hints.follow(ADA, "", house.told.append)
    house.hints.follow(ADA, "", lambda hint: None)
    with pytest.raises(Refusal) as refused:
        house.hints.follow(ADA, "", house.told.append)
    assert refused.value.status == 429
    house.hints.follow(BOB, "", house.told.append)
    with pytest.raises(Refusal):
        house.hints.check(BOB, "")
    leave()
    house.hints.check(BOB, "")
    assert len(house.hints) == 2
