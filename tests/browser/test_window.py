"""The window itself: it must see what goes wrong, or no other test here is worth anything."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow

POLICY = "default-src 'none'; script-src 'self'"


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        ("<script>console.error('broken')</script>", r"^console: broken"),
        ("<script>throw new Error('broken')</script>", r"^error: broken"),
        ("<script>alert('broken')</script>", r"^dialog: broken"),
        ("<img src='http://tracker.example/pixel'>", r"^request to another host: http://tracker\.example/pixel"),
        ("<script>fetch('http://127.0.0.1:9/')</script>", r"^failed request: http://127\.0\.0\.1:9/"),
        ("<img src='/static/0/nothing.png'>", r"^console: .*status of 404"),
    ],
)
def test_a_fault_of_a_page_is_seen(open_window: OpenWindow, markup: str, fault: str) -> None:
    """What a page logs, throws, asks, or requests elsewhere, and what fails, is a fault."""
    window = open_window()
    window.page.route("**/faulty", lambda route: route.fulfill(content_type="text/html", body=f"{markup}<p>There"))
    with window.expecting(fault):
        window.go("/faulty")
        expect(window.page.get_by_text("There")).to_be_visible()
    window.faults.clear()  # one fault brings others with it


def test_a_breach_of_the_policy_is_seen(open_window: OpenWindow) -> None:
    """A script that the content policy forbids does not run, and is a fault."""
    window = open_window()
    window.page.route(
        "**/faulty",
        lambda route: route.fulfill(
            content_type="text/html", body="<script>alert(1)</script>", headers={"Content-Security-Policy": POLICY}
        ),
    )
    with window.expecting(r"^console: .*Content Security Policy"):
        window.go("/faulty")
    assert window.faults == []


def test_what_is_expected_and_does_not_happen_is_seen(open_window: OpenWindow) -> None:
    """A test that expects a fault fails when there is none."""
    window = open_window()
    with pytest.raises(AssertionError, match="went wrong"), window.expecting("status of 404"):
        window.go("/login")
