"""What the source document shows in pictures, done in a browser by somebody who writes no code."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenWindow, sign_in
from tests.browser.house import ADA, NOBODY, House
from tests.browser.window import Window
from tests.integration.daemon import DOMAIN

LABEL = "Forward all incoming emails via web socket"
# The element that has the focus and does not show it. The body has it while the browser's own bars would.
UNSEEN = """(() => {
    const { activeElement: element, body } = document
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    return element !== body && (outlineStyle === 'none' || outlineWidth === '0px') ? element.outerHTML : ''
})()"""
MOST_STEPS = 60  # presses of Tab from one thing to the next one


def test_the_journey_of_the_source_document(house: House, open_window: OpenWindow) -> None:
    """Sign in, add an address with a note, tick the box, save; the mail then sent shows on the test page at once."""
    address = f"user1@{DOMAIN}"
    window = open_window(NOBODY)
    page = window.page
    sign_in(window, ADA, house.passwords[ADA])

    page.locator("header summary").click()
    page.locator("header").get_by_role("link", name="Manage Email Addresses", exact=True).click()
    window.at("/addresses")
    window.link("Add Email Address").click()
    window.at("/private-address")
    page.locator("main").get_by_label("Email address").fill(address)
    page.locator("main").get_by_label("Note").fill("My first private email")
    window.button("Reserve").click()
    expect(page.get_by_role("heading", name=address)).to_be_visible()

    window.go("/addresses")
    row = page.get_by_role("row").filter(has_text=address)
    expect(row).to_contain_text("My first private email")
    row.get_by_role("link", name="Settings").click()
    window.at(f"/addresses/{address}")
    box = page.get_by_label(LABEL, exact=True)
    expect(box).not_to_be_checked()
    box.check()
    page.locator("form:has([name=enablews])").get_by_role("button", name="Save Settings").click()
    expect(page.get_by_role("status").filter(has_text="saved")).to_be_visible()
    expect(page.get_by_label(LABEL, exact=True)).to_be_checked()
    saved = house.rest("GET", f"/addresses/{address}")
    assert (saved["info"], saved["enablews"]) == ("My first private email", True)

    page.locator("main").get_by_role("link", name="Web Socket Test Page").click()
    expect(page.get_by_role("checkbox", name=address)).to_be_checked()
    window.button("Connect").click()
    expect(page.locator("#state-text")).to_have_text("Listening to 1 address")
    house.mail(address, "It works", "Hello from the shop", "Shop Robot <robot@shop.example>")
    card = page.locator(".card")
    expect(card.get_by_role("heading", name="It works")).to_be_visible()
    expect(card).to_contain_text("Shop Robot <robot@shop.example>")
    expect(card).to_contain_text("Hello from the shop")

    activity = page.locator("main").get_by_role("link", name="Recent Activity")
    if activity.count():
        activity.click()
        window.at("/activity")
        expect(page.locator("main")).to_contain_text(address)


def reach(page: Page, target: Locator) -> None:
    """Press Tab until the focus is on the target; it must be seen wherever it is."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        lost = page.evaluate(UNSEEN)
        assert not lost, f"the focus is not seen on {lost}"
        if target.count() and target.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"the keyboard does not reach {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Reach something with the keyboard and press a key on it."""
    reach(page, target)
    page.keyboard.press(key)


def write(page: Page, label: str, text: str) -> None:
    """Reach a field with the keyboard and type into it."""
    reach(page, page.locator("main").get_by_label(label, exact=True))
    page.keyboard.type(text)


def test_the_journey_by_keyboard_alone(house: House, open_window: OpenWindow) -> None:
    """All of it can be done without a pointer, and whoever does so always sees where they are."""
    address = f"keys@{DOMAIN}"
    window: Window = open_window(NOBODY)
    page = window.page
    window.go("/login")
    write(page, "User name", ADA)
    write(page, "Password", house.passwords[ADA])
    page.keyboard.press("Enter")
    window.at("/dashboard")

    press(page, page.locator("header summary"))
    press(page, page.locator("header").get_by_role("link", name="Manage Email Addresses", exact=True))
    window.at("/addresses")
    press(page, window.link("Add Email Address"))
    window.at("/private-address")
    write(page, "Email address", address)
    write(page, "Note (optional)", "Made without a mouse")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=address)).to_be_visible()

    press(page, page.get_by_label(LABEL, exact=True), "Space")
    press(page, page.locator("form:has([name=enablews])").get_by_role("button", name="Save Settings"))
    expect(page.get_by_role("status").filter(has_text="saved")).to_be_visible()
    assert house.rest("GET", f"/addresses/{address}")["enablews"] is True

    press(page, page.locator("main").get_by_role("link", name="Web Socket Test Page"))
    expect(page.get_by_role("checkbox", name=address)).to_be_checked()
    press(page, window.button("Connect"))
    expect(page.locator("#state-text")).to_have_text("Listening to 1 address")
    expect(window.button("Disconnect")).to_be_focused()
    press(page, window.button("Send"))
    card = page.locator(".card")
    expect(card).to_contain_text(address)
    press(page, card.locator("summary"))
    expect(card.locator("pre")).to_contain_text(f'"inbox": "{address}"')
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")

    press(page, page.locator("header summary"))
    press(page, window.button("Sign Out"))
    window.at("/login")


def test_the_navigation_opens_on_a_phone_without_script(open_window: OpenWindow) -> None:
    """On a small screen the places are behind a button, which needs no script, and Escape closes them again."""
    window = open_window(ADA, viewport={"width": 375, "height": 700}, java_script_enabled=False)
    window.go("/dashboard")
    places = window.page.get_by_role("navigation", name="Places")
    expect(places).to_be_hidden()
    window.button("Places").click()
    expect(places.get_by_role("link", name="Add Email Address")).to_be_visible()
    window.page.keyboard.press("Escape")
    expect(places).to_be_hidden()
    window.button("Places").click()
    places.get_by_role("link", name="Add Email Address").click()
    window.at("/private-address")
