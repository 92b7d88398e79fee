"""The routes that judge addresses."""

from typing import Any

import pytest

from tests.api.house import House

PATH = "/api/validations/addresses"


@pytest.fixture
def house() -> House:
    return House()


def test_one_address(house: House) -> None:
    """The answer is one object with both names of the flag, in the documented order."""
    assert list(house.json("GET", f"{PATH}/Billy+x@B.test").items()) == [
        ("email", "Billy+x@B.test"),
        ("validFormat", True),
        ("isValidFormat", True),
        ("local", "billy+x"),
        ("domain", "b.test"),
        ("isDisposable", True),
        ("disposableDomains", ["b.test"]),
        ("aliases", ["billy@b.test"]),
    ]


@pytest.mark.parametrize(
    ("email", "valid", "domain", "disposable"),
    [
        ("a@gmail.test", True, "gmail.test", []),
        ("a@temp.test", True, "temp.test", ["temp.test"]),
        ("a@mx.temp.test", True, "mx.temp.test", ["temp.test"]),
        ("a@eviltemp.test", True, "eviltemp.test", []),
        ("a b@temp.test", False, "temp.test", ["temp.test"]),
        ("a@b@temp.test", False, "temp.test", ["temp.test"]),
        ("nobody", False, "", []),
        ("a@..", False, "", []),
        ("%C3%BC@b%C3%BCcher.test", True, "xn--bcher-kva.test", []),
    ],
)
def test_forms_and_disposable_domains(
    house: House, email: str, valid: bool, domain: str, disposable: list[str]
) -> None:
    """A domain is disposable with its subdomains, compared label by label; no address is refused."""
    found = house.json("GET", f"{PATH}/{email.replace(' ', '%20')}")
    assert (found["validFormat"], found["isValidFormat"], found["domain"]) == (valid, valid, domain)
    assert (found["isDisposable"], found["disposableDomains"]) == (bool(disposable), disposable)
    assert bool(found["local"]) is valid


def test_several_addresses(house: House) -> None:
    """As many objects in their order, from JSON or a form."""
    found = house.json("POST", PATH, body={"emails": ["a@b.test", "nobody"]})
    assert [(one["email"], one["validFormat"]) for one in found] == [("a@b.test", True), ("nobody", False)]
    answer = house.ask("POST", PATH, body=b"emails=a@b.test&emails=b@c.test")
    assert [one["isDisposable"] for one in answer.json] == [True, False]
    assert len(house.json("POST", PATH, body={"emails": ["a@b.test"] * 50})) == 50


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "emails: must be a list of addresses"),
        ({"emails": []}, "emails: must be a list of addresses"),
        ({"emails": [None]}, "emails[0]: must be an address"),
        ({"emails": ["a@b.test"] * 51}, "emails: has 51 items, and 50 are allowed"),
    ],
)
def test_bodies_that_are_refused(house: House, body: Any, error: str) -> None:
    """What is no list of at most 50 is a 400 that names the field."""
    answer = house.ask("POST", PATH, body=body)
    assert (answer.status, answer.json["validationErrors"]) == (400, [error])


def test_a_key_is_needed(house: House) -> None:
    """Both routes answer 401 without a key."""
    assert house.ask("GET", f"{PATH}/a@b.test", None).status == 401
    assert house.ask("POST", PATH, None, {"emails": ["a@b.test"]}).status == 401
