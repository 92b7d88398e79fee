"""The pages of mail as they are used: by the keyboard, for several messages at once, and while mail arrives."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenWindow, sign_in
from tests.browser.house import ADMIN, House
from tests.browser.test_pages import PHONE, violations
from tests.integration.daemon import DOMAIN


@pytest.fixture
def inbox(house: House, request: pytest.FixtureRequest) -> str:
    """Give an address of the administrator's with three mails, one that no other test has."""
    address = f"{request.node.name.replace('_', '-')}@{DOMAIN}"
    house.rest("POST", f"/addresses/{address}", {}, ADMIN)
    for subject in ("First", "Second", "Third"):
        house.mail(address, subject, f"The text of {subject}")
    return address


def subjects(page: Page) -> Locator:
    return page.locator("#messages .subject")


def focused(page: Page) -> str:
    """Give the subject of the row that has the focus."""
    return str(page.evaluate("document.activeElement.closest('.row')?.querySelector('.subject').textContent || ''"))


def test_mail_appears_as_it_arrives(house: House, inbox: str, open_window: OpenWindow) -> None:
    """A mail stands on top of the list at once, is announced, and is counted in the title until a key is pressed."""
    window = open_window(ADMIN)
    page = window.page
    with page.expect_response("**/events?*"):
        window.go(f"/inbox/{inbox}")
    house.mail(inbox, "<b>Fresh</b>", "x", "Eve <eve@shop.example>")
    expect(subjects(page)).to_have_text(["<b>Fresh</b>", "Third", "Second", "First"])
    expect(page.locator("#announcement")).to_have_text("New mail from Eve: <b>Fresh</b>")
    expect(page.locator(".tally")).to_have_text("4 messages")
    assert page.title() == f"(1) {inbox}"
    expect(page.locator("#messages .row").first).to_have_class(re.compile("unread"))
    assert violations(page) == []
    page.keyboard.press("j")
    assert page.title() == inbox


def test_mail_of_any_address_appears_in_the_unified_inbox(house: House, inbox: str, open_window: OpenWindow) -> None:
    """A mail for any address of the account appears; one that the conditions of the page leave out does not."""
    window, narrow = open_window(ADMIN), open_window(ADMIN)
    for one, path in ((window, "/app"), (narrow, f"/app?address={inbox}&q=wanted")):
        with one.page.expect_response("**/events"):
            one.go(path)
    house.mail(inbox, "Not looked for", "x")
    house.mail(inbox, "The wanted one", "x")
    expect(subjects(window.page).nth(0)).to_have_text("The wanted one")
    expect(subjects(window.page).nth(1)).to_have_text("Not looked for")
    expect(subjects(narrow.page)).to_have_text(["The wanted one"])


def test_an_empty_inbox_fills_itself(house: House, open_window: OpenWindow) -> None:
    """The first mail takes the place of the words that said that there is none, and can be opened."""
    window = open_window(ADMIN)
    page = window.page
    with page.expect_response("**/events?*"):
        window.go("/inbox/never-used@mail.test")
    expect(page.get_by_role("heading", name="No mail yet")).to_be_visible()
    house.mail("never-used@mail.test", "The first", "Its text")
    expect(page.get_by_role("heading", name="No mail yet")).to_have_count(0)
    page.get_by_role("link", name="The first").click()
    expect(page.locator(".mail-text")).to_contain_text("Its text")


def test_the_session_ends_while_a_page_is_open(house: House, inbox: str, open_window: OpenWindow) -> None:
    """The page goes to the sign-in form, and from there back to where it was."""
    window = open_window()
    sign_in(window, ADMIN, house.passwords[ADMIN])
    page = window.page
    with page.expect_response(lambda one: one.request.headers.get("accept") == "application/json"):
        window.go(f"/inbox/{inbox}")  # which looks again when it is told of new mail from then on
    with window.expecting("status of 401"):
        other = window.context.new_page()
        other.goto(f"{window.origin}/dashboard")
        other.locator(".menu summary").click()
        other.get_by_role("button", name="Sign Out").click()
        page.wait_for_url("**/login?next=*")
    page.get_by_label("User name").fill(ADMIN)
    page.get_by_label("Password").fill(house.passwords[ADMIN])
    window.button("Sign In").click()
    window.at(f"/inbox/{inbox}")


def test_by_the_keyboard(inbox: str, open_window: OpenWindow) -> None:
    """j and k move, Enter opens, u goes back, s stars, x selects, / searches, ? helps, # asks and deletes."""
    window = open_window(ADMIN)
    page = window.page
    window.go(f"/inbox/{inbox}")
    page.keyboard.press("j")
    assert focused(page) == "Third"
    page.keyboard.press("j")
    assert focused(page) == "Second"
    page.keyboard.press("k")
    page.keyboard.press("j")
    with page.expect_response("**/mail"):
        page.keyboard.press("s")
    page.keyboard.press("x")
    expect(page.locator("#messages [name=message]").nth(1)).to_be_checked()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    assert focused(page) == "Second"
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    expect(page.locator(".mail-text")).to_contain_text("The text of Second")
    expect(page.locator("#mark-it")).to_have_text("Mark as unread")
    expect(page.locator("#star-it")).to_have_text("★ Starred")
    page.keyboard.press("#")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 message was deleted.")).to_be_visible()
    expect(subjects(page)).to_have_text(["Third", "First"])
    page.keyboard.press("/")
    page.keyboard.type("?first")
    expect(page.locator("#q")).to_have_value("?first")


def test_on_a_phone_the_next_message_is_opened(inbox: str, open_window: OpenWindow) -> None:
    """Where the message hides the list, j opens the next one, and u goes back to the list."""
    window = open_window(ADMIN, viewport=PHONE)
    page = window.page
    window.go(f"/inbox/{inbox}")
    page.get_by_role("link", name="Third").click()
    expect(page.locator("#subject")).to_have_text("Third")
    expect(page.locator("#messages")).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator("#subject")).to_have_text("Second")
    page.keyboard.press("u")
    window.at(f"/inbox/{inbox}")
    expect(page.locator("#messages")).to_be_visible()


def test_several_at_once(inbox: str, open_window: OpenWindow) -> None:
    """All of a page are ticked with one box, a range with shift; deletion asks first, and Cancel leaves all."""
    window = open_window(ADMIN)
    page = window.page
    window.go(f"/inbox/{inbox}")
    boxes = page.locator("#messages [name=message]")
    page.get_by_label("Select all").check()
    window.button("Star").first.click()
    expect(page.locator(".star.on")).to_have_count(3)
    boxes.nth(0).click()
    boxes.nth(1).click(modifiers=["Shift"])
    window.button("Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete the 2 selected messages for good?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(subjects(page)).to_have_count(3)
    window.button("Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("2 messages were deleted.")).to_be_visible()
    expect(subjects(page)).to_have_text(["First"])


def test_without_scripts(inbox: str, open_window: OpenWindow) -> None:
    """A message is opened, starred and deleted, and several are moved, where no script runs."""
    window = open_window(ADMIN, java_script_enabled=False)
    page = window.page
    window.go(f"/inbox/{inbox}")
    page.get_by_label("Star Second").click()
    expect(page.locator(".star.on")).to_have_count(1)
    page.get_by_role("link", name="Third").click()
    expect(page.locator(".mail-text")).to_contain_text("The text of Third")
    page.locator("#delete-it").click()
    expect(page.get_by_text("1 message was deleted.")).to_be_visible()
    for box in page.locator("#messages [name=message]").all():
        box.check()
    page.locator("#to-folder").select_option("spam")
    window.button("Move").first.click()
    expect(page.get_by_text("2 messages were moved.")).to_be_visible()
    expect(subjects(page)).to_have_count(0)
