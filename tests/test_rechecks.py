"""When verified domains are looked at again."""

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from mailsockd.actions.proofs import Proofs
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.rechecks import BETWEEN, PAUSE, Rechecks
from mailsockd.state.accounts import Account, Accounts
from mailsockd.state.activity import ActivityLog
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.domains import Domain, Domains
from mailsockd.state.proof import DAY, Answers, Rules
from mailsockd.state.subscriptions import Subscription, Subscriptions
from tests.fakes import MemoryStore

TOKEN = "mailsockd_AbCdEfGhIjKlMnOpQrStUvWx"
GOOD = Answers(txt=(TOKEN,), mx=((10, "mx.mail.test"),))
GONE = Answers(txt=(), mx=((10, "mx.mail.test"),))


class House:
    """Two verified domains, a claim, a hosted name and one of the configuration, looked at on a clock every day."""

    def __init__(self, every: float = DAY) -> None:
        self.clock = Clock()
        self.asked: list[str] = []
        self.answers: dict[str, Answers] = {}
        self.held: Deferred[Answers] | None = None
        self.ended: list[str] = []
        self.domains = Domains([Domain("mail.test", "admin", 0, 0, configured=True)])
        for name in ("one.test", "two.test"):
            self.domains.put(Domain(name, "ada", 0, 0, verified=True, verified_mx=True, verification_txt=TOKEN))
        self.domains.put(Domain("claim.test", "ada", 0, 0, verification_txt=TOKEN))
        self.domains.put(Domain("team.hosted.test", "ada", 0, 0, hosted=True, verified=True))
        self.book = AddressBook(b"secret")
        self.book.put(Address("*@one.test", "ada", 0, 0, catch_all="one.test"))
        subscriptions = Subscriptions()
        subscriptions.add(
            Subscription(
                "ada", "", frozenset(), frozenset(["one.test"]), "flat", True, lambda data: None, self.ended.append
            )
        )
        self.proofs = Proofs(
            Registry(Accounts(), self.book, self.domains, MemoryStore()),
            Rights(self.book, self.domains),
            subscriptions,
            ActivityLog(self.clock.seconds),
            self.look,
            Rules(("mx.mail.test",), failures=2, grace=DAY),
            self.clock.seconds,
        )
        self.service = Rechecks(self.proofs, self.clock, every)
        self.clock.advance(10 * DAY)
        self.service.startService()

    def look(self, name: str) -> "Deferred[Answers]":
        self.asked.append(name)
        return self.held or succeed(self.answers.get(name, GOOD))

    def catch_all(self) -> str | None:
        address = self.book.get("*@one.test")
        assert address is not None
        return address.catch_all


def test_each_domain_is_looked_at_once_a_day() -> None:
    """One after the other with a pause between them; claims, names of the server and configured domains are not."""
    house = House()
    house.clock.advance(PAUSE)
    assert house.asked == ["one.test"]
    house.clock.advance(BETWEEN)
    assert house.asked == ["one.test", "two.test"]
    house.clock.pump([PAUSE] * 60)
    assert house.asked == ["one.test", "two.test"]
    house.clock.pump([PAUSE] * 1440)
    assert house.asked == ["one.test", "two.test"] * 2


def test_it_can_be_switched_off() -> None:
    """With 0 for the time between checks nothing is ever asked."""
    house = House(every=0)
    house.clock.pump([PAUSE] * 10)
    assert house.asked == []
    assert house.clock.getDelayedCalls() == []


def test_a_record_that_stays_away_costs_the_domain() -> None:
    """After the second miss a day later the domain is unverified, its catch-all rests, and its sockets are ended."""
    house = House()
    house.answers["one.test"] = GONE
    house.clock.pump([PAUSE, BETWEEN])
    domain = house.domains.get("one.test")
    assert domain is not None
    assert (domain.verified, domain.failures, house.catch_all()) == (True, 1, "one.test")
    house.clock.pump([PAUSE] * 1442)
    assert house.domains.get("one.test") is None
    lost = house.domains.claim("one.test", "ada")
    assert lost is not None
    assert (lost.verified, house.catch_all()) == (False, None)
    assert house.ended == ["the domain one.test is not verified any more"]


def test_a_catch_all_comes_back_with_its_domain() -> None:
    """When the record is there again and asked for, the catch-all takes mail as before."""
    house = House()
    house.answers["one.test"] = GONE
    house.clock.pump([PAUSE] * 1445)
    assert house.catch_all() is None
    house.answers["one.test"] = GOOD
    with pytest.raises(StopIteration) as done:
        house.proofs.verify(Account("ada", 0, 0), "one.test").send(None)
    assert done.value.value.verified
    assert house.catch_all() == "one.test"


def test_stopping_ends_the_waiting() -> None:
    """Nothing is asked after the service has stopped, nor by a check that ends later."""
    house = House()
    house.held = Deferred()
    house.clock.advance(PAUSE)
    house.service.stopService()
    house.held.callback(GOOD)
    assert house.asked == ["one.test"]
    assert house.clock.getDelayedCalls() == []
