"""The route for what an account has used, and what a limit of operations answers."""

import pytest

from mailsockd.state.accounts import Account, ApiKey, key_digest
from mailsockd.website import FREE
from tests.api.house import NOW, House

ADA = key_digest("k_ada")


class Metered:
    """Ada has used some operations of her limit, and has a second key."""

    def __init__(self, limit: int | None, used: int = 0) -> None:
        self.house = house = House()
        house.accounts.put(Account("ada", NOW, NOW, monthly_ops=limit))
        house.accounts.put_key(ApiKey(key_digest("k_two"), "ada", "second", "ktwo", NOW + 1))
        for _ in range(used):
            house.metering.usage.add("ada", ADA, NOW - 86_400)

    @property
    def used(self) -> int:
        return self.house.metering.month("ada")


def test_usage_is_shown_by_key_and_by_day() -> None:
    """The call that asks is in it already; limits and times that are not there are null."""
    metered = Metered(None, used=40)
    metered.house.ask("GET", "/api/addresses", "two")
    assert metered.house.ask("GET", "/mailsockd/v1/usage").json == {
        "month": "2026-11",
        "used": 42,
        "limit": None,
        "withoutKey": 0,
        "byKey": [
            {"name": "first", "last": "last", "n": 41, "lastUsed": "2026-11-22T08:01:10.004Z"},
            {"name": "second", "last": "ktwo", "n": 1, "lastUsed": "2026-11-22T08:01:10.004Z"},
        ],
        "byDay": [{"day": "2026-11-21", "n": 40}, {"day": "2026-11-22", "n": 2}],
        "months": [{"month": "2026-11", "n": 42}],
        "allTime": 42,
    }


@pytest.mark.parametrize(
    ("limit", "used", "shown"),
    [(None, 7, (8, 1_000_000, 0)), (100, 7, (8, 100, 0)), (100, 99, (100, 100, 1)), (100, 250, (251, 100, 1))],
)
def test_me_shows_what_is_used(limit: int | None, used: int, shown: tuple[int, int, int]) -> None:
    """1000000 stands for no limit; the API is off when nothing is left."""
    me = Metered(limit, used).house.ask("GET", "/api/me").json
    assert (me["moAPICount"], me["apiMonthlyLimit"], me["moAPIDisabled"]) == shown


def test_stats_show_the_last_month() -> None:
    """Not this one."""
    metered = Metered(None, used=7)
    metered.house.metering.usage.add("ada", ADA, NOW - 30 * 86_400)
    assert metered.house.ask("GET", "/api/me/stats").json["lastMonthOps"] == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/addresses"),
        ("POST", "/api/addresses/new@b.test"),
        ("GET", "/api/addresses/a@b.test/messages"),
        ("DELETE", "/api/addresses/a@b.test/messages"),
        ("GET", "/api/addresses/a@b.test/availability"),
    ],
)
def test_over_the_limit_calls_are_refused(method: str, path: str) -> None:
    """By 429 until the month ends, in UTC, with nothing done and nothing counted; by any key of the account."""
    metered = Metered(100, used=100)
    for key in ("ada", "two"):
        answer = metered.house.ask(method, path, key)
        assert (answer.status, answer.headers["retry-after"]) == (429, "748730")  # 8 days, 15:58:50 later
        assert answer.json == {
            "message": "All 100 operations of this month are used; the next ones begin on 2026-12-01.",
            "error": "Too Many Requests",
            "status": 429,
        }
    assert list(metered.house.book) == []
    assert metered.used == 100
    assert metered.house.ask("GET", "/api/addresses", "bob").status == 200


@pytest.mark.parametrize("path", sorted(FREE))
def test_over_the_limit_one_may_see_why(path: str) -> None:
    """As often as one likes."""
    metered = Metered(100, used=100)
    assert [metered.house.ask("GET", path).status for _ in range(3)] == [200] * 3


def test_without_a_key_nothing_is_counted() -> None:
    """Nobody pays for a stranger, and for a wrong key."""
    metered = Metered(100, used=5)
    assert metered.house.ask("GET", "/api/addresses", None).status == 401
    assert metered.house.ask("GET", "/api/addresses", "eve").status == 401
    assert metered.used == 5
