"""Recent Activity: what is found, what it says, how one goes on from it, and what a script is told."""

import json
import re
from typing import Any

import pytest

from mailsockd.dashboard.activity_filter import GROUPS
from mailsockd.dashboard.events import GOOD, PROBLEMS, shown
from mailsockd.state.activity import Event, Kind
from mailsockd.state.recorded import Recorded
from tests.dashboard.pages_house import NOW, Browser, PagesHouse

FORM = "/activity?address=&kind=&range=&q=&message=&peer=&since=&until="


@pytest.fixture
def house() -> PagesHouse:
    house = PagesHouse()
    house.reserve("a@mail.test")
    house.reserve("other@mail.test", "admin")
    return house


@pytest.fixture
def browser(house: PagesHouse) -> Browser:
    browser = house.browser()
    browser.sign_in("ada")
    return browser


def happened(house: PagesHouse, kind: Kind, **fields: Any) -> None:
    """Have something happen to ada's address a@mail.test, unless said otherwise."""
    house.activity.record(kind, **{"account": "ada", "address": "a@mail.test", **fields})


def sentences(browser: Browser) -> list[str]:
    return re.findall(r'class="sentence"><bdi>([^<]+)</bdi>', browser.text)


def test_the_newest_is_first_and_each_event_is_a_sentence(house: PagesHouse, browser: Browser) -> None:
    """What happened to the account is told, nothing of others, and texts of strangers are text."""
    happened(house, Kind.STORED, message="m1-0", count=812, milliseconds=2.34)
    happened(house, Kind.REJECTED, text="550 5.1.1 No such <b>address</b>", peer="192.0.2.1")
    happened(house, Kind.STORED, account="admin", address="other@mail.test")
    browser.go("/activity")
    assert sentences(browser) == [
        "Rejected for a@mail.test from 192.0.2.1: 550 5.1.1 No such &lt;b&gt;address&lt;/b&gt;",
        "Inbound to a@mail.test",
        "Ada signed in from 192.0.2.9: with a browser",
    ]
    assert '<a href="/inbox/a@mail.test/m1-0">Open the mail</a>' in browser.text
    assert "<dt>Bytes</dt><dd><bdi>812</bdi></dd>" in browser.text
    assert "<dt>Took</dt><dd><bdi>2.3 ms</bdi></dd>" in browser.text
    assert '<dd><a href="/activity?message=m1-0">m1-0</a></dd>' in browser.text
    assert 'class="mood bad"><span class="unseen">Went wrong</span>' in browser.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("address=a%2B1@mail.test", ["Inbound to a@mail.test"]),
        ("kind=problems", ["Not published to web socket for b@mail.test: nobody listens"]),
        ("kind=stored", ["Inbound to a@mail.test"]),
        ("kind=sockets,stored", [
            "Inbound to a@mail.test", "Not published to web socket for b@mail.test: nobody listens",
        ]),
        ("q=LISTENS", ["Not published to web socket for b@mail.test: nobody listens"]),
        ("peer=192.0.2.7", ["Inbound to a@mail.test"]),
        ("range=15m&kind=mail", ["Inbound to a@mail.test"]),
        ("since=2027-01-15T08:00&until=2027-01-15T08:30&kind=sockets", [
            "Not published to web socket for b@mail.test: nobody listens",
        ]),
        ("since=2027-01-15T09:00&kind=sockets", []),
    ],
)  # fmt: skip
def test_conditions_stand_in_the_path(house: PagesHouse, browser: Browser, query: str, found: list[str]) -> None:
    """Each of them leaves the others out; the form shows what was asked."""
    happened(house, Kind.UNPUBLISHED, address="b@mail.test", text="nobody listens")
    house.now += 3600
    happened(house, Kind.STORED, message="m1-0", peer="192.0.2.7")
    assert browser.go(f"/activity?{query}").status == 200
    assert sentences(browser) == found


def test_the_form_has_what_was_asked(browser: Browser) -> None:
    """Fields and lists are as they were left, the folded ones unfolded; empty ones are no conditions."""
    browser.go("/activity?address=a%2Bb@mail.test&kind=problems&range=1h&since=2027-01-15T08:00")
    assert 'value="a+b@mail.test" id="address"' in browser.text
    assert '<option value="problems" selected="selected">What did not work</option>' in browser.text
    assert '<option value="1h" selected="selected">Last hour</option>' in browser.text
    assert 'value="2027-01-15T08:00" id="since"' in browser.text
    assert '<details class="further" open="open">' in browser.text
    browser.go("/activity?until=2027-01-16")
    assert '<input type="datetime-local" value="2027-01-16T00:00" id="until"' in browser.text
    browser.go("/activity?until=tomorrow&since=today")
    assert '<input type="text" value="today" id="since"' in browser.text
    assert '<input type="text" value="tomorrow" id="until"' in browser.text
    browser.go(FORM)
    assert sentences(browser) == ["Ada signed in from 192.0.2.9: with a browser"]
    assert '<details class="further">' in browser.text


@pytest.mark.parametrize(
    ("query", "status", "field", "sentence"),
    [
        ("since=yesterday", 400, "since", "Must be a date such as 2026-11-22 or 2026-11-22T08:00:00.000Z."),
        ("until=x", 400, "until", "Must be a date such as 2026-11-22 or 2026-11-22T08:00:00.000Z."),
        ("address=nonsense", 400, "address", "An address needs a local part, an @ and a domain."),
        ("kind=nonsense", 400, "kind", "Must be one of connected, refused, rejected,"),
    ],
)
def test_a_condition_that_is_none_is_told_beside_its_field(
    browser: Browser, query: str, status: int, field: str, sentence: str
) -> None:
    """The form is still there as it was typed."""
    assert browser.go(f"/activity?{query}").status == status
    assert f'id="{field}-error">{sentence}' in browser.text


def test_pages_lead_to_older_and_newer_events_with_the_same_conditions(house: PagesHouse, browser: Browser) -> None:
    """Fifty a page; the first one leads to older ones alone, the last one to newer ones alone; none is left out."""
    for number in range(120):
        happened(house, Kind.STORED, message=f"m{number}-0")
    browser.go("/activity?kind=stored")
    seen = re.findall(r">m(\d+)-0</a>", browser.text)
    assert '">Newest</a>' not in browser.text
    pages = []
    while found := re.search(r'href="(/activity\?[^"]+)" class="button">Older</a>', browser.text):
        pages.append(len(seen))
        browser.go(found[1].replace("&amp;", "&"))
        seen += re.findall(r">m(\d+)-0</a>", browser.text)
    assert pages == [50, 100]
    assert seen == [str(number) for number in range(119, -1, -1)]
    newer = re.search(r'href="(/activity\?[^"]+)" class="button">Newer</a>', browser.text)
    assert newer is not None
    browser.go(newer[1].replace("&amp;", "&"))
    assert re.findall(r">m(\d+)-0</a>", browser.text) == [str(number) for number in range(69, 19, -1)]
    assert '">Newest</a>' in browser.text
    assert '">Older</a>' in browser.text


def test_one_messages_timeline_begins_with_the_first_event(house: PagesHouse, browser: Browser) -> None:
    """The connection that brought it, then what became of it, each with the time since then."""
    happened(house, Kind.CONNECTED, address="", session="s1", peer="192.0.2.7", text="EHLO mx.test")
    house.now += 0.25
    happened(house, Kind.STORED, message="m1-0", session="s1")
    house.now += 90
    happened(house, Kind.FAILED, message="m1-0", channel="webhook", text="it answered 410", detail="<i>gone</i>")
    happened(house, Kind.STORED, message="m2-0")
    browser.go("/activity?message=m1-0")
    assert sentences(browser) == [
        "Connected from 192.0.2.7: EHLO mx.test",
        "Inbound to a@mail.test",
        "Not published to webhook for a@mail.test, given up: it answered 410",
    ]
    assert re.findall(r'class="after">([^<]+)<', browser.text) == ["+0.000 s", "+0.250 s", "+1 min 30 s"]
    assert "<dt>Answer</dt><dd><bdi>&lt;i&gt;gone&lt;/i&gt;</bdi></dd>" in browser.text
    assert 'data-live=""' in browser.text


@pytest.mark.parametrize(
    ("kind", "text", "label", "href"),
    [
        (Kind.UNPUBLISHED, "nobody listens", "Web Socket Test Page", "/websocket-test"),
        (Kind.UNPUBLISHED, "web socket forwarding is off for the address", "Settings", "/addresses/a@mail.test"),
        (
            Kind.UNPUBLISHED,
            "nobody has reserved the address",
            "Add Email Address",
            "/private-address?email=a%40mail.test",
        ),
        (Kind.FAILED, "it answered 410", "Deliveries of this message", "/deliveries?message=m1-0"),
        (Kind.DEFERRED, "it answered 503", "Deliveries of this message", "/deliveries?message=m1-0"),
        (Kind.SIGN_IN_REFUSED, "with a browser", "Account Settings", "/account"),
        (Kind.DOMAIN_NOT_VERIFIED, "no TXT record", "Custom Domains", "/domains"),
    ],
)
def test_what_did_not_work_says_what_may_help(
    house: PagesHouse, browser: Browser, kind: Kind, text: str, label: str, href: str
) -> None:
    """A sentence, and a link to where it can be mended."""
    happened(house, kind, text=text, message="m1-0")
    browser.go("/activity")
    assert f'<a href="{href}">{label}</a>' in browser.text


def test_nothing_at_all_says_what_to_do(house: PagesHouse, browser: Browser) -> None:
    """A new account is led to its first mail; conditions that nothing meets are explained."""
    house.activities.db.execute("DELETE FROM activity")
    house.written = len(list(house.activity))
    browser.go("/activity")
    assert "Nothing has happened yet" in browser.text
    browser.go("/activity?q=nonsense")
    assert "Nothing fits" in browser.text
    assert "Save as" not in browser.text


def test_files_have_the_same_conditions(house: PagesHouse, browser: Browser) -> None:
    """The links name groups of kinds and spans of time as the API has them."""
    happened(house, Kind.STORED, message="m1-0")
    browser.go("/activity?kind=sign-ins&range=1h&address=")
    assert (
        'href="/mailsockd/v1/activity'
        '?kind=signed_in%2Csign_in_refused%2Cpassword_set%2Caccount_disabled%2Caccount_enabled%2Ckey_made%2Ckey_revoked&amp;since=2027-01-15T07%3A00%3A00.000Z'
        '&amp;format=csv">CSV</a>'
    ) in browser.text
    assert "&amp;format=jsonl" in browser.text


def test_a_script_is_told_what_is_new(house: PagesHouse, browser: Browser) -> None:
    """What came after an event, as the page would show it, under the conditions of the page."""
    browser.go("/activity?kind=stored")
    found = re.search(r'data-live="([^"]*)" data-newest="(\d+)"', browser.text)
    assert found is not None
    assert found.groups() == ("/activity/new?kind=stored", "0")
    browser.go("/activity")
    found = re.search(r'data-live="([^"]*)" data-newest="(\d+)"', browser.text)
    assert found is not None
    happened(house, Kind.UNPUBLISHED, text="nobody listens", message="m1-0")
    answer = browser.go(f"{found[1]}?after={found[2]}")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    (event,) = json.loads(answer.body)["events"]
    assert event["id"] == int(found[2]) + 1
    del event["id"]
    assert event == {
        "at": "2027-01-15T08:00:00.000Z",
        "mood": "warn",
        "moodWords": "To look at",
        "sentence": "Not published to web socket for a@mail.test: nobody listens",
        "advice": {
            "text": "No socket asked for this address at that moment. REST and the inbox have the mail all the same.",
            "label": "Web Socket Test Page",
            "href": "/websocket-test",
        },
        "facts": [
            ["Address", "a@mail.test", "/activity?address=a%40mail.test"],
            ["Message", "m1-0", "/activity?message=m1-0"],
            ["Reason", "nobody listens", ""],
        ],
    }


def test_another_account_is_for_administrators(house: PagesHouse, browser: Browser) -> None:
    """Who is none is refused; an administrator sees all, whose it is, and may name one, but no answers of receivers."""
    happened(house, Kind.FAILED, message="m1-0", text="it answered 410", detail="secret answer")
    assert browser.go("/activity?account=admin").status == 403
    assert "Only an administrator sees the activity of another account." in browser.text
    assert 'name="account"' not in browser.text
    admin = house.browser()
    admin.sign_in("admin")
    admin.go("/activity?account=ada&kind=problems")
    assert sentences(admin) == ["Not published to somewhere for a@mail.test, given up: it answered 410"]
    assert '<a href="/activity?account=ada">ada</a>' in admin.text
    assert "secret answer" not in admin.text


@pytest.mark.parametrize("path", ["/activity", "/activity/new?after=1"])
def test_who_is_not_signed_in_sees_nothing(house: PagesHouse, path: str) -> None:
    """The page asks to sign in first."""
    answer = house.browser().go(path)
    assert (answer.status, answer.headers["location"].startswith("/login?next=%2Factivity")) == (303, True)


def test_every_kind_has_a_mood_and_stands_in_a_group_or_alone() -> None:
    """No kind is both good and a problem; each one that went wrong is found under what did not work."""
    assert not GOOD & PROBLEMS
    moods = {kind: shown(Recorded(1, Event(kind, NOW)), "ada").mood for kind in Kind}
    assert {kind for kind, mood in moods.items() if mood in ("warn", "bad")} == PROBLEMS
    assert {kind for kind, mood in moods.items() if mood == "good"} == GOOD
    assert GROUPS["problems"] == PROBLEMS
