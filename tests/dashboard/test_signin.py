"""Signing in and out with a browser, and what a session is good for."""

import re

import pytest

from mailsockd.dashboard.frame import local_path
from mailsockd.state.activity import Kind
from mailsockd.web.session import Browsers, csrf_token
from tests.dashboard.pages_house import Browser, PagesHouse


@pytest.fixture
def house() -> PagesHouse:
    return PagesHouse()


@pytest.fixture
def browser(house: PagesHouse) -> Browser:
    return house.browser()


def test_a_right_password_begins_a_session_and_leads_on(browser: Browser) -> None:
    """The cookie is for this site alone, scripts cannot read it, and the browser goes where it wanted to."""
    answer = browser.send("/login", {"name": " Ada ", "password": "secret of ada", "next": "/dashboard?x=1"})
    assert (answer.status, answer.headers["location"], answer.body) == (303, "/dashboard?x=1", b"")
    name, *rest = answer.headers["set-cookie"].split("; ")
    assert name.startswith("mailsockd_session=")
    assert rest == ["Path=/", "Max-Age=86400", "HttpOnly", "SameSite=Lax"]
    assert browser.go("/dashboard").status == 200
    assert '<span class="who">ada</span>' in browser.text


def test_a_page_that_needs_a_session_leads_to_the_form_and_back(browser: Browser) -> None:
    """Nobody is told anything; the form knows where the visitor wanted to go."""
    answer = browser.go("/dashboard?a=b&c")
    assert (answer.status, answer.headers["location"]) == (303, "/login?next=%2Fdashboard%3Fa%3Db%26c")
    browser.go("/login?next=%2Fdashboard%3Fa%3Db%26c")
    assert 'name="next" value="/dashboard?a=b&amp;c"' in browser.text


@pytest.mark.parametrize(
    ("name", "password"),
    [("ada", "secret of admin"), ("nobody", "secret of nobody"), ("keys", "x"), ("off", "secret of off")],
)
def test_what_is_wrong_is_not_said(browser: Browser, name: str, password: str) -> None:
    """Wrong password, unknown name, no password at all and a disabled account are answered alike, without a cookie."""
    answer = browser.send("/login", {"name": name, "password": password})
    assert answer.status == 401
    assert "The user name or the password is not right." in browser.text
    assert "set-cookie" not in answer.headers
    assert f'value="{password}"' not in browser.text
    assert f'value="{name}"' in browser.text


def test_empty_fields_are_named(browser: Browser) -> None:
    """Each empty field has its sentence beside it."""
    assert browser.send("/login", {"name": "", "password": ""}).status == 400
    assert browser.text.count("Must be given.") == 2
    assert 'aria-describedby="password-error" aria-invalid="true"' in browser.text


@pytest.mark.parametrize(
    ("typed", "focused"), [({"name": "", "password": ""}, "name"), ({"name": "ada", "password": ""}, "password")]
)
def test_the_first_field_that_is_wrong_has_the_focus(browser: Browser, typed: dict[str, str], focused: str) -> None:
    """Whoever comes back to a form with mistakes is at the first of them at once."""
    browser.send("/login", typed)
    assert re.findall(r'id="([a-z]+)"[^>]*autofocus="autofocus"', browser.text) == [focused]


def test_the_form_begins_at_the_name(browser: Browser) -> None:
    """Who comes to sign in can type at once, and no second way to the form is shown."""
    browser.go("/login")
    assert re.findall(r'id="([a-z]+)"[^>]*autofocus="autofocus"', browser.text) == ["name"]
    assert 'href="/login"' not in browser.text


def test_too_many_failures_block_even_the_right_password_for_a_while(house: PagesHouse, browser: Browser) -> None:
    """After ten failures the user waits for ten minutes; then the password is good again."""
    for _ in range(10):
        assert browser.send("/login", {"name": "ada", "password": "wrong"}).status == 401
    assert browser.send("/login", {"name": "ada", "password": "secret of ada"}).status == 429
    assert "Too many sign-ins failed, try again later" in browser.text
    house.now += 600
    assert browser.send("/login", {"name": "ada", "password": "secret of ada"}).status == 303


def test_a_foreign_page_cannot_sign_anybody_in(browser: Browser) -> None:
    """Without an Origin of this site there is no session, not even with the right password."""
    for origin in ("", "https://evil.test", "http://evil.test", "null", "http://mail.test.evil.test"):
        answer = browser.send("/login", {"name": "ada", "password": "secret of ada"}, Origin=origin)
        assert (answer.status, "set-cookie" in answer.headers) == (403, False)


def test_behind_a_proxy_with_tls_the_cookie_is_for_tls_alone(house: PagesHouse) -> None:
    """Where people reach the pages by https, their pages may sign in, and browsers send the cookie by TLS only."""
    house.browsers = Browsers(house.sign_ins.caller, frozenset(("https://mail.example.org",)))
    answer = house.browser().send(
        "/login", {"name": "ada", "password": "secret of ada"}, Origin="https://mail.example.org"
    )
    assert answer.status == 303
    assert answer.headers["set-cookie"].endswith("; HttpOnly; SameSite=Lax; Secure")


def test_signing_in_again_is_a_new_session(browser: Browser) -> None:
    """A token that was there before, wherever it came from, is not the one afterwards."""
    browser.cookie = "planted"
    browser.sign_in("ada")
    first = browser.cookie
    browser.sign_in("ada")
    assert len({"planted", first, browser.cookie}) == 3
    assert len(first) == 43


def test_signing_in_again_ends_the_session_before(house: PagesHouse, browser: Browser) -> None:
    """What the browser forgets is worth nothing to anybody else; a sign-in in vain ends nothing."""
    browser.sign_in("ada")
    first = browser.cookie
    assert browser.send("/login", {"name": "ada", "password": "wrong"}).status == 401
    assert browser.go("/dashboard").status == 200
    browser.sign_in("ada")
    assert [session.account for session in house.sessions] == ["ada"]
    browser.cookie = first
    assert browser.go("/dashboard").status == 303


def test_signing_out_ends_the_session_for_good(house: PagesHouse, browser: Browser) -> None:
    """The cookie expires, and is worth nothing to who has kept it."""
    browser.sign_in("ada")
    kept = browser.cookie
    answer = browser.send("/logout", {})
    assert (answer.status, answer.headers["location"]) == (303, "/login")
    assert answer.headers["set-cookie"] == "mailsockd_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    browser.cookie = kept
    assert browser.go("/dashboard").status == 303
    assert [session.account for session in house.session_store.removed] == ["ada"]


@pytest.mark.parametrize(
    ("token", "origin"),
    [
        ("", "http://mail.test"),
        ("0" * 64, "http://mail.test"),
        ("\u00e9", "http://mail.test"),
        (None, ""),
        (None, "http://evil.test"),
        (None, "https://mail.test"),
        (None, "null"),
    ],
)
def test_a_change_needs_the_token_of_the_page_and_its_origin(browser: Browser, token: str | None, origin: str) -> None:
    """A form of a foreign page, with the cookie that the browser adds, changes nothing."""
    browser.sign_in("ada")
    own = csrf_token(browser.cookie)
    assert browser.csrf == own
    answer = browser.send("/logout", {"_csrf": own if token is None else token}, Origin=origin)
    assert answer.status == 403
    assert "does not come from a page of this server" in browser.text
    assert browser.go("/dashboard").status == 200


def test_a_session_ends_when_it_is_not_used_and_at_the_longest_after_a_day(
    house: PagesHouse, browser: Browser
) -> None:
    """It ends an hour after the last page, and a day after its begin however often it was used."""
    browser.sign_in("ada")
    for _ in range(30):
        house.now += 3000
        status = browser.go("/dashboard").status
        if status != 200:
            break
    assert house.now == 1_800_000_000.0 + 29 * 3000
    browser.sign_in("ada")
    house.now += 3601
    assert browser.go("/dashboard").status == 303


def test_a_disabled_account_is_signed_out_at_once(house: PagesHouse, browser: Browser) -> None:
    """The session does not outlive the right."""
    import attrs

    browser.sign_in("ada")
    account = house.accounts.get("ada")
    assert account is not None
    house.accounts.put(attrs.evolve(account, disabled=True))
    assert browser.go("/dashboard").status == 303


def test_sign_ins_are_events_without_passwords(house: PagesHouse, browser: Browser) -> None:
    """Who signed in, who was refused and why, and from where."""
    browser.send("/login", {"name": "ada", "password": "guess"})
    browser.send("/login", {"name": "ada", "password": "secret of ada"})
    assert [(event.kind, event.account, event.peer, event.text) for event in house.activity] == [
        (Kind.SIGN_IN_REFUSED, "ada", "192.0.2.9", "with a browser, as 'ada': wrong password"),
        (Kind.SIGNED_IN, "ada", "192.0.2.9", "with a browser"),
    ]


@pytest.mark.parametrize(
    "text", ["//evil.test", "https://evil.test/", "/\\evil.test", "javascript:alert(1)", "", "/a\r\nb", "/é", "login"]
)
def test_nobody_is_led_to_another_site(text: str) -> None:
    """What could be read as another site is not followed."""
    assert local_path(text, "/dashboard") == "/dashboard"


def test_an_account_has_a_bounded_number_of_sessions(house: PagesHouse, browser: Browser) -> None:
    """With the fifty-first the first one ends."""
    browser.sign_in("ada")
    first = browser.cookie
    for _ in range(50):
        browser.cookie = ""
        browser.sign_in("ada")
    assert len(house.sessions) == 50
    browser.cookie = first
    assert browser.go("/dashboard").status == 303
