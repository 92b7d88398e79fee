"""The rules that hold for every route: paths, keys, answers, errors."""

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.logger import Logger, globalLogPublisher
from twisted.python.failure import Failure
from twisted.web.resource import Resource

from mailsockd.web.rates import Buckets, Rates
from mailsockd.web.router import JSON, Call, HTTPError, Reply, Router, Routes
from tests.web.talk import Answer, Talk, request

KEY = {"Mailsac-Key": "k_ada"}


class Things:
    """Routes of every kind."""

    routes = Routes()

    def __init__(self) -> None:
        self.waiting: list[Deferred[Any]] = []
        self.seen: list[str] = []

    @routes.get("/api/things/{name}", open=True)
    def show(self, call: Call, name: str) -> dict[str, Any]:
        return {"name": name, "caller": call.caller, "peer": call.peer}

    @routes.get("/api/things/starred", open=True)
    def starred(self, call: Call) -> list[int]:
        return [1, 2]

    @routes.put("/api/things/{name}")
    @routes.delete("/api/things/{name}")
    def keep(self, call: Call, name: str) -> dict[str, Any]:
        return {"name": name, "caller": call.caller, "body": call.body()}

    @routes.put("/api/things/{name}/labels/{label*}")
    async def label(self, call: Call, name: str, label: str) -> dict[str, Any]:
        return {"name": name, "label": label}

    @routes.get("/api/nothing", open=True)
    def nothing(self, call: Call) -> None:
        return None

    @routes.get("/api/text", open=True)
    def text(self, call: Call) -> Reply:
        return Reply("grün", "text/plain; charset=utf-8", headers={"Content-Disposition": "attachment"})

    @routes.post("/api/made", open=True)
    def made(self, call: Call) -> JSON:
        return JSON({"a": 1}, status=201)

    @routes.get("/api/wait", open=True)
    async def wait(self, call: Call) -> dict[str, Any]:
        later: Deferred[int] = Deferred(lambda _: self.seen.append("cancelled"))
        self.waiting.append(later)
        return {"value": await later}

    @routes.get("/api/later", open=True)
    def later(self, call: Call) -> Deferred[list[str]]:
        later: Deferred[list[str]] = Deferred()
        self.waiting.append(later)
        return later

    @routes.get("/api/fail/{kind}", open=True)
    async def fail(self, call: Call, kind: str) -> object:
        if kind == "known":
            raise LookupError("no such thing")
        if kind == "refused":
            raise HTTPError(400, "two things are wrong", ("a", "b"), {"Retry-After": "5"})
        if kind == "nan":
            return {"a": float("nan")}
        raise RuntimeError("a secret of the inside")


def known(error: Exception) -> HTTPError | None:
    return HTTPError(404, str(error)) if isinstance(error, LookupError) else None


@pytest.fixture
def things() -> Things:
    return Things()


@pytest.fixture
def talk(things: Things) -> Talk:
    root = Resource()
    callers = {"k_ada": "ada"}
    root.putChild(b"api", Router(things, authenticate=callers.get, translate=known))
    return Talk(root)


def ask(talk: Talk, *args: Any, **named: Any) -> Answer:
    talk.send(request(*args, **named))
    [answer] = talk.answers(heads=1 if args[0] == "HEAD" else 0)
    return answer


def test_data_is_compact_json(talk: Talk) -> None:
    """A dictionary is answered as JSON without a space, UTF-8 as it is."""
    answer = ask(talk, "GET", "/api/things/gr%C3%BCn")
    assert answer.status == 200
    assert answer.body == '{"name":"grün","caller":null,"peer":"192.0.2.9"}'.encode()
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["content-length"] == "49"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/things/a@b.test", "a@b.test"),
        ("/api/things/a%40b.test", "a@b.test"),
        ("/api/things/a+x@b.test", "a+x@b.test"),
        ("/api/things/a%2Bx@b.test", "a+x@b.test"),
        ("/api/things/a%2Fb", "a/b"),
        ("/api/things/a/", "a"),
        ("/api//things/a", "a"),
        ("/api//things//a//", "a"),
        ("/%61pi/th%69ngs/a", "a"),
        ("/api/things/..", ".."),
        ("/api/things/%2e%2E", ".."),
    ],
)
def test_paths(talk: Talk, path: str, name: str) -> None:
    """Segments are percent-decoded one by one; slashes too many are tolerated, `+` is literal."""
    assert ask(talk, "GET", path).json["name"] == name


def test_a_path_that_is_not_utf8_is_400(talk: Talk) -> None:
    """Bytes that are no text are refused."""
    answer = ask(talk, "GET", "/api/things/%FF")
    assert answer.status == 400
    assert answer.json == {
        "message": "The path is not valid UTF-8.",
        "error": "Bad Request",
        "status": 400,
        "validationErrors": ["path: is not valid UTF-8"],
    }


def test_literal_wins_over_parameter(talk: Talk) -> None:
    """The route declared later is found because it is literal."""
    assert ask(talk, "GET", "/api/things/starred").body == b"[1,2]"


def test_a_tail_keeps_its_slashes(talk: Talk) -> None:
    """A label with slashes arrives whole, encoded or not."""
    for path in ("/api/things/a/labels/x/https://b", "/api/things/a/labels/x%2Fhttps:%2F%2Fb"):
        assert ask(talk, "PUT", path, headers=KEY).json == {"name": "a", "label": "x/https://b"}


def test_none_is_204(talk: Talk) -> None:
    """None is no content: no body and no type."""
    answer = ask(talk, "GET", "/api/nothing")
    assert (answer.status, answer.body) == (204, b"")
    assert "content-type" not in answer.headers


def test_reply_is_sent_as_it_says(talk: Talk) -> None:
    """Text goes out as UTF-8 under the type and headers given."""
    answer = ask(talk, "GET", "/api/text")
    assert (answer.status, answer.body) == (200, "grün".encode())
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment"


def test_json_with_a_status(talk: Talk) -> None:
    """JSON carries a status of its own."""
    answer = ask(talk, "POST", "/api/made")
    assert (answer.status, answer.body) == (201, b'{"a":1}')


def test_head_is_get_without_the_body(talk: Talk) -> None:
    """HEAD has the length of the body that GET would send, and no body."""
    answer = ask(talk, "HEAD", "/api/things/starred")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "5", b"")


def test_options_names_the_methods(talk: Talk) -> None:
    """OPTIONS needs no key, is 204, and says what the path takes and what other origins may send."""
    answer = ask(talk, "OPTIONS", "/api/things/a")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, PUT, DELETE, OPTIONS"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "Mailsac-Key, Content-Type"
    assert answer.headers["access-control-allow-methods"] == "GET, POST, PUT, PATCH, DELETE"
    assert "access-control-allow-credentials" not in answer.headers


def test_a_wrong_method_is_405(talk: Talk) -> None:
    """The answer names the methods that the path takes."""
    answer = ask(talk, "POST", "/api/things/a", headers=KEY)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, PUT, DELETE, OPTIONS"
    assert answer.json == {
        "message": "This route does not know the method POST.",
        "error": "Method Not Allowed",
        "status": 405,
    }


@pytest.mark.parametrize("method", ["TRACE", "FOO", "get"])
def test_an_unknown_method_is_501(talk: Talk, method: str) -> None:
    """What is no method of this server is answered in JSON as well."""
    answer = ask(talk, method, "/api/things/a")
    assert (answer.status, answer.json["error"]) == (501, "Not Implemented")


def test_an_unknown_route_is_404(talk: Talk) -> None:
    """Nothing there is JSON too, and readable from other origins."""
    answer = ask(talk, "GET", "/api/nowhere")
    assert answer.status == 404
    assert answer.json == {"message": "There is no such route.", "error": "Not Found", "status": 404}
    assert answer.headers["access-control-allow-origin"] == "*"


def test_every_answer_carries_its_id_and_the_safety_headers(talk: Talk) -> None:
    """Each request has an id of its own; nothing is sniffed, referred or stored."""
    first, second = ask(talk, "GET", "/api/things/a"), ask(talk, "GET", "/api/nowhere")
    for answer in (first, second):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.headers["x-request-id"]) == 16
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_no_key_on_a_protected_route_is_401_with_the_known_text(talk: Talk) -> None:
    """Clients compare this very sentence."""
    for headers in ({}, {"Mailsac-Key": ""}, {"Mailsac-Key": "k_wrong"}):
        answer = ask(talk, "PUT", "/api/things/a", headers=headers)
        assert answer.status == 401
        assert answer.body == (
            b'{"message":"Not authorized. You may need to log in first.","error":"Unauthorized","status":401}'
        )


def test_the_caller_is_what_the_key_stands_for(talk: Talk) -> None:
    """An open route knows its caller too, and has None for a wrong key."""
    assert ask(talk, "PUT", "/api/things/a", headers=KEY).json["caller"] == "ada"
    assert ask(talk, "GET", "/api/things/a", headers=KEY).json["caller"] == "ada"
    assert ask(talk, "GET", "/api/things/a", headers={"Mailsac-Key": "k_wrong"}).json["caller"] is None


def test_a_body_on_delete_is_read(talk: Talk) -> None:
    """The key may come in the body of a DELETE, and is not seen by the route."""
    answer = ask(talk, "DELETE", "/api/things/a", b'{"_mailsacKey":"k_ada","x":1}', "application/json")
    assert answer.json == {"name": "a", "caller": "ada", "body": {"x": 1}}


def test_a_bad_body_is_400_and_not_500(talk: Talk) -> None:
    """Pseudo-JSON is refused in JSON."""
    answer = ask(talk, "PUT", "/api/things/a", b"{'enablews': true}", "application/json", KEY)
    assert answer.status == 400
    assert answer.json == {
        "message": "The body is not valid JSON.",
        "error": "Bad Request",
        "status": 400,
        "validationErrors": ["body: is not valid JSON"],
    }


def test_known_exceptions_become_answers(talk: Talk) -> None:
    """translate() turns an exception of the house into an HTTPError."""
    answer = ask(talk, "GET", "/api/fail/known")
    assert answer.json == {"message": "no such thing", "error": "Not Found", "status": 404}


def test_an_http_error_brings_its_details(talk: Talk) -> None:
    """Validation errors are in the body, headers beside it."""
    answer = ask(talk, "GET", "/api/fail/refused")
    assert answer.status == 400
    assert answer.headers["retry-after"] == "5"
    assert answer.json["validationErrors"] == ["a", "b"]


@pytest.mark.parametrize("kind", ["unknown", "nan"])
def test_the_unexpected_is_logged_and_tells_nothing(talk: Talk, kind: str) -> None:
    """The answer has the request id that the log has, and no word of the inside; the query is in no log."""
    events: list[dict[str, Any]] = []
    globalLogPublisher.addObserver(events.append)
    try:
        answer = ask(talk, "GET", f"/api/fail/{kind}?_mailsacKey=k_ada")
    finally:
        globalLogPublisher.removeObserver(events.append)
    number = answer.headers["x-request-id"]
    assert answer.status == 500
    assert answer.json == {
        "message": f"Something went wrong inside the server. The log has it under {number}.",
        "error": "Internal Server Error",
        "status": 500,
    }
    [event] = [event for event in events if "log_failure" in event]
    assert (event["id"], event["path"]) == (number, f"/api/fail/{kind}")


def test_a_coroutine_may_answer_later(talk: Talk, things: Things) -> None:
    """Nothing is sent until the coroutine is done."""
    talk.send(request("GET", "/api/wait"))
    assert talk.heard() == b""
    things.waiting[0].callback(7)
    assert talk.answers()[0].body == b'{"value":7}'


def test_a_deferred_may_answer_later(talk: Talk, things: Things) -> None:
    """A Deferred is as good as a coroutine."""
    talk.send(request("GET", "/api/later"))
    things.waiting[0].callback(["x"])
    assert talk.answers()[0].body == b'["x"]'


def test_what_runs_for_a_client_that_left_is_cancelled(talk: Talk, things: Things) -> None:
    """The coroutine is cancelled where it waits, and nothing is answered or logged as a failure."""
    events: list[dict[str, Any]] = []
    talk.send(request("GET", "/api/wait"))
    globalLogPublisher.addObserver(events.append)
    try:
        talk.channel.connectionLost(Failure(ConnectionDone()))
    finally:
        globalLogPublisher.removeObserver(events.append)
    assert things.seen == ["cancelled"]
    assert talk.heard() == b""
    assert [event for event in events if "log_failure" in event] == []


def test_cross_origin_headers_can_be_left_out(things: Things) -> None:
    """Pages that live by a cookie are for their own origin."""
    talk = Talk(Router(things, cross_origin=False))
    assert "access-control-allow-origin" not in ask(talk, "GET", "/api/things/a").headers


def test_a_route_declared_twice_stops_the_start() -> None:
    """Two methods under the same pattern, whatever the names in it, are a mistake."""

    class Twice:
        routes = Routes()

        @routes.get("/api/{a}")
        def one(self, call: Call, a: str) -> None: ...

        @routes.get("/api/{b}")
        def two(self, call: Call, b: str) -> None: ...

    with pytest.raises(ValueError, match="is declared twice"):
        Router(Twice())


def test_a_method_that_cannot_take_its_parameters_stops_the_start() -> None:
    """The names of the pattern and of the method must agree."""

    class Wrong:
        routes = Routes()

        @routes.get("/api/{a}")
        def one(self, call: Call, b: str) -> None: ...

    with pytest.raises(TypeError, match="one takes b"):
        Router(Wrong(), log=Logger())


def test_the_table_lists_the_routes(things: Things) -> None:
    """A description of the API can be made from the table."""
    assert ("GET", "/api/things/starred") in [(r.method, r.pattern) for r in Router(things).table]


class Shown:
    """Routes that a setting may open."""

    routes = Routes()

    @routes.get("/api/shown/{name}", public=True, unseen="No permission to view {name}")
    @routes.get("/api/kept/{name}")
    def show(self, call: Call, name: str) -> dict[str, Any]:
        return {"name": name, "caller": call.caller}


def test_a_setting_may_let_callers_without_a_key_in() -> None:
    """Who is let in without a key is decided by one function of the route, and a valid key counts all the same."""
    talk = Talk(
        Router(Shown(), authenticate={"k_ada": "ada"}.get, anonymous=lambda route: route.info.get("public", False))
    )
    talk.send(request("GET", "/api/shown/a") + request("GET", "/api/shown/a", headers=KEY))
    talk.clock.advance(0.001)
    assert [answer.json["caller"] for answer in talk.answers()] == [None, "ada"]
    talk.send(request("GET", "/api/kept/a"))
    talk.clock.advance(0.001)
    assert [answer.status for answer in talk.answers()] == [401]


def test_a_route_may_answer_404_to_callers_without_a_key() -> None:
    """With `unseen` a missing or wrong key is a 404 with that sentence, as if there were nothing."""
    talk = Talk(Router(Shown(), authenticate={"k_ada": "ada"}.get))
    for headers in ({}, {"Mailsac-Key": "k_eve"}):
        talk.send(request("GET", "/api/shown/%7Bx%7D", headers=headers))
        talk.clock.advance(0.001)
        (answer,) = talk.answers()
        assert answer.json == {"message": "No permission to view {x}", "error": "Not Found", "status": 404}


def test_requests_are_counted_before_anything_else() -> None:
    """A client beyond its rate gets 429 whatever it asks, but for a browser's OPTIONS; keys are counted apart."""
    clock = Clock()
    rates = Rates(Buckets(2, clock.seconds), Buckets(1, clock.seconds))
    talk = Talk(Router(Shown(), authenticate={"k_ada": "ada"}.get, rates=rates))
    statuses = []
    for asked in (
        request("GET", "/api/shown/a", headers=KEY),
        request("GET", "/api/shown/a", headers=KEY),
        request("GET", "/api/nowhere"),
        request("OPTIONS", "/api/shown/a"),
    ):
        talk.send(asked)
        talk.clock.advance(0.001)
        first = talk.transport.value().partition(b"\r\n")[0].decode()
        (answer,) = talk.answers()
        statuses.append((first, answer.headers.get("retry-after")))
    assert statuses == [
        ("HTTP/1.1 200 OK", None),
        ("HTTP/1.1 429 Too Many Requests", "60"),
        ("HTTP/1.1 429 Too Many Requests", "30"),
        ("HTTP/1.1 204 No Content", None),
    ]
    assert answer.headers["access-control-allow-origin"] == "*"
