"""Operations by account, key, day and month."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsockd.state.usage import Usage, Used, day_of, next_month, seconds_to_next_month

DAY = 86_400.0


def at(text: str) -> float:
    return datetime.fromisoformat(f"{text}+00:00").timestamp()


NOVEMBER = at("2026-11-26T10:00:00")


@pytest.mark.parametrize(
    ("time", "day", "first", "seconds"),
    [
        ("2026-11-30T23:59:59.500000", "2026-11-30", "2026-12-01", 0.5),
        ("2026-12-01T00:00:00", "2026-12-01", "2027-01-01", 31 * DAY),
        ("2026-12-31T23:59:59", "2026-12-31", "2027-01-01", 1.0),
        ("2028-02-28T00:00:00", "2028-02-28", "2028-03-01", 2 * DAY),
        ("2027-02-28T12:00:00", "2027-02-28", "2027-03-01", DAY / 2),
        ("1970-01-01T00:00:00", "1970-01-01", "1970-02-01", 31 * DAY),
    ],
)
def test_days_and_months_are_those_of_utc(time: str, day: str, first: str, seconds: float) -> None:
    """A month ends at midnight UTC, in leap years and at the turn of the year too."""
    assert (day_of(at(time)), next_month(at(time)), seconds_to_next_month(at(time))) == (day, first, seconds)


@given(st.integers(0, 4_000_000_000))
def test_the_next_month_begins_when_this_one_is_over(time: int) -> None:
    """At any time: a second before it is still this month, and then it is the first of the next."""
    begins = time + seconds_to_next_month(time)
    assert day_of(begins) == next_month(time)
    assert day_of(begins)[8:] == "01"
    assert day_of(begins - 1)[:7] == day_of(time)[:7]


def test_a_new_month_begins_at_nothing() -> None:
    """Counting goes on from one second to the next; the old month is the last one then, and stays in the list."""
    usage = Usage()
    assert [usage.add("ada", "k1", at("2026-11-30T23:59:59")) for _ in range(3)] == [1, 2, 3]
    assert usage.add("ada", "k1", at("2026-12-01T00:00:00")) == 1
    december = at("2026-12-01T00:00:01")
    assert (usage.month("ada", december), usage.last_month("ada", december)) == (1, 3)
    assert usage.month("ada", at("2026-11-01T00:00:00")) == 3
    assert usage.last_month("ada", at("2027-01-31T00:00:00")) == 1
    assert usage.last_month("ada", at("2027-02-01T00:00:00")) == 0
    assert usage.months("ada") == [("2026-12", 1), ("2026-11", 3)]
    assert usage.all_time("ada") == 4


def test_accounts_keys_and_days_are_apart() -> None:
    """What needs no key has its own place; another account's is never among it."""
    usage = Usage()
    for key, hours in (("k1", 0), ("k2", 0), ("k1", 24), ("", 24), ("", 25)):
        usage.add("ada", key, NOVEMBER + hours * 3600)
    usage.add("ada", "k1", NOVEMBER - 30 * DAY)
    usage.add("bob", "k3", NOVEMBER)
    assert usage.by_key("ada", "2026-11") == {"k1": 2, "k2": 1, "": 2}
    assert usage.by_day("ada", "2026-11") == [("2026-11-26", 2), ("2026-11-27", 3)]
    assert usage.by_day("ada", "2026-10") == [("2026-10-27", 1)]
    assert usage.by_day("eve", "2026-11") == []
    assert (usage.month("ada", NOVEMBER), usage.month("bob", NOVEMBER), usage.month("eve", NOVEMBER)) == (5, 1, 0)


def test_what_is_known_by_the_month_alone_counts_in_it() -> None:
    """It is in the month and its keys, and on none of its days."""
    usage = Usage([Used("ada", "k1", "2026-05", 40), Used("ada", "k1", "2026-05-31", 2)])
    assert usage.by_key("ada", "2026-05") == {"k1": 42}
    assert usage.by_day("ada", "2026-05") == [("2026-05-31", 2)]
    assert usage.months("ada") == [("2026-05", 42)]


def test_only_what_has_changed_is_to_be_saved() -> None:
    """Whole counts, so that saving twice does no harm; what could not be saved comes again with what came since."""
    usage = Usage([Used("ada", "k1", "2026-11-26", 40), Used("ada", "k2", "2026-11-26", 1)], {"k2": 5.0})
    assert usage.changes() == ([], {})
    usage.add("ada", "k1", NOVEMBER)
    usage.see("k2", NOVEMBER)
    first = usage.changes()
    assert first == ([Used("ada", "k1", "2026-11-26", 41)], {"k1": NOVEMBER, "k2": NOVEMBER})
    assert usage.changes() == ([], {})
    usage.add("ada", "k1", NOVEMBER + 1)
    usage.again(*first)
    assert usage.changes() == ([Used("ada", "k1", "2026-11-26", 42)], {"k1": NOVEMBER + 1, "k2": NOVEMBER})


def test_an_account_is_forgotten() -> None:
    """With the times of its keys, and nothing of it is saved any more; others stay."""
    usage = Usage()
    usage.add("ada", "k1", NOVEMBER)
    usage.add("bob", "k2", NOVEMBER)
    usage.forget("ada")
    usage.forget("eve")
    assert (usage.month("ada", NOVEMBER), usage.seen("k1"), usage.months("ada")) == (0, None, [])
    assert usage.changes() == ([Used("bob", "k2", "2026-11-26", 1)], {"k2": NOVEMBER})


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["", "k", "l"]), st.integers(0, 200)), max_size=60))
def test_all_sums_agree(operations: list[tuple[str, str, int]]) -> None:
    """Days, keys and months of an account are the same operations, also after a start from what was saved."""
    usage = Usage()
    for account, key, day in operations:
        usage.add(account, key, NOVEMBER + day * DAY)
    for one in (usage, Usage(usage.changes()[0])):
        for account in "ab":
            months = one.months(account)
            assert sum(count for _, count in months) == sum(name == account for name, _, _ in operations)
            for month, count in months:
                assert sum(one.by_key(account, month).values()) == count
                assert sum(number for _, number in one.by_day(account, month)) == count
