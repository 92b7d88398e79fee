"""The denylist over the control socket, and by mailsockctl."""

import pytest

from mailsockd.state.denials import Denial, Denylist
from tests.control.house import House


@pytest.fixture
def house() -> House:
    house = House()
    house.registry.denylist = Denylist(fixed=("file.example",))
    return house


def test_what_is_added_is_listed_and_kept(house: House) -> None:
    """An item is added in its canonical form with a note, and again with another one; its date stays."""
    added = house.json("POST", "denials", {"item": "@Spam.Example", "note": "floods"})
    assert added == {"item": "spam.example", "note": "floods", "created": "2026-11-22T08:01:10.004Z"}
    assert house.store.saved[-1] == Denial("spam.example", 1795334470.004, "floods")
    assert house.json("POST", "denials", {"item": "spam.example"}) == {**added, "note": ""}
    assert [(one["item"], one["created"]) for one in house.json("GET", "denials")] == [
        ("file.example", None),
        ("spam.example", "2026-11-22T08:01:10.004Z"),
    ]


def test_what_is_removed_is_gone(house: House) -> None:
    """An item is removed in any of its forms, from memory and disk."""
    house.json("POST", "denials", {"item": "192.0.2.0/24"})
    assert house.json("DELETE", "denials?item=192.0.2.0%2F24")["item"] == "192.0.2.0/24"
    assert [one["item"] for one in house.json("GET", "denials")] == ["file.example"]
    assert house.store.removed == [Denial("192.0.2.0/24", 1795334470.004)]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "denials", {}, 400, "item must be text"),
        ("POST", "denials", {"item": "x.example", "why": ""}, 400, "why is not a field here; there are item, note"),
        ("POST", "denials", {"item": "x.example", "note": 5}, 400, "note must be text"),
        (
            "POST",
            "denials",
            {"item": "x.example", "note": "a\nb"},
            400,
            "note: must be at most 200 printable characters",
        ),
        (
            "POST",
            "denials",
            {"item": "192.0.2.1/24"},
            400,
            "192.0.2.1/24 is no IP address and no network: write 192.0.2.0/24",
        ),
        ("DELETE", "denials", None, 400, "item must be a domain, an address or a network"),
        ("DELETE", "denials?item=unknown.example", None, 404, "unknown.example is not denied."),
        (
            "DELETE",
            "denials?item=file.example",
            None,
            400,
            "file.example is in the file that smtp.denylist names: take it out there and reload.",
        ),
    ],
)
def test_what_is_wrong_is_refused(
    house: House, method: str, path: str, body: object, status: int, message: str
) -> None:
    """A refusal names the field or the item, and changes nothing."""
    answer = house.ask(method, path, body)
    assert (answer.status, answer.json["message"]) == (status, message)
    assert house.store.saved == []


def test_the_program_adds_lists_and_removes(house: House) -> None:
    """mailsockctl says what it did; its list shows what the file has, too."""
    assert house.ctl("deny", "add", "192.0.2.0/24", "--note", "why not").out == (
        "mail from 192.0.2.0/24 is refused from now on\n"
    )
    assert [line.split() for line in house.ctl("deny", "list").out.splitlines()] == [
        ["ITEM", "SINCE", "NOTE"],
        ["192.0.2.0/24", "2026-11-22", "why", "not"],
        ["file.example", "in", "the", "file"],
    ]
    assert house.ctl("deny", "list", "--json").json[0]["note"] == "why not"
    assert house.ctl("deny", "remove", "192.0.2.0/24").out == "took 192.0.2.0/24 from the denylist\n"
    failed = house.ctl("deny", "remove", "192.0.2.0/24")
    assert (failed.status, failed.err) == (1, "mailsockctl: 192.0.2.0/24 is not denied.\n")
