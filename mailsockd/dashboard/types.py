"""A schema in a few words, for a table of the API reference."""

from collections.abc import Iterator, Mapping
from typing import Any

_PREFIX = "#/components/schemas/"
_MARK = "\0"


def type_words(schema: Mapping[str, Any]) -> list[str]:
    """Give the type of a value in words. What is the name of another schema is marked: `schema_name` tells."""
    return [part for part in _words(schema) if part]


def schema_name(word: str) -> str:
    """Give the name of the schema that one of `type_words` refers to, "" when it refers to none."""
    return word[1:] if word.startswith(_MARK) else ""


def _words(schema: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        reference = str(schema["$ref"])
        yield _MARK + reference.removeprefix(_PREFIX) if reference.startswith(_PREFIX) else reference
        return
    for several in ("oneOf", "anyOf"):
        if several in schema:
            for place, one in enumerate(schema[several]):
                yield " or " if place else ""
                yield from _words(one)
            return
    if "const" in schema:
        yield _said(schema["const"])
        return
    if "enum" in schema:
        yield "one of " + ", ".join(_said(value) for value in schema["enum"])
        return
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    for place, kind in enumerate(kinds):
        yield " or " if place else ""
        yield from _kind(kind, schema)
    if "default" in schema:
        yield f", {_said(schema['default'])} unless said"


def _kind(kind: str, schema: Mapping[str, Any]) -> Iterator[str]:
    if kind == "array":
        yield "list of "
        yield from _words(schema["items"])
    elif kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        yield "object of "
        yield from _words(schema["additionalProperties"])
    elif kind == "integer" and "maximum" in schema:
        yield f"integer {schema['minimum']} to {schema['maximum']}"
    elif kind == "string" and schema.get("format") in ("date", "date-time"):
        yield str(schema["format"])
    elif kind == "string" and schema.get("format") == "binary":
        yield "bytes"
    else:
        yield kind


def _said(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
