"""The values of a control request's body, checked one by one; what is wrong is a Refusal 400 that names the field."""

from collections.abc import Collection, Mapping
from typing import Any

from mailsockd.actions.refusal import Refusal


def known(body: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    """Give the body back when it holds nothing but fields of these names."""
    for name in body:
        if name not in names:
            raise wrong(name, f"is not a field here; there are {', '.join(sorted(names))}")
    return body


def text(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """Give a text; without a default it must be there and must not be empty."""
    value = body.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise wrong(name, "must be text")
    return value


def text_or_none(body: Mapping[str, Any], name: str) -> str | None:
    """Give a text, None when it is absent or null."""
    return None if body.get(name) is None else text(body, name)


def flag(body: Mapping[str, Any], name: str, default: bool = False) -> bool:
    """Give true or false."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise wrong(name, "must be true or false")
    return value


def count_or_none(body: Mapping[str, Any], name: str) -> int | None:
    """Give a whole number, None for null."""
    value = body.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise wrong(name, "must be a whole number, or null for any number")
    return value


def wrong(name: str, reason: str) -> Refusal:
    """Make the error about one field."""
    return Refusal(400, f"{name} {reason}", (f"{name}: {reason}",))
