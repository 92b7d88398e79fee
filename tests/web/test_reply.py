"""Data as the text of an answer."""

import pytest

from mailsockd.web.errors import HTTPError, phrase
from mailsockd.web.reply import JSON, Reply, encode, reply


def test_json_is_compact_and_unescaped() -> None:
    """No space after colon or comma, UTF-8 as it is; half a surrogate pair is a question mark."""
    assert encode({"links": ["grün", 1, None, True]}) == '{"links":["grün",1,null,true]}'.encode()
    assert encode("a\ud800b") == b'"a?b"'


def test_what_json_cannot_say_is_an_error_here() -> None:
    """NaN never reaches a client."""
    with pytest.raises(ValueError, match="JSON"):
        encode(float("nan"))


def test_results_become_replies() -> None:
    """None is no content; data, JSON and Reply as they are."""
    kind = "application/json; charset=utf-8"
    assert reply(None) is None
    assert reply({}) == Reply(b"{}", kind)
    assert reply(JSON([], 201, {"Location": "/x"})) == Reply(b"[]", kind, 201, {"Location": "/x"})
    text = Reply("grün", "text/plain")
    assert reply(text) is text
    assert text.content() == "grün".encode()


def test_errors_have_one_shape() -> None:
    """message, error and status always, validationErrors when there are any."""
    assert HTTPError(429, "Slow down.").body() == {
        "message": "Slow down.",
        "error": "Too Many Requests",
        "status": 429,
    }
    assert HTTPError(400, "Bad.", ("a",)).body()["validationErrors"] == ["a"]
    assert (phrase(404), phrase(499)) == ("Not Found", "Error")
