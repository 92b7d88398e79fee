"""Large JSON, in which the strings are large and nothing else."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsockd.web.body import parse_json, read_body
from mailsockd.web.errors import HTTPError
from mailsockd.web.long_strings import LONG, STEP, with_long_strings

REST = 100_000


def refused(content: bytes) -> tuple[int, str]:
    with pytest.raises(HTTPError) as raised:
        with_long_strings(content, REST, parse_json)
    return raised.value.status, raised.value.message


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("piece", ["x", "é", "😀", '"', "\\", "\n\x00", 'a😀"\\é', "\ud83d\ude00x"])
@pytest.mark.parametrize("shift", [0, 1, 5, 11])
def test_long_strings_of_every_kind(piece: str, ascii_only: bool, shift: int) -> None:
    """Escapes and characters of several bytes survive wherever the steps fall."""
    piece = piece.encode("utf-16", "surrogatepass").decode("utf-16")
    text = "y" * shift + piece * (3 * STEP // len(piece.encode()))
    value = {"text": text, "list": ["short", text, {"n": 1}], "e": ""}
    content = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert with_long_strings(content, REST, parse_json) == value


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text(max_size=20), max_size=8),
    st.integers(1, 2000),
    st.booleans(),
)
def test_it_says_what_the_standard_library_says(texts: list[str], times: int, ascii_only: bool) -> None:
    """For any text, repeated until some strings are long, the value is the same."""
    value = {str(place): text * times for place, text in enumerate(texts)}
    content = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert with_long_strings(content, 10 * REST, parse_json) == value


MUCH = (400, "The body may have at most 100000 bytes beside strings of more than 4096 characters.")
MALFORMED = (400, "The body is not valid JSON.")


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b'{"a":"' + b"x" * 70_000, MALFORMED),
        (b'{"a":"' + b"x" * 70_000 + b"\\", MALFORMED),
        (b'{"a":"' + b"x" * 70_000 + b'\\"', MALFORMED),
        (b'{"a":"' + b"x" * 70_000 + b'\\u12"}', MALFORMED),
        (b'{"a":"' + b"x" * 70_000 + b'\\q"}', MALFORMED),
        (b'{"a":"' + b"x" * 70_000 + b'\n"}', MALFORMED),
        (b'{"a":"' + b"x" * 70_000 + b'\\ud83d"}', MALFORMED),
        (b'{"a":"' + b"x" * 70_000 + b'\\ude00z"}', MALFORMED),
        (b'{"a":"' + b"x" * 70_000 + b'\xff"}', MALFORMED),
        (b'{"a":"' + b"\x80" * 70_000 + b'"}', MALFORMED),
        (b'{"a":"' + b"x" * 70_000 + b'"', MALFORMED),
        (b'{"' + b"x" * 5000 + b'":1}', (400, f"The body has a name of more than {LONG} characters.")),
        (b"[" * 100_001, MUCH),
        (b'["a",' * 30_000, MUCH),
    ],
)
def test_what_is_refused(content: bytes, answer: tuple[int, str]) -> None:
    """Malformed text, half characters, long names, and much of anything but long strings."""
    assert refused(content) == answer


def test_a_large_body_takes_this_way() -> None:
    """A JSON object beyond the usual bound may have long strings; a form of that size is refused."""
    text = "x" * 2_000_000
    assert read_body(json.dumps({"text": text}).encode(), "application/json").fields == {"text": text}
    with pytest.raises(HTTPError) as raised:
        read_body(b"text=" + b"x" * 2_000_000, "application/x-www-form-urlencoded")
    assert (raised.value.status, raised.value.message) == (
        413,
        "A form may have at most 1048576 bytes; send JSON or multipart/form-data.",
    )
