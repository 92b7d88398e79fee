"""Accounts, for administrators: listed, added, limited, disabled, removed; for others there is no such page."""

import re

import attrs
import pytest
from twisted.internet.defer import succeed

from mailsockd.actions.ports import Totals
from mailsockd.dashboard.account_admin import AccountAdminRoutes
from mailsockd.dashboard.accounts import AccountListRoutes, Figures, Made
from mailsockd.dashboard.shown_once import ShownOnce
from mailsockd.state.accounts import Account
from mailsockd.state.activity import Kind
from mailsockd.state.subscriptions import Subscription
from tests.dashboard.pages_house import Browser, PagesHouse


class AdminHouse(PagesHouse):
    """The pages, with those of accounts."""

    def browse(self, name: str) -> Browser:
        """Sign in as an account."""
        made: ShownOnce[Made] = ShownOnce(lambda: self.now)

        def has(account: Account) -> Figures:
            return Figures(self.book.count(account.name), 0, 1, len(self.subscriptions), None)

        browser = self.browser(
            *self.pages(),
            AccountListRoutes(self.frame, self.accounts, self.actions, has, made),
            AccountAdminRoutes(self.frame, self.actions, has, lambda name: succeed(Totals(1234, 2048, 1)), made),
        )
        browser.sign_in(name)
        return browser

    def account(self, name: str) -> Account:
        account = self.accounts.get(name)
        assert account is not None
        return account


@pytest.fixture
def house() -> AdminHouse:
    return AdminHouse()


@pytest.fixture
def browser(house: AdminHouse) -> Browser:
    return house.browse("admin")


GETS = ["/admin/accounts", "/admin/accounts/new", "/admin/accounts/ada", "/admin/accounts/admin"]
POSTS = ["", "/admin/limits", "/admin/disabled", "/admin/admin", "/admin/password", "/admin/remove"]


@pytest.mark.parametrize("path", GETS)
def test_for_others_there_is_no_such_page(house: AdminHouse, path: str) -> None:
    """Who is no administrator is answered 404; nobody is sent to sign in."""
    browser = house.browse("ada")
    browser.go(path)
    assert (browser.page.status, "There is no such page." in browser.text) == (404, True)
    browser.cookie = ""
    assert browser.go(path).status == 303


@pytest.mark.parametrize("path", POSTS)
def test_others_change_nothing(house: AdminHouse, path: str) -> None:
    """No form works for them, whatever it says."""
    before = list(house.accounts)
    browser = house.browse("ada")
    browser.go("/dashboard")
    fields = {"name": "eve", "disabled": "yes", "admin": "no", "confirm": "admin", "credits": "1"}
    browser.send(f"/admin/accounts{path}", fields)
    assert (browser.page.status, list(house.accounts)) == (404, before)


@pytest.mark.parametrize("path", [path.replace("/admin/", "/ada/") for path in POSTS])
def test_forms_without_their_token_change_nothing(house: AdminHouse, browser: Browser, path: str) -> None:
    """Another site cannot have an administrator's browser do anything."""
    before = list(house.accounts)
    browser.csrf = ""
    browser.send(f"/admin/accounts{path}", {"name": "eve", "disabled": "yes", "admin": "yes", "confirm": "ada"})
    assert (browser.page.status, list(house.accounts)) == (403, before)


def test_the_list(house: AdminHouse, browser: Browser) -> None:
    """Each account with its badges and what it has; a part of a name or of an email address finds it."""
    house.reserve("user1@mail.test")
    house.accounts.put(attrs.evolve(house.account("ada"), credits=5, email="<b>@mail.test"))
    browser.go("/admin/accounts")
    assert re.findall(r'<a href="/admin/accounts/([^"]+)">', browser.text) == ["ada", "admin", "keys", "off"]
    assert '<span class="small-label">Addresses </span>1 of 5</td>' in browser.text
    assert "<b>@mail.test" not in browser.text and "&lt;b&gt;@mail.test" in browser.text
    assert browser.text.count(">Admin</span>") == 1
    assert browser.text.count(">Disabled</span>") == 1
    browser.go("/admin/accounts?q=MAIL.test")
    assert re.findall(r'<a href="/admin/accounts/([^"]+)">', browser.text) == ["ada"]
    browser.go("/admin/accounts?q=<i>")
    assert "No account has <strong><bdi>&lt;i&gt;</bdi></strong>" in browser.text


def test_an_account_is_added_and_its_secrets_shown_once(house: AdminHouse, browser: Browser) -> None:
    """The next page has the password and the key; a second look has not."""
    browser.go("/admin/accounts/new")
    browser.send("/admin/accounts", {"name": "eve", "email": "Eve@Mail.test", "admin": "true"})
    location = browser.page.headers["location"]
    assert location.startswith("/admin/accounts/eve?made=")
    browser.go(location)
    password, key = re.findall(r'class="made">([^<]+)<', browser.text)
    assert house.account("eve").password == f"hash of {password}"
    assert house.accounts.by_key(key) == house.account("eve")
    assert (house.account("eve").email, house.account("eve").admin) == ("eve@mail.test", True)
    browser.go(location)
    assert password not in browser.text
    assert "The secrets were shown already." in browser.text


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"name": ""}, "name-error"),
        ({"name": "No Name"}, "name-error"),
        ({"name": "ada"}, "name-error"),
        ({"name": "new"}, "name-error"),
        ({"name": "eve", "email": "nobody"}, "email-error"),
    ],
)
def test_mistakes_are_said_beside_the_field(
    house: AdminHouse, browser: Browser, fields: dict[str, str], error: str
) -> None:
    """What is wrong with a new account stands where it was typed, and none is made."""
    browser.go("/admin/accounts/new")
    browser.send("/admin/accounts", fields)
    assert browser.page.status == 400
    assert re.findall(r'class="hint bad" id="([^"]+)"', browser.text) == [error]
    assert len(house.accounts) == 4


def test_the_page_of_an_account_has_numbers_alone(house: AdminHouse, browser: Browser) -> None:
    """How much mail there is, and none of it: no address is named."""
    house.reserve("secret-project@mail.test")
    browser.go("/admin/accounts/ada")
    assert "<dt>Stored mail</dt><dd>1,234 messages, 2.0 KiB</dd>" in browser.text
    assert "<dt>Reserved addresses</dt><dd>1</dd>" in browser.text
    assert "secret-project" not in browser.text
    assert browser.go("/admin/accounts/nobody").status == 404


def test_limits(house: AdminHouse, browser: Browser) -> None:
    """Numbers are kept, and empty is any number; what is no number is said beside its field."""
    browser.go("/admin/accounts/ada")
    browser.send("/admin/accounts/ada/limits", {"credits": "5", "message_limit": "", "monthly_ops": "0"})
    assert browser.page.headers["location"] == "/admin/accounts/ada?said=limits"
    ada = house.account("ada")
    assert (ada.credits, ada.message_limit, ada.monthly_ops) == (5, None, 0)
    for wrong in ("-1", "many", "1.5", "9" * 15):
        browser.send("/admin/accounts/ada/limits", {"credits": wrong, "message_limit": "7", "monthly_ops": ""})
        assert browser.page.status == 400
        assert re.findall(r'class="hint bad" id="([^"]+)"', browser.text) == ["credits-error"]
    assert house.account("ada") == ada


def test_an_account_is_disabled_and_enabled(house: AdminHouse, browser: Browser) -> None:
    """Its sockets and browser sessions end at once; the activity says who did it."""
    visitor = house.browse("ada")
    ended: list[str] = []
    one = Subscription("ada", "", frozenset("x"), frozenset(), "flat", True, lambda data: None, ended.append)
    house.subscriptions.add(one)
    browser.go("/admin/accounts/ada")
    browser.send("/admin/accounts/ada/disabled", {"disabled": "yes"})
    assert (house.account("ada").disabled, ended) == (True, ["the account is disabled"])
    assert house.sign_ins.of("ada") == []
    assert visitor.go("/dashboard").status == 303
    browser.go("/admin/accounts/ada?said=disabled")
    assert "The account is disabled: its web sockets and browser sessions ended." in browser.text
    assert ">Enable</button>" in browser.text and ">Disable</button>" not in browser.text
    browser.send("/admin/accounts/ada/disabled", {"disabled": "no"})
    assert house.account("ada").disabled is False
    told = [(event.kind, event.text) for event in house.activity if event.kind in (Kind.ACCOUNT_DISABLED,)]
    assert told == [(Kind.ACCOUNT_DISABLED, "by the administrator admin")]


def test_an_administrator_is_made_and_unmade(house: AdminHouse, browser: Browser) -> None:
    """The rights are those of the account from then on."""
    browser.go("/admin/accounts/ada")
    browser.send("/admin/accounts/ada/admin", {"admin": "yes"})
    assert house.account("ada").admin is True
    browser.send("/admin/accounts/ada/admin", {"admin": "no"})
    assert house.account("ada").admin is False


def test_a_new_password_is_shown_once(house: AdminHouse, browser: Browser) -> None:
    """It holds at once, and whoever is signed in with the old one is signed out."""
    house.browse("ada")
    browser.go("/admin/accounts/ada")
    browser.send("/admin/accounts/ada/password", {})
    browser.go(browser.page.headers["location"])
    (password,) = re.findall(r'class="made">([^<]+)<', browser.text)
    assert house.account("ada").password == f"hash of {password}"
    assert house.sign_ins.of("ada") == []


def test_an_account_is_removed_when_its_name_was_typed(house: AdminHouse, browser: Browser) -> None:
    """Another name removes nothing, and is an error beside the field."""
    browser.go("/admin/accounts/ada")
    browser.send("/admin/accounts/ada/remove", {"confirm": "adam"})
    assert browser.page.status == 400
    assert '<p class="hint bad" id="confirm-error">Type ada to remove it.</p>' in browser.text
    assert house.accounts.get("ada") is not None
    browser.send("/admin/accounts/ada/remove", {"confirm": " ada "})
    assert browser.page.headers["location"] == "/admin/accounts?removed=1"
    assert house.accounts.get("ada") is None
    browser.go("/admin/accounts?removed=1")
    assert "The account was removed." in browser.text


@pytest.mark.parametrize("form", ["disabled", "admin", "password", "remove"])
def test_nobody_shuts_themselves_out(house: AdminHouse, browser: Browser, form: str) -> None:
    """Ones own account has none of these forms, and they are refused."""
    browser.go("/admin/accounts/admin")
    assert f"/admin/accounts/admin/{form}" not in browser.text
    before = house.account("admin")
    browser.send(f"/admin/accounts/admin/{form}", {"disabled": "yes", "admin": "no", "confirm": "admin"})
    assert (browser.page.status, house.account("admin")) == (400, before)
