"""Every page of the table: how it looks, what it weighs, whether everybody can use it."""

import re
from contextlib import nullcontext
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESK, OpenWindow
from tests.browser.house import ADMIN, House
from tests.browser.table import PAGES, Row
from tests.integration.daemon import ROOT

AXE = (ROOT / "tests/integration/node_modules/axe-core/axe.min.js").read_text
PICTURES = ROOT / "build/screenshots"
PHONE = {"width": 375, "height": 812}
ZOOMED = {"width": DESK["width"] // 2, "height": DESK["height"] // 2}  # what 200 % leaves of a desk
MOST_BYTES = 100_000
TALLEST = 2_400  # pixels of a picture


def violations(page: Page, *rules: str) -> list[Any]:
    """Give what axe-core finds, by these rules or by all."""
    page.evaluate("(source) => { if (!window.axe) (0, eval)(source) }", AXE())
    only: dict[str, Any] = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = page.evaluate("(options) => axe.run(document, options)", {"iframes": False, **only})
    return [
        (one["id"], one["help"], [(node["html"][:200], node["failureSummary"]) for node in one["nodes"]])
        for one in found["violations"]
    ]


def overflow(page: Page) -> int:
    """Give how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def picture(page: Page, name: str) -> None:
    """Write a picture to be looked at."""
    tall = min(TALLEST, int(page.evaluate("document.documentElement.scrollHeight")))
    size = page.viewport_size
    assert size is not None
    clip = {"x": 0, "y": 0, "width": size["width"], "height": max(tall, size["height"])}
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True, clip=clip, animations="disabled")


def weight(page: Page) -> int:
    """Give the bytes that the page and what belongs to it came in."""
    return int(
        page.evaluate(
            "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
            ".reduce((sum, entry) => sum + entry.transferSize, 0)"
        )
    )


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_a_page_is_good(row: Row, house: House, open_window: OpenWindow) -> None:
    """A page has a title, is light, fits a desk, a phone and 200 % zoom, and axe-core finds nothing, light or dark."""
    window = open_window(row.who, color_scheme="light")
    page = window.page
    with window.expecting(f"status of {row.wrong}") if row.wrong else nullcontext():
        assert window.go(row.path.format(**house.names)).status == row.status
        page.wait_for_load_state("load")
        assert 0 < weight(page) < MOST_BYTES
        if row.then:
            row.then(page)
    if row.cut:
        page.evaluate("(cut) => document.querySelectorAll(cut).forEach((part) => part.remove())", row.cut)
    assert re.fullmatch(r"\S.*\S", page.title())
    picture(page, f"{row.name}-light")
    assert (
        violations(
            page,
        )
        == []
    )
    too_wide = {"desk": overflow(page)}
    page.set_viewport_size(ZOOMED)
    too_wide["zoomed"] = overflow(page)
    page.set_viewport_size(PHONE)
    too_wide["phone"] = overflow(page)
    picture(page, f"{row.name}-phone-light")
    assert (
        violations(
            page,
        )
        == []
    )
    page.emulate_media(color_scheme="dark")
    picture(page, f"{row.name}-phone-dark")
    page.set_viewport_size(DESK)
    picture(page, f"{row.name}-dark")
    assert violations(page, "color-contrast") == []
    assert too_wide == {"desk": 0, "zoomed": 0, "phone": 0}


def test_no_page_of_the_navigation_is_left_out(open_window: OpenWindow) -> None:
    """Whatever the navigation leads an administrator to has a row in the table."""
    window = open_window(ADMIN)
    window.go("/dashboard")
    links = window.page.locator("header a[href], nav a[href]")
    paths = {str(link.get_attribute("href")) for link in links.all()}
    assert {"/dashboard", "/addresses"} <= paths
    assert paths - {row.path for row in PAGES} == set()
