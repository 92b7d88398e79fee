"""
Words to write schemas with: JSON Schema 2020-12, which OpenAPI 3.1 takes as it is.

Every object is closed and every property described. A `Named` schema stands once among the components of the
description and is referred to from everywhere else.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import attrs


@attrs.frozen(eq=False)
class Named:
    """A schema with a name of its own."""

    name: str
    schema: Mapping[str, Any]


Schema: TypeAlias = Mapping[str, Any] | Named


def closed(
    description: str, properties: Mapping[str, Schema], *, optional: Sequence[str] = (), example: object = None
) -> dict[str, Any]:
    """Give an object that has these properties and no others, all of them but the `optional` ones always."""
    schema: dict[str, Any] = {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }
    return schema if example is None else schema | {"examples": [example]}


def text(description: str, **more: Any) -> dict[str, Any]:
    """Give a string."""
    return {"type": "string", "description": description, **more}


def date(description: str) -> dict[str, Any]:
    """Give a date as it is answered: UTC, milliseconds and Z."""
    pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"
    return text(description, format="date-time", pattern=pattern)


def integer(description: str, least: int = 0, most: int | None = None, **more: Any) -> dict[str, Any]:
    """Give an integer."""
    bounds = {"minimum": least} if most is None else {"minimum": least, "maximum": most}
    return {"type": "integer", "description": description, **bounds, **more}


def flag(description: str) -> dict[str, Any]:
    """Give true or false."""
    return {"type": "boolean", "description": description}


def only(value: object, description: str) -> dict[str, Any]:
    """Give what is always the same."""
    kind = {type(None): "null", bool: "boolean", int: "integer", str: "string"}[type(value)]
    return {"type": kind, "description": description, "const": value}


def array(items: Schema, description: str, **more: Any) -> dict[str, Any]:
    """Give a list."""
    return {"type": "array", "description": description, "items": items, **more}


def mapping(values: Schema, description: str, **more: Any) -> dict[str, Any]:
    """Give an object whose names are not known beforehand and whose values all have one schema."""
    return {"type": "object", "description": description, "additionalProperties": values, **more}


def nullable(schema: Schema) -> dict[str, Any]:
    """Give what may be null as well."""
    if isinstance(schema, Named):
        return {"oneOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}
