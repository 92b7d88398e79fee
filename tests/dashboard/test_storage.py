"""Manage Storage: what an account's mail takes, by inbox, and how an inbox is emptied."""

import re

import attrs
import pytest

from mailsockd.state.activity import Kind
from tests.dashboard.pages_house import Browser, PagesHouse
from tests.storage.contract_mailbox import message


@pytest.fixture
def house() -> PagesHouse:
    house = PagesHouse()
    house.reserve("small@mail.test")
    house.reserve("large@mail.test")
    house.reserve("admins@mail.test", "admin")
    store(house, 1, "small@mail.test", 2000)
    store(house, 2, "small@mail.test", 500, saved_by="ada")
    store(house, 3, "large@mail.test", 3 * 1024**2)
    store(house, 4, "captured@elsewhere.test", 100)
    store(house, 5, "admins@mail.test", 10, owner="admin")
    return house


def store(house: PagesHouse, seq: int, inbox: str, size: int, owner: str = "ada", saved_by: str | None = None) -> None:
    one = message(seq, inbox=inbox, owner=owner, size=size, saved_by=saved_by)
    house.mailbox.append([attrs.evolve(one, id=f"m{seq}-0")], b"")


@pytest.fixture
def browser(house: PagesHouse) -> Browser:
    browser = house.browser()
    browser.sign_in("ada")
    browser.go("/storage")
    return browser


def inboxes(browser: Browser) -> list[tuple[str, str, str]]:
    found = r'<bdi>([^<]+)</bdi></a><span class="number">([^<]+)</span></div>.*?<span class="hint">([^<]+)</span>'
    return re.findall(found, browser.text)


def test_inboxes_with_the_largest_first(browser: Browser) -> None:
    """Each inbox has its size and its messages; other accounts' inboxes are not among them."""
    assert inboxes(browser) == [
        ("large@mail.test", "3.0 MiB", "1 message"),
        ("small@mail.test", "2.4 KiB", "2 messages, 1 starred"),
        ("captured@elsewhere.test", "100 bytes", "1 message"),
    ]
    assert '<a href="/inbox/large@mail.test">' in browser.text
    assert "<dt>Messages</dt><dd>4</dd>" in browser.text
    assert "<dt>Size</dt><dd>3.0 MiB</dd>" in browser.text
    assert "This account may keep any number of messages." in browser.text


def test_a_limit_is_shown_with_what_is_used_of_it(house: PagesHouse, browser: Browser) -> None:
    """The line is full as far as the account is."""
    account = house.accounts.get("ada")
    assert account is not None
    house.accounts.put(attrs.evolve(account, message_limit=10))
    browser.go("/storage")
    assert "<dt>Messages, of 10</dt><dd>4</dd>" in browser.text
    assert 'class="filled" width="40.0%"' in browser.text
    assert "Beyond 10 messages the oldest go by themselves." in browser.text
    house.accounts.put(attrs.evolve(account, message_limit=0))
    browser.go("/storage")
    assert "This account may keep any number of messages." in browser.text


def test_an_inbox_is_emptied_but_for_what_is_starred(house: PagesHouse, browser: Browser) -> None:
    """The page comes back with how many are gone, and the activity knows from where that was asked."""
    assert "Delete 1 message of small@mail.test for good? Starred mail stays." in browser.text
    browser.send("/storage/purge", {"email": "small@mail.test"})
    assert (browser.page.status, browser.page.headers["location"]) == (303, "/storage?purged=1")
    browser.go("/storage?purged=1")
    assert "1 message was deleted." in browser.text
    assert inboxes(browser) == [
        ("large@mail.test", "3.0 MiB", "1 message"),
        ("small@mail.test", "500 bytes", "1 message, 1 starred"),
        ("captured@elsewhere.test", "100 bytes", "1 message"),
    ]
    assert "Purge Inbox of small@mail.test" not in browser.text
    (event,) = [event for event in house.activity if event.kind is Kind.DELETED]
    assert (event.address, event.account, event.count) == ("small@mail.test", "ada", 1)


def test_what_cannot_be_emptied_has_no_button(browser: Browser) -> None:
    """Captured mail is in inboxes that are nobody's."""
    assert re.findall(r'aria-label="(Purge [^"]+)"', browser.text) == [
        "Purge Inbox of large@mail.test",
        "Purge Inbox of small@mail.test",
    ]


@pytest.mark.parametrize("email", ["admins@mail.test", "captured@elsewhere.test", "no address", ""])
def test_another_accounts_inbox_is_as_if_it_did_not_exist(house: PagesHouse, browser: Browser, email: str) -> None:
    """It is answered like what is no inbox at all, and nothing is deleted."""
    browser.send("/storage/purge", {"email": email})
    assert browser.page.status == 404
    assert "There is no such inbox among yours." in browser.text
    assert len(house.mailbox.messages) == 5


def test_a_form_without_its_token_deletes_nothing(house: PagesHouse, browser: Browser) -> None:
    """Another site cannot have an inbox emptied."""
    browser.csrf = ""
    browser.send("/storage/purge", {"email": "small@mail.test"})
    assert browser.page.status == 403
    assert len(house.mailbox.messages) == 5


def test_names_are_text(house: PagesHouse, browser: Browser) -> None:
    """What looks like markup in the name of an inbox is shown as it is, in attributes too."""
    store(house, 6, '"<script>alert(1)</script>"@mail.test', 7)
    browser.go("/storage")
    assert "<script>alert" not in browser.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in browser.text
    browser.go("/storage?purged=<b>1</b>")
    assert "<b>1</b>" not in browser.text


def test_only_the_largest_are_shown(house: PagesHouse, browser: Browser) -> None:
    """A hundred inboxes are a page; that there are more is said."""
    for number in range(98):
        store(house, 100 + number, f"box{number}@elsewhere.test", 1)
    browser.go("/storage")
    assert len(inboxes(browser)) == 100
    assert "The 100 largest inboxes are shown; there are more." in browser.text


def test_nothing_yet(house: PagesHouse, browser: Browser) -> None:
    """Without any mail the page says what to do next."""
    house.mailbox.messages.clear()
    browser.go("/storage")
    assert "Nothing is stored yet" in browser.text
    assert '<a href="/private-address">Add an email address</a>' in browser.text
    assert "By inbox" not in browser.text


def test_who_is_not_signed_in_comes_back_later(house: PagesHouse) -> None:
    """The sign-in leads back to the page."""
    browser = house.browser()
    browser.go("/storage")
    assert (browser.page.status, browser.page.headers["location"]) == (303, "/login?next=%2Fstorage")
