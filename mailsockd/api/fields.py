"""Lists and texts out of a body, JSON or form, each with its cap; a wrong one is a 400 that names it."""

from typing import Any

from mailsockd.web.errors import wrong

# Element caps of all routes (contract section 3.12).
MOST_RESERVED = 100
MOST_ENCLOSURES = 100
MOST_RECEIVED = 50


def texts(body: dict[str, Any], field: str, most: int) -> list[str]:
    """
    Give a list of texts: an array, or one text with commas, as forms have it.

    Raises HTTPError 400 when it is missing, empty, longer than `most`, or has something else in it.
    """
    value = body.get(field)
    items = value.split(",") if isinstance(value, str) and value.strip() else value
    if not isinstance(items, list) or not items:
        raise wrong(field, "must be a list of addresses")
    if len(items) > most:
        raise wrong(field, f"has {len(items)} items, and {most} are allowed")
    for place, item in enumerate(items):
        if not isinstance(item, str) or not item.strip():
            raise wrong(f"{field}[{place}]", "must be an address")
    return [item.strip() for item in items]


def text(body: dict[str, Any], field: str) -> str | None:
    """Give a text, None when it is missing or null. Raises HTTPError 400."""
    value = body.get(field)
    if value is not None and not isinstance(value, str):
        raise wrong(field, "must be text")
    return value
