"""The pages of an account's addresses: what they show, what their forms do, and what they say when it goes wrong."""

import pytest

from mailsockd.state.deliveries import Trial
from tests.dashboard.pages_house import Browser, PagesHouse


@pytest.fixture
def house() -> PagesHouse:
    return PagesHouse()


@pytest.fixture
def browser(house: PagesHouse) -> Browser:
    browser = house.browser()
    browser.sign_in("ada")
    return browser


def test_an_address_is_added_with_its_note(house: PagesHouse, browser: Browser) -> None:
    """The form reserves the address, and leads to its settings, which say so."""
    browser.go("/private-address?email=ci%2B1@mail.test")
    assert '<input type="text" value="ci+1@mail.test" id="email" name="email"' in browser.text
    answer = browser.send("/private-address", {"email": " User1@Mail.Test ", "info": " My first private email "})
    assert (answer.status, answer.headers["location"]) == (303, "/addresses/user1@mail.test?reserved=1")
    address = house.book.get("user1@mail.test")
    assert address is not None
    assert (address.owner, address.info) == ("ada", "My first private email")
    assert browser.go("/addresses/user1@mail.test?reserved=1").status == 200
    assert "The address is yours." in browser.text
    assert "Forward all incoming emails via web socket" in browser.text


@pytest.mark.parametrize(
    ("email", "status", "sentence"),
    [
        ("nonsense", 400, "An address needs a local part, an @ and a domain."),
        ("a@elsewhere.test", 400, "The domain elsewhere.test is not served."),
        ("taken@mail.test", 401, "taken@mail.test is owned by another account."),
        ("mine@mail.test", 400, "mine@mail.test is already owned by this account."),
    ],
)
def test_an_address_that_cannot_be_added_is_refused_with_the_reason(
    house: PagesHouse, browser: Browser, email: str, status: int, sentence: str
) -> None:
    """The form comes back as it was typed, with the reason."""
    house.reserve("taken@mail.test", "admin")
    house.reserve("mine@mail.test")
    browser.go("/private-address")
    assert browser.send("/private-address", {"email": email, "info": "a note"}).status == status
    assert sentence in browser.text
    assert f'value="{email}"' in browser.text
    assert 'value="a note"' in browser.text


def test_many_addresses_are_added_or_none(house: PagesHouse, browser: Browser) -> None:
    """Lines and commas part them; one that is wrong is named, and nothing is reserved."""
    browser.go("/addresses/bulk")
    typed = "a@mail.test, b@mail.test\nc@elsewhere.test"
    assert browser.send("/addresses/bulk", {"addresses": typed}).status == 400
    assert ">c@elsewhere.test cannot be reserved" in browser.text
    assert len(house.book) == 0
    answer = browser.send("/addresses/bulk", {"addresses": "a@mail.test,\nb@mail.test"})
    assert (answer.status, answer.headers["location"]) == (303, "/addresses?added=2")
    browser.go("/addresses?added=2")
    assert "2 addresses were reserved." in browser.text
    assert browser.send("/addresses/bulk", {"addresses": " , "}).status == 400
    assert "Type 1 to 100 addresses." in browser.text


def test_the_list_shows_each_address_with_where_its_mail_goes(house: PagesHouse, browser: Browser) -> None:
    """A badge for each way on; notes and addresses of strangers' making are text."""
    house.reserve("one@mail.test", enablews=True, webhook="https://hook.test/")
    house.reserve("two+x'<b>@mail.test")
    house.reserve("other@mail.test", "admin")
    browser.go("/addresses")
    assert browser.text.count('class="badge"') == 2
    assert '<a href="/inbox/one@mail.test">one@mail.test</a>' in browser.text
    assert "<b>" not in browser.text
    assert "other@mail.test" not in browser.text
    browser.go("/addresses?q=ONE")
    assert "one@mail.test" in browser.text
    assert "two" not in browser.text
    browser.go("/addresses?q=<i>")
    assert "No address has <strong>&lt;i&gt;</strong> in it or in its note." in browser.text


def test_an_empty_list_says_what_to_do(browser: Browser) -> None:
    """And links to it."""
    browser.go("/addresses")
    assert "No address yet" in browser.text
    assert '<a href="/private-address">Add your first email address</a>' in browser.text


def test_the_settings_are_saved_and_shown(house: PagesHouse, browser: Browser) -> None:
    """A box that is ticked is on, one that is not sent is off, an empty field is cleared."""
    house.reserve("one@mail.test", webhook="https://old.test/")
    browser.go("/addresses/one@mail.test")
    sent = {"enablews": "true", "webhook": "", "webhookSlack": "https://slack.test/"}
    answer = browser.send("/addresses/one@mail.test/forwarding", sent)
    assert (answer.status, answer.headers["location"]) == (303, "/addresses/one@mail.test?saved=1")
    address = house.book.get("one@mail.test")
    assert address is not None
    assert address.settings == {"enablews": True, "webhookSlack": "https://slack.test/"}
    browser.go("/addresses/one@mail.test?saved=1")
    assert "The settings were saved." in browser.text
    assert 'name="enablews" value="true" checked="checked"' in browser.text
    browser.send("/addresses/one@mail.test/forwarding", {"webhookSlack": "https://slack.test/"})
    address = house.book.get("one@mail.test")
    assert address is not None
    assert address.settings == {"enablews": False, "webhookSlack": "https://slack.test/"}


def test_a_wrong_setting_is_named_beside_its_field_and_nothing_is_saved(house: PagesHouse, browser: Browser) -> None:
    """What was typed is still there."""
    house.reserve("one@mail.test")
    browser.go("/addresses/one@mail.test")
    sent = {"enablews": "true", "webhook": "bad", "webhookSlack": "https://slack.test/"}
    assert browser.send("/addresses/one@mail.test/forwarding", sent).status == 400
    assert '<p class="hint bad" id="webhook-error">Must not be bad.</p>' in browser.text
    assert 'value="https://slack.test/"' in browser.text
    assert 'value="true" checked="checked"' in browser.text
    address = house.book.get("one@mail.test")
    assert address is not None
    assert address.settings == {}


def test_the_note_is_saved(house: PagesHouse, browser: Browser) -> None:
    """A note that is too long is refused beside its field."""
    house.reserve("one@mail.test")
    browser.go("/addresses/one@mail.test")
    assert browser.send("/addresses/one@mail.test/info", {"info": " orders "}).status == 303
    address = house.book.get("one@mail.test")
    assert address is not None
    assert address.info == "orders"
    assert browser.send("/addresses/one@mail.test/info", {"info": "x" * 1001}).status == 400
    assert "Must be text of at most 1000 characters." in browser.text


@pytest.mark.parametrize("trial", [Trial(True, 200, 12, "200 OK"), Trial(False, 500, 1234, "500 <b>")])
def test_a_webhook_can_be_tried(house: PagesHouse, browser: Browser, trial: Trial) -> None:
    """What came of it is said in words."""
    house.reserve("one@mail.test", webhook="https://hook.test/")
    house.trial = trial
    browser.go("/addresses/one@mail.test")
    assert browser.send("/addresses/one@mail.test/webhook-test", {}).status == 200
    words = {
        True: "The webhook took the test (12 ms): 200 OK",
        False: "The webhook did not take the test (1,234 ms): 500 &lt;b&gt;",
    }
    assert words[trial.delivered] in browser.text
    assert [address.address for address in house.tried] == ["one@mail.test"]


def test_the_secret_of_a_webhook_is_there_and_can_be_replaced(house: PagesHouse, browser: Browser) -> None:
    """Only with a webhook; a new one is another."""
    house.reserve("one@mail.test")
    browser.go("/addresses/one@mail.test")
    assert "whsec_" not in browser.text
    house.reserve("one@mail.test", webhook="https://hook.test/")
    browser.go("/addresses/one@mail.test")
    first = browser.text.partition('data-secret="')[2].partition('"')[0]
    assert first.startswith("whsec_")
    assert browser.send("/addresses/one@mail.test/webhook-secret", {}).status == 303
    browser.go("/addresses/one@mail.test?rotated=1")
    assert first not in browser.text
    assert "There is a new secret." in browser.text


def test_an_address_is_released(house: PagesHouse, browser: Browser) -> None:
    """It is nobody's then, and the list says so."""
    house.reserve("one@mail.test")
    browser.go("/addresses/one@mail.test")
    answer = browser.send("/addresses/one@mail.test/release", {"empty": "true"})
    assert (answer.status, answer.headers["location"]) == (303, "/addresses?released=1")
    assert house.book.get("one@mail.test") is None


@pytest.mark.parametrize("path", ["", "/pop3"])
@pytest.mark.parametrize("email", ["theirs@mail.test", "nobodys@mail.test", "nonsense", "inbox-0@mail.test"])
def test_what_is_not_the_visitors_does_not_exist(house: PagesHouse, browser: Browser, email: str, path: str) -> None:
    """Another's address, nobody's and no address at all are answered alike."""
    house.reserve("theirs@mail.test", "admin")
    assert browser.go(f"/addresses/{email}{path}").status == 404
    assert "There is no such address among yours." in browser.text


@pytest.mark.parametrize(
    "path",
    ["/info", "/forwarding", "/webhook-test", "/webhook-secret", "/release", "/purge", "/pop3", "/pop3/clear"],
)
def test_the_forms_of_anothers_address_change_nothing(house: PagesHouse, browser: Browser, path: str) -> None:
    """They are refused, whatever is sent."""
    house.reserve("theirs@mail.test", "admin", webhook="https://hook.test/")
    before = house.book.get("theirs@mail.test")
    browser.go("/addresses")
    fields = {"info": "x", "enablews": "true", "webhook": "", "empty": "true", "password": "longenough"}
    assert browser.send(f"/addresses/theirs@mail.test{path}", fields).status in (400, 401, 404)
    assert house.book.get("theirs@mail.test") is before


@pytest.mark.parametrize("path", ["/addresses", "/private-address", "/addresses/bulk", "/addresses/a@mail.test"])
def test_the_pages_need_a_session(house: PagesHouse, path: str) -> None:
    """Who has none is led to the form."""
    answer = house.browser().go(path)
    assert answer.status == 303
    assert answer.headers["location"].startswith("/login?next=")


def test_mail_programs_are_told_what_they_need(house: PagesHouse, browser: Browser) -> None:
    """Where POP3 listens, and that there is no password yet."""
    house.reserve("one@mail.test")
    browser.go("/addresses/one@mail.test/pop3")
    assert "<code>127.0.0.1:1110</code>" in browser.text
    assert "This server does not offer it." in browser.text
    assert "There is not a custom password for this address." in browser.text


def test_a_password_is_set_made_and_taken_away(house: PagesHouse, browser: Browser) -> None:
    """One that is made is shown once, one that was typed never; a short one is refused beside the field."""
    house.reserve("one@mail.test")
    browser.go("/addresses/one@mail.test/pop3")
    browser.send("/addresses/one@mail.test/pop3", {"password": ""})
    made = browser.text.partition('class="made">')[2].partition("<")[0]
    assert len(made) == 20
    assert "Copy this password now! It will not be shown again." in browser.text
    browser.go("/addresses/one@mail.test/pop3")
    assert made not in browser.text
    assert browser.send("/addresses/one@mail.test/pop3", {"password": "short"}).status == 400
    assert 'id="password-error"' in browser.text
    browser.send("/addresses/one@mail.test/pop3", {"password": "long enough"})
    assert "long enough" not in browser.text
    address = house.book.get("one@mail.test")
    assert address is not None
    assert address.password == "hash of long enough"
    browser.send("/addresses/one@mail.test/pop3/clear", {})
    address = house.book.get("one@mail.test")
    assert address is not None
    assert address.password is None


def test_a_purge_deletes_and_says_how_much(house: PagesHouse, browser: Browser) -> None:
    """The list says it afterwards."""
    from tests.fakes import stored

    house.reserve("one@mail.test")
    house.mailbox.messages = [stored(f"m{n}-0", inbox="one@mail.test", owner="ada", seq=n) for n in (1, 2)]
    browser.go("/addresses")
    answer = browser.send("/addresses/one@mail.test/purge", {})
    assert answer.headers["location"] == "/addresses?purged=2"
    browser.go("/addresses?purged=2")
    assert "2 messages were deleted." in browser.text
    assert house.mailbox.messages == []


def test_the_settings_lead_to_what_happened_to_the_address(house: PagesHouse, browser: Browser) -> None:
    """To its activity and its deliveries; whatever is in the address is in the link as it is."""
    house.reserve("one&x@mail.test")
    browser.go("/addresses/one%26x@mail.test")
    assert '<a href="/activity?address=one%26x@mail.test">Recent Activity</a>' in browser.text
    assert '<a href="/deliveries?address=one%26x@mail.test">deliveries</a>' in browser.text
