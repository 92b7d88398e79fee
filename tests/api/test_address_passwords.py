"""The password that an address has of its own."""

from typing import Any

import attrs
import pytest
from twisted.internet.defer import succeed

from tests.api.house import House
from tests.web.talk import Answer


class Room:
    """A house in which ada has reserved a@b.test."""

    def __init__(self) -> None:
        self.house = House()
        self.house.ask("POST", "/api/addresses/a@b.test", "ada")

    def ask(self, method: str, body: bytes = b"", email: str = "a@b.test") -> Answer:
        return self.house.ask(method, f"/mailsockd/v1/addresses/{email}/password", "ada", body, "application/json")

    @property
    def kept(self) -> str | None:
        address = self.house.book.get("a@b.test")
        assert address is not None
        return address.password


def test_a_password_is_made_and_shown_once() -> None:
    """Without a password in the body one is made; it is in the answer, and only its hash is kept."""
    room = Room()
    for body in (b"", b"{}", b'{"password":""}', b'{"password":null}'):
        answer = room.ask("PUT", body)
        password = answer.json["password"]
        assert answer.json == {"_id": "a@b.test", "password": password}
        assert len(password) == 20
        assert room.kept == f"hash of {password}"
    shown = room.house.ask("GET", "/api/addresses/a@b.test", "ada").json
    assert shown["password"] is None
    assert shown["updated"] > shown["created"]


def test_a_password_that_is_given_is_not_shown() -> None:
    """A password in the body is set and not repeated; a tag or capitals name the same address."""
    room = Room()
    answer = room.ask("PUT", b'{"password":"pass word \xc3\xa5"}', email="A+shop@B.test")
    assert (answer.status, answer.json) == (200, {"_id": "a@b.test", "password": None})
    assert room.kept == "hash of pass word å"


def test_a_password_is_taken_away() -> None:
    """After DELETE there is none, and DELETE may be said again."""
    room = Room()
    room.ask("PUT")
    for _ in range(2):
        assert room.ask("DELETE").json == {"_id": "a@b.test", "password": None}
        assert room.kept is None


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short12", "password: must have 8 to 200 characters"),
        ("x" * 201, "password: must have 8 to 200 characters"),
        ("with\\nline end", "password: must be printable characters"),
        ("with\\u0000zero", "password: must be printable characters"),
    ],
)
def test_a_bad_password_is_refused(password: str, reason: str) -> None:
    """What is too short, too long, or cannot be sent in one line is refused by name, and nothing changes."""
    room = Room()
    answer = room.ask("PUT", f'{{"password":"{password}"}}'.encode())
    assert (answer.status, answer.json["validationErrors"]) == (400, [reason])
    assert room.kept is None
    assert room.ask("PUT", b'{"password":12345678}').status == 400


def test_an_address_that_was_released_meanwhile_gets_no_password() -> None:
    """Who loses the address while its password is hashed changes nothing of it."""
    room = Room()

    def hash(password: str) -> Any:
        address = room.house.book.get("a@b.test")
        assert address is not None
        room.house.book.put(attrs.evolve(address, owner="bob"))
        return succeed("a hash")

    room.house.passwords.hash = hash  # type: ignore[method-assign]
    assert room.ask("PUT").status == 401
    assert room.kept is None
