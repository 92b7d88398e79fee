"""The routes about the caller."""

import pytest

from mailsockd.state.accounts import ApiKey, key_digest
from tests.api.house import NOW, House

ME = {
    "_id": "ada",
    "email": "",
    "invoiceEmail": "",
    "capturePrivate": False,
    "messageLimit": 1000000,
    "privateDomain": 1,
    "privateAddressCredits": 1000000,
    "whitelistAccess": 0,
    "moAPICount": 1,
    "apiMonthlyLimit": 1000000,
    "recents": [],
    "labels": [],
    "company": "",
    "address": "",
    "firehose": 0,
    "allowPublicDomains": 1,
    "viewAnalytics": 1,
    "apiAccess": 1,
    "wsDomain": 1,
    "manyKeys": 1,
    "internalUnlimited": 1,
    "lastLogin": "2026-11-22T08:01:10.004Z",
    "allowMultipleUsers": 0,
    "userLimit": 0,
    "disableSpam": True,
    "stripeId": "",
    "moAPIDisabled": 0,
    "moAPILimitWarningEmail": 0,
    "apiKeyName": "first",
    "sendsRemaining": 0,
    "catchAll": 0,
}


@pytest.fixture
def house() -> House:
    return House()


def test_me_has_every_documented_field(house: House) -> None:
    """The account of the key, with the name of that key."""
    assert house.json("GET", "/api/me") == ME
    house.accounts.put_key(ApiKey(key_digest("k_second"), "ada", "second", "cond", NOW))
    assert house.json("GET", "/api/me", "second")["apiKeyName"] == "second"
    assert house.json("GET", "/api/me?_mailsacKey=k_second", None)["apiKeyName"] == "second"


def test_me_without_a_key_is_null(house: House) -> None:
    """No key and a wrong one are both 200 and null."""
    for who in (None, "nobody"):
        answer = house.ask("GET", "/api/me", who)
        assert (answer.status, answer.body) == (200, b"null")


def test_stats_of_an_account(house: House) -> None:
    """Addresses, domains, totals, and inboxes with own mail beside the reserved addresses."""
    house.json("POST", "/api/addresses/b@b.test", "bob")
    house.json("POST", "/api/addresses/a@b.test", "bob")
    house.put(b"1234567\r\n", inbox="a@b.test", owner="bob")
    house.put(b"1234567\r\n", inbox="x@private.test", owner="bob", saved_by="bob")
    house.put(b"1234567\r\n", inbox="z@b.test")
    assert list(house.json("GET", "/api/me/stats", "bob").items()) == [
        ("addresses", ["a@b.test", "b@b.test"]),
        ("domains", ["private.test"]),
        ("starredMessages", 1),
        ("storedMessages", 2),
        ("inboxBytes", 18),
        ("lastMonthOps", 0),
        ("defaultDomain", "private.test"),
        ("nonOwnedInboxes", ["x@private.test"]),
    ]
    assert house.json("GET", "/api/me/stats") == {
        "addresses": [],
        "domains": [],
        "starredMessages": 0,
        "storedMessages": 0,
        "inboxBytes": 0,
        "lastMonthOps": 0,
        "defaultDomain": "b.test",
        "nonOwnedInboxes": [],
    }


def test_an_administrator_may_see_the_stats_of_others(house: House) -> None:
    """overrideAccountId counts for administrators and is ignored from others; it needs an account that exists."""
    path = "/api/me/stats?overrideAccountId="
    assert house.json("GET", f"{path}bob", "admin")["domains"] == ["private.test"]
    assert house.json("GET", f"{path}bob", "ada")["domains"] == []
    answer = house.ask("GET", f"{path}nobody", "admin")
    assert (answer.status, answer.json["message"]) == (404, "There is no account nobody.")
    assert house.ask("GET", "/api/me/stats", None).status == 401


@pytest.mark.parametrize("who", ["ada", None])
def test_logout_ends_the_session(house: House, who: str | None) -> None:
    """The answer is ok, the session of the cookie ends and the cookie expires, with a key or without."""
    answer = house.ask("POST", "/api/auth/logout", who, headers={"Cookie": "mailsockd_session=abc"})
    assert (answer.status, answer.json) == (200, {"ok": True})
    assert answer.headers["set-cookie"] == "mailsockd_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    assert house.signed_out == ["abc"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_placeholders_say_where_the_thing_is(house: House, method: str) -> None:
    """Two paths of Mailsac's description answer 404 with a pointer."""
    answer = house.ask(method, "/api/custom_web_sockets?key=x", None)
    assert answer.status == 404
    assert answer.json["message"].startswith("Web sockets are at /incoming-messages?key=KEY&addresses=ADDRESSES")
    answer = house.ask(method, "/api/custom_webhooks", None)
    assert answer.status == 404
    assert answer.json["message"].startswith("A web hook is set for an address with PUT")
