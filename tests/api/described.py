"""Answers and frames held against the description of the API: status, headers, media type and, for JSON, the schema."""

import importlib
import pkgutil
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator

from mailsockd import api
from mailsockd.api.description import described
from mailsockd.api.frames import FRAMES
from mailsockd.web.routes import Path, Route
from tests.web.talk import Answer

Operation = dict[str, Any]


@lru_cache
def all_routes() -> tuple[Route, ...]:
    """Give the routes of all api objects, in the order in which a router tries them."""
    found: list[Route] = []
    for module in pkgutil.iter_modules(api.__path__, f"{api.__name__}."):
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, type) and thing.__module__ == module.name and hasattr(thing, "routes"):
                found += thing.routes
    return tuple(sorted(found, key=lambda route: route.rank))


@lru_cache(maxsize=8)
def document_of(routes: tuple[Route, ...]) -> dict[str, Any]:
    """Give the description of some routes."""
    return described(routes, "0")


@lru_cache(maxsize=512)
def validator(routes: tuple[Route, ...], method: str, pattern: str, status: str, media: str) -> Draft202012Validator:
    """Give what holds a value against the schema of one answer."""
    document = document_of(routes)
    response = response_of(document, document["paths"][pattern][method.lower()], status)
    return Draft202012Validator({**response["content"][media]["schema"], "components": document["components"]})


def response_of(document: dict[str, Any], operation: Operation, status: str) -> dict[str, Any]:
    """Give what the description says of an answer with a status."""
    assert status in operation["responses"], f"{operation['operationId']} says nothing of {status}"
    response: dict[str, Any] = operation["responses"][status]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return response


def hold(routes: tuple[Route, ...], method: str, path: str, answer: Answer) -> None:
    """Fail when an answer is not one that the description of its route has."""
    segments = Path([unquote(part) for part in path.partition("?")[0][1:].split("/")])
    fitting = [route for route in routes if route.match(segments) is not None]
    wanted = "GET" if method == "HEAD" else method
    route = next((route for route in fitting if route.method == wanted), None)
    if route is None:
        assert answer.status in (204, 400, 404, 405, 429, 501), (method, path, answer.status)
        return
    document, pattern = document_of(routes), route.pattern.replace("*}", "}")
    operation = document["paths"][pattern][wanted.lower()]
    response = response_of(document, operation, str(answer.status))
    for name in response["headers"]:
        assert answer.headers.get(name.lower()), f"{operation['operationId']} {answer.status}: {name} is missing"
    content = response.get("content", {})
    if not content:
        assert answer.body == b"", operation["operationId"]
        return
    media = answer.headers["content-type"].partition(";")[0]
    if media not in content and "*/*" in content:
        media = "*/*"
    assert media in content, f"{operation['operationId']} says nothing of {media}"
    if media == "application/json" and method != "HEAD":
        held = validator(routes, wanted, pattern, str(answer.status), media)
        problems = [f"{problem.json_path}: {problem.message}" for problem in held.iter_errors(answer.json)]
        assert problems == [], f"{operation['operationId']} {answer.status}"


def hold_frame(frame: object) -> None:
    """Fail when a frame of the socket is none that the description has."""
    assert len([True for held in frame_validators() if held.is_valid(frame)]) == 1, str(frame)[:2000]


@lru_cache
def frame_validators() -> tuple[Draft202012Validator, ...]:
    """Give what holds a value against each kind of frame."""
    components = document_of(all_routes())["components"]
    return tuple(
        Draft202012Validator({"$ref": f"#/components/schemas/{frame.name}", "components": components})
        for frame in FRAMES
    )
