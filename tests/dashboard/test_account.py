"""Account Settings: the password, the privacy of captured mail, the browsers that are signed in."""

import re

import attrs
import pytest

from mailsockd.dashboard.browsers import browser_name
from mailsockd.state.activity import Kind
from mailsockd.state.sessions import token_digest
from tests.dashboard.pages_house import Browser, PagesHouse

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1"
)
GOOD = {"current": "secret of ada", "password": "correct horse", "again": "correct horse"}


@pytest.fixture
def house() -> PagesHouse:
    return PagesHouse()


@pytest.fixture
def browser(house: PagesHouse) -> Browser:
    return another(house, FIREFOX)


def another(house: PagesHouse, agent: str) -> Browser:
    """Give a browser in which ada is signed in, at Account Settings."""
    browser = house.browser()
    browser.send("/login", {"name": "ada", "password": "secret of ada"}, **{"User-Agent": agent})
    browser.go("/account")
    return browser


def kept(house: PagesHouse) -> str | None:
    account = house.accounts.get("ada")
    assert account is not None
    return account.password


def test_another_password_ends_all_sessions_and_begins_a_new_one(house: PagesHouse, browser: Browser) -> None:
    """The other browser has to sign in with the new password; this one goes on under another token."""
    other = another(house, IPHONE)
    before = browser.cookie
    answer = browser.send("/account/password", GOOD)
    assert (answer.status, answer.headers["location"]) == (303, "/account?done=password")
    assert answer.headers["set-cookie"].endswith("; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax")
    assert browser.cookie != before
    assert browser.go("/account?done=password").status == 200
    assert "The password was changed, and every other browser is signed out." in browser.text
    assert kept(house) == "hash of correct horse"
    assert [(one.account, one.peer, one.text) for one in house.activity if one.kind is Kind.PASSWORD_SET] == [
        ("ada", "192.0.2.9", "with a browser")
    ]
    assert other.go("/account").status == 303
    browser.cookie = before
    assert browser.go("/account").status == 303
    assert other.send("/login", {"name": "ada", "password": "correct horse"}).status == 303


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"current": "wrong"}, "current", "Is not right."),
        ({"current": ""}, "current", "Must be given."),
        ({"password": "short", "again": "short"}, "password", "Must have 8 to 1,000 characters."),
        ({"password": "x" * 1001, "again": "x" * 1001}, "password", "Must have 8 to 1,000 characters."),
        ({"again": "other"}, "again", "Is not the same as the new password."),
    ],
)
def test_a_password_that_is_not_taken_is_told_beside_its_field(
    house: PagesHouse, browser: Browser, typed: dict[str, str], field: str, sentence: str
) -> None:
    """Nothing has changed, nobody is signed out, and no password is in the page."""
    assert browser.send("/account/password", {**GOOD, **typed}).status == 400
    assert f'id="{field}-error">{sentence}</p>' in browser.text
    assert "correct horse" not in browser.text
    assert kept(house) == "hash of secret of ada"
    assert browser.go("/account").status == 200


def test_who_guesses_the_password_in_an_open_browser_has_to_wait(house: PagesHouse, browser: Browser) -> None:
    """After ten wrong ones even the right one is refused for a while, here and at the sign-in."""
    for _ in range(10):
        assert browser.send("/account/password", {**GOOD, "current": "wrong"}).status == 400
    assert browser.send("/account/password", GOOD).status == 429
    assert "Too many sign-ins failed, try again later" in browser.text
    assert house.browser().send("/login", {"name": "ada", "password": "secret of ada"}).status == 429
    assert kept(house) == "hash of secret of ada"


def test_captured_mail_can_be_made_private(house: PagesHouse, browser: Browser) -> None:
    """The box holds what is so, and what is not ticked is off."""
    assert "Captured Email Privacy" in browser.text
    assert "checked" not in browser.text
    assert browser.send("/account/privacy", {"capturePrivate": "true"}).headers["location"] == "/account?done=privacy"
    browser.go("/account?done=privacy")
    assert re.search(r'<input [^>]*name="capturePrivate"[^>]* checked="checked"', browser.text)
    assert "The privacy of captured mail was saved." in browser.text
    account = house.accounts.get("ada")
    assert account is not None
    assert account.capture_private
    browser.send("/account/privacy", {})
    account = house.accounts.get("ada")
    assert account is not None
    assert not account.capture_private


def test_browsers_are_listed_with_where_they_are_and_when_they_were_used(house: PagesHouse, browser: Browser) -> None:
    """This one first, and without a button; what a browser calls itself is text; other accounts' are not there."""
    house.now += 3000
    another(house, '"><b>Firefox/1')
    admin = house.browser()
    admin.sign_in("admin")
    browser.go("/account")
    rows = re.findall(r'<strong title="([^"]*)">([^<]*)</strong>(.*?)</li>', browser.text, re.DOTALL)
    assert [(agent, name) for agent, name, _ in rows] == [
        (FIREFOX, "Firefox on Linux"),
        ("&quot;&gt;&lt;b&gt;Firefox/1", "Firefox"),
    ]
    assert "This browser" in rows[0][2]
    assert "From <bdi>192.0.2.9</bdi>" in rows[0][2]
    assert "<button" not in rows[0][2]
    assert 'aria-label="Sign out Firefox, signed in from 192.0.2.9"' in rows[1][2]
    assert "2027-01-15 08:50 UTC</time>" in rows[1][2]


def test_a_browser_is_signed_out(house: PagesHouse, browser: Browser) -> None:
    """It has to sign in again; the others have not."""
    one, two = another(house, IPHONE), another(house, IPHONE)
    answer = browser.send("/account/sessions/end", {"session": token_digest(one.cookie)})
    assert answer.headers["location"] == "/account?done=ended"
    assert [who.go("/account").status for who in (browser, one, two)] == [200, 303, 200]


def test_every_other_browser_is_signed_out(house: PagesHouse, browser: Browser) -> None:
    """This one stays, and then there is nothing left to sign out."""
    one, two = another(house, IPHONE), another(house, IPHONE)
    browser.go("/account")
    assert "Sign out everywhere else" in browser.text
    assert browser.send("/account/sessions/end-others", {}).headers["location"] == "/account?done=others"
    assert [who.go("/account").status for who in (browser, one, two)] == [200, 303, 303]
    assert "Sign out everywhere else" not in browser.text


def test_the_sessions_of_others_are_as_if_they_were_not_there(house: PagesHouse, browser: Browser) -> None:
    """Another account's session is not ended, whoever knows of it."""
    admin = house.browser()
    admin.sign_in("admin")
    for digest in (token_digest(admin.cookie), "nonsense", ""):
        assert browser.send("/account/sessions/end", {"session": digest}).status == 404
    assert admin.go("/account").status == 200


@pytest.mark.parametrize(
    "path", ["/account/password", "/account/privacy", "/account/sessions/end", "/account/sessions/end-others"]
)
def test_a_form_of_another_site_changes_nothing(house: PagesHouse, browser: Browser, path: str) -> None:
    """Without the token of the page, or from elsewhere, nothing happens."""
    other = another(house, IPHONE)
    fields = {**GOOD, "capturePrivate": "true", "session": token_digest(other.cookie)}
    before = house.accounts.get("ada")
    assert browser.send(path, {**fields, "_csrf": "0" * 64}).status == 403
    assert browser.send(path, fields, Origin="https://evil.test").status == 403
    assert house.accounts.get("ada") is before
    assert other.go("/account").status == 200


def test_what_the_operator_has_set_is_shown(house: PagesHouse, browser: Browser) -> None:
    """Limits, the email address, and how an account is removed."""
    assert browser.text.count("No limit of its own") == 3
    account = house.accounts.get("ada")
    assert account is not None
    house.accounts.put(attrs.evolve(account, credits=5, monthly_ops=1500, email="ada@home.test"))
    browser.go("/account")
    assert "<dt>Private addresses</dt><dd>5 at most</dd>" in browser.text
    assert "<dt>Operations each month</dt><dd>1,500 at most</dd>" in browser.text
    assert "<dt>Email</dt><dd>ada@home.test</dd>" in browser.text
    assert "<code>mailsockctl account remove ada</code>" in browser.text


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
            "Safari/537.36 Edg/126.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
            "Safari/605.1.15",
            "Safari on macOS",
        ),
        ("curl/8.5.0", "curl"),
        ("Lynx (Linux)", "A browser on Linux"),
        ("", "An unknown browser"),
    ],
)
def test_a_browser_has_a_name(agent: str, name: str) -> None:
    """The usual ones are known by their names, on the usual systems."""
    assert browser_name(agent) == name
