"""What a site answers to hostile, broken and odd requests, byte by byte."""

import json
from typing import Any

import pytest
from twisted.logger import Logger, globalLogPublisher
from twisted.web.resource import Resource

from mailsockd.web.router import Call, Reply, Router, Routes
from mailsockd.web.site import Limits, Root, Served, Site
from tests.web.talk import PEER, Talk, one, request

HEAD = b"POST /api HTTP/1.1\r\nHost: x\r\n"
SMUGGLED = b"GET /api/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


class Echo:
    """Answers with what it was given."""

    routes = Routes()

    def __init__(self) -> None:
        self.paths: list[str] = []

    @routes.get("/api", open=True)
    @routes.post("/api", open=True)
    @routes.get("/api/{tail*}", open=True)
    def echo(self, call: Call, tail: str = "") -> dict[str, Any]:
        self.paths.append(call.request.path.decode())
        return {"tail": tail, "body": call.body(), "peer": call.peer}

    @routes.get("/big", open=True)
    def big(self, call: Call) -> Reply:
        return Reply(b"x" * 1_000_000, "application/octet-stream")


class Old(Resource):
    """A resource in Twisted's own way."""

    isLeaf = True

    def render_GET(self, request: Any) -> bytes:
        if request.path == b"/old/fails":
            raise RuntimeError("a secret of the inside")
        return b"old"


@pytest.fixture
def echo() -> Echo:
    return Echo()


def root_of(echo: Echo) -> Root:
    root = Root()
    router = Router(echo)
    for name in (b"api", b"big"):
        root.putChild(name, router)
    root.putChild(b"old", Old())
    return root


@pytest.fixture
def talk(echo: Echo) -> Talk:
    return Talk(root_of(echo))


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [
        ("length and chunked", HEAD + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("chunked and length", HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n", 400),
        ("two lengths", HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 400),
        ("the same length twice", HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde", 400),
        ("length +5", HEAD + b"Content-Length: +5\r\n\r\nabcde", 400),
        ("length 5,5", HEAD + b"Content-Length: 5,5\r\n\r\nabcde", 400),
        ("length -1", HEAD + b"Content-Length: -1\r\n\r\n", 400),
        ("length 0x5", HEAD + b"Content-Length: 0x5\r\n\r\nabcde", 400),
        ("length 1_0", HEAD + b"Content-Length: 1_0\r\n\r\n1234567890", 400),
        ("length of 5,000 digits", HEAD + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n", 400),
        ("length of other digits", HEAD + b"Content-Length: \xc2\xb2\r\n\r\n", 400),
        ("empty length", HEAD + b"Content-Length:\r\n\r\n", 400),
        ("xchunked", HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
        ("identity", HEAD + b"Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc", 400),
        ("chunked twice in one", HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
        (
            "chunked, then identity",
            HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
            400,
        ),
        ("chunked in 1.0", b"POST /api HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("space before the colon", HEAD + b"Content-Length : 5\r\n\r\nabcde", 400),
        ("space in a name", HEAD + b"Content Length: 5\r\n\r\nabcde", 400),
        ("no colon", HEAD + b"Nothing\r\n\r\n", 400),
        ("no name", HEAD + b": x\r\n\r\n", 400),
        ("chunk 0x5", HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n", 400),
        ("chunk +5", HEAD + b"Transfer-Encoding: chunked\r\n\r\n+5\r\nabcde\r\n0\r\n\r\n", 400),
        ("LF in a chunk extension", HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nabcde\r\n0\r\n\r\n", 400),
        ("chunk without its end", HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcdeXX0\r\n\r\n", 400),
        ("LF alone in the head", b"POST /api HTTP/1.1\nHost: x\nContent-Length: 3\n\r\n\r\nabc", 400),
        ("LF in a header", HEAD + b"X: a\nContent-Length: 5\r\n\r\n", 400),
        ("CR in a header", HEAD + b"X: a\rContent-Length: 5\r\n\r\n", 400),
        ("NUL in a header", HEAD + b"X: a\0b\r\n\r\n", 400),
        ("a folded header", HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
        ("no Host", b"GET /api HTTP/1.1\r\n\r\n", 400),
        ("two Hosts", b"GET /api HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("HTTP/0.9", b"GET /api\r\n\r\n", 400),
        ("HTTP/2.0", b"GET /api HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        ("two spaces", b"GET  /api HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("NUL in the method", b"GE\0T /api HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("no method", b" /api HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("raw UTF-8 in the path", b"GET /api/\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("an authority", b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("two empty lines", b"\r\n\r\nGET /api HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("another Host in the address", b"GET http://evil/api HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(
    talk: Talk, echo: Echo, name: str, data: bytes, status: int
) -> None:
    """One JSON answer, the connection closes, and what follows is never taken for a request."""
    talk.send(data + SMUGGLED)
    talk.clock.advance(0)
    first, rest = one(talk.heard())
    assert first.status == status, name
    assert first.json["status"] == status
    assert "/api/smuggled" not in echo.paths
    assert (rest, talk.transport.disconnecting) == (b"", True)


@pytest.mark.parametrize(
    ("data", "tail", "body"),
    [
        (HEAD + b'Transfer-Encoding:\tchunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n', "", {"a": 1}),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\na=1\r\n0\r\nX: y\r\n\r\n", "", {"a": "1"}),
        (HEAD + b"Content-Length: 3\r\n\r\na=1", "", {"a": "1"}),
        (b"GET /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 39\r\n\r\n" + SMUGGLED[:39], "x", {}),
        (b"GET http://X/api/x?y HTTP/1.1\r\nHost: x\r\n\r\n", "x", {}),
        (b"\r\nGET /api/x HTTP/1.1\r\nHost: x\r\n\r\n", "x", {}),
        (b"GET /api/x HTTP/1.0\r\n\r\n", "x", {}),
        (b"GET /api/x HTTP/1.1\r\nHost:\r\nMailsac-Client: mcp\r\n\r\n", "x", {}),
    ],
)
def test_what_is_unusual_but_clear_is_served(talk: Talk, data: bytes, tail: str, body: dict[str, Any]) -> None:
    """Tabs, chunk extensions, trailers, bodies on GET, absolute addresses, HTTP/1.0."""
    talk.send(data)
    [answer] = talk.answers()
    assert (answer.status, answer.json["tail"], answer.json["body"]) == (200, tail, body)


def test_the_request_may_come_byte_by_byte(talk: Talk) -> None:
    """The cut between packets means nothing."""
    for byte in HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n":
        talk.send(bytes([byte]))
    assert talk.answers()[0].json["body"] == {"a": "1"}


@pytest.mark.parametrize(
    ("data", "status", "message"),
    [
        (b"GET /api?" + b"a" * 20_000, 414, "The address of the request is too long."),
        (HEAD + b"X: " + b"a" * 20_000, 431, "A header of the request is too long."),
        (HEAD + b"X: y\r\n" * 101 + b"\r\n", 431, "The headers of the request are too large."),
        (HEAD + (b"X: " + b"y" * 2_000 + b"\r\n") * 20, 431, "The headers of the request are too large."),
    ],
)
def test_the_head_has_limits(talk: Talk, data: bytes, status: int, message: str) -> None:
    """Length of a line, number of headers, bytes in all."""
    talk.send(data)
    [answer] = talk.answers()
    assert (answer.status, answer.json["message"]) == (status, message)
    assert talk.transport.disconnecting


def test_a_hundred_headers_are_served(talk: Talk) -> None:
    """The limit itself is allowed."""
    talk.send(b"GET /api HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 99 + b"\r\n")
    assert talk.answers()[0].status == 200


def test_a_refusal_looks_like_every_error(talk: Talk) -> None:
    """The whole answer to a request that cannot be read."""
    talk.send(b"nonsense\r\n\r\n")
    [answer] = talk.answers()
    assert answer.json == {"message": "The request line is malformed.", "error": "Bad Request", "status": 400}
    expected = {
        "server": "mailsockd",
        "content-type": "application/json; charset=utf-8",
        "content-length": "79",
        "connection": "close",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "access-control-allow-origin": "*",
    }
    assert {name: answer.headers[name] for name in expected} == expected


def test_a_length_beyond_the_limit_is_refused_before_the_body(talk: Talk) -> None:
    """413 at the head, without asking for the body by 100 Continue."""
    talk.send(HEAD + b"Content-Length: 131073\r\nExpect: 100-continue\r\n\r\n")
    [answer] = talk.answers()
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert answer.json["message"] == "The body of the request may have at most 131072 bytes."


def test_chunks_beyond_the_limit_are_refused_while_they_come(echo: Echo) -> None:
    """The chunk that makes it too much is the last one that is looked at."""
    talk = Talk(root_of(echo), Limits(body_bytes=1_000))
    talk.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + (b"64\r\n" + b"x" * 100 + b"\r\n") * 10)
    assert talk.heard() == b""
    talk.send(b"1\r\nx\r\n0\r\n\r\n" + SMUGGLED)
    [answer] = talk.answers()
    assert answer.status == 413
    assert echo.paths == []


def test_chunks_that_are_nearly_all_frame_are_refused(echo: Echo) -> None:
    """Much wire for little content is bounded as well."""
    talk = Talk(root_of(echo), Limits(body_bytes=1_000))
    talk.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(100):
        talk.send(b"1;" + b"e" * 1_000 + b"\r\nx\r\n")
    assert [answer.status for answer in talk.answers()] == [413]


def test_a_refused_body_is_drained_for_a_moment_and_cut_after(talk: Talk) -> None:
    """The client gets to read the 413; who does not close is closed, then aborted."""
    talk.send(HEAD + b"Content-Length: 300000000\r\n\r\n")
    talk.send(b"x" * 100_000)
    assert (len(talk.answers()), talk.transport.disconnecting) == (1, False)
    talk.clock.advance(1)
    assert (talk.transport.disconnecting, talk.aborted) == (True, False)
    talk.clock.advance(2)
    assert talk.aborted
    assert talk.clock.getDelayedCalls() == []


def test_continue_is_said_to_a_body_that_fits(talk: Talk) -> None:
    """Expect: 100-continue is answered before the body."""
    talk.send(HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    assert talk.heard() == b"HTTP/1.1 100 Continue\r\n\r\n"
    talk.send(b"a=1")
    assert talk.answers()[0].status == 200


def test_forms_are_not_parsed_by_anybody_but_the_route(talk: Talk, echo: Echo) -> None:
    """A form of thirty thousand fields is refused by the bound on fields; request.args stays empty."""
    body = b"a=1&" * 30_000
    talk.send(request("POST", "/api", body, "application/x-www-form-urlencoded"))
    [answer] = talk.answers()
    assert (answer.status, answer.json["message"]) == (400, "The body has more than 1000 fields.")
    assert talk.channel.requests == []


def test_missing_is_json(talk: Talk) -> None:
    """What the tree does not hold is 404 in JSON, not a page."""
    talk.send(request("GET", "/nope%3Cscript%3E"))
    [answer] = talk.answers()
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json == {"message": "There is nothing at this address.", "error": "Not Found", "status": 404}


def test_a_browser_gets_a_page_of_what_is_missing() -> None:
    """Whoever asks for HTML gets what the pages say; JSON is for all others."""
    talk = Talk(Root(Old()))
    for accept, kind in (("text/html,*/*;q=0.8", "text/html"), ("*/*", "application/json; charset=utf-8")):
        talk.send(request("GET", "/nope", headers={"Accept": accept}))
        talk.clock.advance(0)
        [answer] = talk.answers()
        assert answer.headers["content-type"] == kind


def test_other_resources_keep_their_way(talk: Talk) -> None:
    """A plain twisted.web resource is served, HEAD included, and refuses methods in JSON."""
    talk.send(request("GET", "/old"))
    talk.clock.advance(0)
    [answer] = talk.answers()
    assert (answer.status, answer.body) == (200, b"old")
    talk.send(request("HEAD", "/old"))
    [answer] = talk.answers(heads=1)
    assert (answer.status, answer.headers["content-length"]) == (200, "3")
    talk.send(request("PUT", "/old"))
    [answer] = talk.answers()
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    talk.send(request("BREW", "/old"))
    assert talk.answers()[0].json["status"] == 501


def test_a_resource_that_fails_tells_nothing(talk: Talk) -> None:
    """500 in JSON with the id under which the log has the reason."""
    talk.send(request("GET", "/old/fails"))
    [answer] = talk.answers()
    number = answer.headers["x-request-id"]
    message = f"Something went wrong inside the server. The log has it under {number}."
    assert answer.json == {"message": message, "error": "Internal Server Error", "status": 500}


def test_options_for_the_server_as_a_whole(talk: Talk) -> None:
    """`OPTIONS *` is answered, other methods have no such target."""
    talk.send(request("OPTIONS", "*"))
    assert talk.answers()[0].status == 204
    talk.send(request("GET", "*"))
    [answer] = talk.answers()
    assert (answer.status, answer.headers["allow"]) == (405, "OPTIONS")


def test_no_version_is_told(talk: Talk) -> None:
    """The Server header is a name."""
    talk.send(request("GET", "/old"))
    assert talk.answers()[0].headers["server"] == "mailsockd"


def test_each_request_is_recorded_without_its_query(talk: Talk) -> None:
    """The record and the log line hold path, status, sizes and time, and never a key."""
    events: list[dict[str, Any]] = []
    globalLogPublisher.addObserver(events.append)
    try:
        talk.send(request("GET", "/api/a%40b?_mailsacKey=SECRETKEY42&x=1", headers={"Mailsac-Key": "SECRETKEY42"}))
        talk.send(request("GET", "/api?SECRETKEY42", headers={"Bad header": "SECRETKEY42"}))
    finally:
        globalLogPublisher.removeObserver(events.append)
    answer = talk.answers()[0]
    assert talk.served == [
        Served("192.0.2.9", "GET", "/api/a%40b", 200, 43, 0.0, answer.headers["x-request-id"]),
        Served("192.0.2.9", "-", "-", 400, 0, 0.0, talk.served[1].id),
    ]
    assert events[0]["log_format"] == "{peer} {method} {path} {status} {sent} bytes {milliseconds} ms {id}"
    assert "SECRETKEY42" not in repr(events)


def test_http_1_1_alone_is_offered_to_tls(talk: Talk) -> None:
    """HTTP/2 would go round every bound."""
    assert talk.site.acceptableProtocols() == [b"http/1.1"]


@pytest.mark.parametrize(
    ("trusted", "header", "peer"),
    [
        ({"192.0.2.9"}, "198.51.100.7", "198.51.100.7"),
        ({"192.0.2.9"}, "203.0.113.5, 198.51.100.7", "198.51.100.7"),
        ({"192.0.2.9", "198.51.100.7"}, "203.0.113.5, 198.51.100.7", "203.0.113.5"),
        ({"192.0.2.9"}, "nonsense", "192.0.2.9"),
        (set(), "198.51.100.7", "192.0.2.9"),
    ],
)
def test_a_forwarded_address_is_believed_of_trusted_proxies(
    echo: Echo, trusted: set[str], header: str, peer: str
) -> None:
    """The caller is the last address that no trusted proxy vouches beyond."""
    talk = Talk(root_of(echo), options={"trusted": trusted.__contains__})
    talk.send(request("GET", "/api/x", headers={"X-Forwarded-For": header, "Mailsac-Key": "k"}))
    assert talk.answers()[0].json["peer"] == peer


def test_too_many_connections_are_told_so(echo: Echo) -> None:
    """The connection beyond the limit of its address is answered 503 and closed; room is made when one ends."""
    talk = Talk(root_of(echo), Limits(connections_per_ip=1))
    crowded = talk.site.buildProtocol(PEER)
    transport = type(talk.transport)(peerAddress=PEER)
    crowded.makeConnection(transport)
    answer, rest = one(transport.value())
    assert (answer.status, rest, transport.disconnecting) == (503, b"", True)
    assert json.loads(answer.body)["message"] == "There are too many connections; try again later."
    talk.channel.connectionLost(None)
    assert type(talk.site.buildProtocol(PEER)).__name__ == "Channel"


def test_a_site_needs_no_log_of_its_own(echo: Echo) -> None:
    """Starting opens no file and starts no timer."""
    talk = Talk(root_of(echo), options={"log": Logger()})
    talk.site.doStart()
    talk.site.doStop()
    assert isinstance(talk.site, Site)
    assert len(talk.clock.getDelayedCalls()) == 1


def test_slashes_in_front_change_nothing() -> None:
    """A path that begins with two slashes leads where one does; what is not there stays a 404."""
    root = Root()
    root.putChild(b"api", Router(Echo()))
    talk = Talk(root)
    talk.send(request("GET", "//api/echo") + request("GET", "///api//echo/") + request("GET", "//nothing"))
    talk.clock.advance(1)
    assert [answer.status for answer in talk.answers()] == [200, 200, 404]
