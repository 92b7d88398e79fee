"""Web hooks by REST: the settings of an address, the secret, a test."""

from typing import Any

import pytest

from tests.api.house import House

SECRET = "/mailsockd/v1/addresses/a@b.test/webhook-secret"
HOOK = "https://hook.test/mail"


@pytest.fixture
def house() -> House:
    house = House()
    house.json("POST", "/api/addresses/a@b.test", body={"webhook": HOOK})
    return house


def test_the_settings_are_kept_and_cleared(house: House) -> None:
    """What is set is answered; empty text and null clear it; what is not named stays."""
    slack = {"webhookSlack": "https://hooks.slack.test/x", "webhookSlackToFrom": True}
    address = house.json("PUT", "/api/addresses/a@b.test", body=slack)
    assert {name: address[name] for name in ("webhook", *slack)} == {"webhook": HOOK, **slack}
    address = house.json("PUT", "/api/addresses/a@b.test", body={"webhook": "", "webhookSlack": None})
    assert (address["webhook"], address["webhookSlack"], address["webhookSlackToFrom"]) == (None, None, True)


@pytest.mark.parametrize("body", [b"webhookSlackToFrom=true&webhook=https://hook.test/x", b"webhookSlackToFrom=1"])
def test_forms_set_them_too(house: House, body: bytes) -> None:
    """A flag that came as text is what it means."""
    answer = house.ask("PUT", "/api/addresses/a@b.test", body=body, content_type="application/x-www-form-urlencoded")
    assert (answer.status, answer.json["webhookSlackToFrom"]) == (200, True)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"webhook": "http://127.1/"},
         "webhook: has a host that is neither a name nor four decimal numbers, such as 192.0.2.1"),
        ({"webhook": "http://10.0.0.1/"},
         "webhook: leads to 10.0.0.1, a private address, which the operator's setting webhook.allow does not list"),
        ({"webhook": "http://localhost/"},
         "webhook: leads to localhost: 127.0.0.1, a loopback address, which the operator's setting webhook.allow does "
         "not list"),
        ({"webhook": "https://hook.test:9000/"},
         "webhook: leads to port 9000, and the operator's setting webhook.ports has 80, 443, 8080, 8443"),
        ({"webhook": {"url": HOOK}}, "webhook: must be an URL as text, or null for none"),
        ({"webhook": True}, "webhook: must be an URL as text, or null for none"),
        ({"webhookSlack": "hooks.slack.com"},
         "webhookSlack: must be an http or https URL, such as https://example.org/mail"),
        ({"webhookSlack": "http://[64:ff9b::7f00:1]/"},
         "webhookSlack: leads to 64:ff9b::7f00:1, an address of a transition from IPv4 to IPv6, which the operator's "
         "setting webhook.allow does not list"),
        ({"webhookSlackToFrom": "perhaps"}, "webhookSlackToFrom: must be true or false"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_what_is_wrong_is_named(house: House, method: str, body: dict[str, Any], error: str) -> None:
    """A setting that leads nowhere is refused with its name and the reason, and changes nothing."""
    email = "a@b.test" if method == "PUT" else "new@b.test"
    answer = house.ask(method, f"/api/addresses/{email}", body={**body, "info": "changed"})
    assert (answer.status, answer.json["validationErrors"]) == (400, [error])
    address = house.json("GET", "/api/addresses/a@b.test")
    assert (address["webhook"], address["info"]) == (HOOK, "")
    assert house.book.get("new@b.test") is None


def test_the_secret_is_told_to_its_owner(house: House) -> None:
    """It is the same every time, and is in no answer about the address."""
    told = house.json("GET", SECRET)
    assert told == {"_id": "a@b.test", "secret": told["secret"], "previous": None, "previousUntil": None}
    assert told["secret"].startswith("whsec_") and len(told["secret"]) == 50
    assert house.json("GET", SECRET) == told
    for path in ("/api/addresses/a@b.test", "/api/addresses", "/api/me", "/api/me/stats"):
        assert "whsec_" not in house.ask("GET", path).body.decode()


def test_a_rotation_tells_both(house: House) -> None:
    """The new one, and the one before it with the day on which it ends."""
    before = house.json("GET", SECRET)["secret"]
    rotated = house.json("POST", f"{SECRET}/rotate")
    assert rotated == {
        "_id": "a@b.test",
        "secret": rotated["secret"],
        "previous": before,
        "previousUntil": "2026-11-23T08:01:10.004Z",
    }
    assert rotated["secret"] != before
    assert house.json("GET", SECRET) == rotated


def test_a_test_tells_how_it_went(house: House) -> None:
    """The answer is a 200 that says what the web hook said."""
    assert house.json("POST", "/mailsockd/v1/addresses/a@b.test/webhook-test") == {
        "delivered": True,
        "status": 200,
        "milliseconds": 7,
        "reason": "https://hook.test/mail answered 200 OK",
    }


@pytest.mark.parametrize("what", ["webhook-secret", "webhook-secret/rotate", "webhook-test"])
def test_without_a_web_hook_there_is_nothing(house: House, what: str) -> None:
    """An address that never had one is a 404 that says what to do."""
    house.json("POST", "/api/addresses/bare@b.test")
    method = "GET" if what == "webhook-secret" else "POST"
    answer = house.ask(method, f"/mailsockd/v1/addresses/bare@b.test/{what}")
    assert answer.status == 404
    assert answer.json["message"] == "bare@b.test has no web hook yet: set `webhook` first."
