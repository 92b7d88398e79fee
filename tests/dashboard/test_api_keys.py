"""API Keys & Users: keys are made, shown once, replaced and deleted, each account its own alone."""

import re

import pytest

from mailsockd.actions.accounts import MOST_KEYS
from mailsockd.dashboard.shown_once import KEPT, MOST, ShownOnce
from mailsockd.state.accounts import ApiKey, key_digest
from mailsockd.state.activity import Kind
from mailsockd.state.subscriptions import Subscription
from tests.dashboard.pages_house import NOW, Browser, PagesHouse


@pytest.fixture
def house() -> PagesHouse:
    return PagesHouse()


@pytest.fixture
def browser(house: PagesHouse) -> Browser:
    browser = house.browser()
    browser.sign_in("ada")
    return browser


def shown(browser: Browser) -> str:
    """Give the key that the page shows in clear, "" when it shows none."""
    found = re.search(r'<code id="made" class="made">(k_[A-Za-z0-9]{40})</code>', browser.text)
    return found[1] if found else ""


def test_keys_are_listed_masked_with_when_they_were_made_and_used(house: PagesHouse, browser: Browser) -> None:
    """Name, last characters, both times; a key that was never used says so, and no other account's key is there."""
    house.accounts.put_key(ApiKey(key_digest("k_unused"), "ada", "<i>ci</i>", "1037", NOW))
    house.now += 3600
    house.metering.call("k_ada")
    browser.go("/api-keys")
    assert "<code>****last</code>" in browser.text
    assert "<code>****1037</code>" in browser.text
    assert "<bdi>&lt;i&gt;ci&lt;/i&gt;</bdi>" in browser.text
    assert browser.text.count("2027-01-15 08:00 UTC</time>") == 2
    assert browser.text.count("2027-01-15 09:00 UTC</time>") == 1
    assert "</span>Never</td>" in browser.text
    assert browser.text.count('action="/api-keys/delete"') == 2


def test_the_secret_is_shown_once_and_a_reload_makes_no_second_key(house: PagesHouse, browser: Browser) -> None:
    """The form leads to a page that shows the secret; the same page again has it no more, and there is one new key."""
    browser.go("/api-keys")
    answer = browser.send("/api-keys", {"name": " ci "})
    assert answer.status == 303
    page = answer.headers["location"]
    assert browser.go(page).headers["cache-control"] == "no-store"
    key = shown(browser)
    assert "Copy this secret now! It will not be shown again." in browser.text
    account = house.accounts.by_key(key)
    assert account is not None
    assert account.name == "ada"
    assert key not in page
    browser.go(page)
    assert shown(browser) == ""
    assert "The secret of this key was shown already." in browser.text
    assert [entry.name for entry in house.accounts.keys_of("ada")] == ["first", "ci"]


def test_the_secret_is_for_the_session_that_made_it(house: PagesHouse, browser: Browser) -> None:
    """Whoever else gets hold of the page's address sees nothing, and does not use it up."""
    page = browser.send("/api-keys", {"name": "ci"}).headers["location"]
    other = house.browser()
    other.sign_in("admin")
    other.go(page)
    assert shown(other) == ""
    browser.go(page)
    assert shown(browser) != ""


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Must be 1 to 100 characters."),
        ("x" * 101, "Must be 1 to 100 characters."),
        ("first", "There is a key of this name already."),
    ],
)
def test_a_wrong_name_is_told_beside_the_field(house: PagesHouse, browser: Browser, name: str, sentence: str) -> None:
    """Nothing is made, and what was typed is still there."""
    browser.go("/api-keys")
    assert browser.send("/api-keys", {"name": name}).status == 400
    assert f'id="name-error">{sentence}</p>' in browser.text
    assert f'value="{name}"' in browser.text
    assert len(house.accounts.keys_of("ada")) == 1


def test_an_account_has_a_bounded_number_of_keys(house: PagesHouse, browser: Browser) -> None:
    """With five hundred of them the page says that there can be no more."""
    assert MOST_KEYS == 500
    for number in range(499):
        house.accounts.put_key(ApiKey(f"{number}", "ada", f"key {number}", "last", NOW))
    assert browser.send("/api-keys", {"name": "one more"}).status == 400
    assert "ada has 500 keys, and may have no more." in browser.text


def test_a_key_is_replaced_and_its_sockets_end(house: PagesHouse, browser: Browser) -> None:
    """The new secret is shown, the old one is worth nothing, and whoever was connected with it is not any more."""
    ended: list[str] = []
    house.subscriptions.add(
        Subscription(
            "ada", key_digest("k_ada"), frozenset(), frozenset(), "flat", True, lambda data: None, ended.append
        )
    )
    browser.go("/api-keys")
    answer = browser.send("/api-keys/regenerate", {"key": key_digest("k_ada")})
    browser.go(answer.headers["location"])
    assert house.accounts.by_key("k_ada") is None
    assert house.accounts.by_key(shown(browser)) is house.accounts.get("ada")
    assert [entry.name for entry in house.accounts.keys_of("ada")] == ["first"]
    assert ended == ["the key was revoked"]


def test_a_key_is_deleted(house: PagesHouse, browser: Browser) -> None:
    """It is gone, the page says so, and what to do without any."""
    answer = browser.send("/api-keys/delete", {"key": key_digest("k_ada")})
    assert (answer.status, answer.headers["location"]) == (303, "/api-keys?deleted=1")
    browser.go("/api-keys?deleted=1")
    assert "The key was deleted." in browser.text
    assert "No key yet" in browser.text
    assert house.accounts.by_key("k_ada") is None


def test_what_was_done_with_keys_is_in_the_activity(house: PagesHouse, browser: Browser) -> None:
    """Made, replaced, deleted: by name and last characters, never the key."""
    browser.go(browser.send("/api-keys", {"name": "ci"}).headers["location"])
    key = shown(browser)
    browser.send("/api-keys/regenerate", {"key": key_digest("k_ada")})
    browser.send("/api-keys/delete", {"key": key_digest(key)})
    made, *events = [(event.kind, event.account, event.text) for event in house.activity][1:]
    assert made == (Kind.KEY_MADE, "ada", f"ci (****{key[-4:]})")
    assert events[0] == (Kind.KEY_REVOKED, "ada", "first (****last)")
    assert (events[1][0], events[1][2][:11]) == (Kind.KEY_MADE, "first (****")
    assert events[2:] == [(Kind.KEY_REVOKED, "ada", f"ci (****{key[-4:]})")]
    browser.go("/activity?kind=sign-ins")
    assert f"API key of ada made: ci (****{key[-4:]})" in browser.text
    assert key not in browser.text


@pytest.mark.parametrize("what", ["regenerate", "delete"])
@pytest.mark.parametrize("key", [key_digest("k_admin"), "nonsense", "", "first"])
def test_the_keys_of_others_are_as_if_they_were_not_there(
    house: PagesHouse, browser: Browser, what: str, key: str
) -> None:
    """What names no key of the account changes nothing, and is answered alike."""
    browser.go("/api-keys")
    assert browser.send(f"/api-keys/{what}", {"key": key}).status == 404
    assert house.accounts.by_key("k_admin") is not None
    assert house.accounts.by_key("k_ada") is not None


@pytest.mark.parametrize("path", ["/api-keys", "/api-keys/regenerate", "/api-keys/delete"])
def test_a_form_of_another_site_changes_nothing(house: PagesHouse, browser: Browser, path: str) -> None:
    """Without the token of the page, or from elsewhere, no key is made, replaced or deleted."""
    fields = {"name": "ci", "key": key_digest("k_ada")}
    assert browser.send(path, {**fields, "_csrf": "0" * 64}).status == 403
    assert browser.send(path, fields, Origin="https://evil.test").status == 403
    assert [entry.digest for entry in house.accounts.keys_of("ada")] == [key_digest("k_ada")]


def test_who_is_not_signed_in_is_asked_to(house: PagesHouse) -> None:
    """The page comes back after the sign-in."""
    answer = house.browser().go("/api-keys")
    assert (answer.status, answer.headers["location"]) == (303, "/login?next=%2Fapi-keys")


def test_what_nobody_came_to_see_is_forgotten() -> None:
    """A value waits two minutes for its page, and a thousand wait at most."""
    clock = [0.0]
    waiting: ShownOnce[int] = ShownOnce(lambda: clock[0])
    names = [waiting.keep("token", number) for number in range(MOST + 1)]
    assert waiting.take("token", names[0]) is None
    assert waiting.take("token", names[1]) == 1
    clock[0] = KEPT + 1
    assert waiting.take("token", names[2]) is None
