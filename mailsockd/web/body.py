"""The body of a request as a dictionary, told by what it holds and not by what it is declared to be, because
clients declare forms and send JSON (contract.md 0.1). Every step is bounded and every refusal is a 400."""

import json
import re
from typing import Any, NoReturn

import attrs

from mailsockd.web.errors import HTTPError, wrong_body
from mailsockd.web.fields import Fields, parse_fields
from mailsockd.web.long_strings import with_long_strings
from mailsockd.web.multipart import parse_multipart

# Only such texts can overflow a float; only such escapes can leave half a surrogate pair behind. Both are looked
# for once, so that the careful and slow ways are taken by the few bodies that need them.
_MAY_OVERFLOW = re.compile(r"[eE]\+?[0-9]{3}|(?<![0-9])[0-9]{309}")
# Above this, what would take long in one step of C is done in many, so that other threads have their turns.
_LARGE = 131_072
LARGEST_FORM = 1_048_576
_MAY_BE_LONE = re.compile(r"\\u[dD][89a-fA-F]")


@attrs.frozen
class Body:
    """The fields of a body. `form` tells that the values are strings (or lists of strings) and not JSON."""

    fields: dict[str, Any]
    form: bool = False


def read_body(content: bytes, content_type: str) -> Body:
    """The fields of `content`: `{}` when it is empty whatever its type. Raises HTTPError 400 for everything that
    is neither a JSON object nor a form."""
    trimmed = content.strip()
    if not trimmed:
        return Body({})
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return Body(_object(trimmed))
    if kind == "multipart/form-data":
        return Body(_grouped(parse_multipart(content, content_type)), form=True)
    if trimmed[:1] in (b"{", b"["):
        try:
            return Body(_object(trimmed))
        except HTTPError:
            # Text with a `=` may still be a form whose first name begins with a brace; without one it is plainly
            # JSON gone wrong, and taking it for a form would answer 200 and change nothing.
            if b"=" not in trimmed:
                raise
    if len(trimmed) > LARGEST_FORM:
        raise HTTPError(413, f"A form may have at most {LARGEST_FORM} bytes; send JSON or multipart/form-data.")
    return Body(_grouped(parse_fields(trimmed, "body")), form=True)


def parse_json(content: bytes) -> Any:
    """Any JSON value, UTF-8. Raises HTTPError 400 for malformed text, for NaN and infinity, for integers beyond
    Python's limit of digits, for nesting beyond its stack and for half a surrogate pair."""
    try:
        text = content.decode("utf-8-sig")
        careful = _MAY_OVERFLOW.search(text) is not None
        value = json.loads(text, parse_constant=_constant, parse_float=_finite if careful else None)
        if _MAY_BE_LONE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise wrong_body("is not valid JSON") from None
    return value


def _object(content: bytes) -> dict[str, Any]:
    value = parse_json(content) if len(content) <= _LARGE else with_long_strings(content, _LARGE, parse_json)
    if not isinstance(value, dict):
        raise wrong_body("must be a JSON object")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def _grouped(fields: Fields) -> dict[str, Any]:
    """Repeated names become one list of strings."""
    grouped: dict[str, Any] = {}
    for name, value in fields:
        if name not in grouped:
            grouped[name] = value
        elif isinstance(grouped[name], list):
            grouped[name].append(value)
        else:
            grouped[name] = [grouped[name], value]
    return grouped
