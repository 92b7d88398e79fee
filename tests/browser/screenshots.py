"""The pictures of docs/pages.md: `make screenshots`. They show the daemon of the tests, as its accounts use it."""

from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import SETTINGS, launched, sign_in
from tests.browser.house import ADA, ALERTS, ORDERS, PRESS, SIGNUP, House, furnish
from tests.browser.window import Window
from tests.integration.daemon import ROOT, Daemon

FOLDER = ROOT / "docs/pictures"
SIZE = {"width": 1200, "height": 750}
LARGEST = 200_000  # bytes of one picture
INVOICE = """<h2>Invoice 2041</h2>
<table><tr><td>The Names of the Rose</td><td>12.00</td></tr><tr><td>Invisible Cities</td><td>9.50</td></tr>
<tr><td><b>Total</b></td><td><b>21.50</b></td></tr></table><p>Thank you for your order, Ada.</p>"""


def invoice() -> EmailMessage:
    """Make a mail with text, HTML and an attachment."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Linden Books <billing@linden.example>", ORDERS, "Invoice 2041"
    mail.set_content("Invoice 2041: 21.50 in all.\n\nThank you for your order, Ada.")
    mail.add_alternative(INVOICE, subtype="html")
    mail.add_attachment(b"%PDF-1.4\n%%EOF\n", maintype="application", subtype="pdf", filename="invoice-2041.pdf")
    return mail


def settings(house: House, window: Window) -> None:
    """Show the settings of an address, all of them."""
    window.page.set_viewport_size({"width": SIZE["width"], "height": 1250})
    window.go(f"/addresses/{ORDERS}")


def test_page(house: House, window: Window) -> None:
    """Show the test page with mail that has just come."""
    window.page.set_viewport_size(SIZE)
    window.go(f"/websocket-test?addresses={ORDERS},{SIGNUP}")
    expect(window.page.get_by_role("checkbox", name=SIGNUP)).to_be_checked()
    window.button("Connect").click()
    expect(window.page.locator("#state-text")).to_have_text("Listening to 2 addresses")
    house.mail(ORDERS, "Your parcel is here", "It waits in the shop until Friday.", "Post <post@carrier.example>")
    expect(window.page.locator(".card")).to_have_count(1)
    house.mail(ORDERS, "Your order 2041 is complete", "Two books in one parcel.", "Linden Books <shop@linden.example>")
    expect(window.page.locator(".card")).to_have_count(2)


def inbox(house: House, window: Window) -> None:
    """Show the unified inbox with a message that is open beside the list, for which there has to be room."""
    house.content(ORDERS, invoice())
    window.page.set_viewport_size({"width": 1500, "height": 850})
    window.go("/app")
    window.page.locator("main").get_by_role("link", name="Invoice 2041").first.click()
    expect(window.page.locator("main iframe").content_frame.get_by_role("heading", name="Invoice 2041")).to_be_visible()


def activity(house: House, window: Window) -> None:
    """Show what happened lately."""
    window.page.set_viewport_size(SIZE)
    window.go("/activity")


PICTURES = {"settings": settings, "test-page": test_page, "inbox": inbox, "activity": activity}


def take(window: Window, path: Path) -> None:
    """Write a picture. Fails when it is too large to look at in a document."""
    window.page.screenshot(path=path, animations="disabled")
    assert path.stat().st_size < LARGEST, f"{path} has {path.stat().st_size} bytes"


def main() -> None:
    """Make all of them."""
    FOLDER.mkdir(exist_ok=True)
    with Daemon(SETTINGS) as daemon, launched() as browser:
        house = furnish(daemon)
        house.mail(ALERTS, "Nightly build 875 passed", "412 tests in 3 minutes.", "Builds <builds@ci.example>")
        house.mail(PRESS, "Press pass for Thursday", "Bring this with you.", "Daily <desk@daily.example>")
        context = browser.new_context(viewport=SIZE, locale="en-GB", color_scheme="light")
        window = Window(daemon.url, context)
        sign_in(window, ADA, house.passwords[ADA])
        for name, show in PICTURES.items():
            show(house, window)
            take(window, FOLDER / f"{name}.png")
        assert window.faults == []


if __name__ == "__main__":
    main()
