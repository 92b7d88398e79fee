"""Reserving many addresses at once."""

from typing import Any

import pytest

from tests.api.house import House

PATH = "/api/private-addresses-bulk"


@pytest.fixture
def house() -> House:
    return House()


def test_all_are_reserved_and_answered(house: House) -> None:
    """The new addresses come back in their order, canonical, and public mail in them is the caller's."""
    house.put(b"Subject: before\r\n\r\n", inbox="y@b.test")
    made = house.json("POST", PATH, body={"addresses": ["X@b.test", "y+tag@B.test"]})
    assert [(address["_id"], address["owner"], address["enablews"]) for address in made] == [
        ("x@b.test", "ada", False),
        ("y@b.test", "ada", False),
    ]
    assert [message.owner for message in house.mailbox.messages] == ["ada"]
    assert len(house.store.saved) == 2


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"addresses=x@b.test&addresses=y@b.test", "application/x-www-form-urlencoded"),
        (b"addresses=x@b.test,%20y@b.test", "application/x-www-form-urlencoded"),
        (b'{"addresses": ["x@b.test", "y@b.test"]}', "application/x-www-form-urlencoded"),
    ],
)
def test_forms_are_taken(house: House, body: bytes, content_type: str) -> None:
    """Repeated fields, a list with commas and JSON declared as a form mean the same."""
    answer = house.ask("POST", PATH, body=body, content_type=content_type)
    assert (answer.status, [address["_id"] for address in answer.json]) == (200, ["x@b.test", "y@b.test"])


def test_one_wrong_address_and_none_is_reserved(house: House) -> None:
    """Each item that cannot be had is named with the reason, and nothing is saved."""
    house.json("POST", "/api/addresses/mine@b.test")
    house.json("POST", "/api/addresses/bobs@b.test", "bob")
    wanted = ["good@b.test", "mine@b.test", "bobs@b.test", "nobody", "Good@b.test", "a@elsewhere.test", "*a@b.test"]
    answer = house.ask("POST", PATH, body={"addresses": wanted})
    assert (answer.status, answer.json["message"]) == (400, "6 of 7 addresses cannot be reserved.")
    errors = answer.json["validationErrors"]
    assert errors[:4] == [
        "addresses[1]: mine@b.test is already owned by this account.",
        "addresses[2]: bobs@b.test is owned by another account.",
        "addresses[3]: nobody is not a valid email address",
        "addresses[4]: good@b.test is named twice.",
    ]
    assert errors[4].startswith("addresses[5]: a@elsewhere.test cannot be reserved: mail for elsewhere.test is not")
    assert errors[5:] == ["addresses[6]: *a@b.test is not a valid email address"]
    assert len(house.store.saved) == 2


def test_credits_are_counted_for_all(house: House) -> None:
    """More addresses than credits reserves none of them."""
    answer = house.ask("POST", PATH, "bob", {"addresses": ["x@b.test", "y@b.test", "z@b.test"]})
    assert (answer.status, answer.json["message"]) == (
        400,
        "You do not have enough private address credits (2). Please purchase more.",
    )
    assert house.store.saved == []
    assert house.ask("POST", PATH, "bob", {"addresses": ["x@b.test", "y@b.test"]}).status == 200


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, ["addresses: must be a list of addresses"]),
        ({"addresses": []}, ["addresses: must be a list of addresses"]),
        ({"addresses": None}, ["addresses: must be a list of addresses"]),
        ({"addresses": {"a": 1}}, ["addresses: must be a list of addresses"]),
        ({"addresses": ["a@b.test", 5]}, ["addresses[1]: must be an address"]),
        ({"addresses": [" "]}, ["addresses[0]: must be an address"]),
        (
            {"addresses": [f"a{number}@b.test" for number in range(101)]},
            ["addresses: has 101 items, and 100 are allowed"],
        ),
    ],
)
def test_bodies_that_are_refused(house: House, body: Any, errors: list[str]) -> None:
    """What is no list of at most 100 addresses is a 400 that names the field."""
    answer = house.ask("POST", PATH, body=body)
    assert (answer.status, answer.json["validationErrors"]) == (400, errors)
    assert house.store.saved == []


def test_a_hundred_are_allowed_and_a_key_is_needed(house: House) -> None:
    """The cap itself is fine; without a key there is nothing."""
    wanted = [f"a{number}@b.test" for number in range(100)]
    assert len(house.json("POST", PATH, body={"addresses": wanted})) == 100
    assert house.ask("POST", PATH, None, {"addresses": ["z@b.test"]}).status == 401
