"""`mailsockctl delivery …`, and its routes on the control socket."""

import pytest

from mailsockd.actions.delivery_store import SLICE
from mailsockd.state.deliveries import Status
from tests.control.house import NOW, House
from tests.memory_deliveries import delivery

FAILED = {"status": Status.FAILED, "attempts": 31, "error": "answered 503", "finished": NOW}


@pytest.fixture
def house() -> House:
    """A house with two failed deliveries of two accounts, and one that waits."""
    house = House()
    house.deliveries.put(
        delivery("m1-0", created=NOW, due=NOW, **FAILED),
        delivery("m2-0", account="bob", address="c@b.test", created=NOW, due=NOW, **FAILED),
        delivery("m3-0", channel="slack", created=NOW, due=NOW + 5, trail=("x@b.test", "y@b.test")),
    )
    return house


def test_list(house: House) -> None:
    """All deliveries are listed with their numbers and reasons, the newest first; none is a line as well."""
    assert house.ctl("delivery", "list").out.splitlines() == [
        "NUMBER  CREATED              STATUS   TRIES  CHANNEL  ADDRESS   WHY",
        "3       2026-11-22 08:01:10  waiting  0      slack    a@b.test",
        "2       2026-11-22 08:01:10  failed   31     webhook  c@b.test  answered 503",
        "1       2026-11-22 08:01:10  failed   31     webhook  a@b.test  answered 503",
    ]
    assert house.ctl("delivery", "list", "--account", "eve").out == "none\n"


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ((), [3, 2, 1]),
        (("--status", "failed"), [2, 1]),
        (("--account", "ada"), [3, 1]),
        (("--account", "ada", "--status", "failed"), [1]),
        (("--channel", "slack"), [3]),
        (("--address", "C@B.test"), [2]),
        (("--message", "m1-0"), [1]),
        (("--limit", "1"), [3]),
        (("--before", "3", "--limit", "1"), [2]),
    ],
)
def test_list_with_conditions(house: House, options: tuple[str, ...], ids: list[int]) -> None:
    """Options narrow the list, all of them together; programs get JSON."""
    assert [one["_id"] for one in house.ctl("delivery", "list", "--json", *options).json] == ids


def test_show(house: House) -> None:
    """One delivery is shown with its target and what it went through."""
    assert house.ctl("delivery", "show", "3").out.splitlines() == [
        "number             3",
        "account            ada",
        "address            a@b.test",
        "message            m3-0",
        "channel            slack",
        "target             https://hooks.test/1",
        "status             waiting",
        "tries              0",
        "created            2026-11-22 08:01:10",
        "next try           2026-11-22 08:01:15",
        "forwarded through  x@b.test, y@b.test",
    ]
    assert house.ctl("delivery", "show", "1", "--json").json["error"] == "answered 503"
    run = house.ctl("delivery", "show", "9")
    assert (run.status, run.err) == (1, "mailsockctl: There is no delivery 9.\n")


def test_retry_by_number(house: House) -> None:
    """Deliveries named by their numbers are tried again, whoever's they are."""
    assert house.ctl("delivery", "retry", "1", "2").out == "2 deliveries are tried again\n"
    assert [one.id for one in house.renewed] == [1, 2]
    assert [one.status for one in house.deliveries.all] == [Status.WAITING] * 3


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ((), [1, 2]),
        (("--account", "bob"), [2]),
        (("--address", "a@b.test"), [1]),
        (("--channel", "slack"), []),
        (("--account", "bob", "--address", "a@b.test"), []),
    ],
)
def test_retry_all_that_failed(house: House, options: tuple[str, ...], ids: list[int]) -> None:
    """--failed takes all that failed and meet the options, and nothing that waits."""
    assert house.ctl("delivery", "retry", "--failed", "--json", *options).json == {"retried": len(ids)}
    assert [one.id for one in house.renewed] == ids


def test_retry_of_many(house: House) -> None:
    """However many have failed, each of them is tried again, once."""
    house.deliveries.put(*(delivery(f"n{number}-0", **FAILED) for number in range(2 * SLICE)))
    run = house.ctl("delivery", "retry", "--failed")
    assert run.out == f"{2 * SLICE + 2} deliveries are tried again\n"
    assert sorted(one.id for one in house.renewed) == [1, 2, *range(4, 2 * SLICE + 4)]


@pytest.mark.parametrize("arguments", [(), ("1", "--failed"), ("1", "--account", "ada")])
def test_retry_wants_numbers_or_failed(house: House, arguments: tuple[str, ...]) -> None:
    """What shall be tried again is said in one way; otherwise nothing is done."""
    run = house.ctl("delivery", "retry", *arguments)
    assert run.status == 2
    assert "name deliveries by their numbers, or say --failed" in run.err
    assert house.renewed == []


def test_an_account_that_is_removed_with_its_mail_takes_its_deliveries_along(house: House) -> None:
    """With --purge nothing is remembered of what went to the account's targets."""
    house.ctl("account", "add", "ada")
    house.ctl("account", "remove", "ada")
    assert len(house.deliveries.all) == 3
    house.ctl("account", "add", "ada")
    house.ctl("account", "remove", "ada", "--purge")
    assert [one.account for one in house.deliveries.all] == ["bob"]


def test_cancel(house: House) -> None:
    """What waits is given up, whoever's it is; what does not is told, and what is named before it was given up."""
    assert house.ctl("delivery", "cancel", "3").out == "1 delivery is given up\n"
    assert (house.deliveries.all[2].status, house.deliveries.all[2].error) == (Status.FAILED, "it was cancelled")
    run = house.ctl("delivery", "cancel", "3")
    assert (run.status, run.err) == (1, "mailsockctl: The delivery 3 does not wait any more.\n")
    house.deliveries.put(delivery("m4-0"), delivery("m5-0"))
    assert [one["status"] for one in house.ctl("delivery", "cancel", "--json", "4", "5").json] == ["failed", "failed"]
