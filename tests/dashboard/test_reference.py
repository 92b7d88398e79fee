"""The API reference page, made of a small description."""

import gzip
import re
from typing import Any

import pytest

from mailsockd.dashboard.frame import Frame
from mailsockd.dashboard.reference import ReferenceRoutes
from mailsockd.dashboard.signin import SignInRoutes
from mailsockd.dashboard.static_files import read_static_files
from mailsockd.dashboard.types import schema_name, type_words
from mailsockd.web.router import Router
from tests.dashboard.pages_house import PagesHouse
from tests.web.talk import Answer, Talk, request

ERROR = {
    "description": "Wrong <b>.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "x", "version": "9.8.7", "description": "First `code`.\n\nSecond."},
    "tags": [{"name": "Things here", "description": "What is <here>."}],
    "paths": {
        "/api/things/{id}": {
            "put": {
                "operationId": "ChangeThing",
                "tags": ["Things here"],
                "summary": "Change a thing",
                "description": "Change `it`.",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "description": "The id.",
                     "schema": {"type": "string", "examples": ["a/b"]}},
                    {"name": "how", "in": "query", "required": True, "description": "How.",
                     "schema": {"type": "string", "enum": ["so", "not so"]}},
                    {"name": "many", "in": "query", "required": False, "description": "How many.",
                     "schema": {"type": "integer", "minimum": 0, "maximum": 9, "default": 3}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                "responses": {
                    "200": {"description": "Changed.",
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "400": {"$ref": "#/components/responses/Refused400"},
                    "404": ERROR,
                },
                "security": [{"key": []}],
                "x-anonymous": "Sometimes none.",
            }
        },
        "/api/open": {
            "get": {
                "operationId": "Open",
                "tags": ["Things here"],
                "summary": "Look",
                "description": "Look.",
                "parameters": [],
                "responses": {"204": {"description": "Nothing."}},
                "security": [{}],
                "x-websocket": {"server-sends": [{"$ref": "#/components/schemas/Thing"}]},
            }
        },
    },
    "components": {
        "responses": {"Refused400": {"description": "In general."}},
        "schemas": {
            "Error": {"type": "string", "description": "An error."},
            "Thing": {
                "type": "object",
                "description": "A thing.",
                "properties": {
                    "name": {"type": ["string", "null"], "description": "Its name."},
                    "parts": {
                        "type": "array",
                        "description": "Its parts.",
                        "items": {"type": "object", "properties": {"deep": {"const": True, "description": "Deep."}}},
                    },
                },
                "required": ["name"],
                "examples": [{"name": "<é>"}],
            },
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Answer:
    return asked("")


def asked(accepted: str) -> Answer:
    talk = Talk(Router(ReferenceRoutes(Frame(read_static_files()), DOCUMENT), cross_origin=False))
    talk.send(request("GET", "/docs/api", headers={"Accept-Encoding": accepted} if accepted else {}))
    (answer,) = talk.answers()
    return answer


@pytest.fixture(scope="module")
def html(page: Answer) -> str:
    return page.body.decode()


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_reference_is_a_page_that_may_be_kept(page: Answer) -> None:
    """It is a whole document that needs no key, with the policy of all pages, and is kept for a while."""
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "public, max-age=600"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert page.body.startswith(b'<!DOCTYPE html>\n<html lang="en">') and page.body.rstrip().endswith(b"</html>")
    assert b"<title>API reference</title>" in page.body


@pytest.mark.parametrize("accepted", ["gzip", "deflate, GZIP;q=0.5, br"])
def test_the_reference_is_packed_for_whoever_takes_that(page: Answer, accepted: str) -> None:
    """With gzip in Accept-Encoding the same page comes packed, and caches are told of the difference."""
    packed = asked(accepted)
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(packed.body) == page.body
    assert len(packed.body) < len(page.body)


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.0", "xgzip"])
def test_the_reference_is_plain_for_others(page: Answer, accepted: str) -> None:
    """Who does not take gzip gets the page as it is."""
    plain = asked(accepted)
    assert "content-encoding" not in plain.headers
    assert plain.body == page.body


def test_the_reference_needs_no_script(html: str) -> None:
    """There is no script, nothing inline and nothing of another host in it."""
    assert re.findall(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", html) == []
    assert re.findall(r'(?:href|src)="(?:[a-z]+:)?//', html) == []


def test_an_operation_has_everything_that_the_description_says(html: str) -> None:
    """Method, path, parameters with their types, body, own answers and an example stand together."""
    operation = words(html.partition('id="ChangeThing"')[2].partition("</article>")[0])
    assert operation == (
        "> Change a thing PUT /api/things/{id} Change it . Needs a key. Sometimes none. "
        "Parameter Type Meaning id path string The id. how query, needed one of so, not so How. "
        "many query integer 0 to 9, 3 unless said How many. Body: Thing "
        "Status Meaning Content 200 Changed. application/json Thing 404 Wrong &lt;b&gt;. application/json Error "
        'curl -X PUT -H "Mailsac-Key: $KEY" -H "Content-Type: application/json" -d @body.json '
        '"$URL/api/things/a%2Fb?how=so"'
    )


def test_an_open_operation_needs_no_key(html: str) -> None:
    """Without parameters and body there is no table of them; frames of a socket are named."""
    operation = words(html.partition('id="Open"')[2].partition("</article>")[0])
    assert operation.startswith(
        "> Look GET /api/open Look. Needs no key. Status Meaning Content 204 Nothing. Frames: Thing"
    )
    assert "Parameter" not in operation and "Body" not in operation


def test_an_object_shows_its_properties(html: str) -> None:
    """Properties of objects inside follow; what is not always there says so; the example is text."""
    thing = words(html.partition('id="object-Thing"')[2].partition("</article>")[0])
    assert thing == (
        "> Thing A thing. Property Type Meaning name string or null Its name. parts not always list of object "
        'Its parts. parts[].deep not always true Deep. Example { "name": "&lt;é&gt;" }'
    )
    assert words(html.partition('id="object-Error"')[2].partition("</article>")[0]) == "> Error An error. string"


def test_what_all_operations_refuse_stands_once(html: str) -> None:
    """Common refusals have a table of their own."""
    assert words(html.partition('id="refusals"')[2].partition("</section>")[0]).endswith(
        "Status Meaning 400 In general."
    )
    assert html.count("In general.") == 1


def test_every_link_of_the_page_leads_somewhere(html: str) -> None:
    """What a link names is an element of the page, and no name is given twice."""
    names = re.findall(r'\sid="([^"]+)"', html)
    assert len(names) == len(set(names))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(names)
    assert {"ChangeThing", "things-here", "object-Thing", "refusals"} <= set(re.findall(r'href="#([^"]+)"', html))


def test_text_of_the_description_is_no_markup(html: str) -> None:
    """Code is marked up; angle brackets stay text."""
    assert "<p>First <code>code</code>.</p><p>Second.</p>" in html
    assert "What is &lt;here&gt;." in html
    assert "<b>" not in html and "9.8.7" in html


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "string"),
        ({"type": ["boolean", "null"]}, "boolean or null"),
        ({"type": "string", "format": "date-time"}, "date-time"),
        ({"type": "string", "format": "binary"}, "bytes"),
        ({"type": "integer", "minimum": 1}, "integer"),
        ({"type": "integer", "minimum": 1, "maximum": 5}, "integer 1 to 5"),
        ({"type": "integer", "enum": [0, 1, None]}, "one of 0, 1, null"),
        ({"const": True}, "true"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "string"}}}, "list of list of string"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "object of string"),
        ({"type": "object", "additionalProperties": False, "properties": {}}, "object"),
        ({"oneOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]}, "Thing or null"),
    ],
)
def test_types_in_words(schema: dict[str, Any], expected: str) -> None:
    """A type is told as a person would tell it."""
    assert "".join(schema_name(word) or word for word in type_words(schema)) == expected


def test_who_is_signed_in_keeps_the_navigation() -> None:
    """The reference stands in the frame of whoever looks: their places beside it, and nobody may keep the page."""
    house = PagesHouse()
    browser = house.browser(
        SignInRoutes(house.frame, house.sign_ins, house.browsers, 60), ReferenceRoutes(house.frame, DOCUMENT)
    )
    browser.send("/login", {"name": "ada", "password": "secret of ada"})
    answer = browser.go("/docs/api")
    assert 'aria-label="Places"' in browser.text
    assert '<div class="reference">' in browser.text
    assert answer.headers["cache-control"] == "no-store"
