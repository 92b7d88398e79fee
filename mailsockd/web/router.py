"""Serves the routes of api objects: finds the route, settles who calls, runs it, and writes the one answer. What
all routes have in common (contract.md section 0) is here and in the modules this one imports, and nowhere else."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, cast
from urllib.parse import unquote_to_bytes

from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from mailsockd.web.auth import Authenticate, identify, key_before_body
from mailsockd.web.call import Call
from mailsockd.web.errors import HTTPError, wrong_part
from mailsockd.web.exchange import Exchange, error_reply, send
from mailsockd.web.head import Head
from mailsockd.web.rates import Rates, unlimited
from mailsockd.web.refusal import SAFETY
from mailsockd.web.reply import JSON, Reply, reply
from mailsockd.web.routes import Path, Route, Routes
from mailsockd.web.session import NOBODY, Browsers
from mailsockd.web.stream import Stream

__all__ = ["JSON", "Call", "HTTPError", "Reply", "Route", "Router", "Routes"]

Translate = Callable[[Exception], HTTPError | None]
# Makes the answer that an error becomes.
Refused = Callable[[Call, HTTPError], "Reply | Deferred[Reply]"]
# Runs a function in a thread.
InThread = Callable[[Callable[[], Any]], "Deferred[Any]"]

# A body above this is parsed in a thread: below it takes a few milliseconds.
PARSED_IN_REACTOR = 131_072

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ANSWER = SAFETY | {"Cache-Control": "no-store"}
# Never with Allow-Credentials: a page of another origin may use a key that it knows, not a session that it does not.
CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Mailsac-Key, Content-Type",
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Expose-Headers": "X-Request-Id, Retry-After",
    "Access-Control-Max-Age": "600",
}


class HasRoutes(Protocol):
    """An object whose methods are routes."""

    routes: Routes


def _nothing_known(error: Exception) -> HTTPError | None:
    return None


def _nobody(key: str) -> None:
    return None


def _in_json(call: Call, error: HTTPError) -> Reply:
    return error_reply(error)


def declared_open(route: Route) -> bool:
    """Let callers without a key into the routes that say so and no others."""
    return route.open


def _at_once(function: Callable[[], Any]) -> "Deferred[Any]":
    return maybeDeferred(function)


class Router(Resource):
    """The routes of its api objects as one leaf resource, wherever it is mounted: patterns are whole paths.

    A route is called as `method(call, **parameters)`. It may be plain, `async def`, or return a Deferred. A dict or
    list is answered as JSON, None as 204, Reply, JSON and Stream as they say. HTTPError becomes its answer; other
    exceptions are given to `translate`, and what that does not know is logged with the request id and answered 500
    without any detail. When the client goes away, what is still running for it is cancelled.

    `anonymous` says which routes let callers without a key in. What routes declare beside their pattern: `unseen`, a
    sentence such as "No message {id}", answers 404 with it where others answer 401; `body`, a name out of `bodies`,
    lets callers with a valid key in header or query bring so many bytes, which `in_thread` parses. `used` is told of
    each call with a valid key, and may refuse it. `refused` makes
    the answer that an error becomes: JSON, unless something else is given.
    """

    isLeaf = True

    def __init__(
        self,
        *apis: HasRoutes,
        authenticate: Authenticate = _nobody,
        browsers: Browsers = NOBODY,
        translate: Translate = _nothing_known,
        anonymous: Callable[[Route], bool] = declared_open,
        rates: Rates | None = None,
        used: Callable[[Route, str], None] = lambda route, key: None,
        bodies: Mapping[str, int] | None = None,
        in_thread: InThread = _at_once,
        refused: Refused = _in_json,
        cross_origin: bool = True,
        log: Logger | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._authenticate = authenticate
        self._browsers = browsers
        self._translate = translate
        self._anonymous = anonymous
        self._rates = rates or unlimited()
        self._used = used
        self._bodies = dict(bodies or {})
        self._in_thread = in_thread
        self._refused = refused
        self._headers = _ANSWER | (CROSS_ORIGIN if cross_origin else {})
        self._log = log or Logger()
        found = [(route, getattr(api, route.name)) for api in apis for route in api.routes]
        self._table = sorted(found, key=lambda entry: entry[0].rank)
        _check(found)

    @property
    def table(self) -> list[Route]:
        """All routes, in the order in which they are tried."""
        return [route for route, _ in self._table]

    def limit(self, bodies: Mapping[str, int]) -> None:
        """Let other sizes hold for the bodies that routes name."""
        self._bodies = dict(bodies)

    def body_bytes(self, head: Head) -> int:
        """The largest body that a route takes of this caller, 0 when it is no other than usual."""
        try:
            for route, _, _ in self._fitting(head.path):
                if route.method.encode() == head.method and "body" in route.info:
                    key = key_before_body(Call(cast(Exchange, head)))
                    return self._bodies[route.info["body"]] if key and self._authenticate(key) is not None else 0
        except HTTPError:
            pass  # it is answered when the request is complete
        return 0

    def render(self, request: Exchange) -> int:
        """Answer the request, now or later."""
        call = Call(request)
        for name, value in (self._headers | {"X-Request-Id": call.id}).items():
            request.setHeader(name, value)

        def gone(_: Failure) -> None:
            call.gone = True
            working.cancel()

        working: Deferred[Any] = maybeDeferred(self._answer, call)
        working.addErrback(self._refusal, call)
        request.notifyFinish().addErrback(gone)
        working.addCallback(_send, call)
        working.addErrback(self._lost, call)
        return NOT_DONE_YET

    def _answer(self, call: Call) -> Any:
        """The result of the route as a Reply or None, perhaps by way of a Deferred."""
        method = call.request.method.decode("latin-1")
        if method not in _METHODS:
            raise HTTPError(501, "The method of the request is not known here.")
        if method != "OPTIONS":  # a browser's question before a request is no request of its own
            self._rates.peer(call.peer)
        fitting = self._fitting(call.request.path)
        if not fitting:
            raise HTTPError(404, "There is no such route.")
        if method == "OPTIONS":
            call.request.setHeader("Allow", _allow(route for route, _, _ in fitting))
            return None
        wanted = "GET" if method == "HEAD" else method
        for route, function, values in fitting:
            if route.method == wanted:
                if call.body_size <= PARSED_IN_REACTOR:
                    return self._run(None, route, function, values, call)
                return self._in_thread(call.whole_body).addCallback(self._run, route, function, values, call)
        allow = _allow(route for route, _, _ in fitting)
        raise HTTPError(405, f"This route does not know the method {method}.", headers={"Allow": allow})

    def _fitting(self, path: bytes) -> list[tuple[Route, Callable[..., Any], dict[str, str]]]:
        decoded = _path(path)
        return [
            (route, function, values) for route, function in self._table if (values := route.match(decoded)) is not None
        ]

    def _run(self, _: object, route: Route, function: Callable[..., Any], values: dict[str, str], call: Call) -> Any:
        try:
            call.caller = identify(
                call,
                self._authenticate,
                anonymous=self._anonymous(route),
                count=lambda key: self._count(route, key),
                browsers=self._browsers,
            )
        except HTTPError as error:
            if error.status == 401 and "unseen" in route.info:
                raise HTTPError(404, route.info["unseen"].format_map(values)) from None
            raise
        return _settled(function(call, **values))

    def _count(self, route: Route, key: str) -> None:
        self._rates.key(key)
        self._used(route, key)

    def _refusal(self, failure: Failure, call: Call) -> "Failure | Reply | Deferred[Reply]":
        error = failure.value
        if not isinstance(error, Exception) or (call.gone and isinstance(error, CancelledError)):
            return failure
        known = error if isinstance(error, HTTPError) else self._translate(error)
        if known is None:
            self._log.failure(
                "request {id} failed: {method} {path}",
                failure,
                id=call.id,
                method=call.request.method.decode("latin-1"),
                path=call.request.path.decode("latin-1"),
            )
            known = HTTPError(500, f"Something went wrong inside the server. The log has it under {call.id}.")
        return self._refused(call, known)

    def _lost(self, failure: Failure, call: Call) -> None:
        if not isinstance(failure.value, CancelledError):
            self._log.failure("request {id} could not be answered", failure, id=call.id)


def _settled(result: Any) -> Any:
    if isinstance(result, Deferred):
        return result.addCallback(_answered)
    if inspect.isawaitable(result):
        return Deferred.fromCoroutine(_finished(result))
    return _answered(result)


async def _finished(result: Awaitable[Any]) -> Reply | Stream | None:
    return _answered(await result)


def _answered(result: object) -> Reply | Stream | None:
    return result if isinstance(result, Stream) else reply(result)


def _path(path: bytes) -> Path:
    """The path with each segment decoded on its own, so that `%2F` does not divide (contract.md 0, row 2)."""
    try:
        return Path([unquote_to_bytes(part).decode("utf-8") for part in path[1:].split(b"/")])
    except UnicodeDecodeError:
        raise wrong_part("path", "is not valid UTF-8") from None


def _allow(routes: Iterable[Route]) -> str:
    methods = {route.method for route in routes} | {"OPTIONS"}
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(method for method in _METHODS if method in methods)


def _send(answer: Reply | Stream | None, call: Call) -> None:
    if call.gone:
        return
    if isinstance(answer, Stream):
        answer.begin(call.request)
    else:
        send(call.request, answer)


def _check(found: Sequence[tuple[Route, Callable[..., Any]]]) -> None:
    """Fail at the start, not at the first call, when a route is declared twice or its method cannot take it."""
    seen = set()
    for route, function in found:
        shape = (route.method, tuple("{" if part[0] == "{" else part for part in route.parts))
        if shape in seen:
            raise ValueError(f"{route.method} {route.pattern} is declared twice")
        seen.add(shape)
        taken = list(inspect.signature(function).parameters.values())[1:]
        needed = {parameter.name for parameter in taken if parameter.default is parameter.empty}
        if not needed <= route.parameters <= {parameter.name for parameter in taken}:
            names = ", ".join(parameter.name for parameter in taken)
            raise TypeError(f"{route.method} {route.pattern}: {route.name} takes {names or 'nothing'}")
