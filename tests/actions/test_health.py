"""How the daemon is: what is looked at, and that nobody makes it look too often."""

from typing import Any

from twisted.internet.defer import Deferred, fail, succeed

from mailsockd.actions.health import Check, Facts, Health, Served, Sources
from mailsockd.actions.ports import StorageTrouble
from mailsockd.actions.registry import Registry
from mailsockd.actions.retention import Kept, Retention
from mailsockd.state.accounts import Accounts
from mailsockd.state.activity import ActivityLog
from mailsockd.state.addresses import AddressBook
from mailsockd.state.domains import Domains
from mailsockd.state.subscriptions import Subscriptions
from tests.fakes import MemoryMailbox, MemoryStore
from tests.memory_retention import MemoryRetention


class House:
    """A Health whose sources are the test's."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.down: list[str] = []
        self.touches: list[Deferred[None]] = []
        self.answer: Deferred[None] | None = succeed(None)
        self.started = True
        self.served: list[Served] = []
        activity = ActivityLog(lambda: 0.0)
        accounts = Accounts()
        registry = Registry(accounts, AddressBook(b"x"), Domains(), MemoryStore())
        self.retention = Retention(MemoryRetention(MemoryMailbox()), accounts, activity, Kept(), lambda: 0.0)
        sources = Sources(
            config=lambda: "x.yaml",
            domains=lambda: ["a.test"],
            listeners=dict,
            down=lambda: self.down,
            certificates=lambda: self.served,
            queued=lambda: 0,
            started=lambda: self.started,
            touch=self.touch,
            monotonic=lambda: self.seconds,
            now=lambda: 1000.0,
        )
        facts = Facts("1", 90.0, "/data", "yaml")
        self.health = Health(facts, registry, Subscriptions(), activity, self.retention, sources)

    def touch(self) -> "Deferred[None]":
        touched: Deferred[None] = self.answer or Deferred()
        self.touches.append(touched)
        return touched

    def checks(self) -> list[Any]:
        found: list[Any] = []
        self.health.checks().addBoth(found.append)
        return found


def test_everything_is_looked_at() -> None:
    """Start, writer, disk and listeners are looked at, and none of them has a trouble."""
    assert House().checks() == [(Check("start"), Check("writer"), Check("disk"), Check("listeners"))]


def test_what_is_wrong_is_said() -> None:
    """Each trouble has its sentence."""
    house = House()
    house.started = False
    house.down = ["127.0.0.1:25 (smtp.listen)"]
    house.answer = fail(StorageTrouble("disk gone"))
    assert [check.trouble for check in house.checks()[0]] == [
        "the start is not over",
        "the writer of the mailbox does not answer: disk gone",
        "",
        "nothing listens on 127.0.0.1:25 (smtp.listen)",
    ]


def test_the_writer_is_asked_once_for_all_who_ask() -> None:
    """Who asks meanwhile, or within a second after the answer, gets the same answer; later it is asked again."""
    house = House()
    house.answer = None
    first, second = house.checks(), house.checks()
    assert (len(house.touches), first, second) == (1, [], [])
    house.touches[0].callback(None)
    assert first == second != []
    assert house.checks() == first
    house.seconds += 1.0
    house.checks()
    assert len(house.touches) == 2


def test_certificates_are_named_fourteen_days_before_they_end() -> None:
    """On the fourteenth day before there is nothing to say yet; after that there is."""
    house = House()
    day = 86_400.0
    house.served = [Served(str(days), ("x",), 1000.0 + days * day) for days in (14, 13.9, 1.5, 0.5, -0.1)]
    assert [text for _, text in house.health.ending()] == [
        "the certificate 13.9 ends in 13 days",
        "the certificate 1.5 ends in a day",
        "the certificate 0.5 ends today",
        "the certificate -0.1 has ended",
    ]
