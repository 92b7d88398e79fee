"""The API reference: a page made from the description of the API, for people."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import quote

from twisted.web.iweb import IRequest
from twisted.web.template import Comment, Element, Tag, TagLoader, flattenString, renderer, tags

from mailsockd.dashboard.frame import HTML_TYPE, PAGE, Frame
from mailsockd.dashboard.pages import Layout, html, template
from mailsockd.dashboard.types import schema_name, type_words
from mailsockd.web.router import Call, Reply, Routes

Document: TypeAlias = Mapping[str, Any]
Request: TypeAlias = "IRequest | None"

_KEPT = PAGE | {"Cache-Control": "public, max-age=600", "Vary": "Accept-Encoding"}


TITLE, SHEET = "API reference", "reference.css"
PLACE = b"<!--reference-->"


class Place(Element):
    """Where the reference goes: it is made once, for all, and put in as bytes."""

    loader = TagLoader(Comment("reference"))


class ReferenceRoutes:
    """The page, made once at the start: it is the same for everybody. `document` is in OpenAPI 3.1."""

    routes = Routes()

    def __init__(self, frame: Frame, document: Document) -> None:
        self._frame = frame
        self._content = self._page = self._packed = b""
        flattenString(None, Reference(document)).addCallback(self._made)

    def _made(self, content: bytes) -> None:
        self._content = content
        frame = self._frame
        page = Layout(
            TITLE, Place(), static=frame.static.path, sheet=SHEET, sign_in=frame.sign_in, places=frame.places
        )
        html(page).addCallback(self._shown)

    def _shown(self, page: bytes) -> None:
        self._page = page.replace(PLACE, self._content)
        self._packed = gzip.compress(self._page, mtime=0)

    @routes.get("/docs/api", open=True, summary="The API reference")
    async def reference(self, call: Call) -> Reply:
        """Answer the API reference, with the navigation for who is signed in."""
        packs = _takes_gzip(call.header("Accept-Encoding"))
        if self._frame.visitor(call) is None:
            packed = {"Content-Encoding": "gzip"} if packs else {}
            return Reply(self._packed if packs else self._page, HTML_TYPE, headers=_KEPT | packed)
        page = await self._frame.show(call, TITLE, Place(), sheet=SHEET, current="/docs/api")
        body = page.content().replace(PLACE, self._content)
        # It is large, and repeats nothing of the request, so it is the one page that may be packed.
        return Reply(
            gzip.compress(body, 1) if packs else body,
            HTML_TYPE,
            headers={**page.headers, **({"Content-Encoding": "gzip"} if packs else {}), "Vary": "Accept-Encoding"},
        )


def _takes_gzip(accepted: str) -> bool:
    for offer in accepted.lower().replace(" ", "").split(","):
        name, _, quality = offer.partition(";q=")
        if name == "gzip":
            return quality.strip("0.") != "" or not quality
    return False


class Reference(Element):
    """The whole reference: an operation after the other, then the objects."""

    loader = template("reference.xhtml")

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._groups = [(tag, list(_operations(document, tag["name"]))) for tag in document["tags"]]

    @renderer
    def about(self, request: Request, tag: Tag) -> Tag:
        """Say what the API is."""
        return tag(_paragraphs(self._document["info"]["description"]))

    @renderer
    def version(self, request: Request, tag: Tag) -> Tag:
        """Name the version."""
        return tag(self._document["info"]["version"])

    @renderer
    def contents(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """List the groups, and what is in them."""
        for group, operations in self._groups:
            links = [
                tags.li(tags.a(operation["summary"], href=f"#{operation['operationId']}"))
                for *_, operation in operations
            ]
            yield tag.clone()(tags.a(group["name"], href=f"#{_anchor(group['name'])}"), tags.ul(links))
        yield tag.clone()(tags.a("Refusals", href="#refusals"))
        yield tag.clone()(tags.a("Objects", href="#objects"))

    @renderer
    def groups(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Show the groups."""
        for group, operations in self._groups:
            yield tag.clone().fillSlots(
                anchor=_anchor(group["name"]),
                name=group["name"],
                description=group["description"],
                operations=[Operation(method, path, operation) for path, method, operation in operations],
            )

    @renderer
    def refusals(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Show the refusals that all routes have in common."""
        for name, refusal in self._document["components"]["responses"].items():
            yield tag.clone().fillSlots(status=name[-3:], meaning=_inline(refusal["description"]))

    @renderer
    def objects(self, request: Request, tag: Tag) -> Iterator[Element]:
        """Show the schemas."""
        return (Object(name, schema) for name, schema in self._document["components"]["schemas"].items())


class Operation(Element):
    """One method of one path."""

    loader = template("operation.xhtml")

    def __init__(self, method: str, path: str, operation: Mapping[str, Any]) -> None:
        super().__init__()
        self._method = method.upper()
        self._path = path
        self._said = operation

    @renderer
    def operation(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(
            anchor=self._said["operationId"],
            summary=self._said["summary"],
            method=self._method,
            kind=f"method {self._method.lower()}",
            path=self._path,
            description=_paragraphs(self._said["description"]),
            key="Needs no key." if {} in self._said["security"] else "Needs a key.",
            anonymous=self._said.get("x-anonymous", ""),
            curl=self._curl(),
        )

    @renderer
    def parameters(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the parameters, if there are any."""
        return tag if self._said["parameters"] else ""

    @renderer
    def parameter(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Show each parameter."""
        for parameter in self._said["parameters"]:
            yield tag.clone().fillSlots(
                name=parameter["name"],
                place=f"{parameter['in']}{', needed' if parameter['in'] == 'query' and parameter['required'] else ''}",
                type=_linked(parameter["schema"]),
                meaning=_inline(parameter["description"]),
            )

    @renderer
    def body(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the body that the operation reads, if it reads one."""
        said = self._said.get("requestBody")
        return "" if said is None else tag.fillSlots(schema=_linked(said["content"]["application/json"]["schema"]))

    @renderer
    def answer(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Show each answer that is not common to all operations."""
        for status, response in self._said["responses"].items():
            if "$ref" not in response:
                content = response.get("content", {})
                yield tag.clone().fillSlots(
                    status=status,
                    good="good" if status < "300" else "",
                    meaning=_inline(response["description"]),
                    content=[tags.div(media, " ", _linked(said["schema"])) for media, said in content.items()],
                )

    @renderer
    def frames(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the frames of a socket."""
        frames = self._said.get("x-websocket")
        return (
            "" if frames is None else tag(tags.p("Frames: ", _joined([_linked(one) for one in frames["server-sends"]])))
        )

    def _curl(self) -> str:
        if "x-websocket" in self._said:
            return 'websocat "${URL/http/ws}/incoming-messages?key=$KEY&addresses=user1@mail.test"'
        path, query = self._path, []
        for parameter in self._said["parameters"]:
            value = _example(parameter["schema"])
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", quote(value, safe="@"))
            elif parameter["required"]:
                query.append(f"{parameter['name']}={quote(value)}")
        method = "" if self._method == "GET" else f" -X {self._method}"
        key = "" if {} in self._said["security"] else ' -H "Mailsac-Key: $KEY"'
        body = ' -H "Content-Type: application/json" -d @body.json' if "requestBody" in self._said else ""
        return f'curl{method}{key}{body} "$URL{path}{"?" if query else ""}{"&".join(query)}"'


class Object(Element):
    """One schema."""

    loader = template("object.xhtml")

    def __init__(self, name: str, schema: Mapping[str, Any]) -> None:
        super().__init__()
        self._name = name
        self._schema = schema

    @renderer
    def object(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(
            anchor=f"object-{self._name}",
            name=self._name,
            description=_inline(self._schema.get("description", "")),
        )

    @renderer
    def shape(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what it is when it is no object with properties."""
        return "" if "properties" in self._schema else tag(_linked(self._schema))

    @renderer
    def properties(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the table of properties, if there are any."""
        return tag if "properties" in self._schema else ""

    @renderer
    def property(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Show each property; those of an object inside follow it."""
        for name, schema, always in _properties(self._schema):
            yield tag.clone().fillSlots(
                name=name,
                always="" if always else tags.span("not always", class_="hint"),
                type=_linked(schema),
                meaning=_inline(schema.get("description", "")),
            )

    @renderer
    def example(self, request: Request, tag: Tag) -> "Tag | str":
        """Show an example, if there is one."""
        examples = self._schema.get("examples")
        if not examples:
            return ""
        return tag.fillSlots(
            json=json.dumps(examples[0], indent=2, ensure_ascii=False), name=f"Example of {self._name}"
        )


def _operations(document: Document, group: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if group in operation["tags"]:
                yield path, method, operation


def _properties(schema: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    needed = schema.get("required", ())
    for name, inner in schema["properties"].items():
        yield prefix + name, inner, name in needed
        items = inner.get("items", {})
        if "properties" in items:
            yield from _properties(items, f"{prefix}{name}[].")


def _linked(schema: Mapping[str, Any]) -> list[Any]:
    """Give the words of a schema with the names of others as links."""
    return [
        tags.a(name, href=f"#object-{name}") if (name := schema_name(part)) else part for part in type_words(schema)
    ]


def _paragraphs(text: str) -> list[Tag]:
    return [tags.p(_inline(" ".join(part.split()))) for part in text.split("\n\n") if part.strip()]


def _inline(text: str) -> list[Any]:
    """Give text with what stands between backticks as code."""
    return [tags.code(part) if place % 2 else part for place, part in enumerate(text.split("`"))]


def _joined(parts: Sequence[Any]) -> list[Any]:
    return [piece for part in parts for piece in (", ", part)][1:]


def _example(schema: Mapping[str, Any]) -> str:
    for given in ("examples", "enum"):
        if schema.get(given):
            return str(schema[given][0])
    return "1" if schema.get("type") == "integer" else "x"


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")
