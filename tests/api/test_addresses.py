"""The routes for addresses, as bytes on a connection."""

import pytest
from twisted.internet.defer import fail

from mailsockd.actions.ports import StorageTrouble
from mailsockd.state.addresses import Address
from mailsockd.state.subscriptions import Subscription
from tests.api.house import NOW, House

NEW = {
    "_id": "a@b.test",
    "owner": "ada",
    "forward": None,
    "enablews": False,
    "enabledws": False,
    "webhook": None,
    "webhookSlack": None,
    "webhookSlackToFrom": None,
    "catchAll": None,
    "password": None,
    "info": "",
    "encryptedInbox": "inbox-09afe77e1ecdf7d7f60ed2a95c86b162b5338803@b.test",
    "implicit": False,
    "created": "2026-11-22T08:01:10.004Z",
    "updated": "2026-11-22T08:01:10.004Z",
}


@pytest.fixture
def house() -> House:
    return House()


def test_reserve_answers_the_address_with_every_field(house: House) -> None:
    """A bare POST reserves the address and answers all documented fields in the documented order."""
    answer = house.ask("POST", "/api/addresses/A@B.test")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert list(answer.json.items()) == list(NEW.items())
    assert [entry.address for entry in house.store.saved] == ["a@b.test"]  # type: ignore[union-attr]


def test_what_an_alias_stands_for_is_told_to_its_owner_alone(house: House) -> None:
    """Whoever knows an alias and not its address cannot learn the address by asking."""
    alias = house.json("POST", "/api/addresses/secret@b.test")["encryptedInbox"]
    path = f"/api/addresses/{alias}"
    assert house.json("GET", path)["_id"] == "secret@b.test"
    assert house.json("GET", f"{path}/availability")["email"] == "secret@b.test"
    requests = [("GET", ""), ("POST", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/availability"), ("GET", "/messages")]
    requests += [("GET", "/message-count"), ("DELETE", "/messages"), ("GET", "/messages/x-0")]
    answers = [house.ask(method, path + more, "bob") for method, more in requests]
    assert [answer.status for answer in answers] == [401, 401, 401, 400, 200, 403, 403, 401, 404]
    assert not [answer.body for answer in answers if b"secret" in answer.body]
    assert answers[0].json["message"] == f"{alias} is owned by another account."
    assert answers[4].json == {"available": False, "email": alias, "owned": False}


def test_a_reservation_whose_mail_cannot_be_taken_along_is_not_made(house: House) -> None:
    """When the mailbox refuses, the answer says that nothing was changed, and so it is: it can be asked for again."""
    house.mailbox.adopt = lambda inbox, owner: fail(StorageTrouble("full"))  # type: ignore[method-assign]
    assert house.ask("POST", "/api/addresses/a@b.test").status == 500
    del house.mailbox.adopt
    assert house.book.get("a@b.test") is None
    assert house.json("POST", "/api/addresses/a@b.test")["_id"] == "a@b.test"


def test_reserve_with_settings_takes_effect_at_once(house: House) -> None:
    """Settings in the body of the reservation are set from the start."""
    made = house.json("POST", "/api/addresses/a@b.test", body={"enablews": True, "info": "CI"})
    assert (made["enablews"], made["enabledws"], made["info"]) == (True, True, "CI")


def test_the_documented_curl_enables_web_sockets(house: House) -> None:
    """The older PUT with JSON in a body declared as a form switches forwarding on and answers the address."""
    house.ask("POST", "/api/addresses/a@b.test")
    path, form = "/api/private-address-forwarding/a@b.test", "application/x-www-form-urlencoded"
    answer = house.ask("PUT", path, body=b'{"enablews": true}', content_type=form)
    assert (answer.status, answer.json["enablews"]) == (200, True)
    answer = house.ask("PUT", path, body=b"enablews=false", content_type=form)
    assert (answer.status, answer.json["enablews"]) == (200, False)


@pytest.mark.parametrize(
    ("who", "address", "status", "message"),
    [
        ("ada", "a@b.test", 400, "a@b.test is already owned by this account."),
        ("ada", "a+tag@b.test", 400, "a@b.test is already owned by this account."),
        ("bob", "a@b.test", 401, "a@b.test is owned by another account."),
        ("ada", "x@private.test", 401, "x@private.test is owned by another account."),
        ("ada", "nobody", 400, "nobody is not a valid email address"),
        (
            "ada",
            "*@b.test",
            400,
            "*@b.test cannot be reserved: b.test is not owned and verified by this account, "
            "and only such a domain can have a catch-all.",
        ),
        ("ada", "*a@b.test", 400, "*a@b.test is not a valid email address"),
        ("ada", f"inbox-{'0' * 40}@b.test", 400, f"inbox-{'0' * 40}@b.test is not a valid email address"),
        (None, "c@b.test", 401, "Not authorized. You may need to log in first."),
        ("eve", "c@b.test", 401, "Not authorized. You may need to log in first."),
    ],
)
def test_reservations_that_are_refused(house: House, who: str | None, address: str, status: int, message: str) -> None:
    """What cannot be reserved is refused with the documented status and a sentence, and nothing is saved."""
    house.ask("POST", "/api/addresses/a@b.test")
    answer = house.ask("POST", f"/api/addresses/{address}", who)
    assert (answer.status, answer.json["message"], answer.json["status"]) == (status, message, status)
    assert len(house.store.saved) == 1


def test_a_domain_that_is_not_served_says_what_would_make_it_work(house: House) -> None:
    """The refusal names the domains that are served and the two settings that would change it."""
    answer = house.ask("POST", "/api/addresses/a@elsewhere.test")
    assert answer.status == 400
    assert answer.json["message"] == (
        "a@elsewhere.test cannot be reserved: mail for elsewhere.test is not taken here. Use one of b.test, "
        "private.test; or the operator adds elsewhere.test to `domains` in the configuration, or sets "
        "`smtp.accept: any`."
    )
    assert answer.json["validationErrors"] == ["email: the domain elsewhere.test is not served"]
    assert House(any_domain=True).ask("POST", "/api/addresses/a@elsewhere.test").status == 200


def test_credits_are_counted(house: House) -> None:
    """An account with two credits reserves two addresses, is refused the third, and may again after a release."""
    assert house.json("GET", "/api/me", "bob")["privateAddressCredits"] == 2
    for name in ("x", "y"):
        assert house.ask("POST", f"/api/addresses/{name}@b.test", "bob").status == 200
    answer = house.ask("POST", "/api/addresses/z@b.test", "bob")
    assert (answer.status, answer.json["message"]) == (
        400,
        "You do not have enough private address credits (0). Please purchase more.",
    )
    assert house.ask("DELETE", "/api/addresses/x@b.test", "bob").status == 200
    assert house.ask("POST", "/api/addresses/z@b.test", "bob").status == 200


def test_reserving_takes_public_mail_along(house: House) -> None:
    """Mail that lay in the public inbox belongs to whoever reserves it."""
    house.put(b"Subject: old\r\n\r\n")
    house.ask("POST", "/api/addresses/a@b.test")
    assert [message.owner for message in house.mailbox.messages] == ["ada"]
    assert house.ask("GET", "/api/addresses/a@b.test/messages", "bob").status == 403


def test_update_changes_only_what_is_given(house: House) -> None:
    """A PUT changes the named settings, by either spelling of the flag, and leaves the others."""
    house.ask("POST", "/api/addresses/a@b.test", body={"info": "kept"})
    assert house.json("PUT", "/api/addresses/a@b.test", body={"enabledws": 1})["info"] == "kept"
    assert house.json("GET", "/api/addresses/a@b.test")["enablews"] is True
    assert house.json("PUT", "/api/addresses/a@b.test", body={"info": None})["info"] == ""
    assert house.json("PUT", "/api/addresses/a@b.test", body={"webhook": None, "forward": ""})["webhook"] is None


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"enablews": "maybe"}, "enablews: must be true or false"),
        ({"info": 5}, "info: must be text of at most 1000 characters"),
        ({"colour": "red"}, "colour: is not a setting of an address"),
        ({"forward": 5}, "forward: must be an email address"),
        ({"forward": "x"}, "forward: is not a valid email address: an address needs a local part, an @ and a domain"),
        ({"forward": "x@b.test"}, "forward: must be an address of this account, and x@b.test is none"),
        ({"forward": "bobs@b.test"}, "forward: must be an address of this account, and bobs@b.test is none"),
        ({"forward": "A+tag@b.test"}, "forward: must be another address"),
        (
            {"forward": "x@gmail.test"},
            "forward: must be an address of this account: x@gmail.test is not on this server, and no relay is "
            "configured (relay.host)",
        ),
    ],
)
def test_wrong_settings_are_named(house: House, body: object, error: str) -> None:
    """A wrong field is a 400 that names it, and nothing changes."""
    house.ask("POST", "/api/addresses/a@b.test")
    house.ask("POST", "/api/addresses/bobs@b.test", "bob")
    answer = house.ask("PUT", "/api/addresses/a@b.test", body=body)
    assert (answer.status, answer.json["validationErrors"]) == (400, [error])
    assert len(house.store.saved) == 2


def test_forwarding_to_an_address_of_the_account(house: House) -> None:
    """It is kept as the inbox that it names, by PUT or with the reservation, and cleared by an empty text."""
    house.ask("POST", "/api/addresses/a@b.test")
    assert house.json("POST", "/api/addresses/c@b.test", body={"forward": "A+x@B.test"})["forward"] == "a@b.test"
    assert house.json("PUT", "/api/private-address-forwarding/c@b.test", body={"forward": ""})["forward"] is None


def test_update_by_somebody_else(house: House) -> None:
    """Another's address is 401 on the newer route and 404 on the older; nobody's is 404 on both."""
    house.ask("POST", "/api/addresses/a@b.test")
    missing = "The private address was not found for this user."
    assert house.ask("PUT", "/api/addresses/a@b.test", "bob", {}).status == 401
    answer = house.ask("PUT", "/api/private-address-forwarding/a@b.test", "bob", {})
    assert (answer.status, answer.json["message"]) == (404, missing)
    answer = house.ask("PUT", "/api/addresses/free@b.test", "bob", {})
    assert (answer.status, answer.json["message"]) == (404, missing)


def test_show_reserved_unreserved_and_anothers(house: House) -> None:
    """The owner sees all of it; a free address has no owner; one inside an own domain is implicit; another's is 401."""
    house.ask("POST", "/api/addresses/a@b.test")
    assert house.json("GET", "/api/addresses/a%40b.test") == NEW
    free = house.json("GET", "/api/addresses/free@b.test")
    assert "owner" not in free and free["implicit"] is False
    assert free["encryptedInbox"].startswith("inbox-") and free["encryptedInbox"].endswith("@b.test")
    assert house.json("GET", "/api/addresses/x@private.test", "bob")["implicit"] is True
    assert house.ask("GET", "/api/addresses/a@b.test", "bob").status == 401


def test_list_and_availability(house: House) -> None:
    """The list holds the caller's addresses in order; availability tells free, own and another's apart."""
    for name in ("z", "a"):
        house.ask("POST", f"/api/addresses/{name}@b.test")
    assert [address["_id"] for address in house.json("GET", "/api/addresses/")] == ["a@b.test", "z@b.test"]
    assert house.json("GET", "/api/addresses", "bob") == []
    assert house.json("GET", "/api/addresses/a@b.test/availability") == {
        "available": False,
        "email": "a@b.test",
        "owned": True,
    }
    assert house.json("GET", "/api/addresses/a@b.test/availability", "bob")["owned"] is False
    assert house.json("GET", "/api/addresses/free@b.test/availability", "bob")["available"] is True


def test_release(house: House) -> None:
    """Releasing answers the address; what is not the caller's is a 400; messages go only when asked."""
    house.ask("POST", "/api/addresses/a@b.test")
    house.put(b"Subject: x\r\n\r\n", owner="ada")
    refused = house.ask("DELETE", "/api/addresses/a@b.test", "bob")
    assert (refused.status, refused.json["message"]) == (
        400,
        "That address is not valid. Make sure it is one you own.",
    )
    answer = house.ask("DELETE", "/api/addresses/a@b.test", body={})
    assert (answer.status, answer.json) == (200, {"message": "Address was released.", "_id": "a@b.test"})
    assert len(house.mailbox.messages) == 1
    assert house.json("GET", "/api/addresses/a@b.test/messages", "bob") == []
    assert len(house.json("GET", "/api/addresses/a@b.test/messages")) == 1
    house.ask("POST", "/api/addresses/a@b.test")
    house.ask("DELETE", "/api/addresses/a@b.test?deleteAddressMessages=true")
    assert house.mailbox.messages == []


def test_release_closes_the_sockets_that_listen(house: House) -> None:
    """The owner's sockets on a released address are told at once."""
    house.book.put(Address("a@b.test", "ada", NOW, NOW))
    ended: list[str] = []
    house.subscriptions.add(
        Subscription("ada", "k", frozenset(["a@b.test"]), frozenset(), "flat", True, lambda _: None, ended.append)
    )
    house.ask("DELETE", "/api/addresses/a@b.test")
    assert ended == ["a@b.test was released"]


def test_me(house: House) -> None:
    """/me is the account of the key, and null without one."""
    assert house.ask("GET", "/api/me", None).body == b"null"
    assert house.ask("GET", "/api/me", "eve").body == b"null"
    me = house.json("GET", "/api/me")
    assert (me["_id"], me["privateAddressCredits"], me["firehose"]) == ("ada", 1000000, 0)
    assert house.json("GET", "/api/me", "admin")["firehose"] == 1
