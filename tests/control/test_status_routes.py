"""How the daemon is, over the control socket."""

import pytest

from mailsockd.actions.health import Served
from mailsockd.state.activity import Kind
from tests.control.house import NOW, House
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
    house.activity.record(Kind.REJECTED, text="550 5.1.1 no")
    house.listen("ada")
    assert house.json("GET", "status") == {
        "version": "1.2.3",
        "software": {"Python": "3"},
        "uptime": 60.0,
        "config": "built-in defaults",
        "data": "/var/lib/x",
        "state": "sqlite",
        "domains": ["mail.test"],
        "listeners": {"smtp.listen": ["127.0.0.1:1025", "[::1]:1025"], "http.listen": ["127.0.0.1:8025"]},
        "certificates": [],
        "accounts": 1,
        "addresses": 1,
        "received": 2,
        "rejected": 1,
        "sockets": 1,
        "queued": 3,
        "storedBytes": 0,
        "storedLimit": 5_368_709_120,
        "freeDisk": 0,
        "freeDiskLimit": 536_870_912,
        "evicted": 0,
        "refusal": "",
        "troubles": [],
    }


def test_status_tells_what_is_wrong() -> None:
    """A listener that is gone and certificates that end within 14 days are troubles, and lines of mailsockctl."""
    house = House()
    house.down = ["127.0.0.1:1025 (smtp.listen)"]
    house.certificates = [
        Served("/a.pem", ("a.test", "b.test"), NOW + 14 * 86_400),
        Served("/b.pem", (), NOW + 3 * 86_400 + 5),
        Served("/c.pem", ("c.test",), NOW - 1),
    ]
    status = house.json("GET", "status")
    assert status["troubles"] == [
        "nothing listens on 127.0.0.1:1025 (smtp.listen)",
        "the certificate /b.pem ends in 3 days",
        "the certificate /c.pem has ended",
    ]
    days = {one["file"]: one["days"] for one in status["certificates"]}
    assert days == {"/a.pem": 14, "/b.pem": 3, "/c.pem": -1}
    out = house.ctl("status").out
    assert "certificate        /a.pem for a.test, b.test, good for 14 days\n" in out
    assert "TROUBLE            the certificate /c.pem has ended\n" in out


def test_other_paths_are_a_404_in_json() -> None:
    """There is one shape of error."""
    talk = Talk(House().router)
    talk.send(request("GET", "/control/v1/nothing"))
    (answer,) = talk.answers()
    assert (answer.status, answer.json["status"], answer.json["error"]) == (404, 404, "Not Found")
