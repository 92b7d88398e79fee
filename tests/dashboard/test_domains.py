"""The pages of an account's domains: what they show, what their forms do, and what they say when it goes wrong."""

import re
from collections.abc import Callable

import attrs
import pytest
from twisted.internet.defer import Deferred, succeed

from mailsockd.actions.claims import Claims, Policy
from mailsockd.actions.domains import DomainActions
from mailsockd.actions.proofs import Proofs
from mailsockd.dashboard.domain import DomainPageRoutes
from mailsockd.dashboard.domains import DomainListRoutes
from mailsockd.dashboard.domains_admin import AllDomainsRoutes
from mailsockd.state.domains import Domain
from mailsockd.state.proof import Answers, Rules
from mailsockd.web.router import HasRoutes
from tests.dashboard.pages_house import NOW, Browser, PagesHouse
from tests.fakes import stored

HOST = "mail.example.org"


class DomainsHouse(PagesHouse):
    """The pages of domains too; `answers` is what the DNS says, and names below team.test are given away."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = Answers()

    def pages(self) -> list[HasRoutes]:
        """Make the pages."""
        rules = Rules((HOST,))
        domains = DomainActions(self.registry, self.rights, self.mailbox, lambda: self.now, self.activity)
        claims = Claims(
            self.registry,
            self.rights,
            self.addresses,
            self.subscriptions,
            self.activity,
            Policy(hosted=("team.test",), most=3),
            lambda: self.now,
        )
        proofs = Proofs(
            self.registry, self.rights, self.subscriptions, self.activity, self.look, rules, lambda: self.now
        )
        return [
            *super().pages(),
            DomainListRoutes(self.frame, domains, claims, ("team.test",)),
            DomainPageRoutes(self.frame, domains, claims, proofs, (HOST,)),
            AllDomainsRoutes(self.frame, self.domains),
        ]

    def look(self, name: str) -> "Deferred[Answers]":
        """Say what the DNS says."""
        return succeed(self.answers)

    def own(self, name: str, owner: str = "ada", **settings: bool) -> Domain:
        """Have an account have proved a domain."""
        domain = Domain(
            name, owner, NOW, NOW, verified=True, verified_mx=True, verification_txt="mailsockd_1", **settings
        )
        self.domains.put(domain)
        return domain

    def claim(self, name: str) -> Domain:
        """Give what ada has of a domain."""
        domain = self.domains.claim(name, "ada")
        assert domain is not None
        return domain


Send = Callable[..., object]


@pytest.fixture
def house() -> DomainsHouse:
    return DomainsHouse()


@pytest.fixture
def browser(house: DomainsHouse) -> Browser:
    browser = house.browser()
    browser.sign_in("ada")
    return browser


def test_without_a_domain_the_page_says_what_one_is_good_for(browser: Browser) -> None:
    """The empty list leads to the setup."""
    assert browser.go("/domains").status == 200
    assert "No domain of your own yet" in browser.text
    assert '<a class="button main" href="/domains/new">Setup a Custom Domain</a>' in browser.text


def test_a_domain_is_claimed_and_proved(house: DomainsHouse, browser: Browser) -> None:
    """The form leads to the records; when the DNS has them, each is OK and the domain is verified."""
    browser.go("/domains/new")
    assert "Enter the fully qualified domain name" in browser.text
    answer = browser.send("/domains", {"domain": " Shop.Example "})
    assert (answer.status, answer.headers["location"]) == (303, "/domains/shop.example/dns?claimed=1")
    browser.go("/domains/shop.example/dns?claimed=1")
    assert "Domain ownership is not verified." in browser.text
    assert "Query My DNS Settings Now" in browser.text
    token = house.claim("shop.example").verification_txt
    assert f">{token}</code>" in browser.text
    assert f">10 {HOST}</code>" in browser.text
    assert browser.text.count("Not asked</span>") == 2

    house.answers = Answers(("other",), ((10, "mx.elsewhere.example"),))
    answer = browser.send("/domains/shop.example/verify", {})
    assert (answer.status, answer.headers["location"]) == (303, "/domains/shop.example/dns?asked=1")
    browser.go("/domains/shop.example/dns?asked=1")
    assert "Something is still missing." in browser.text
    assert f"shop.example has no TXT record {token}; it has 1 other TXT record." in browser.text
    assert browser.text.count("Missing</span>") == 2

    house.answers = Answers((token,), ((10, HOST),))
    browser.send("/domains/shop.example/verify", {})
    browser.go("/domains/shop.example/dns?asked=1")
    assert "Domain ownership is verified." in browser.text
    assert "Everything is as it should be." in browser.text
    assert browser.text.count("OK</span>") == 2


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "The domain is empty."),
        ("nonsense", "Has one label; a domain needs at least two, such as example.org."),
        ("mail.test", "Is a domain of the configuration; any account may reserve addresses in it."),
        ("mine.example", "Is claimed by this account already."),
    ],
)
def test_a_domain_that_cannot_be_claimed_is_refused_beside_the_field(
    house: DomainsHouse, browser: Browser, typed: str, reason: str
) -> None:
    """The form comes back as it was typed, with the reason."""
    house.own("mine.example")
    browser.go("/domains/new")
    assert browser.send("/domains", {"domain": typed}).status == 400
    assert f'<input type="text" value="{typed}" id="domain"' in browser.text
    assert 'id="domain-error"' in browser.text
    assert reason in browser.text


def test_a_name_of_the_server_is_taken_at_once(house: DomainsHouse, browser: Browser) -> None:
    """It needs no proof; a name that is none, or taken, is refused beside its field."""
    browser.go("/domains/new")
    assert "Use Zero-Setup Subdomain" in browser.text
    assert browser.send("/domains/hosted", {"name": "a.b", "parent": "team.test"}).status == 400
    assert "Type a name without dots." in browser.text
    assert browser.send("/domains/hosted", {"name": "ours", "parent": "mail.test"}).status == 400
    assert "Choose one of these." in browser.text
    answer = browser.send("/domains/hosted", {"name": "ours", "parent": "team.test"})
    assert (answer.status, answer.headers["location"]) == (303, "/domains/ours.team.test?claimed=1")
    assert house.claim("ours.team.test").verified
    house.own("theirs.team.test", "admin", hosted=True)
    assert browser.send("/domains/hosted", {"name": "theirs", "parent": "team.test"}).status == 400
    assert "Is taken." in browser.text
    browser.go("/domains/ours.team.test/dns")
    assert "There is nothing to set in the DNS." in browser.text
    assert "Query My DNS Settings Now" not in browser.text


def test_the_list_shows_each_domain(house: DomainsHouse, browser: Browser) -> None:
    """With whether it is verified and who reads it, the account's alone."""
    house.own("one.example", is_private=True, enablews=True)
    house.domains.put(attrs.evolve(house.own("two.example"), verified=False))
    house.own("other.example", "admin")
    browser.go("/domains")
    assert '<a href="/domains/one.example">one.example</a>' in browser.text
    assert '<a href="/domains/two.example">two.example</a>' in browser.text
    assert "other.example" not in browser.text
    assert ">Verified</span>" in browser.text
    assert ">Not verified</span>" in browser.text
    assert ">WS</span>" in browser.text
    assert ("<td>Private</td>" in browser.text, "<td>Public</td>" in browser.text) == (True, True)


def test_privacy_is_switched(house: DomainsHouse, browser: Browser) -> None:
    """A box that is not ticked makes the domain public."""
    house.own("shop.example")
    browser.go("/domains/shop.example")
    assert "<strong>Public</strong>" in browser.text
    answer = browser.send("/domains/shop.example/privacy", {"private": "true"})
    assert answer.headers["location"] == "/domains/shop.example?saved=1"
    assert house.claim("shop.example").is_private
    browser.send("/domains/shop.example/privacy", {})
    assert not house.claim("shop.example").is_private


def test_forwarding_is_switched(house: DomainsHouse, browser: Browser) -> None:
    """Catch-all and web sockets go on and off, and the page says how they are."""
    house.own("shop.example")
    browser.go("/domains/shop.example/forwarding")
    assert "The catch-all is off." in browser.text
    assert "Web sockets are off for the domain." in browser.text
    assert '<a href="/websocket-test">Web Socket Test Page</a>' in browser.text
    browser.send("/domains/shop.example/forwarding", {"catchAll": "true", "enablews": "true"})
    assert house.claim("shop.example").enablews
    browser.go("/domains/shop.example/forwarding?saved=1")
    assert '<a href="/addresses/*@shop.example">*@shop.example</a>' in browser.text
    assert "Web sockets are on for the domain." in browser.text
    browser.send("/domains/shop.example/forwarding", {})
    assert house.book.get("*@shop.example") is None
    assert not house.claim("shop.example").enablews


def test_a_claim_alone_has_no_catch_all(house: DomainsHouse, browser: Browser) -> None:
    """Before it is verified the box is not there, and sending it anyway switches nothing."""
    house.domains.put(attrs.evolve(house.own("shop.example"), verified=False))
    browser.go("/domains/shop.example/forwarding")
    assert "A catch-all can be enabled when the domain is verified." in browser.text
    assert 'name="catchAll"' not in browser.text
    assert browser.send("/domains/shop.example/forwarding", {"catchAll": "true", "enablews": "true"}).status == 303
    assert house.book.get("*@shop.example") is None


def test_all_mail_of_a_domain_is_deleted(house: DomainsHouse, browser: Browser) -> None:
    """The button says how many, and afterwards there is nothing to delete."""
    house.own("shop.example", is_private=True)
    house.mailbox.messages += [
        stored(seq=1, inbox="a@shop.example", owner="ada"),
        stored(seq=2, inbox="b@shop.example", owner="ada"),
    ]
    browser.go("/domains/shop.example/advanced")
    assert "Irreversibly Delete 2 Emails" in browser.text
    answer = browser.send("/domains/shop.example/purge", {})
    assert answer.headers["location"] == "/domains/shop.example/advanced?purged=1"
    browser.go("/domains/shop.example/advanced?purged=1")
    assert "Its mail was deleted." in browser.text
    assert "Irreversibly Delete" not in browser.text


def test_a_domain_is_given_up(house: DomainsHouse, browser: Browser) -> None:
    """It is gone from the list, with the account's addresses in it."""
    house.own("shop.example")
    house.reserve("a@shop.example")
    browser.go("/domains/shop.example")
    assert "Delete shop.example</button>" in browser.text
    answer = browser.send("/domains/shop.example/remove", {})
    assert answer.headers["location"] == "/domains?removed=1"
    assert house.domains.claim("shop.example", "ada") is None
    assert house.book.get("a@shop.example") is None


@pytest.mark.parametrize("tab", ["", "/dns", "/forwarding", "/advanced"])
def test_a_domain_of_another_account_is_not_there(house: DomainsHouse, browser: Browser, tab: str) -> None:
    """It is answered as one that nobody has."""
    house.own("other.example", "admin")
    assert browser.go(f"/domains/other.example{tab}").status == 404
    other = browser.text.replace("other.example", "nobody.example")
    assert browser.go(f"/domains/nobody.example{tab}").status == 404
    assert browser.text == other


@pytest.mark.parametrize("form", ["privacy", "verify", "forwarding", "purge", "remove"])
def test_forms_of_another_accounts_domain_do_nothing(house: DomainsHouse, browser: Browser, form: str) -> None:
    """They are 404, and the domain is as it was."""
    domain = house.own("other.example", "admin")
    assert browser.send(f"/domains/other.example/{form}", {"private": "true", "enablews": "true"}).status == 404
    assert house.domains.claim("other.example", "admin") == domain


def test_a_domain_of_the_configuration_cannot_be_given_up(house: DomainsHouse) -> None:
    """Its page offers no way to, and says that it needs no proof."""
    browser = house.browser()
    browser.sign_in("admin")
    browser.go("/domains/mail.test")
    assert "A domain of the configuration: it needs no proof." in browser.text
    assert "Removal" not in browser.text


def test_whoever_is_not_signed_in_is_sent_to_sign_in(house: DomainsHouse) -> None:
    """And comes back afterwards."""
    answer = house.browser().go("/domains/shop.example/dns")
    assert (answer.status, answer.headers["location"]) == (303, "/login?next=%2Fdomains%2Fshop.example%2Fdns")


def test_an_administrator_sees_the_domains_of_all_accounts(house: DomainsHouse) -> None:
    """Whose each is, whether it is proved, and what is missing; a part of a name or an account's name finds them."""
    house.own("one.example", is_private=True)
    missing = "TXT: two.example has no TXT record <b>."
    house.domains.put(attrs.evolve(house.own("two.example"), verified=False, last_verification_errors=missing))
    browser = house.browser()
    browser.sign_in("admin")
    browser.go("/admin/domains")
    assert re.findall(r"<td>([a-z.]+)</td>", browser.text) == ["mail.test", "one.example", "two.example"]
    assert browser.text.count('<a href="/admin/accounts/ada">ada</a>') == 2
    assert "TXT: two.example has no TXT record &lt;b&gt;." in browser.text
    browser.go("/admin/domains?q=ONE")
    assert re.findall(r"<td>([a-z.]+)</td>", browser.text) == ["one.example"]
    browser.go("/admin/domains?q=ada")
    assert re.findall(r"<td>([a-z.]+)</td>", browser.text) == ["one.example", "two.example"]
    browser.go("/admin/domains?q=%3Cb%3E")
    assert "No domain has <strong><bdi>&lt;b&gt;</bdi></strong> in its name." in browser.text


def test_for_others_there_is_no_such_page(browser: Browser) -> None:
    """It is 404 for who is no administrator."""
    assert browser.go("/admin/domains").status == 404
