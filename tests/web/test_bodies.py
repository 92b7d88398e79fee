"""Routes that take larger bodies, from callers with a key, a few at a time."""

import json
from typing import Any

import pytest
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from mailsockd.web.router import Call, Router, Routes
from mailsockd.web.site import Limits
from tests.web.talk import Talk, request

KEY = {"Mailsac-Key": "k_ada"}
SMALL = 1000
LARGE = 300_000


class Things:
    routes = Routes()

    @routes.post("/api/mail", body="mail")
    @routes.put("/api/other")
    def size(self, call: Call) -> dict[str, Any]:
        return {"caller": call.caller, "size": len(call.body().get("text", ""))}


class House:
    """A site whose threads are run when the test says so."""

    def __init__(self, at_once: int = 8) -> None:
        self.threads: list[tuple[Deferred[None], Any]] = []
        self.router = Router(
            Things(), authenticate={"k_ada": "ada"}.get, bodies={"mail": LARGE}, in_thread=self.in_thread
        )
        limits = Limits(body_bytes=SMALL, large_bodies=at_once)
        self.talk = Talk(self.router, limits, options={"body_bytes": self.router.body_bytes})

    def in_thread(self, function: Any) -> "Deferred[Any]":
        waiting: Deferred[None] = Deferred()
        self.threads.append((waiting, function))
        return waiting.addCallback(lambda _: maybeDeferred(function))

    def run(self) -> None:
        self.threads.pop()[0].callback(None)


def body(size: int) -> bytes:
    return json.dumps({"text": "x" * size}).encode()


def chunked(target: str, content: bytes) -> bytes:
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nMailsac-Key: k_ada\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)


def test_a_route_may_take_more_than_usual() -> None:
    """A body above the usual bound is taken by the route that declares it, and only above 128 KiB in a thread."""
    house = House()
    house.talk.send(request("POST", "/api/mail", body(100_000), "application/json", KEY))
    assert house.talk.answers()[0].json == {"caller": "ada", "size": 100_000}
    assert house.talk.site.bodies.held == 0


def test_a_very_large_body_is_parsed_in_a_thread() -> None:
    """The answer waits for the thread, and the body is held as long as that takes."""
    house = House()
    house.talk.send(request("POST", "/api/mail?_mailsacKey=k_ada", body(200_000), "application/json"))
    assert house.talk.answers() == []
    assert house.talk.site.bodies.held == 1
    house.run()
    assert house.talk.answers()[0].json == {"caller": "ada", "size": 200_000}
    assert house.talk.site.bodies.held == 0


def test_what_is_wrong_in_a_very_large_body_is_answered() -> None:
    """A refusal that a thread raises is the answer."""
    house = House()
    house.talk.send(request("POST", "/api/mail", b'{"text":"' + b"x" * 200_000, "application/json", KEY))
    house.run()
    assert house.talk.answers()[0].json == {
        "message": "The body is not valid JSON.",
        "error": "Bad Request",
        "status": 400,
        "validationErrors": ["body: is not valid JSON"],
    }


@pytest.mark.parametrize(
    ("method", "target", "headers", "size", "bound"),
    [
        ("POST", "/api/mail", {}, 2000, SMALL),
        ("POST", "/api/mail", {"Mailsac-Key": "k_eve"}, 2000, SMALL),
        ("POST", "/api/mail?_mailsacKey=k_ada", {"Mailsac-Key": "k_eve"}, 2000, SMALL),
        ("PUT", "/api/mail", KEY, 2000, SMALL),
        ("PUT", "/api/other", KEY, 2000, SMALL),
        ("POST", "/api/nothing", KEY, 2000, SMALL),
        ("POST", "/api/mail/%ff", KEY, 2000, SMALL),
        ("POST", "/api/mail", KEY, LARGE, LARGE),
    ],
)
def test_bodies_that_are_too_large(method: str, target: str, headers: dict[str, str], size: int, bound: int) -> None:
    """Without a valid key, or on another route, the usual bound holds; it is refused before the body comes."""
    house = House()
    asked = request(method, target, body(size), "application/json", headers)
    house.talk.send(asked[: asked.index(b"\r\n\r\n") + 4])
    (answer,) = house.talk.answers()
    assert (answer.status, answer.json["message"]) == (
        413,
        f"The body of the request may have at most {bound} bytes.",
    )
    assert house.talk.site.bodies.held == 0


def test_a_body_that_does_not_tell_its_length() -> None:
    """Chunks are counted against the route's bound as they come."""
    house = House()
    house.talk.send(chunked("/api/mail", body(100_000)))
    assert house.talk.answers()[0].json["size"] == 100_000
    house.talk.send(chunked("/api/other", body(2000)))
    assert house.talk.answers()[0].status == 413


def test_only_a_few_large_bodies_are_in_memory() -> None:
    """One more than the bound is refused with a time to come back, and a client that leaves makes room."""
    house = House(at_once=1)
    asked = request("POST", "/api/mail", body(5000), "application/json", KEY)
    house.talk.send(asked[:-1])
    other = House(at_once=1)
    other.talk.site.bodies = house.talk.site.bodies
    other.talk.send(asked[:-1])
    (answer,) = other.talk.answers()
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert answer.json["message"] == "There are too many large requests; try again."
    house.talk.channel.connectionLost(Failure(ConnectionDone()))
    assert house.talk.site.bodies.held == 0
