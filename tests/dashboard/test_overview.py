"""The dashboard: the first steps of a new account, its figures and addresses, and what happened lately."""

import re

import pytest

from mailsockd.state.activity import Kind
from mailsockd.state.deliveries import Status
from tests.dashboard.pages_house import NOW, Browser, PagesHouse
from tests.memory_deliveries import delivery


@pytest.fixture
def house() -> PagesHouse:
    return PagesHouse()


@pytest.fixture
def browser(house: PagesHouse) -> Browser:
    browser = house.browser()
    browser.sign_in("ada")
    return browser


def steps(browser: Browser) -> list[tuple[str, str]]:
    """Give each step that the page shows: whether it is done, and where it leads."""
    browser.go("/dashboard")
    return re.findall(r'<li class="(done|open)"><span class="unseen">[^<]*</span><a href="([^"]+)">', browser.text)


def test_a_new_account_is_led_to_its_first_mail(house: PagesHouse, browser: Browser) -> None:
    """Reserve, tick, watch: each step is ticked off, and when all are done they are gone."""
    assert steps(browser) == [("open", "/private-address"), ("open", "/addresses"), ("open", "/websocket-test")]
    assert "You have reserved no address yet." in browser.text
    house.reserve("a@mail.test")
    assert steps(browser) == [
        ("done", "/private-address"),
        ("open", "/addresses/a@mail.test"),
        ("open", "/websocket-test"),
    ]
    house.reserve("a@mail.test", enablews=True)
    assert [done for done, _ in steps(browser)] == ["done", "done", "open"]
    house.activity.record(Kind.STORED, account="ada", address="a@mail.test", message="m1-0")
    assert steps(browser) == []
    assert "First steps" not in browser.text


def test_what_happened_lately_is_mail_and_trouble_of_the_account(house: PagesHouse, browser: Browser) -> None:
    """The newest six; what is usual is on the page of Recent Activity alone."""
    browser.go("/dashboard")
    assert "No mail has come yet, and nothing went wrong." in browser.text
    for number in range(6):
        house.activity.record(Kind.STORED, account="ada", address=f"{number}@mail.test", message=f"m{number}-0")
    house.activity.record(Kind.REJECTED, account="ada", address="a@mail.test", text="552 5.3.4 too large")
    house.activity.record(Kind.READ, account="ada", address="a@mail.test")
    house.activity.record(Kind.STORED, account="admin", address="other@mail.test")
    browser.go("/dashboard")
    assert re.findall(r'class="sentence"><bdi>([^<]+)</bdi>', browser.text) == [
        "Rejected for a@mail.test: 552 5.3.4 too large",
        *(f"Inbound to {number}@mail.test" for number in (5, 4, 3, 2, 1)),
    ]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(1, "1 delivery has failed."), (2, "2 deliveries have failed."), (120, "100 deliveries or more have failed.")],
)
def test_failed_deliveries_are_told(house: PagesHouse, browser: Browser, number: int, sentence: str) -> None:
    """So many of the account's own, with the way to send them again."""
    house.deliveries.put(
        delivery("m0-0", account="admin", status=Status.FAILED, finished=NOW), delivery("m0-1"),
        *(delivery(f"m{count}-0", status=Status.FAILED, finished=NOW) for count in range(number)),
    )  # fmt: skip
    browser.go("/dashboard")
    assert f'{sentence} <a href="/deliveries?status=failed">' in browser.text


def test_addresses_that_were_changed_last_are_there(house: PagesHouse, browser: Browser) -> None:
    """Ten of them, with where their mail goes; notes are text."""
    for number in range(11):
        house.now = NOW + number
        browser.send("/private-address", {"email": f"a{number}@mail.test", "info": "<b>note</b>"})
    browser.go("/dashboard")
    found = re.findall(r'<a href="/inbox/(a\d+)@mail.test">a\d+@', browser.text)
    assert found == [f"a{number}" for number in range(10, 0, -1)]
    assert "<b>note" not in browser.text
