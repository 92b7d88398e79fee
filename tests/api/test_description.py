"""The description of the API: whole, closed, true to what the routes and the socket say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from mailsockd import wire
from mailsockd.api.answers import gives
from mailsockd.api.description import TAGS, Undescribed, described
from mailsockd.api.openapi import DescriptionRoutes
from mailsockd.api.schemas import AVAILABILITY
from mailsockd.mail.message import parse
from mailsockd.mail.stored import summary_of
from mailsockd.state.subscriptions import Admission
from mailsockd.web.router import Router
from mailsockd.web.routes import Route
from tests.api.described import all_routes, hold, hold_frame
from tests.api.house import House
from tests.fakes import stored
from tests.web.talk import Answer, Talk, request

DOCUMENT = described(all_routes(), "1.2.3")
SCHEMAS = DOCUMENT["components"]["schemas"]


def held(name: str, value: object) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return [problem.message for problem in Draft202012Validator(schema).iter_errors(value)]


def schemas(tree: Any) -> Iterator[dict[str, Any]]:
    """Give every schema inside a part of the document that is one, itself first."""
    yield tree
    inner = [*tree.get("properties", {}).values(), *tree.get("oneOf", ()), *tree.get("anyOf", ())]
    inner += [tree[name] for name in ("items", "additionalProperties") if isinstance(tree.get(name), dict)]
    for schema in inner:
        yield from schemas(schema)


def all_schemas() -> Iterator[dict[str, Any]]:
    for name, schema in SCHEMAS.items():
        if name != "OpenAPI":  # what an OpenAPI document holds is another specification's
            yield from schemas(schema)
    for operations in DOCUMENT["paths"].values():
        for operation in operations.values():
            for parameter in operation["parameters"]:
                yield from schemas(parameter["schema"])
            for response in [*operation["responses"].values(), operation.get("requestBody", {})]:
                for content in response.get("content", {}).values():
                    yield from schemas(content["schema"])


def test_every_route_is_in_the_description() -> None:
    """What the description has is what the api objects declare, and the socket."""
    paths = [(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods]
    declared = [(route.method, route.pattern.replace("*}", "}")) for route in all_routes()]
    assert len(declared) >= 55
    assert sorted(paths) == sorted([*declared, ("GET", "/incoming-messages")])


def test_every_operation_says_what_it_is() -> None:
    """Each has a name of its own, a group, a summary without a full stop and a description in sentences."""
    operations = [operation for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["tags"][0] in TAGS
        assert operation["summary"][0].isupper() and operation["summary"][-1] != "."
        assert operation["description"][0].isupper() and operation["description"][-1] == "."
        assert "contract" not in operation["description"]


def test_all_schemas_are_closed() -> None:
    """Every object has its properties and no others, each described; none is empty; what is needed is there."""
    found = list(all_schemas())
    assert len(found) > 200
    for schema in found:
        assert {"type", "$ref", "oneOf", "anyOf", "const", "enum"} & schema.keys(), schema
        if schema.get("type") == "object":
            assert schema["description"]
            properties = schema.get("properties", {})
            assert schema["additionalProperties"] is False or not properties, schema
            assert set(schema.get("required", ())) <= set(properties)
            assert properties or isinstance(schema["additionalProperties"], dict), schema
            for name, inner in properties.items():
                assert "$ref" in inner or inner["description"], name


def test_examples_are_right() -> None:
    """Every example of an object has the shape that it is an example of."""
    examples = [(name, example) for name, schema in SCHEMAS.items() for example in schema.get("examples", ())]
    assert len(examples) >= 10
    assert {name: held(name, example) for name, example in examples if held(name, example)} == {}


def test_references_lead_somewhere() -> None:
    """Everything that the description refers to is in it, and all its components are referred to."""
    text = json.dumps(DOCUMENT)
    for kind in ("schemas", "responses", "headers"):
        for name in DOCUMENT["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text, name


def test_only_open_routes_need_no_key() -> None:
    """An operation needs a key unless its route is open."""
    without = {
        (method, path)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        if operation["security"] == [{}]
    }
    assert without == {(route.method.lower(), route.pattern) for route in all_routes() if route.open}
    assert ("get", "/api/me") in without and ("get", "/api/addresses") not in without


def test_settings_are_those_that_are_read() -> None:
    """The body of an address has the settings that the server knows."""
    known = {"info", "enablews", "enabledws", "forward", "webhook", "webhookSlack", "webhookSlackToFrom"}
    assert set(SCHEMAS["AddressSettings"]["properties"]) == known
    assert held("AddressSettings", {"enablews": True, "webhook": None, "info": "x"}) == []
    assert held("AddressSettings", {"webhook": 1}) != [] and held("AddressSettings", {"forward": 1}) != []


SAID = {"tag": "Account", "operation": "X", "summary": "X", "description": "X.", "answers": gives(AVAILABILITY)}


@pytest.mark.parametrize("name", sorted(SAID))
def test_a_route_that_says_too_little_is_no_part(name: str) -> None:
    """A route without one of the things that a description needs is refused by name."""
    info = {key: value for key, value in SAID.items() if key != name}
    with pytest.raises(Undescribed, match=r"GET /x.*" + name):
        described([Route("GET", "/x", "x", info=info)], "0")


def test_a_parameter_must_be_known() -> None:
    """A route with a name in its pattern that nobody describes is refused."""
    with pytest.raises(Undescribed, match="wine"):
        described([Route("GET", "/x/{wine}", "x", info=SAID)], "0")


def test_two_routes_have_two_names() -> None:
    """Generated clients could not tell two operations of one name apart."""
    with pytest.raises(Undescribed, match="GET /y: operation is that of GET /x"):
        described([Route("GET", "/x", "x", info=SAID), Route("GET", "/y", "y", info=SAID)], "0")


MAIL = b"Subject: gr\xfcn\r\n\r\nHello"


@pytest.mark.parametrize(
    ("shape", "name"), [("flat", "MessageFrame"), ("nested", "NestedMessageFrame"), ("both", "DoubleMessageFrame")]
)
@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("content", [MAIL, b"Subject: long\r\n\r\n" + b"x" * 1_000_000], ids=["small", "large"])
def test_message_frames_are_described(shape: str, name: str, raw: bool, content: bytes) -> None:
    """Frames of every shape, with and without their raw text, small and large, have the schema of their shape."""
    mail = parse(content)
    message = stored(summary=summary_of(mail, "env@d.test"))
    frame = json.loads(
        wire.dumps(wire.frame_json(message, mail, "from x", content, alias="inbox-00ff", shape=shape, raw=raw))
    )
    assert held(name, frame) == []
    assert held(name, {**frame, "msg": "x"}) != []
    hold_frame(frame)
    assert held(name, {key: value for key, value in frame.items() if key != "status"}) != []


def test_the_other_frames_are_described() -> None:
    """The first frame, with and without its extras, and the refusal have their schemas."""
    full = wire.listening_json(Admission(("a@b.test",), ("b.test",), (("c", "d"),), ("e",)))
    assert held("ListeningFrame", full) == []
    assert held("ListeningFrame", wire.listening_json(Admission(("a@b.test",), (), (), ()))) == []
    assert held("ListeningFrame", {**full, "rejected": []}) != []
    refused = wire.socket_error_json(401, "No.")
    assert held("ErrorFrame", refused) == []
    assert held("ErrorFrame", {**refused, "addresses": ["a@b.test"]}) != []
    hold_frame(full)
    hold_frame(refused)
    with pytest.raises(AssertionError):
        hold_frame({"status": 200})
    frames = DOCUMENT["paths"]["/incoming-messages"]["get"]["x-websocket"]["server-sends"]
    assert [frame["$ref"].rpartition("/")[2] for frame in frames] == [
        "ListeningFrame",
        "MessageFrame",
        "NestedMessageFrame",
        "DoubleMessageFrame",
        "ErrorFrame",
    ]


GOOD = {"content-type": "application/json; charset=utf-8", "x-request-id": "1"}
COUNT = "/api/addresses/a@b.test/message-count"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, GOOD, b'{"count":1}'),
        Answer(200, GOOD, b'{"count":1,"inbox":"a@b.test","more":1}'),
        Answer(200, GOOD, b'{"count":"1","inbox":"a@b.test"}'),
        Answer(418, GOOD, b'{"message":"x","error":"x","status":418}'),
        Answer(403, GOOD, b'{"message":"x"}'),
        Answer(200, {**GOOD, "content-type": "text/html"}, b'{"count":1,"inbox":"a@b.test"}'),
        Answer(200, {"content-type": "application/json"}, b'{"count":1,"inbox":"a@b.test"}'),
    ],
)
def test_answers_are_held_against_the_description(answer: Answer) -> None:
    """A field that is missing, too many or of another type, a status, a media type and a header are noticed."""
    routes = tuple(House().router.table)
    hold(routes, "GET", COUNT, Answer(200, GOOD, b'{"count":1,"inbox":"a@b.test"}'))
    with pytest.raises(AssertionError):
        hold(routes, "GET", COUNT, answer)


@pytest.fixture
def talk() -> Talk:
    return Talk(Router(DescriptionRoutes(DOCUMENT)))


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.yml"])
def test_programs_get_the_description(talk: Talk, path: str) -> None:
    """Both forms are the same document, for any origin, without a key, and may be kept for a while."""
    talk.send(request("GET", path))
    (answer,) = talk.answers()
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=600"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == f"application/{'json' if 'json' in path else 'yaml'}; charset=utf-8"
    assert yaml.safe_load(answer.body) == DOCUMENT
    assert answer.body.startswith(b"openapi: 3.1.0\n" if path.endswith("yml") else b'{"openapi":"3.1.0",')
    hold(tuple(DescriptionRoutes.routes), "GET", path, answer)


def test_nothing_in_the_yaml_refers_to_another_line(talk: Talk) -> None:
    """There are no anchors, which people cannot read and some programs neither."""
    talk.send(request("GET", "/openapi.yml"))
    (answer,) = talk.answers()
    assert b"&id" not in answer.body and b": *" not in answer.body
