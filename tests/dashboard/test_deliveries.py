"""Deliveries: what is on its way or was given up, why, and sending it again."""

import re

import pytest

from mailsockd.state.activity import Kind
from mailsockd.state.deliveries import Delivery, Status
from tests.dashboard.pages_house import NOW, Browser, PagesHouse
from tests.memory_deliveries import delivery


def of(message: str, status: Status = Status.WAITING, **changes: object) -> Delivery:
    """Give a delivery of ada's address a@mail.test."""
    finished = None if status is Status.WAITING else NOW
    return delivery(message, **{"address": "a@mail.test", "status": status, "finished": finished, **changes})


@pytest.fixture
def house() -> PagesHouse:
    house = PagesHouse()
    house.reserve("a@mail.test")
    house.deliveries.put(
        of("m1-0", Status.FAILED, attempts=31, error="it answered <503>; given up after 1 day"),
        of("m2-0", due=NOW + 60, attempts=1, error="no answer", target="https://hooks.slack.com/services/T/secret"),
        of("m3-0", Status.DELIVERED, attempts=1, channel="slack"),
        of("m4-0", account="admin"),
    )
    return house


@pytest.fixture
def browser(house: PagesHouse) -> Browser:
    browser = house.browser()
    browser.sign_in("ada")
    browser.go("/deliveries")
    return browser


def listed(browser: Browser) -> list[str]:
    return re.findall(r'<p><a href="/deliveries/(\d+)">', browser.text)


def buttons(browser: Browser) -> list[str]:
    return re.findall(r'aria-label="([^"]+: delivery \d+)"', browser.text)


def test_each_delivery_says_what_became_of_it(browser: Browser) -> None:
    """The newest first, the account's own alone; of a target its host, for the rest may be a secret."""
    assert listed(browser) == ["3", "2", "1"]
    assert "Webhook, <bdi>hooks.slack.com</bdi></a> for <bdi>a@mail.test</bdi>" in browser.text
    assert "secret" not in browser.text
    assert '<p class="why">it answered &lt;503&gt;; given up after 1 day</p>' in browser.text
    assert re.findall(r'<p class="hint">([A-Z][a-z ]+): <time[^>]*>([^<]+)</time>([^<]*)<', browser.text) == [
        ("Delivered", "2027-01-15 08:00 UTC", " · Tried 1 time"),
        ("Next try", "2027-01-15 08:01 UTC", " · Tried 1 time"),
        ("Given up", "2027-01-15 08:00 UTC", " · Tried 31 times"),
    ]
    assert buttons(browser) == ["Send now: delivery 2", "Stop: delivery 2", "Send again: delivery 1"]


def test_one_that_was_not_tried_yet_waits_for_its_turn(house: PagesHouse, browser: Browser) -> None:
    """It stands behind others to the same target, so that nobody knows when it will be tried."""
    house.deliveries.put(of("m5-0", created=NOW - 60, due=NOW - 60))
    browser.go("/deliveries?message=m5-0")
    assert re.findall(r'<p class="hint">([A-Z][a-z ]+): <time[^>]*>([^<]+)</time>([^<]*)<', browser.text) == [
        ("Waits since", "2027-01-15 07:59 UTC", "")
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=failed", ["1"]),
        ("status=waiting&channel=webhook", ["2"]),
        ("channel=slack", ["3"]),
        ("message=m1-0", ["1"]),
        ("address=A%2Btag@mail.test&status=&channel=&message=", ["3", "2", "1"]),
        ("before=2", ["1"]),
        ("message=m4-0", []),
    ],
)
def test_conditions_stand_in_the_path(browser: Browser, query: str, found: list[str]) -> None:
    """Each leaves the others out; when nothing is left the page says what that means."""
    assert browser.go(f"/deliveries?{query}").status == 200
    assert listed(browser) == found
    assert ("No delivery" in browser.text) == (not found)


def test_the_ways_to_each_status_keep_the_other_conditions(browser: Browser) -> None:
    """The present one is marked."""
    browser.go("/deliveries?status=failed&channel=webhook")
    assert re.findall(r'<li><a href="([^"]+)"[^>]*>', browser.text)[-4:] == [
        "/deliveries?channel=webhook",
        "/deliveries?status=waiting&amp;channel=webhook",
        "/deliveries?status=failed&amp;channel=webhook",
        "/deliveries?status=delivered&amp;channel=webhook",
    ]
    assert 'channel=webhook" aria-current="page">Failed</a>' in browser.text


def test_a_condition_that_is_none_is_told(browser: Browser) -> None:
    """Beside its field, or above the page where there is none for it."""
    assert browser.go("/deliveries?address=nonsense").status == 400
    assert 'id="address-error">An address needs a local part, an @ and a domain.</p>' in browser.text
    assert browser.go("/deliveries?status=nonsense").status == 400
    assert "status must be waiting, delivered, failed" in browser.text


def test_older_ones_are_on_the_next_page(house: PagesHouse, browser: Browser) -> None:
    """Fifty a page, none left out."""
    house.deliveries.put(*(of(f"n{number}-0") for number in range(60)))
    browser.go("/deliveries?status=waiting")
    seen = listed(browser)
    assert len(seen) == 50
    older = re.search(r'href="([^"]+)" class="button">Older', browser.text)
    assert older is not None
    browser.go(older[1].replace("&amp;", "&"))
    seen += listed(browser)
    assert seen == [*(str(number) for number in range(64, 4, -1)), "2"]
    assert ">Older</a>" not in browser.text


def test_a_failed_one_is_sent_again(house: PagesHouse, browser: Browser) -> None:
    """It waits as if it were new, and the browser goes back to where it was."""
    answer = browser.send("/deliveries/1/retry", {"back": "/deliveries?status=failed"})
    assert (answer.status, answer.headers["location"]) == (303, "/deliveries?status=failed&done=again")
    assert [one.id for one in house.renewed] == [1]
    browser.go("/deliveries?done=again")
    assert "It is sent again, as soon as those before it to the same target are done." in browser.text
    assert "Send now: delivery 1" in buttons(browser)


def test_a_waiting_one_is_cancelled(house: PagesHouse, browser: Browser) -> None:
    """It is given up, says so, and can be sent again."""
    answer = browser.send("/deliveries/2/cancel", {"back": "/deliveries/2"})
    assert answer.headers["location"] == "/deliveries/2?done=cancelled"
    browser.go("/deliveries/2?done=cancelled")
    assert "It was cancelled. A try that was on its way at that moment may still arrive." in browser.text
    assert "<dt>Why</dt><dd>it was cancelled</dd>" in browser.text
    assert buttons(browser) == ["Send again: delivery 2"]
    assert "Not published to webhook for a@mail.test, given up: it was cancelled" in browser.text


@pytest.mark.parametrize("back", ["https://evil.test/", "//evil.test", "/account", ""])
def test_nobody_is_led_elsewhere_afterwards(browser: Browser, back: str) -> None:
    """What is no list of deliveries is not followed."""
    assert browser.send("/deliveries/1/retry", {"back": back}).headers["location"] == "/deliveries?done=again"


def test_all_failed_ones_are_sent_again(house: PagesHouse, browser: Browser) -> None:
    """Those that meet the conditions of the list, and no other account's."""
    house.deliveries.put(
        of("m5-0", Status.FAILED),
        of("m6-0", Status.FAILED, channel="slack"),
        of("m7-0", Status.FAILED, account="admin"),
    )
    assert "Send all failed again" in browser.text
    answer = browser.send("/deliveries/retry-failed", {"channel": "webhook", "address": "", "message": ""})
    assert answer.headers["location"] == "/deliveries?channel=webhook&again=2"
    assert sorted(one.id for one in house.renewed) == [1, 5]
    browser.go("/deliveries?channel=webhook&again=2")
    assert "2 are sent again." in browser.text
    assert "Send all failed again" not in browser.text


def test_one_delivery_shows_its_whole_target_and_what_was_answered(house: PagesHouse, browser: Browser) -> None:
    """Each try with the receiver's answer, but not what became of the message by other channels or addresses."""
    for channel, address, detail in (
        ("webhook", "a@mail.test", "<i>try later</i>"),
        ("slack", "a@mail.test", "no_service"),
        ("webhook", "b@mail.test", "other answer"),
    ):
        house.activity.record(
            Kind.DEFERRED, account="ada", address=address, message="m2-0", channel=channel, text="it answered 503",
            detail=detail,
        )  # fmt: skip
    house.activity.record(Kind.STORED, account="ada", address="a@mail.test", message="m2-0")
    browser.go("/deliveries/2")
    assert "<dt>Target</dt><dd><code>https://hooks.slack.com/services/T/secret</code></dd>" in browser.text
    assert "<dt>Answer</dt><dd><bdi>&lt;i&gt;try later&lt;/i&gt;</bdi></dd>" in browser.text
    assert "no_service" not in browser.text
    assert "other answer" not in browser.text
    assert browser.text.count('class="event"') == 1
    browser.go("/deliveries/1")
    assert "It was not tried yet, or that is so long ago that it was forgotten." in browser.text


@pytest.mark.parametrize("id", ["4", "99", "x", "0", "-1", "9" * 30])
def test_the_deliveries_of_others_are_as_if_they_were_not_there(house: PagesHouse, browser: Browser, id: str) -> None:
    """Another account's, and what there is not, are answered alike, and nothing happens to them."""
    assert browser.go(f"/deliveries/{id}").status == 404
    assert browser.send(f"/deliveries/{id}/retry", {}).status == 404
    assert browser.send(f"/deliveries/{id}/cancel", {}).status == 404
    assert house.renewed == []
    assert house.deliveries.all[-1].status is Status.WAITING


def test_what_cannot_be_done_any_more_is_said(browser: Browser) -> None:
    """A delivered one is not sent again, and a failed one not cancelled."""
    assert browser.send("/deliveries/3/retry", {}).status == 400
    assert "The delivery 3 was delivered already." in browser.text
    assert browser.send("/deliveries/1/cancel", {}).status == 400
    assert "The delivery 1 does not wait any more." in browser.text


@pytest.mark.parametrize("path", ["/deliveries/1/retry", "/deliveries/2/cancel", "/deliveries/retry-failed"])
def test_a_form_of_another_site_changes_nothing(house: PagesHouse, browser: Browser, path: str) -> None:
    """Without the token of the page, or from elsewhere, nothing is sent or cancelled."""
    assert browser.send(path, {"_csrf": "0" * 64}).status == 403
    assert browser.send(path, {}, Origin="https://evil.test").status == 403
    assert house.renewed == []
    assert [one.status for one in house.deliveries.all][:2] == [Status.FAILED, Status.WAITING]


@pytest.mark.parametrize("path", ["/deliveries", "/deliveries/1"])
def test_who_is_not_signed_in_is_asked_to(house: PagesHouse, path: str) -> None:
    """Nothing is shown before."""
    answer = house.browser().go(path)
    assert (answer.status, answer.headers["location"]) == (303, f"/login?next={path.replace('/', '%2F')}")
