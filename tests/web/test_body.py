"""Bodies are told by what they hold: JSON, forms, nothing, and rubbish."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsockd.web.body import Body, parse_json, read_body
from mailsockd.web.errors import HTTPError

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("content", "content_type", "fields", "form"),
    [
        (b"", JSON, {}, False),
        (b" \r\n ", JSON, {}, False),
        (b"", FORM, {}, False),
        (b"", "", {}, False),
        (b'{"enablews": true}', JSON, {"enablews": True}, False),
        (b'{"enablews": true}', "application/json; charset=utf-8", {"enablews": True}, False),
        (b'{"enablews": true}', "Application/JSON", {"enablews": True}, False),
        (b'{"enablews": true}', FORM, {"enablews": True}, False),
        (b' {"enablews": true} ', "text/plain", {"enablews": True}, False),
        (b'{"enablews": true}', "", {"enablews": True}, False),
        (b'\xef\xbb\xbf{"a":1}', JSON, {"a": 1}, False),
        (b'{"a":1,"a":2}', JSON, {"a": 2}, False),
        (b"enablews=true&forward=", FORM, {"enablews": "true", "forward": ""}, True),
        (b"enablews=true", "", {"enablews": "true"}, True),
        (b"to=a%40b&to=c%2Bd%40e", FORM, {"to": ["a@b", "c+d@e"]}, True),
        (b"to=a&to=b&to=c", FORM, {"to": ["a", "b", "c"]}, True),
        (b"info=two+words", FORM, {"info": "two words"}, True),
        (b"info=gr%C3%BCn", FORM, {"info": "grün"}, True),
        (b"{odd=1", FORM, {"{odd": "1"}, True),
        (b"&&a=1&", FORM, {"a": "1"}, True),
        (
            b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n',
            "multipart/form-data; boundary=B",
            {"a": "1"},
            True,
        ),
    ],
)
def test_bodies(content: bytes, content_type: str, fields: dict[str, Any], form: bool) -> None:
    """Every pair of content and declared type that clients send."""
    assert read_body(content, content_type) == Body(fields, form)


@pytest.mark.parametrize(
    ("content", "content_type", "message"),
    [
        (b"{'enablews': true}", JSON, "The body is not valid JSON."),
        (b"{'enablews': true}", FORM, "The body is not valid JSON."),
        (b"enablews=true", JSON, "The body is not valid JSON."),
        (b'{"a":NaN}', JSON, "The body is not valid JSON."),
        (b'{"a":-Infinity}', JSON, "The body is not valid JSON."),
        (b'{"a":1e999}', JSON, "The body is not valid JSON."),
        (b'{"a":' + b"9" * 400 + b".0}", JSON, "The body is not valid JSON."),
        (b'{"a":' + b"9" * 5_000 + b"}", JSON, "The body is not valid JSON."),
        (b'{"a":' + b"1" * 308 + b"e308}", JSON, "The body is not valid JSON."),
        (b"[" * 100_000, JSON, "The body is not valid JSON."),
        (b'{"a":' * 20_000, FORM, "The body is not valid JSON."),
        (b"[" * 60_000 + b"]" * 60_000, JSON, "The body is not valid JSON."),
        (b'{"a":"\\ud800"}', JSON, "The body is not valid JSON."),
        (b'{"\\udc00":1}', JSON, "The body is not valid JSON."),
        (b'{"a":"\xff"}', JSON, "The body is not valid JSON."),
        ('{"a":1}'.encode("utf-16"), JSON, "The body is not valid JSON."),
        (b"[1]", JSON, "The body must be a JSON object."),
        (b"[1]", FORM, "The body must be a JSON object."),
        (b'"text"', JSON, "The body must be a JSON object."),
        (b"null", JSON, "The body must be a JSON object."),
        (b"a=1&" * 1_000, FORM, "The body has more than 1000 fields."),
        (b"a=%FF", FORM, "The body is not valid UTF-8."),
        (b"\xff=1", FORM, "The body is not valid UTF-8."),
    ],
)
def test_rubbish_is_400(content: bytes, content_type: str, message: str) -> None:
    """No body raises anything but a 400 with a sentence."""
    with pytest.raises(HTTPError) as raised:
        read_body(content, content_type)
    assert (raised.value.status, raised.value.message) == (400, message)


def test_numbers_and_pairs_that_only_look_dangerous_are_kept() -> None:
    """Large exponents that fit, many digits that fit, and whole surrogate pairs."""
    assert parse_json(b'[1e308, 1E+100, "\\ud83d\\ude00"]') == [1e308, 1e100, "😀"]


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200), st.sampled_from([JSON, FORM, "", "multipart/form-data; boundary=B"]))
def test_reading_is_total(content: bytes, content_type: str) -> None:
    """Any bytes under any type are a body or an HTTPError 400."""
    try:
        body = read_body(content, content_type)
    except HTTPError as error:
        assert error.status == 400
    else:
        assert isinstance(body.fields, dict)
