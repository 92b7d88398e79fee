"""All mail of an account at once, as bytes on a connection."""

import pytest

from tests.api.house import House


@pytest.fixture
def house() -> House:
    """Ada owns two inboxes with a mail each, starred a public one (the newest); bob owns one, one is public."""
    house = House()
    for inbox, who in (("one", "ada"), ("two", "ada"), ("bobs", "bob")):
        house.ask("POST", f"/api/addresses/{inbox}@b.test", who)
    house.put(b"From: Shop <shop@d.test>\r\nTo: one@b.test\r\nSubject: Your Order\r\n\r\n1", "one@b.test", "ada")
    house.put(b"From: robot+x@d.test\r\nTo: Crew <c@d.test>\r\nSubject: Code\r\n\r\n2", "two@b.test", "ada")
    house.put(b"From: shop@d.test\r\nSubject: Your Order\r\n\r\n3", "bobs@b.test", "bob")
    house.put(b"From: shop@d.test\r\nSubject: Your Order\r\n\r\n4", "free@b.test")
    house.put(b"From: A B <ab@d.test>\r\nSubject: a+b\r\n\r\n5", "free@b.test", saved_by="ada", read=True)
    return house


def ids(messages: list[dict[str, str]]) -> list[str]:
    return [message["_id"] for message in messages]


def test_the_unified_inbox(house: House) -> None:
    """It has what the account owns or starred, newest first, with the number of unread ones and what was asked."""
    answer = house.json("GET", "/api/inbox")
    assert list(answer) == ["messages", "unread", "limit", "skip", "since"]
    assert ids(answer["messages"]) == ["m5-0", "m2-0", "m1-0"]
    assert (answer["unread"], answer["limit"], answer["skip"], answer["since"]) == (2, 20, 0, None)
    assert answer["messages"][2] == house.json("GET", "/api/addresses/one@b.test/messages/m1-0")
    assert ids(house.json("GET", "/api/inbox", "bob")["messages"]) == ["m3-0"]
    assert house.json("GET", "/api/inbox", "admin") == {
        "messages": [], "unread": 0, "limit": 20, "skip": 0, "since": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found", "said"),
    [
        ("limit=1", ["m5-0"], (1, 0, None)),
        ("limit=1&skip=1", ["m2-0"], (1, 1, None)),
        ("skip=3", [], (20, 3, None)),
        ("limit=0", [], (0, 0, None)),
        ("since=2026-11-22T08:01:12.004Z", ["m5-0", "m2-0"], (20, 0, "2026-11-22T08:01:12.004Z")),
        ("since=2026-11-22T09:01:12.004%2B01:00", ["m5-0", "m2-0"], (20, 0, "2026-11-22T08:01:12.004Z")),
        ("since=2999-12-31", [], (20, 0, "2999-12-31T00:00:00.000Z")),
        ("limit=&skip=&since=", ["m5-0", "m2-0", "m1-0"], (20, 0, None)),
    ],
)
def test_pages_of_the_unified_inbox(
    house: House, query: str, found: list[str], said: tuple[int, int, str | None]
) -> None:
    """Limit, skip and since narrow the messages, never the number of unread ones, and are answered as understood."""
    answer = house.json("GET", f"/api/inbox?{query}")
    assert ids(answer["messages"]) == found
    assert (answer["limit"], answer["skip"], answer["since"]) == said
    assert answer["unread"] == 2


@pytest.mark.parametrize("query", ["limit=1001", "limit=-1", "skip=-1", "skip=x", "since=soon"])
def test_wrong_pages_are_refused(house: House, query: str) -> None:
    """What is no number or date is a 400 that names it."""
    answer = house.ask("GET", f"/api/inbox?{query}")
    assert answer.status == 400
    assert answer.json["message"].startswith(query.partition("=")[0])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("andSubjectIncludes=order", ["m1-0"]),
        ("andFrom=D.TEST", ["m5-0", "m2-0", "m1-0"]),
        ("andFrom=shop", ["m1-0"]),
        ("andFrom=robot+x@d.test", ["m2-0"]),
        ("andFrom=robot%2Bx@d.test", ["m2-0"]),
        ("andFrom=a+b", ["m5-0"]),
        ("andFrom=a%20b", ["m5-0"]),
        ("andTo=crew", ["m2-0"]),
        ("andTo=two@b.test", ["m2-0"]),
        ("andTo=b.test", ["m5-0", "m2-0", "m1-0"]),
        ("andRead=true", ["m5-0"]),
        ("andRead=false", ["m2-0", "m1-0"]),
        ("andRead=False&andSubjectIncludes=CODE", ["m2-0"]),
        ("andFrom=shop&andSubjectIncludes=code", []),
        ("andSubjectIncludes=%25", []),
        ("andSubjectIncludes=_", []),
    ],
)
def test_conditions_all_hold(house: House, query: str, found: list[str]) -> None:
    """Each condition is a text that is contained, without regard to case; read is a flag."""
    answer = house.json("GET", f"/api/inbox-filter?{query}")
    assert list(answer) == ["messages"]
    assert ids(answer["messages"]) == found


@pytest.mark.parametrize("query", ["", "?andFrom=", "?andFrom=&andTo=&andRead=&andSubjectIncludes=", "?from=x"])
def test_a_filter_needs_a_condition(house: House, query: str) -> None:
    """No condition, or only empty ones, is a 400 that names those that there are."""
    answer = house.ask("GET", f"/api/inbox-filter{query}")
    assert (answer.status, answer.json["message"]) == (
        400,
        "At least one condition is needed: andSubjectIncludes, andFrom, andTo, andRead.",
    )
    assert [error.split(":")[0] for error in answer.json["validationErrors"]] == [
        "andSubjectIncludes", "andFrom", "andTo", "andRead",
    ]  # fmt: skip


def test_a_wrong_flag_is_refused(house: House) -> None:
    """andRead is a flag."""
    assert house.ask("GET", "/api/inbox-filter?andRead=maybe").json["message"] == (
        "andRead must be true, false, 1 or 0."
    )


@pytest.mark.parametrize(
    ("written", "query", "found"),
    [
        ("ORDER", "ORDER", ["m1-0"]),
        ("crew", "crew", ["m2-0"]),
        ("robot+x@d", "robot+x@d", ["m2-0"]),
        ("one%40b.test", "one@b.test", ["m1-0"]),
        ("a%2Bb", "a+b", ["m5-0"]),
        ("A+B", "A B", ["m5-0"]),
        ("nothing", "nothing", []),
    ],
)
def test_search(house: House, written: str, query: str, found: list[str]) -> None:
    """What is searched for is repeated, and is looked for in sender, recipients and subject."""
    answer = house.json("GET", f"/api/inbox-search?query={written}")
    assert (list(answer), answer["query"], ids(answer["messages"])) == (["query", "messages"], query, found)


@pytest.mark.parametrize("query", ["", "?query=", "?query=%20"])
def test_a_search_needs_a_text(house: House, query: str) -> None:
    """Nothing to search for is a 400 that names the field."""
    answer = house.ask("GET", f"/api/inbox-search{query}")
    assert (answer.status, answer.json["validationErrors"]) == (400, ["query: must be the text to search for"])


def test_filter_and_search_give_a_hundred(house: House) -> None:
    """Both give the newest hundred at most."""
    for _ in range(105):
        house.put(b"From: many@d.test\r\nSubject: Many\r\n\r\n", "one@b.test", "ada")
    for path in ("inbox-filter?andFrom=many", "inbox-search?query=many"):
        messages = house.json("GET", f"/api/{path}")["messages"]
        assert (len(messages), messages[0]["_id"], messages[-1]["_id"]) == (100, "m110-0", "m11-0")


@pytest.mark.parametrize("path", ["inbox", "inbox-filter?andFrom=x", "inbox-search?query=x"])
def test_a_key_is_needed(house: House, path: str) -> None:
    """Without a key there is no account whose mail it could be."""
    assert house.ask("GET", f"/api/{path}", None).status == 401
