"""What counts as an operation, for whom, and what happens at the end of a month's."""

from datetime import UTC, datetime

import attrs
import pytest

from mailsockd.actions import metering
from mailsockd.actions.metering import Metering
from mailsockd.state.accounts import Account, Accounts, ApiKey, key_digest
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.domains import Domain, Domains
from mailsockd.state.usage import Usage

NOVEMBER = datetime(2026, 11, 26, 10, tzinfo=UTC).timestamp()
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
OVER = "All 10 operations of this month are used; the next ones begin on 2026-12-01."


class House:
    """Accounts ada and bob with a key each, bob's own domain; `now` moves."""

    def __init__(self, limit: int | None = None) -> None:
        self.now = NOVEMBER
        self.accounts = Accounts([Account("ada", 1.0, 1.0, monthly_ops=limit), Account("bob", 1.0, 1.0)])
        for name in ("ada", "bob"):
            self.accounts.put_key(ApiKey(key_digest(f"k_{name}"), name, "first", "last", 1.0))
        domains = Domains(
            [
                Domain("mail.test", "ada", 1.0, 1.0, configured=True, verified=True),
                Domain("bobs.test", "bob", 1.0, 1.0, verified=True),
                Domain("claimed.test", "bob", 1.0, 1.0),
            ]
        )
        self.activity = ActivityLog(lambda: self.now)
        self.usage = Usage()
        self.metering = Metering(self.usage, self.accounts, domains, self.activity, lambda: self.now)

    def used(self, name: str = "ada") -> int:
        return self.metering.month(name)

    def warnings(self) -> list[tuple[str, str, int | None]]:
        return [(one.account, one.text, one.count) for one in self.activity if one.kind is Kind.OPERATIONS]

    def mail(self, number: int = 0, **fields: object) -> None:
        values = {"account": "ada", "address": "a@mail.test", "message": f"m{number}-0", "count": 812, **fields}
        self.activity.record(Kind.STORED, **values)  # type: ignore[arg-type]


def test_calls_count_for_the_account_and_the_key() -> None:
    """A key that is nobody's counts for nobody, and it is noted when a key was used."""
    house = House()
    for key in ("k_ada", "k_ada", "k_bob", "k_eve"):
        assert house.metering.call(key) == ""
    assert (house.used("ada"), house.used("bob")) == (2, 1)
    assert house.usage.by_key("ada", "2026-11") == {key_digest("k_ada"): 2}
    assert house.usage.seen(key_digest("k_ada")) == NOVEMBER
    assert house.usage.seen(key_digest("k_eve")) is None


@pytest.mark.parametrize(
    ("address", "account", "ada", "bob"),
    [
        ("a@mail.test", "ada", 1, 0),  # reserved, captured, or in a private domain of hers
        ("public@mail.test", "", 0, 0),  # a public inbox in a domain of the configuration
        ("public@bobs.test", "", 0, 1),  # a public inbox in a domain that bob brought
        ("public@claimed.test", "", 0, 0),  # that he merely claims
        ("old@mail.test", "gone", 0, 0),  # of an account that is no more
    ],
)
def test_mail_counts_for_whose_it_is(address: str, account: str, ada: int, bob: int) -> None:
    """One for each message, and none in public inboxes, unless somebody brought their domain."""
    house = House()
    house.mail(address=address, account=account)
    assert (house.used("ada"), house.used("bob")) == (ada, bob)


def test_what_another_address_passed_on_is_free() -> None:
    """It came in once."""
    house = House()
    house.mail(channel="forward")
    assert house.used() == 0


def published(house: House, channel: str, number: int = 0) -> None:
    values = {"account": "ada", "address": "a@mail.test", "message": f"m{number}-0"}
    if channel == "websocket":
        house.activity.record(Kind.PUBLISHED, count=3, **values)  # type: ignore[arg-type]
    else:
        house.activity.record(Kind.DELIVERED, channel=channel, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("channels", "counted"),
    [
        (("websocket",), 0),
        (("webhook",), 0),
        (("slack",), 0),
        (("websocket", "webhook"), 1),
        (("webhook", "slack", "websocket"), 2),
        (("forward", "relay"), 0),
        (("forward", "webhook", "slack"), 1),
    ],
)
def test_the_first_publication_of_a_message_is_free(channels: tuple[str, ...], counted: int) -> None:
    """The second and the third count (contract section 3.9); going on as mail does not."""
    house = House()
    for channel in channels:
        published(house, channel)
    assert house.used() == counted
    assert house.usage.by_key("ada", "2026-11").get("", 0) == counted


def test_each_message_has_its_own_first_publication() -> None:
    """And none is taken for one that nobody listened to, or that failed."""
    house = House()
    published(house, "webhook", 1)
    published(house, "webhook", 2)
    house.activity.record(Kind.UNPUBLISHED, account="ada", message="m3-0", count=0)
    house.activity.record(Kind.FAILED, account="ada", message="m3-0", channel="slack")
    published(house, "webhook", 3)
    assert house.used() == 0
    published(house, "slack", 1)
    assert house.used() == 1


def test_what_is_remembered_of_publications_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is forgotten, so that a late second publication of it is free too."""
    monkeypatch.setattr(metering, "MOST_PUBLISHED", 2)
    house = House()
    for number in (1, 2, 3):
        published(house, "websocket", number)
    published(house, "webhook", 3)
    published(house, "webhook", 1)
    assert house.used() == 1


def test_without_a_limit_nothing_is_refused_nor_warned_of() -> None:
    """However much it is."""
    house = House()
    assert {house.metering.call("k_ada") for _ in range(1000)} == {""}
    assert house.warnings() == []


def test_a_limit_warns_twice_and_refuses_what_is_over_it() -> None:
    """As many calls as there are go through; what is refused is not counted, and the key is still seen."""
    house = House(limit=10)
    answers = []
    for _ in range(13):
        house.now += 1
        answers.append(house.metering.call("k_ada"))
    assert answers == [""] * 10 + [OVER] * 3
    assert house.used() == 10
    assert house.warnings() == [
        ("ada", "80 % of the 10 operations of this month are used", 8),
        ("ada", "100 % of the 10 operations of this month are used", 10),
    ]
    assert house.usage.seen(key_digest("k_ada")) == house.now
    assert house.metering.call("k_bob") == ""


def test_a_new_month_opens_the_api_again() -> None:
    """In the first second of it, UTC, with new warnings."""
    house = House(limit=10)
    for _ in range(10):
        house.metering.call("k_ada")
    house.now = DECEMBER - 0.001
    assert house.metering.call("k_ada") == OVER
    house.now = DECEMBER
    for _ in range(8):
        assert house.metering.call("k_ada") == ""
    assert [count for _, _, count in house.warnings()] == [8, 10, 8]


def test_mail_counts_on_and_is_never_refused() -> None:
    """It uses up what calls may use, and the count goes over the limit."""
    house = House(limit=10)
    for number in range(15):
        house.mail(number)
    assert house.used() == 15
    assert house.metering.call("k_ada") == OVER


def test_some_calls_are_let_in_always() -> None:
    """They count, so that one may see why, and how much, as often as one likes."""
    house = House(limit=2)
    assert [house.metering.call("k_ada", always=True) for _ in range(5)] == [""] * 5
    assert house.used() == 5


@pytest.mark.parametrize(("limit", "refused"), [(None, False), (0, True), (4, True), (5, True), (6, False)])
def test_a_changed_limit_holds_at_once(limit: int | None, refused: bool) -> None:
    """Lowered below what was used it refuses, raised it lets in; 0 is none at all."""
    house = House()
    for _ in range(5):
        house.metering.call("k_ada")
    account = house.accounts.get("ada")
    assert account is not None
    house.accounts.put(attrs.evolve(account, monthly_ops=limit))
    assert bool(house.metering.call("k_ada")) is refused


def test_a_key_is_seen_where_nothing_counts() -> None:
    """On a socket, by SMTP and by POP3."""
    house = House()
    account = house.metering.by_key("k_bob")
    assert account is not None and account.name == "bob"
    assert house.metering.by_key("k_eve") is None
    assert house.usage.seen(key_digest("k_bob")) == NOVEMBER
    assert house.used("bob") == 0
