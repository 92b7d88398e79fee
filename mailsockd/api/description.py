"""
The description of the API, made from what the routes say of themselves (`answers.py`).

OpenAPI 3.1, because its schemas are plain JSON Schema: the same ones describe REST, the socket's frames and the
webhook, and any validator takes them unchanged.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mailsockd.api.answers import JSON_MEDIA, Answer, Body, Query
from mailsockd.api.frames import FRAMES, SIGNED, SOCKET, WEBHOOK
from mailsockd.api.parameters import PATH
from mailsockd.api.refusals import ALWAYS, HEADERS, NEEDS_KEY, OF_SOCKET
from mailsockd.api.schemas import ERROR
from mailsockd.api.shapes import Named
from mailsockd.web.routes import Route

OPENAPI = "3.1.0"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SOURCE = re.compile(r"\s*\(contract[^)]*\)")

# In the order in which a reader wants them.
TAGS: Mapping[str, str] = {
    "Addresses": "An address that an account has reserved is private; all others are public inboxes.",
    "Messages": "The mail of an inbox.",
    "Contents": "One message in each of its forms.",
    "Attachments": "The attachments of a message.",
    "Unified inbox": "The mail of all inboxes of the account at once.",
    "WebSocket": "Every mail as one JSON frame, the moment it is stored.",
    "Web hooks": "Every mail of an address as a signed request to an URL.",
    "Deliveries": "What became of mail that goes on to web hooks, Slack and other addresses.",
    "Activity": "What happened to mail, addresses, sockets and deliveries, and why.",
    "Sending": "Mail by REST.",
    "Domains": "The domains of the account.",
    "Account": "The account of the key.",
    "Statistics": "What comes to the public inboxes of this server.",
    "Validation": "What can be said of an address without writing to it.",
    "Description": "This description.",
}

_ABOUT = """\
Mailsac's REST API and socket, served by mailsockd: programs written for Mailsac need another base URL and nothing else.

The API key goes into the header `Mailsac-Key`, or into the query or the body as `_mailsacKey`. Bodies are JSON objects
or forms with the same fields; an empty body is `{}`. Answers are compact JSON in UTF-8 unless a route says otherwise.
Every answer carries `X-Request-Id`, by which the server's log knows the request. `HEAD` and `OPTIONS` work everywhere.
"""


class Undescribed(Exception):
    """A route does not say enough of itself; the text says which and what is missing."""


def described(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """Give the OpenAPI document of these routes and the socket. Raises Undescribed."""
    components: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    operations: dict[str, Route] = {}
    for route in sorted([*routes, SOCKET], key=_order):
        operation = _operation(route)
        first = operations.setdefault(operation["operationId"], route)
        if first is not route:
            raise Undescribed(f"{_named(route)}: operation is that of {_named(first)}")
        paths.setdefault(route.pattern.replace("*}", "}"), {})[route.method.lower()] = operation
    document = {
        "openapi": OPENAPI,
        "info": {
            "title": "mailsockd",
            "version": version,
            "summary": "Mail in by SMTP, JSON out by WebSocket and REST",
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "The server that this description came from."}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items() if _used(name, paths)],
        "paths": paths,
        "webhooks": {"message": {"post": _webhook()}},
        "components": {
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "Mailsac-Key", "description": "The API key."},
                "keyInQuery": {"type": "apiKey", "in": "query", "name": "_mailsacKey", "description": "The same key."},
                "keyOfSocket": {"type": "apiKey", "in": "query", "name": "key", "description": "The same key."},
            },
            "headers": HEADERS,
            "responses": {
                f"Refused{status}": _refusal(text, status) for status, text in {**ALWAYS, **NEEDS_KEY}.items()
            },
        },
    }
    whole: dict[str, Any] = _referred(document, components)
    whole["components"]["schemas"] = dict(sorted(components.items()))
    return whole


def _order(route: Route) -> tuple[Any, ...]:
    tag = route.info.get("tag", "")
    place = list(TAGS).index(tag) if tag in TAGS else len(TAGS)
    return place, len(route.parts), route.pattern, _METHODS.index(route.method)


def _used(tag: str, paths: Mapping[str, Mapping[str, Any]]) -> bool:
    return any(tag in operation["tags"] for operations in paths.values() for operation in operations.values())


def _named(route: Route) -> str:
    return f"{route.method} {route.pattern}"


def _operation(route: Route) -> dict[str, Any]:
    said = route.info
    for needed in ("tag", "operation", "summary", "description"):
        if not said.get(needed):
            raise Undescribed(f"{_named(route)}: {needed} is missing")
    if said["tag"] not in TAGS:
        raise Undescribed(f"{_named(route)}: {said['tag']} is no tag of TAGS")
    operation: dict[str, Any] = {
        "operationId": said["operation"],
        "tags": [said["tag"]],
        "summary": said["summary"],
        "description": _paragraphs(said["description"]),
        "parameters": [*_path_parameters(route), *(_query_parameter(query) for query in said.get("query", ()))],
        "responses": _responses(route),
        "security": [{}] if route.open else [{name: []} for name in _key_places(route)],
    }
    if "takes" in said:
        body: Body = said["takes"]
        operation["requestBody"] = {"required": body.required, "content": {JSON_MEDIA: {"schema": body.schema}}}
    if said.get("public"):
        operation["x-anonymous"] = "On servers that let callers without a key in, this needs none in public inboxes."
    if "frames" in said:
        operation["x-websocket"] = {"server-sends": list(said["frames"])}
    return operation


def _key_places(route: Route) -> tuple[str, ...]:
    return ("keyOfSocket", "key", "keyInQuery") if "frames" in route.info else ("key", "keyInQuery")


def _paragraphs(docstring: str) -> str:
    """Give a docstring with its paragraphs on one line each, without the sources that it names."""
    text = _SOURCE.sub("", docstring)
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    found = []
    for part in route.parts:
        if part.startswith("{"):
            name = part.strip("{*}")
            if name not in PATH:
                raise Undescribed(f"{_named(route)}: {name} is not in PATH")
            schema = dict(PATH[name])
            text = schema.pop("description")
            found.append({"name": name, "in": "path", "required": True, "description": text, "schema": schema})
    return found


def _query_parameter(query: Query) -> dict[str, Any]:
    schema = dict(query.schema)
    text = schema.pop("description")
    return {"name": query.name, "in": "query", "required": query.required, "description": text, "schema": schema}


def _responses(route: Route) -> dict[str, Any]:
    said = route.info
    if "frames" in said:
        return {str(status): _refusal(text, status) for status, text in OF_SOCKET.items()}
    answers = said.get("answers")
    if answers is None:
        raise Undescribed(f"{_named(route)}: answers is missing")
    good = [answers] if isinstance(answers, Answer) else answers
    found = {str(answer.status): _good(answer) for answer in good}
    always = ALWAYS if route.open else {**ALWAYS, **NEEDS_KEY}
    own = {status: _refusal(text, status) for status, text in said.get("errors", {}).items()}
    common = {status: {"$ref": f"#/components/responses/Refused{status}"} for status in always}
    return found | {str(status): refusal for status, refusal in sorted({**common, **own}.items())}


def _good(answer: Answer) -> dict[str, Any]:
    response: dict[str, Any] = {"description": answer.description, "headers": _headers(answer.status)}
    if answer.content:
        response["content"] = {media: {"schema": schema} for media, schema in answer.content.items()}
    return response


def _refusal(text: str, status: int) -> dict[str, Any]:
    if status == 101:
        return {"description": text}
    return {"description": text, "headers": _headers(status), "content": {JSON_MEDIA: {"schema": ERROR}}}


def _headers(status: int) -> dict[str, Any]:
    names = ["X-Request-Id", "Retry-After"] if status == 429 else ["X-Request-Id"]
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _webhook() -> dict[str, Any]:
    return {
        "operationId": "WebhookMessage",
        "tags": ["Web hooks"],
        "summary": "A mail, posted to the web hook of its address",
        "description": (
            "Signed in the way of Standard Webhooks. Any 2xx within ten seconds says that the receiver has it; "
            "redirects are not followed, and most other answers are tried again for a day."
        ),
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": about, "schema": {"type": "string"}}
            for name, about in SIGNED.items()
        ],
        "requestBody": {"content": {JSON_MEDIA: {"schema": WEBHOOK}}},
        "responses": {"2XX": {"description": "The receiver has it."}},
    }


def _referred(tree: Any, components: dict[str, Any]) -> Any:
    """Give a tree with each Named schema as a reference, and put what it names among the components."""
    if isinstance(tree, Named):
        if tree.name not in components:
            components[tree.name] = {}  # a schema may refer to itself
            components[tree.name] = _referred(tree.schema, components)
        return {"$ref": f"#/components/schemas/{tree.name}"}
    if isinstance(tree, Mapping):
        return {name: _referred(value, components) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_referred(value, components) for value in tree]
    return tree


__all__ = ["FRAMES", "Undescribed", "described"]
