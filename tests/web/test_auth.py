"""Where a key may be, and what follows from it."""

from io import BytesIO
from typing import Any

import pytest
from twisted.web.http_headers import Headers

from mailsockd.web.auth import identify, key_of
from mailsockd.web.call import Call
from mailsockd.web.errors import HTTPError
from tests.web.test_call import Asked


def call(headers: tuple[str, ...] = (), query: bytes = b"", body: bytes = b"", method: bytes = b"POST") -> Call:
    raw = Headers()
    for value in headers:
        raw.addRawHeader(b"mailsac-key", value.encode())
    return Call(Asked(b"/?" + query, method, BytesIO(body), raw))


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, ""),
        ({"headers": ("k_1",)}, "k_1"),
        ({"headers": ("",)}, ""),
        ({"headers": (" k_1 ",)}, "k_1"),
        ({"headers": ("k_1", "k_1")}, "k_1"),
        ({"headers": ("",), "query": b"_mailsacKey=k_1"}, "k_1"),
        ({"query": b"_mailsacKey=k_1"}, "k_1"),
        ({"query": b"_mailsacKey="}, ""),
        ({"headers": ("k_1",), "query": b"_mailsacKey=k_1", "body": b"_mailsacKey=k_1"}, "k_1"),
        ({"body": b'{"_mailsacKey":"k_1"}'}, "k_1"),
        ({"body": b'{"_mailsacKey":"k_1"}', "method": b"DELETE"}, "k_1"),
        ({"body": b'{"_mailsacKey":"k_1"}', "method": b"GET"}, ""),
        ({"body": b'{"_mailsacKey":null}'}, ""),
        ({"body": b"_mailsacKey=k_1&_mailsacKey=k_1"}, "k_1"),
    ],
)
def test_places_of_the_key(given: dict[str, Any], key: str) -> None:
    """Header, query and body, one or several times the same; empty is none."""
    assert key_of(call(**given)) == key


@pytest.mark.parametrize(
    "given",
    [
        {"headers": ("k_1", "k_2")},
        {"headers": ("k_1",), "query": b"_mailsacKey=k_2"},
        {"query": b"_mailsacKey=k_1&_mailsacKey=k_2"},
        {"headers": ("k_1",), "body": b'{"_mailsacKey":"k_2"}'},
        {"body": b"_mailsacKey=k_1&_mailsacKey=k_2"},
    ],
)
def test_different_keys_are_refused(given: dict[str, Any]) -> None:
    """Never the first found."""
    with pytest.raises(HTTPError) as raised:
        key_of(call(**given))
    assert (raised.value.status, raised.value.message) == (400, "The request holds different keys.")


@pytest.mark.parametrize("body", [b'{"_mailsacKey":5}', b'{"_mailsacKey":{}}', b'{"_mailsacKey":[["k"]]}'])
def test_a_key_that_is_no_text_is_refused(body: bytes) -> None:
    """By its name."""
    with pytest.raises(HTTPError) as raised:
        key_of(call(body=body))
    assert (raised.value.status, raised.value.message) == (400, "_mailsacKey must be a string.")


def test_identify() -> None:
    """A known key is its caller; an unknown one or none is 401, or nobody where anonymous callers are let in."""
    callers = {"k_1": "ada"}.get
    assert identify(call(("k_1",)), callers, anonymous=False) == "ada"
    assert identify(call(("k_2",)), callers, anonymous=True) is None
    assert identify(call(), callers, anonymous=True) is None
    for unknown in (call(("k_2",)), call()):
        with pytest.raises(HTTPError) as raised:
            identify(unknown, callers, anonymous=False)
        assert raised.value.body() == {
            "message": "Not authorized. You may need to log in first.",
            "error": "Unauthorized",
            "status": 401,
        }


def test_a_valid_key_is_counted_before_the_body_is_read() -> None:
    """A key in header or query is counted although the body is malformed, one in the body after it, no other at all."""
    callers = {"k_1": "ada"}.get
    counted: list[str] = []
    with pytest.raises(HTTPError, match="not valid JSON"):
        identify(call(("k_1",), body=b"{"), callers, anonymous=False, count=counted.append)
    assert counted == ["k_1"]
    assert identify(call(body=b'{"_mailsacKey":"k_1"}'), callers, anonymous=False, count=counted.append) == "ada"
    assert counted == ["k_1", "k_1"]
    identify(call(("k_2",)), callers, anonymous=True, count=counted.append)
    assert counted == ["k_1", "k_1"]


def test_a_wrong_key_is_refused_before_the_body_is_read() -> None:
    """Nothing of a body is parsed for whoever has no valid key in the header."""
    with pytest.raises(HTTPError) as raised:
        identify(call(("k_2",), body=b"{"), {"k_1": "ada"}.get, anonymous=False)
    assert raised.value.status == 401
