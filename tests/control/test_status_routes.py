"""How the daemon is, over the control socket."""

import pytest

from tests.control.house import House
from tests.web.talk import Talk, request


@pytest.mark.parametrize("ready", [True, False])
def test_ready_is_what_the_start_says(ready: bool) -> None:
    """The answer follows the start."""
    assert House(is_ready=ready).json("GET", "ready") == {"ready": ready}


def test_status_tells_facts_and_counts() -> None:
    """Everything that an operator asks first is in one answer."""
    house = House(data="/var/lib/x")
    house.json("POST", "accounts", {"_id": "ada"})
    house.json("POST", "addresses/a@mail.test?account=ada", {})
    house.receive("a@mail.test", b"Subject: x\r\n\r\nx")
    house.receive("b@mail.test", b"Subject: x\r\n\r\nx")
    house.listen("ada")
    assert house.json("GET", "status") == {
        "version": "1.2.3",
        "uptime": 60.0,
        "config": "built-in defaults",
        "data": "/var/lib/x",
        "state": "sqlite",
        "domains": ["mail.test"],
        "listeners": {"smtp.listen": ["127.0.0.1:1025", "[::1]:1025"], "http.listen": ["127.0.0.1:8025"]},
        "accounts": 1,
        "addresses": 1,
        "received": 2,
        "sockets": 1,
        "storedBytes": 0,
        "storedLimit": 5_368_709_120,
        "freeDisk": 0,
        "evicted": 0,
        "refusal": "",
    }


def test_other_paths_are_a_404_in_json() -> None:
    """There is one shape of error."""
    talk = Talk(House().router)
    talk.send(request("GET", "/control/v1/nothing"))
    (answer,) = talk.answers()
    assert (answer.status, answer.json["status"], answer.json["error"]) == (404, 404, "Not Found")
