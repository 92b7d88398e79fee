"""One daemon and one Chromium for all tests of pages."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, StorageState, sync_playwright

from tests.browser.house import NOBODY, House, furnish
from tests.browser.window import Window
from tests.integration.daemon import Daemon

CHROMIUM = "/usr/bin/chromium"
# Whatever a page or the browser itself asks of another host fails, without leaving this machine.
ARGUMENTS = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-gpu"]
DESK = {"width": 1280, "height": 800}

# A webhook may lead to a port where nobody answers, so that there is a delivery in vain.
SETTINGS = {"webhook": {"allow": ["127.0.0.0/8"], "ports": ["9"]}}

OpenWindow = Callable[..., Window]


@pytest.fixture(scope="package")
def house() -> Iterator[House]:
    """Give the daemon with what its accounts have."""
    with Daemon(SETTINGS) as daemon:
        yield furnish(daemon)


@contextmanager
def launched() -> Iterator[Browser]:
    """Give a browser that runs inside."""
    # Chromium's own sandbox does not work for root.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *root])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Give the browser."""
    with launched() as browser:
        yield browser


@pytest.fixture(scope="package")
def signed_in(house: House, chromium: Browser) -> Callable[[str], StorageState | None]:
    """Give what gives the cookies of an account, which has signed in with the form the first time."""
    states: dict[str, StorageState] = {}

    def state(who: str) -> StorageState | None:
        if who == NOBODY:
            return None
        if who not in states:
            context = chromium.new_context()
            window = Window(house.daemon.url, context)
            sign_in(window, who, house.passwords[who])
            assert window.faults == []
            states[who] = context.storage_state()
            context.close()
        return states[who]

    return state


def sign_in(window: Window, who: str, password: str) -> None:
    """Sign in with the form and arrive at the dashboard."""
    window.go("/login")
    window.page.get_by_label("User name").fill(who)
    window.page.get_by_label("Password").fill(password)
    window.button("Sign In").click()
    window.at("/dashboard")


@pytest.fixture
def open_window(
    house: House, chromium: Browser, signed_in: Callable[[str], StorageState | None]
) -> Iterator[OpenWindow]:
    """Give what opens a window for an account; whatever went wrong on a page in it fails the test."""
    opened: list[Window] = []

    def window(who: str = NOBODY, **options: Any) -> Window:
        options = {"viewport": DESK, "locale": "en-GB", "timezone_id": "Europe/Vienna", **options}
        opened.append(Window(house.daemon.url, chromium.new_context(storage_state=signed_in(who), **options)))
        return opened[-1]

    yield window
    for one in opened:
        one.context.close()
    assert [fault for one in opened for fault in one.faults] == []
