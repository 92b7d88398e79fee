"""Usage and Analytics: the numbers, the picture, and the table that says the same."""

import re

import attrs
import pytest

from mailsockd.dashboard.chart import ceiling
from mailsockd.state.accounts import key_digest
from tests.dashboard.pages_house import NOW, Browser, PagesHouse

DAY = 86_400


@pytest.fixture
def house() -> PagesHouse:
    house = PagesHouse()
    for days, count in ((-40, 7), (-2, 3), (0, 20)):
        for _ in range(count):
            house.metering.usage.add("ada", key_digest("k_ada"), NOW + days * DAY)
    house.metering.usage.add("ada", "", NOW)
    house.metering.usage.add("ada", "revoked", NOW)
    house.metering.usage.add("admin", key_digest("k_admin"), NOW)
    return house


@pytest.fixture
def browser(house: PagesHouse) -> Browser:
    browser = house.browser()
    browser.sign_in("ada")
    browser.go("/usage")
    return browser


def limit(house: PagesHouse, operations: int) -> None:
    """Let ada have so many operations a month."""
    account = house.accounts.get("ada")
    assert account is not None
    house.accounts.put(attrs.evolve(account, monthly_ops=operations))


def test_this_month_and_all_time(house: PagesHouse, browser: Browser) -> None:
    """Without a limit the number stands alone; with one it is so many of so many, and when the next ones begin."""
    assert "<dt>This Month</dt><dd>25</dd>" in browser.text
    assert "<dt>All Time</dt><dd>32</dd>" in browser.text
    assert "There is no limit." in browser.text
    limit(house, 1000)
    browser.go("/usage")
    assert "<dt>This Month</dt><dd>25 of 1,000</dd>" in browser.text
    assert "The next 1,000 begin on 2027-02-01, in UTC." in browser.text
    assert 'class="filled" width="2.5%"' in browser.text
    limit(house, 25)
    browser.go("/usage")
    assert 'class="filled over" width="100.0%"' in browser.text


def test_the_picture_and_its_table_say_the_same(browser: Browser) -> None:
    """Each day of the month is a bar, and a row of the table."""
    picture = re.findall(r"<title>([^<]+)</title><rect", browser.text)
    assert len(picture) == 31
    assert picture[12:15] == ["13 January: 3", "14 January: 0", "15 January: 22"]
    table = re.findall(r'<th scope="row">([^<]+)</th><td>([^<]+)</td>', browser.text)
    assert [f"{day}: {number}" for day, number in table] == picture
    assert 'role="img" aria-label="Operations on each day of January 2027, 25 in all"' in browser.text


def test_each_key_has_its_part(browser: Browser) -> None:
    """The largest first, then what keys did that are gone, then what needed none; no other account's."""
    rows = re.findall(r"<li><div class=\"words\"><span><bdi>([^<]+)</bdi>.*?number\">([^<]+)<", browser.text)
    assert rows == [
        ("first", "23"),
        ("Keys that were deleted", "1"),
        ("Mail, and what was published: no key is needed", "1"),
    ]


def test_another_month_is_a_page_of_its_own(house: PagesHouse, browser: Browser) -> None:
    """Each month leads to its days; what is no month is this one."""
    months = re.findall(r'<a href="/usage\?month=([^"]+)"[^>]*>([^<]+)</a>', browser.text)
    assert months == [("2027-01", "January 2027"), ("2026-12", "December 2026")]
    browser.go("/usage?month=2026-12")
    assert "December 2026 by day" in browser.text
    assert "<title>6 December: 7</title>" in browser.text
    browser.go("/usage?month=2026-13")
    assert "January 2027 by day" in browser.text
    browser.go("/usage?month=2020-02")
    assert "Nothing was counted in this month." in browser.text


def test_a_new_account_is_told_what_will_be_counted(house: PagesHouse) -> None:
    """Nothing is no picture but a sentence."""
    browser = house.browser()
    browser.send("/login", {"name": "admin", "password": "secret of admin"})
    house.metering.usage.forget("admin")
    browser.go("/usage")
    assert "Nothing was counted in this month yet." in browser.text
    assert "<dt>This Month</dt><dd>0</dd>" in browser.text
    assert '<a class="button" href="/activity">Recent Mail Activity Log</a>' in browser.text


@pytest.mark.parametrize(("number", "top"), [(0, 1), (1, 1), (3, 5), (10, 10), (11, 20), (51, 100), (2001, 5000)])
def test_the_top_of_the_picture_is_a_round_number(number: int, top: int) -> None:
    """It is the next of 1, 2, 5, 10 and so on."""
    assert ceiling(number) == top
