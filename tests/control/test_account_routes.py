"""Accounts and keys over the control socket."""

import pytest

from mailsockd.state.accounts import key_digest
from tests.control.house import House

DATES = {"created": "2026-11-22T08:01:10.004Z", "updated": "2026-11-22T08:01:10.004Z"}


@pytest.fixture
def house() -> House:
    return House()


def test_an_account_is_made_with_a_password_and_a_key(house: House) -> None:
    """The answer holds both in clear, and the key opens the account at once."""
    made = house.json("POST", "accounts", {"_id": "ada", "email": "ada@Example.org", "admin": True})
    password, key = made.pop("password"), made.pop("key")
    assert made == {
        "_id": "ada", "email": "ada@example.org", "admin": True, "disabled": False, "credits": None,
        "messageLimit": None, "monthlyOps": None, "capturePrivate": False, "addresses": 0, "keys": 1, **DATES,
    }  # fmt: skip
    assert len(password) == 20
    account = house.registry.accounts.by_key(key)
    assert account is not None
    assert (account.name, account.password) == ("ada", f"hash of {password}")


def test_a_given_password_is_kept_and_not_answered(house: House) -> None:
    """A password that the operator chose does not come back."""
    made = house.json("POST", "accounts", {"_id": "ada", "password": "correct horse"})
    assert made["password"] is None
    account = house.registry.accounts.get("ada")
    assert account is not None
    assert account.password == "hash of correct horse"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, "_id must be text"),
        ({"_id": ""}, 400, "_id must be text"),
        ({"_id": 7}, 400, "_id must be text"),
        ({"_id": "bob", "admin": "yes"}, 400, "admin must be true or false"),
        ({"_id": "bob", "email": "a b@c.test"}, 400,
         "email is not an address: the local part contains a character that needs quotes"),
        ({"_id": "bob", "name": "x"}, 400, "name is not a field here; there are _id, admin, email, password"),
        ({"_id": "ada"}, 400, "There is an account ada already."),
    ],
)  # fmt: skip
def test_a_wrong_account_is_refused_by_field(house: House, body: object, status: int, message: str) -> None:
    """Every refusal names the field, in the shape of all errors, and makes no account."""
    house.json("POST", "accounts", {"_id": "ada"})
    answer = house.ask("POST", "accounts", body)
    assert (answer.status, answer.json["message"], answer.json["error"]) == (status, message, "Bad Request")
    assert [account.name for account in house.registry.accounts] == ["ada"]


def test_accounts_are_listed_by_name_without_secrets(house: House) -> None:
    """The list counts keys and addresses, and holds neither hashes nor keys."""
    for name in ("bob", "ada"):
        house.json("POST", "accounts", {"_id": name})
    house.json("POST", "addresses/a@mail.test?account=bob", {})
    listed = house.json("GET", "accounts")
    assert [(one["_id"], one["keys"], one["addresses"]) for one in listed] == [("ada", 1, 0), ("bob", 1, 1)]
    assert set(listed[0]) == {
        "_id", "email", "admin", "disabled", "credits", "messageLimit", "monthlyOps", "capturePrivate", "addresses",
        "keys", "created", "updated",
    }  # fmt: skip


def test_only_what_is_named_changes(house: House) -> None:
    """Credits and administration are set one by one; null credits are any number."""
    house.json("POST", "accounts", {"_id": "ada"})
    first = house.json("PATCH", "accounts/ada", {"credits": 3})
    second = house.json("PATCH", "accounts/ada", {"admin": True})
    third = house.json("PATCH", "accounts/ada", {"credits": None})
    assert [(one["credits"], one["admin"]) for one in (first, second, third)] == [(3, False), (3, True), (None, True)]


@pytest.mark.parametrize("credits", [-1, True, 1.5, "3"])
def test_wrong_credits_change_nothing(house: House, credits: object) -> None:
    """Credits that are no number of addresses are a 400."""
    house.json("POST", "accounts", {"_id": "ada"})
    assert house.ask("PATCH", "accounts/ada", {"credits": credits}).status == 400
    assert house.json("GET", "accounts")[0]["credits"] is None


def test_removing_takes_keys_addresses_and_sockets_along(house: House) -> None:
    """An account that is removed leaves nothing that speaks or listens for it, and its mail only without purge."""
    house.json("POST", "accounts", {"_id": "root", "admin": True})
    key = house.json("POST", "accounts", {"_id": "ada"})["key"]
    house.json("POST", "addresses/a@mail.test?account=ada", {})
    house.receive("a@mail.test", b"Subject: x\r\n\r\nx")
    ended = house.listen("ada")
    assert house.json("DELETE", "accounts/ada?purge=true") == {"_id": "ada"}
    assert house.registry.accounts.by_key(key) is None
    assert house.registry.book.get("a@mail.test") is None
    assert ended == ["the account was removed"]
    assert house.mailbox.messages == []
    assert [event["account"] for event in house.json("GET", "activity?account=ada")] == []


def test_mail_stays_without_purge(house: House) -> None:
    """Removing an account does not delete mail by itself."""
    house.json("POST", "accounts", {"_id": "root", "admin": True})
    house.json("POST", "accounts", {"_id": "ada"})
    house.json("POST", "addresses/a@mail.test?account=ada", {})
    house.receive("a@mail.test", b"Subject: x\r\n\r\nx")
    house.json("DELETE", "accounts/ada")
    assert [message.owner for message in house.mailbox.messages] == ["ada"]
    assert [event["kind"] for event in house.json("GET", "activity?account=ada")] == ["stored"]


def test_the_last_administrator_stays(house: House) -> None:
    """Nobody can lock everybody out by removing the only administrator."""
    house.json("POST", "accounts", {"_id": "root", "admin": True})
    answer = house.ask("DELETE", "accounts/root")
    assert (answer.status, answer.json["message"]) == (400, "root is the last administrator.")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", "accounts/eve"), ("DELETE", "accounts/eve"), ("POST", "accounts/eve/password"),
     ("GET", "accounts/eve/usage"),
     ("GET", "accounts/eve/keys"), ("POST", "accounts/eve/keys"), ("DELETE", "accounts/eve/keys?which=abcd")],
)  # fmt: skip
def test_an_unknown_account_is_a_404(house: House, method: str, path: str) -> None:
    """Every route of one account says when there is none."""
    answer = house.ask(method, path, {} if method in ("PATCH", "POST") else None)
    assert (answer.status, answer.json["message"]) == (404, "There is no account eve.")


def test_a_new_password_replaces_the_old(house: House) -> None:
    """Without one a random password is made and answered."""
    house.json("POST", "accounts", {"_id": "ada", "password": "the first one"})
    answer = house.json("POST", "accounts/ada/password", {})
    account = house.registry.accounts.get("ada")
    assert account is not None
    assert account.password == f"hash of {answer['password']}"
    assert house.json("POST", "accounts/ada/password", {"password": "my own choice"})["password"] is None
    assert house.ask("POST", "accounts/ada/password", {"password": "short"}).status == 400


def test_keys_are_listed_by_their_last_characters(house: House) -> None:
    """A new key is answered once; the list shows names and four characters."""
    house.json("POST", "accounts", {"_id": "ada"})
    made = house.json("POST", "accounts/ada/keys", {"name": "laptop"})
    account = house.registry.accounts.by_key(made["key"])
    assert account is not None and account.name == "ada"
    listed = house.json("GET", "accounts/ada/keys")
    assert listed[1] == {
        "account": "ada", "name": "laptop", "last": made["key"][-4:], "created": "2026-11-22T08:01:10.004Z",
        "lastUsed": None,
    }  # fmt: skip
    house.metering.by_key(made["key"])
    assert [key["lastUsed"] for key in house.json("GET", "accounts/ada/keys")] == [None, "2026-11-22T08:01:10.004Z"]


def test_a_key_in_use_elsewhere_is_taken_over(house: House) -> None:
    """A key that the operator brings works and is not answered; a second time it is refused."""
    house.json("POST", "accounts", {"_id": "ada"})
    body = {"name": "old", "key": "k_used_for_years_1234"}
    assert house.json("POST", "accounts/ada/keys", body)["key"] is None
    account = house.registry.accounts.by_key("k_used_for_years_1234")
    assert account is not None and account.name == "ada"
    assert house.ask("POST", "accounts/ada/keys", body).json["message"] == "The key is in use already."


def test_a_revoked_key_closes_its_sockets_and_no_others(house: House) -> None:
    """A key is named by its label or its last characters, in the query, because paths are logged."""
    house.json("POST", "accounts", {"_id": "ada"})
    key = house.json("POST", "accounts/ada/keys", {"name": "laptop"})["key"]
    ended, others = house.listen("ada", key_digest(key)), house.listen("ada", "another")
    revoked = house.json("DELETE", f"accounts/ada/keys?which={key[-4:]}")
    assert revoked["name"] == "laptop"
    assert (ended, others) == (["the key was revoked"], [])
    assert house.registry.accounts.by_key(key) is None
    assert house.ask("DELETE", "accounts/ada/keys?which=laptop").status == 404
    assert house.ask("DELETE", "accounts/ada/keys").json["validationErrors"] == [
        "which: must be the name or the last four characters of a key"
    ]


@pytest.mark.parametrize("credits", [-1, 1_000_000_001, 1 << 63, 1 << 200])
def test_credits_that_no_store_could_keep_are_refused(house: House, credits: int) -> None:
    """A count outside of the bounds changes nothing, so the state can always be read again."""
    house.json("POST", "accounts", {"_id": "ada"})
    answer = house.ask("PATCH", "accounts/ada", {"credits": credits})
    assert (answer.status, answer.json["message"]) == (400, "credits must be from 0 to 1000000000, or unlimited")
    account = house.registry.accounts.get("ada")
    assert account is not None
    assert account.credits is None


def test_another_password_ends_what_browsers_had_with_the_old_one(house: House) -> None:
    """Sessions end with the password, and with the account, so that the next one of that name has none of them."""
    for name in ("ada", "bob"):
        house.json("POST", "accounts", {"_id": name})
    assert house.signed_out == []
    assert house.ctl("account", "passwd", "ada").status == 0
    assert house.signed_out == ["ada"]
    assert house.ctl("account", "remove", "bob").status == 0
    assert house.signed_out == ["ada", "bob"]
