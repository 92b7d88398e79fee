"""Lists whose messages bring much, because their senders wanted it so."""

import json

import pytest

from mailsockd.actions import parsing
from tests.api.house import House

LINKS = b"From: a@shop.test\r\nSubject: links\r\n\r\n" + b"".join(b"http://x.test/%05d\r\n" % n for n in range(400))


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(parsing, "MADE_IN_REACTOR", 4000)  # characters: more than a plain message and less than LINKS
    return House()


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/api/addresses/a@b.test/messages", None),
        ("/api/addresses/starred/messages", None),
        ("/api/inbox", ["messages", "unread", "limit", "skip", "since"]),
        ("/api/inbox-filter?andSubjectIncludes=links", ["messages"]),
        ("/api/inbox-search?query=links", ["query", "messages"]),
    ],
)
def test_a_large_list_is_made_in_a_thread(house: House, path: str, names: list[str] | None) -> None:
    """The answer is the same as that of a small list, and the reactor does not make it."""
    house.json("POST", "/api/addresses/a@b.test")
    small = house.put(b"From: b@shop.test\r\nSubject: links\r\n\r\n", owner="ada", saved_by="ada")
    assert house.ask("GET", path).status == 200
    assert house.threads == []
    large = house.put(LINKS, owner="ada", saved_by="ada")
    answer = house.ask("GET", path)
    assert len(house.threads) == 1
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    listed = answer.json if names is None else answer.json["messages"]
    assert names is None or list(answer.json) == names
    assert [found["_id"] for found in listed] == [large.id, small.id]
    assert listed[0] == house.json("GET", f"/api/addresses/a@b.test/messages/{large.id}")
    assert len(listed[0]["links"]) == 400
    assert answer.body == json.dumps(answer.json, ensure_ascii=False, separators=(",", ":")).encode()
