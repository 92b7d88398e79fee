"""JSON with very long strings in it, such as a mail: parsed in many short steps.

One step of C over many megabytes would hold the interpreter from every other thread for as long as it takes.
"""

import json
import re
import secrets
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from mailsockd.web.errors import wrong_body

LONG = 4096
STEP = 65_536
# No step ends inside an escape.
_INSIDE = re.compile(rb'[^"\\]*+(?:\\(?:u[0-9a-fA-F]{4}|[^u])[^"\\]*+)*+', re.DOTALL)
_QUOTE, _BACKSLASH = 0x22, 0x5C


def with_long_strings(content: bytes, rest: int, parse: Callable[[bytes], Any]) -> Any:
    """
    Parse JSON of which all but its long strings has at most `rest` bytes; that is left to `parse`.

    Raises HTTPError 400 for malformed text, and when there is more than that.
    """
    mark = secrets.token_hex(16)
    long: list[str] = []
    pieces: list[bytes] = []
    size = done = 0
    while (start := content.find(b'"', done)) >= 0:
        steps = _steps(content, start + 1)
        end = steps[-1] + 1
        if end - start > LONG:
            pieces.append(content[done:start] + f'"{mark}{len(long)}"'.encode())
            long.append(_text(content, steps))
        else:
            pieces.append(content[done:end])
        size += len(pieces[-1])
        if size > rest:
            break
        done = end
    pieces.append(content[done:])
    if size + len(pieces[-1]) > rest:
        raise wrong_body(f"may have at most {rest} bytes beside strings of more than {LONG} characters")
    return _put_back(parse(b"".join(pieces)), mark, long)


def _steps(content: bytes, start: int) -> list[int]:
    """Where the string that begins at `start` can be cut; the last place is that of its closing quote."""
    places = [start]
    while True:
        found = _INSIDE.match(content, places[-1], places[-1] + STEP)
        end = found.end() if found else places[-1]
        if end < len(content) and content[end] == _QUOTE:
            places.append(end)
            return places
        if end < len(content) and content[end] != _BACKSLASH:
            while content[end] & 0xC0 == 0x80 and end > places[-1]:  # not inside a character
                end -= 1
        if end >= len(content) or end <= places[-1]:
            raise wrong_body("is not valid JSON")
        places.append(end)


def _text(content: bytes, steps: list[int]) -> str:
    try:
        parts = [json.loads(b'"%b"' % content[start:end]) for start, end in pairwise(steps)]
        text = "".join(parts)
        # Two halves of a character that lie in two steps.
        halves = any("\ud800" <= part[-1:] <= "\udbff" for part in parts)
        if halves:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16")
        text.encode("utf-8")  # fails for half a character
    except ValueError:
        raise wrong_body("is not valid JSON") from None
    return text


def _put_back(value: Any, mark: str, long: list[str]) -> Any:
    if isinstance(value, str):
        return long[int(value[len(mark) :])] if value.startswith(mark) else value
    if isinstance(value, list):
        return [_put_back(inner, mark, long) for inner in value]
    if isinstance(value, dict):
        if any(name.startswith(mark) for name in value):
            raise wrong_body(f"has a name of more than {LONG} characters")
        return {name: _put_back(inner, mark, long) for name, inner in value.items()}
    return value
