"""What a route may return besides plain data: a Reply for text, HTML and downloads, JSON for data with another
status than 200. `encode` is the only place where data becomes the text of an answer."""

import json
from collections.abc import Mapping
from typing import Any

import attrs

JSON_TYPE = "application/json; charset=utf-8"


def encode(value: object) -> bytes:
    """`value` as compact UTF-8 JSON: no space after `:` or `,`, nothing escaped without need (contract.md 0, row 6).

    Raises ValueError for NaN and infinity, TypeError for what JSON cannot say. A lone surrogate becomes `?`,
    because one odd character must not cost the caller the whole answer.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")


@attrs.frozen
class Reply:
    """An answer whose body is already text or bytes. Text is sent as UTF-8; `content_type` is sent as given."""

    body: bytes | str
    content_type: str
    status: int = 200
    headers: Mapping[str, str] = attrs.Factory(dict)

    def content(self) -> bytes:
        """The bytes to send."""
        return self.body.encode("utf-8", "replace") if isinstance(self.body, str) else self.body


@attrs.frozen
class JSON:
    """Data that is sent with a status, or with headers, of its own."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = attrs.Factory(dict)


def reply(result: object) -> Reply | None:
    """What a route returned, as a Reply; None stands for 204 and no body."""
    if result is None or isinstance(result, Reply):
        return result
    if isinstance(result, JSON):
        return Reply(encode(result.value), JSON_TYPE, result.status, result.headers)
    return Reply(encode(result), JSON_TYPE)
