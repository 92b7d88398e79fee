"""Email Validation: addresses are judged, in words, by a link that can be passed on."""

import re
from urllib.parse import quote, urlencode

import pytest

from tests.dashboard.pages_house import Browser, PagesHouse


@pytest.fixture
def house() -> PagesHouse:
    return PagesHouse()


@pytest.fixture
def browser(house: PagesHouse) -> Browser:
    browser = house.browser()
    browser.sign_in("ada")
    browser.go("/validation")
    return browser


def check(browser: Browser, text: str) -> list[tuple[str, str, str]]:
    """Send the form as a browser does, and give address, badge and sentences of each result."""
    browser.go(f"/validation?{urlencode({'emails': text})}")
    found = r'<li><strong><bdi>([^<]*)</bdi></strong> <span class="badge[^"]*">([^<]+)</span><p class="hint">(.*?)</p>'
    rows = re.findall(found, browser.text)
    return [(email, badge, re.sub("<[^>]+>", "", said).strip()) for email, badge, said in rows]


def test_the_form_alone(browser: Browser) -> None:
    """Before anything was typed there are no results, and no error."""
    assert browser.page.status == 200
    assert "Results" not in browser.text
    assert "aria-invalid" not in browser.text
    assert "One a line, or with commas; 50 at most." in browser.text


def test_each_address_has_its_words(browser: Browser) -> None:
    """Valid, disposable, both spellings of an inbox, and what is no address, in the order typed and once each."""
    assert check(browser, "a@x.test\r\nBilly+x@mx.temp.test, nobody;  a@x.test b@@x.test") == [
        ("a@x.test", "Valid", "Its form is right, and its domain is not known to be disposable."),
        (
            "Billy+x@mx.temp.test",
            "Disposable",
            "Its domain is on the list of disposable ones: temp.test. Another spelling of billy@mx.temp.test.",
        ),
        ("nobody", "Not valid", "An address needs a local part, an @ and a domain."),
        ("b@@x.test", "Not valid", "The local part contains a character that needs quotes."),
    ]
    assert "1 of 4 can be used" in browser.text


def test_the_field_keeps_what_was_typed(browser: Browser) -> None:
    """The link brings the same page again."""
    check(browser, "user1+tag@x.test")
    assert ">user1+tag@x.test</textarea>" in browser.text


def test_the_list_of_disposable_domains_may_change(house: PagesHouse, browser: Browser) -> None:
    """A page looks at the list that is in force."""
    house.disposable.add("x.test")
    assert [badge for _, badge, _ in check(browser, "a@x.test")] == ["Disposable"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "Type an address."),
        (" ,\r\n", "Type an address."),
        (" ".join(f"a{number}@x.test" for number in range(51)), "These are 51; 50 at once are the most."),
    ],
)
def test_mistakes_are_said_beside_the_field(browser: Browser, text: str, error: str) -> None:
    """Nothing, and too much, is answered beside the field."""
    assert check(browser, text) == []
    assert browser.page.status == 400
    assert f'<p class="hint bad" id="emails-error">{error}</p>' in browser.text


def test_markup_is_text(browser: Browser) -> None:
    """What was typed is shown as it is."""
    browser.go(f"/validation?emails={quote('<script>alert(1)</script>@x.test</textarea>')}")
    assert "<script>alert" not in browser.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;@x.test&lt;/textarea&gt;" in browser.text


def test_it_is_for_who_has_signed_in(house: PagesHouse) -> None:
    """Others sign in, and come back with what they asked."""
    browser = house.browser()
    browser.go("/validation?emails=a@x.test")
    assert browser.page.headers["location"] == "/login?next=%2Fvalidation%3Femails%3Da%40x.test"
