"""Deliveries over REST: what an account sees of its own, and trying again."""

import pytest

from mailsockd.state.activity import Kind
from mailsockd.state.deliveries import Status
from tests.api.house import NOW, House
from tests.memory_deliveries import delivery

FAILED = {"status": Status.FAILED, "attempts": 31, "error": "answered 503", "finished": NOW}
PATH = "/mailsockd/v1/deliveries"


@pytest.fixture
def house() -> House:
    """A house with two deliveries of ada's, and one of bob's between them."""
    house = House()
    house.deliveries.put(
        delivery("m1-0", created=NOW, due=NOW, **FAILED),
        delivery("m2-0", account="bob", address="c@b.test", created=NOW, due=NOW),
        delivery("m3-0", channel="slack", created=NOW, due=NOW + 5, attempts=1, error="no answer", trail=("x@b.test",)),
    )
    return house


def test_a_whole_delivery(house: House) -> None:
    """A delivery says where it goes, what became of it and why, and when it is tried next."""
    assert house.json("GET", f"{PATH}/3") == {
        "_id": 3,
        "account": "ada",
        "address": "a@b.test",
        "message": "m3-0",
        "channel": "slack",
        "target": "https://hooks.test/1",
        "status": "waiting",
        "attempts": 1,
        "error": "no answer",
        "created": "2026-11-22T08:01:10.004Z",
        "next": "2026-11-22T08:01:15.004Z",
        "finished": None,
        "trail": ["x@b.test"],
    }
    failed = house.json("GET", f"{PATH}/1")
    assert (failed["status"], failed["next"], failed["finished"]) == ("failed", None, "2026-11-22T08:01:10.004Z")


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [3, 1]),
        ("?limit=1", [3]),
        ("?limit=0", []),
        ("?before=3", [1]),
        ("?status=failed", [1]),
        ("?status=delivered", []),
        ("?channel=slack", [3]),
        ("?address=A%2Btag@b.test", [3, 1]),
        ("?address=a+tag@b.test&status=waiting", [3]),
        ("?address=c@b.test", []),
        ("?message=m1-0", [1]),
        ("?message=m2-0", []),
    ],
)
def test_the_list_is_of_the_own_account(house: House, query: str, ids: list[int]) -> None:
    """A list has the account's own deliveries that meet all conditions, newest first."""
    assert [one["_id"] for one in house.json("GET", PATH + query)] == ids


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("?status=lost", "status: must be waiting, delivered, failed"),
        ("?address=nothing", "address: "),
        ("?limit=1001", "limit: must be an integer from 0 to 1000"),
        ("?before=0", "before: must be an integer from 1 to 9223372036854775807"),
    ],
)
def test_wrong_conditions_are_named(house: House, query: str, error: str) -> None:
    """A condition that cannot be is a 400 with its name."""
    answer = house.ask("GET", PATH + query)
    assert answer.status == 400
    assert answer.json["validationErrors"][0].startswith(error)


@pytest.mark.parametrize("id", ["2", "4", "0", "-1", "x", "%C2%B2", "9223372036854775808", "1" * 30])
def test_what_is_not_ones_own_is_not_there(house: House, id: str) -> None:
    """Another's delivery and one that never was are the same 404, for seeing and for trying."""
    for method, path in (("GET", f"{PATH}/{id}"), ("POST", f"{PATH}/{id}/retry"), ("POST", f"{PATH}/{id}/cancel")):
        answer = house.ask(method, path)
        assert answer.status == 404
        assert answer.json["message"].startswith("There is no delivery ")
    assert house.renewed == []


def test_a_failed_delivery_is_tried_again(house: House) -> None:
    """It waits again as if it were new, and the queue is told at once."""
    tried = house.json("POST", f"{PATH}/1/retry")
    assert (tried["status"], tried["attempts"], tried["next"]) == ("waiting", 0, "2026-11-22T08:01:10.004Z")
    assert [one.id for one in house.renewed] == [1]
    assert house.json("GET", f"{PATH}/1") == tried


def test_a_delivered_one_is_not(house: House) -> None:
    """What was delivered is a 400, and stays delivered."""
    house.deliveries.put(delivery("m4-0", status=Status.DELIVERED, finished=NOW))
    answer = house.ask("POST", f"{PATH}/4/retry")
    assert (answer.status, answer.json["message"]) == (400, "The delivery 4 was delivered already.")
    assert house.renewed == []


def test_a_waiting_delivery_is_cancelled(house: House) -> None:
    """It has failed from then on, counts no further try, and the activity says why."""
    cancelled = house.json("POST", f"{PATH}/3/cancel")
    assert (cancelled["status"], cancelled["error"], cancelled["attempts"]) == ("failed", "it was cancelled", 1)
    assert (cancelled["next"], cancelled["finished"]) == (None, "2026-11-22T08:01:10.004Z")
    (event,) = [event for event in house.activity if event.kind is Kind.FAILED]
    assert (event.account, event.address, event.message, event.channel, event.text) == (
        "ada",
        "a@b.test",
        "m3-0",
        "slack",
        "it was cancelled",
    )


def test_what_does_not_wait_is_not_cancelled(house: House) -> None:
    """A delivery that was given up, or cancelled before, stays as it is."""
    answer = house.ask("POST", f"{PATH}/1/cancel")
    assert (answer.status, answer.json["message"]) == (400, "The delivery 1 does not wait any more.")
    assert house.json("GET", f"{PATH}/1")["error"] == "answered 503"
