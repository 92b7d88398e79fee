"""The end of a site."""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from mailsockd.web.limits import Limits
from mailsockd.web.router import Call, Router, Routes
from mailsockd.web.site import Root
from tests.web.talk import Talk, Turns, request


class Slow:
    """A route that answers when it is told to."""

    routes = Routes()

    def __init__(self) -> None:
        self.asked: list[Deferred[Any]] = []

    @routes.get("/api/slow", open=True)
    async def slow(self, call: Call) -> Any:
        """Answer late."""
        self.asked.append(Deferred())
        return await self.asked[-1]


class House:
    """A site with one connection."""

    def __init__(self) -> None:
        self.slow = Slow()
        root = Root()
        root.putChild(b"api", Router(self.slow))
        self.clock = Turns()
        self.talk = Talk(root, Limits(), self.clock)

    def shut(self) -> list[str]:
        over: list[str] = []
        self.talk.site.shut().addCallback(lambda _: over.append("over"))
        return over

    def lose(self) -> None:
        self.talk.channel.connectionLost(Failure(ConnectionDone()))


ASK = request("GET", "/api/slow")


def test_a_request_in_work_is_answered_and_its_connection_closed() -> None:
    """The answer says that it is the last; the end waits for it, and then for nothing."""
    house = House()
    house.talk.send(ASK)
    over = house.shut()
    house.clock.advance(5)
    assert (over, house.talk.transport.disconnecting) == ([], False)
    house.slow.asked[0].callback({"late": True})
    [answer] = house.talk.answers()
    assert (answer.status, answer.json, answer.headers["connection"]) == (200, {"late": True}, "close")
    assert house.talk.transport.disconnecting
    house.lose()
    assert over == ["over"]
    assert house.clock.getDelayedCalls() == []


def test_who_is_about_to_ask_is_answered() -> None:
    """A connection that is new, or kept from an earlier request, has a second for one last request."""
    for earlier in (0, 1):
        house = House()
        for number in range(earlier):
            house.talk.send(ASK)
            house.slow.asked[number].callback({})
            assert "connection" not in house.talk.answers()[0].headers
            house.clock.advance(0.1)
        over = house.shut()
        house.clock.advance(0.9)
        assert not house.talk.transport.disconnecting
        house.talk.send(ASK)
        house.clock.advance(2)
        house.slow.asked[-1].callback({})
        [answer] = house.talk.answers()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert house.talk.transport.disconnecting
        house.lose()
        assert over == ["over"]


def test_a_head_that_has_begun_may_end() -> None:
    """Half a request line is a request."""
    house = House()
    house.talk.send(ASK[:10])
    house.shut()
    house.clock.advance(3)
    house.talk.send(ASK[10:])
    house.slow.asked[0].callback({})
    assert [answer.status for answer in house.talk.answers()] == [200]


def test_who_stays_silent_is_let_go() -> None:
    """After a second the connection is closed."""
    house = House()
    house.shut()
    house.clock.advance(1.1)
    assert house.talk.transport.disconnecting
    assert house.talk.heard() == b""


def test_an_answer_that_takes_too_long_is_not_waited_for() -> None:
    """After ten seconds what is left is cut off, and the end goes on."""
    house = House()
    house.talk.send(ASK)
    over = house.shut()
    house.clock.advance(9.9)
    assert (over, house.talk.aborted) == ([], False)
    house.clock.advance(0.2)
    assert (over, house.talk.aborted) == (["over"], True)
    house.lose()
    assert over == ["over"]


def test_nobody_is_waited_for() -> None:
    """Without a connection the end is over at once, and leaves no timer."""
    house = House()
    house.lose()
    assert house.shut() == ["over"]
    assert house.clock.getDelayedCalls() == []
