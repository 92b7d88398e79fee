"""Recent Activity while it happens, and the pages around it, as somebody uses them."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow, sign_in
from tests.browser.house import ADA, ALERTS, BOB, House
from tests.browser.window import Window


def answer(window: Window, yes: str) -> None:
    """Answer a question with the button that says what it is about."""
    window.page.get_by_role("dialog").get_by_role("button", name=yes, exact=True).click()


def test_events_come_by_themselves_and_wait_while_somebody_reads(house: House, open_window: OpenWindow) -> None:
    """A mail is told on the open page; with details unfolded the next one waits behind a button."""
    window = open_window(ADA)
    page = window.page
    window.go(f"/activity?address={ALERTS}")
    events = page.locator("#events .event")
    before = events.count()
    id = house.mail(ALERTS, "Nightly build 875 passed", "412 tests.")
    expect(events).to_have_count(before + 2)
    expect(page.locator("#live-state")).to_have_text("2 new events")
    expect(events.first).to_contain_text(f"Not published to web socket for {ALERTS}")
    expect(events.first.get_by_role("link", name="Settings")).to_have_attribute("href", f"/addresses/{ALERTS}")
    events.nth(1).locator("summary").click()
    expect(events.nth(1)).to_contain_text(id)
    house.mail(ALERTS, "Nightly build 876 passed", "412 tests.")
    window.button("Show 2 new events").click()
    expect(events).to_have_count(before + 4)
    window.button("Live").click()
    expect(page.locator("#live-state")).to_have_text("Paused")
    events.nth(3).get_by_role("link", name=id).click()
    expect(page.locator("#events .sentence").first).to_contain_text("Connected from 127.0.0.1")


def test_an_open_page_says_when_the_session_is_over(house: House, open_window: OpenWindow) -> None:
    """Somebody signs out elsewhere; the page says so and asks no more."""
    window, other = open_window(), open_window()
    sign_in(window, BOB, house.passwords[BOB])
    sign_in(other, BOB, house.passwords[BOB])
    window.go("/activity")
    other.go("/account")
    other.button("Sign out everywhere else").click()
    answer(other, "Sign out everywhere else")
    other.at("/account?done=others")
    expect(window.page.locator("#live-state")).to_have_text("You are signed out: reload the page to sign in again.")
    window.page.reload()
    window.at("/login?next=%2Factivity")


def test_a_key_is_copied_once_and_replaced(house: House, open_window: OpenWindow) -> None:
    """The secret goes to the clipboard, a reload makes no other key, and the new one in its place works."""
    window = open_window(ADA, permissions=["clipboard-read", "clipboard-write"])
    page = window.page
    window.go("/api-keys")
    page.get_by_label("Name").fill("nightly")
    window.button("Create").click()
    first = page.locator("#made").inner_text()
    window.button("Copy").click()
    expect(window.button("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == first
    page.reload()
    expect(page.locator("#made")).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="nightly")).to_have_count(1)
    window.button("Regenerate nightly").click()
    answer(window, "Regenerate")
    page.wait_for_url(re.compile(r"made="))
    second = page.locator("#made").inner_text()
    assert re.fullmatch(r"k_[A-Za-z0-9]{40}", second)
    assert second != first
    window.button("Delete nightly").click()
    answer(window, "Delete")
    expect(page.get_by_role("row").filter(has_text="nightly")).to_have_count(0)
