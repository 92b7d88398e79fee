"""The stream of hints for the pages: who has it, how a burst comes, and when it ends."""

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from mailsockd.actions.hints import Hints
from mailsockd.dashboard.hints import HintRoutes
from mailsockd.state.activity import Kind
from tests.dashboard.pages_house import Browser, PagesHouse


@pytest.fixture
def house() -> PagesHouse:
    return PagesHouse()


@pytest.fixture
def browser(house: PagesHouse) -> Browser:
    clock = Later()
    pages = HintRoutes(Hints(house.activity, house.rights), house.sign_ins, clock)
    browser = house.browser(*house.pages(), pages)
    clock.clock = browser.talk.clock
    browser.sign_in("ada")
    return browser


class Later:
    """The clock of a connection that is made later."""

    clock: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.clock, name)


def listen(browser: Browser, path: str = "/events") -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: mail.test\r\nCookie: mailsockd_session={browser.cookie}\r\n\r\n"
    browser.talk.send(head.encode())


def stored(house: PagesHouse, seq: int, account: str = "ada", inbox: str = "ada@mail.test") -> None:
    house.activity.record(Kind.STORED, account=account, address=inbox, message=f"m{seq}", seq=seq)


def heard(browser: Browser) -> list[str]:
    """Give the lines of data that came."""
    lines = browser.talk.heard().decode().split("\n")
    return [line for line in lines if line.startswith("data: ")]


def test_new_mail_is_told_at_once(house: PagesHouse, browser: Browser) -> None:
    """The first mail is told at once, with its inbox, id and seq; mail of others is not."""
    listen(browser)
    stored(house, 1)
    stored(house, 2, "admin", "admin@mail.test")
    assert heard(browser) == ['data: {"mails":[{"inbox":"ada@mail.test","id":"m1","seq":1}],"more":false}']


def test_a_burst_is_told_together(house: PagesHouse, browser: Browser) -> None:
    """What comes within a quarter of a second after a hint is one event, which names fifty mails at most."""
    listen(browser)
    for seq in range(1, 53):
        stored(house, seq)
    assert len(heard(browser)) == 1
    browser.talk.clock.advance(0.25)
    (line,) = heard(browser)
    assert (line.count('"id"'), line.endswith('"seq":51}],"more":true}')) == (50, True)
    browser.talk.clock.advance(0.25)
    assert heard(browser) == []
    stored(house, 53)
    assert len(heard(browser)) == 1


def test_one_inbox_has_hints_of_its_own(house: PagesHouse, browser: Browser) -> None:
    """A page of a public inbox is told of that inbox; one of somebody else's is not to be had."""
    house.reserve("admin@mail.test", "admin")
    listen(browser, "/events?inbox=admin@mail.test")
    assert browser.talk.heard().startswith(b"HTTP/1.1 404 ")
    listen(browser, "/events?inbox=public@mail.test")
    stored(house, 1, "", "public@mail.test")
    assert heard(browser) == ['data: {"mails":[{"inbox":"public@mail.test","id":"m1","seq":1}],"more":false}']


def test_nobody_is_told_without_a_session(house: PagesHouse, browser: Browser) -> None:
    """It is 401 and no way to the sign-in, since no page would be shown."""
    browser.cookie = "nothing"
    listen(browser)
    assert browser.talk.heard().startswith(b"HTTP/1.1 401 ")


def test_the_stream_ends_with_its_session(house: PagesHouse, browser: Browser) -> None:
    """Signing out ends the streams of the session, and the streams of others go on."""
    listen(browser)
    browser.talk.heard()
    other = house.browser()
    other.sign_in("ada")
    Deferred.fromCoroutine(house.sign_ins.sign_out(other.cookie))
    stored(house, 1)
    assert len(heard(browser)) == 1
    Deferred.fromCoroutine(house.sign_ins.sign_out(browser.cookie))
    assert browser.talk.heard() == b"0\r\n\r\n"
    browser.talk.clock.advance(60)
    stored(house, 2)
    assert browser.talk.heard() == b""
