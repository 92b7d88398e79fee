"""Addresses over the control socket."""

import pytest

from tests.control.house import House


@pytest.fixture
def house() -> House:
    house = House()
    for name in ("ada", "bob"):
        house.json("POST", "accounts", {"_id": name})
    return house


def test_an_operator_reserves_for_an_account(house: House) -> None:
    """The address belongs to the account that the query names, with the settings of the body."""
    made = house.json("POST", "addresses/A+tag@Mail.test?account=ada", {"enablews": True, "info": "orders"})
    assert (made["_id"], made["owner"], made["enablews"], made["info"]) == ("a@mail.test", "ada", True, "orders")
    address = house.registry.book.get("a@mail.test")
    assert address is not None and address.enablews


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("addresses/a@mail.test", {}, 400, "account must name the account that the address is for"),
        ("addresses/a@mail.test?account=eve", {}, 404, "There is no account eve."),
        ("addresses/nothing?account=ada", {}, 400, "nothing is not a valid email address"),
        ("addresses/taken@mail.test?account=ada", {}, 401, "taken@mail.test is owned by another account."),
    ],
)  # fmt: skip
def test_a_wrong_reservation_is_refused(house: House, path: str, body: object, status: int, message: str) -> None:
    """What cannot be reserved is refused with the texts of REST."""
    house.json("POST", "addresses/taken@mail.test?account=bob", {})
    answer = house.ask("POST", path, body)
    assert (answer.status, answer.json["message"]) == (status, message)


def test_all_addresses_or_those_of_one_account_are_listed(house: House) -> None:
    """The list is by address, and `account` narrows it."""
    for name, owner in (("c", "ada"), ("a", "bob"), ("b", "ada")):
        house.json("POST", f"addresses/{name}@mail.test?account={owner}", {})
    assert [one["_id"] for one in house.json("GET", "addresses")] == ["a@mail.test", "b@mail.test", "c@mail.test"]
    assert [one["_id"] for one in house.json("GET", "addresses?account=ada")] == ["b@mail.test", "c@mail.test"]
    assert house.ask("GET", "addresses?account=eve").status == 404


def test_settings_change_whoever_owns_the_address(house: House) -> None:
    """An operator need not say the account; text flags are understood; others stay as they are."""
    house.json("POST", "addresses/a@mail.test?account=bob", {"info": "kept"})
    changed = house.json("PATCH", "addresses/a@mail.test", {"enablews": "true"})
    assert (changed["owner"], changed["enablews"], changed["info"]) == ("bob", True, "kept")
    wrong = house.ask("PATCH", "addresses/a@mail.test", {"colour": "red"})
    assert (wrong.status, wrong.json["validationErrors"]) == (400, ["colour: is not a setting of an address"])


def test_releasing_ends_sockets_and_deletes_mail_when_asked(house: House) -> None:
    """The address is free again, and with `messages` its mail is gone."""
    house.json("POST", "addresses/a@mail.test?account=ada", {})
    house.receive("a@mail.test", b"Subject: x\r\n\r\nx")
    ended = house.listen("ada")
    assert house.json("DELETE", "addresses/a@mail.test") == {"_id": "a@mail.test", "account": "ada"}
    assert ended == ["a@mail.test was released"]
    assert len(house.mailbox.messages) == 1
    house.json("POST", "addresses/a@mail.test?account=ada", {})
    house.json("DELETE", "addresses/a@mail.test?messages=true")
    assert house.mailbox.messages == []


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_what_nobody_reserved_is_a_404(house: House, method: str) -> None:
    """There is nothing to change or release."""
    answer = house.ask(method, "addresses/free@mail.test", {} if method == "PATCH" else None)
    assert (answer.status, answer.json["message"]) == (404, "Nobody has reserved free@mail.test.")


def test_an_operator_sets_and_clears_the_password_of_an_address(house: House) -> None:
    """A random password is in the answer, a given one is not, and only hashes are kept."""
    house.json("POST", "addresses/a@mail.test?account=ada", {})
    made = house.json("POST", "addresses/a@mail.test/password", {})
    address = house.registry.book.get("a@mail.test")
    assert address is not None and address.password == f"hash of {made['password']}"
    given = house.json("POST", "addresses/a@mail.test/password", {"password": "correct horse"})
    assert given == {"_id": "a@mail.test", "password": None}
    address = house.registry.book.get("a@mail.test")
    assert address is not None and address.password == "hash of correct horse"
    assert house.json("DELETE", "addresses/a@mail.test/password") == {"_id": "a@mail.test", "password": None}
    address = house.registry.book.get("a@mail.test")
    assert address is not None and address.password is None
    assert house.ask("POST", "addresses/b@mail.test/password", {}).status == 404
    wrong = house.ask("POST", "addresses/a@mail.test/password", {"word": "x"})
    assert (wrong.status, wrong.json["validationErrors"]) == (400, ["word: is not a field here; there are password"])


def test_the_program_sets_the_password_of_an_address(house: House) -> None:
    """mailsockctl shows a password that it made, reads one from its input, and takes it away."""
    house.json("POST", "addresses/a@mail.test?account=ada", {})
    shown = house.ctl("address", "passwd", "a@mail.test").out.splitlines()
    assert shown[0].split() == ["address", "a@mail.test"]
    assert shown[1].split()[0] == "password"
    assert house.ctl("address", "passwd", "a@mail.test", "--password-from-stdin", stdin="correct horse\n").out == (
        "a@mail.test has the password that was given\n"
    )
    assert house.ctl("address", "passwd", "a@mail.test", "--clear").out == (
        "a@mail.test has no password of its own any more\n"
    )
    none = house.ctl("address", "passwd", "a@mail.test", "--password-from-stdin", stdin="\n")
    assert (none.status, none.err) == (
        2,
        "mailsockctl: address passwd: there is no password on the standard input\n",
    )
