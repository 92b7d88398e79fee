"""/healthz and /readyz, which anybody may ask."""

from twisted.internet.defer import fail

from mailsockd.actions.ports import StorageTrouble
from mailsockd.probes import ProbeRoutes
from mailsockd.web.router import Router
from tests.actions.test_health import House
from tests.web.talk import Answer, Talk, request


def asked(house: House, path: str) -> Answer:
    talk = Talk(Router(ProbeRoutes(house.health)))
    talk.send(request("GET", path))
    (answer,) = talk.answers()
    return answer


def test_a_daemon_that_answers_lives() -> None:
    """/healthz asks nothing else: a full disk is not mended by a restart."""
    house = House()
    house.answer = fail(StorageTrouble("gone"))
    answer = asked(house, "/healthz")
    assert (answer.status, answer.json, house.touches) == (200, {"alive": True}, [])
    house.answer.addErrback(lambda failure: None)


def test_ready_is_when_everything_is_right() -> None:
    """/readyz names what it has looked at, and is not to be cached."""
    answer = asked(House(), "/readyz")
    checks = {"start": True, "writer": True, "disk": True, "listeners": True}
    assert (answer.status, answer.json) == (200, {"ready": True, "checks": checks})
    assert answer.headers["cache-control"] == "no-store"


def test_what_is_not_right_is_named_without_its_reason() -> None:
    """With 503 a stranger learns which check failed, and nothing of the inside."""
    house = House()
    house.answer = fail(StorageTrouble("/var/lib/mailsockd/mailbox.db: disk I/O error"))
    house.down = ["192.0.2.1:25 (smtp.listen)"]
    answer = asked(house, "/readyz")
    checks = {"start": True, "writer": False, "disk": True, "listeners": False}
    assert (answer.status, answer.json) == (503, {"ready": False, "checks": checks})
