"""The routes for domains."""

import pytest

from mailsockd.state.addresses import Address
from mailsockd.state.domains import Domain
from tests.api.house import NOW, House

DATE = "2026-11-22T08:01:10.004Z"


@pytest.fixture
def house() -> House:
    return House()


def test_the_domains_of_an_account(house: House) -> None:
    """Every documented field is there in its order; a configured domain is verified and belongs to admin."""
    (shown,) = house.json("GET", "/api/domains", "admin")
    assert list(shown.items()) == [
        ("_id", "b.test"),
        ("created", DATE),
        ("updated", DATE),
        ("enablews", False),
        ("hosted", False),
        ("isDefault", False),
        ("isPrivate", False),
        ("lastVerificationErrors", None),
        ("owner", "admin"),
        ("verificationTxt", ""),
        ("verified", True),
        ("verifiedMx", True),
    ]
    assert [domain["_id"] for domain in house.json("GET", "/api/domains", "bob")] == ["private.test"]
    assert house.json("GET", "/api/domains", "ada") == []


def test_a_domain_with_its_messages_and_catch_all(house: House) -> None:
    """One domain comes with the number of its messages and its catch-all address, null when it has none."""
    house.put(b"\r\n", inbox="x@private.test", owner="bob")
    house.put(b"\r\n", inbox="y@private.test", owner="bob")
    house.put(b"\r\n", inbox="z@b.test")
    found = house.json("GET", "/api/domains/Private.test", "bob")
    assert list(found) == ["domain", "totalMessages", "catchAllAddress"]
    assert (found["domain"]["_id"], found["totalMessages"], found["catchAllAddress"]) == ("private.test", 2, None)
    house.book.put(Address("*@private.test", "bob", NOW, NOW, catch_all="private.test"))
    shown = house.json("GET", "/api/domains/private.test", "bob")["catchAllAddress"]
    assert (shown["_id"], shown["catchAll"]) == ("*@private.test", "private.test")


def test_the_messages_of_a_domain(house: House) -> None:
    """Messages of all its inboxes, newest first, with limit and until; mail of reserved addresses is their owner's."""
    for inbox in ("x", "y", "z"):
        house.put(b"\r\n", inbox=f"{inbox}@b.test")
    house.put(b"\r\n", inbox="adas@b.test", owner="ada")
    path = "/api/domains/b.test/messages"
    assert [message["_id"] for message in house.json("GET", path, "admin")] == ["m3-0", "m2-0", "m1-0"]
    assert [message["_id"] for message in house.json("GET", f"{path}?limit=1", "admin")] == ["m3-0"]
    assert house.json("GET", f"{path}?until=2026-11-22T08:01:12.004Z", "admin")[0]["_id"] == "m2-0"
    for query, error in (("limit=1001", "limit"), ("until=soon", "until")):
        answer = house.ask("GET", f"{path}?{query}", "admin")
        assert answer.status == 400
        assert answer.json["validationErrors"][0].startswith(f"{error}: must be")


def test_a_claimed_domain_shows_no_messages(house: House) -> None:
    """Before a domain is verified its owner cannot list what came for it, nor delete that."""
    house.domains.put(Domain("claim.test", "ada", NOW, NOW, is_private=True))
    house.put(b"\r\n", inbox="x@claim.test")
    answer = house.ask("GET", "/api/domains/claim.test/messages")
    assert (answer.status, answer.json["message"]) == (403, "The domain claim.test is not verified yet.")
    assert house.ask("POST", "/api/domains/claim.test/delete-all-domain-mail").status == 204
    assert len(house.mailbox.messages) == 1


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_all_mail_of_a_domain_is_deleted(house: House, method: str) -> None:
    """Starred mail too, but for what is another account's."""
    house.put(b"\r\n", inbox="x@b.test")
    house.put(b"\r\n", inbox="x@b.test", saved_by="admin")
    house.put(b"\r\n", inbox="adas@b.test", owner="ada")
    house.put(b"\r\n", inbox="x@private.test", owner="bob")
    answer = house.ask(method, "/api/domains/b.test/delete-all-domain-mail", "admin")
    assert (answer.status, answer.body) == (204, b"")
    assert [message.inbox for message in house.mailbox.messages] == ["adas@b.test", "x@private.test"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_privacy_of_a_domain(house: House, method: str) -> None:
    """In a private domain inboxes that nobody reserved are its owner's alone; anybody may still reserve in it."""
    house.put(b"\r\n", inbox="x@b.test")
    changed = house.json(method, "/api/domains/b.test/privacy/True", "admin")
    assert (changed["_id"], changed["isPrivate"]) == ("b.test", True)
    assert house.store.saved == [house.domains.get("b.test")]
    assert house.ask("GET", "/api/addresses/x@b.test/messages", "ada").status == 403
    assert len(house.json("GET", "/api/addresses/x@b.test/messages", "admin")) == 1
    assert house.json("POST", "/api/addresses/mine@b.test", "ada")["owner"] == "ada"
    assert house.json(method, "/api/domains/b.test/privacy/0", "admin")["isPrivate"] is False
    assert len(house.json("GET", "/api/addresses/x@b.test/messages", "ada")) == 1


def test_privacy_is_true_or_false(house: House) -> None:
    """Anything else is a 400 that names it."""
    answer = house.ask("PUT", "/api/domains/b.test/privacy/perhaps", "admin")
    assert (answer.status, answer.json["validationErrors"]) == (400, ["private: must be true, false, 1 or 0"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "", 404),
        ("GET", "/messages", 403),
        ("POST", "/delete-all-domain-mail", 404),
        ("PUT", "/delete-all-domain-mail", 404),
        ("PUT", "/privacy/true", 404),
        ("POST", "/privacy/true", 404),
    ],
)
def test_domains_of_others(house: House, method: str, path: str, status: int) -> None:
    """Another's domain and one that nobody has are refused with one text, to administrators too."""
    for who in ("ada", "admin"):
        for domain in ("private.test", "nobody.test"):
            answer = house.ask(method, f"/api/domains/{domain}{path}", who)
            assert (answer.status, answer.json["message"]) == (
                status,
                f"The domain {domain} was not found for this user.",
            )
    answer = house.ask(method, f"/api/domains/a..b{path}")
    assert (answer.status, answer.json["validationErrors"]) == (400, ["domain: the domain has an empty label"])
    assert house.ask(method, f"/api/domains/private.test{path}", None).status == 401
    assert house.store.saved == []
