"""Queries, bodies and headers as routes read them."""

from io import BytesIO
from typing import Any

import attrs
import pytest
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.web.http_headers import Headers

from mailsockd.web.call import Call, parse_date, parse_flag
from mailsockd.web.errors import HTTPError


@attrs.define
class Asked:
    """As much of a request as a Call reads."""

    uri: bytes = b"/"
    method: bytes = b"GET"
    content: Any = None
    requestHeaders: Headers = attrs.Factory(Headers)
    address: Any = IPv4Address("TCP", "192.0.2.9", 1)

    def getClientAddress(self) -> Any:
        return self.address


def query(text: bytes) -> Call:
    return Call(Asked(b"/?" + text))


def posted(content: bytes, method: bytes = b"POST", content_type: bytes = b"") -> Call:
    headers = Headers({b"Content-Type": [content_type]} if content_type else {})
    return Call(Asked(method=method, content=BytesIO(content), requestHeaders=headers))


def refused(message: str, ask: Any, *args: Any, **named: Any) -> None:
    with pytest.raises(HTTPError) as raised:
        ask(*args, **named)
    assert (raised.value.status, raised.value.message) == (400, message)


def test_query_values() -> None:
    """The first value, all values, the default; names and values are percent-decoded."""
    call = query(b"a=1&b=gr%C3%BCn&a=2&c&%64=x=y")
    assert call.query("a") == "1"
    assert call.queries("a") == ["1", "2"]
    assert [call.query(name) for name in "bcd"] == ["grün", "", "x=y"]
    assert (call.query("e"), call.query("e", "none"), call.queries("e")) == ("", "none", [])


def test_a_plus_is_a_space_unless_asked_otherwise() -> None:
    """By the rules of forms; where the value is an address, `+` is itself."""
    call = query(b"email=a+x@b&word=two%20words+more%2B")
    assert call.query("email") == "a x@b"
    assert call.query("email", literal_plus=True) == "a+x@b"
    assert call.query("word", literal_plus=True) == "two words+more+"


def test_a_query_has_bounds() -> None:
    """A thousand parameters, in UTF-8."""
    assert query(b"&".join([b"a=1"] * 1_000)).queries("a") == ["1"] * 1_000
    refused("The query has more than 1000 fields.", query(b"&".join([b"a=1"] * 1_001)).query, "a")
    refused("The query is not valid UTF-8.", query(b"a=%FF").query, "b")


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("True", True), ("1", True), ("FALSE", False), ("0", False)]
)
def test_flags(text: str, value: bool) -> None:
    """true, false, 1 and 0 in any case."""
    assert query(b"x=" + text.encode()).flag("x", default=not value) is value
    assert parse_flag("x", text) is value


def test_flags_have_defaults_and_refusals() -> None:
    """Absent and empty are the default, anything else is refused by name."""
    assert query(b"").flag("x", default=True) is True
    assert query(b"x=").flag("x") is False
    refused("download must be true, false, 1 or 0.", query(b"download=yes").flag, "download")


def test_integers() -> None:
    """Within bounds, the default when absent; digits of ASCII only."""
    assert query(b"limit=0").integer("limit", 20, 0, 1_000) == 0
    assert query(b"limit=1000").integer("limit", 20, 0, 1_000) == 1_000
    assert query(b"limit=-5").integer("limit", 20, -5, 5) == -5
    assert query(b"limit=").integer("limit", 20, 0, 1_000) == 20
    for text in (b"1001", b"-1", b"1.5", b"x", b"1_0", b"%C2%B2", b"9" * 5_000):
        call = query(b"limit=" + text)
        refused("limit must be an integer from 0 to 1000.", call.integer, "limit", 20, 0, 1_000)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01", 0.0),
        ("2026-11-22", 1795305600.0),
        ("2026-11-22T08:00:00.250Z", 1795334400.25),
        ("2026-11-22T08:00:00", 1795334400.0),
        ("2026-11-22t08:00z", 1795334400.0),
        ("2026-11-22 08:00:00", 1795334400.0),
        ("2026-11-22T08:00:00+02:00", 1795327200.0),
        ("2026-11-22T08:00:00 02:00", 1795327200.0),
        ("2026-11-22T08:00:00-0130", 1795339800.0),
        ("1969-12-31T23:59:59Z", -1.0),
        ("2999-12-31T23:59:59.999Z", 32503679999.999),
        ("9999-12-31T23:59:59-23:59", 253402387139.0),
    ],
)
def test_dates(text: str, seconds: float) -> None:
    """A day or a full ISO date, far ones too, in seconds of UTC."""
    assert parse_date("until", text) == pytest.approx(seconds, abs=1e-4)
    assert query(b"until=" + text.replace(" ", "+").encode()).date("until") == pytest.approx(seconds, abs=1e-4)


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01", "2026-02-30", "26-01-01", "2026-11-22T25:00Z", "0000-01-01"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    """By name, with an example."""
    message = "until must be a date such as 2026-11-22 or 2026-11-22T08:00:00.000Z."
    refused(message, query(b"until=" + text.encode()).date, "until")


def test_no_date_is_none() -> None:
    """Absent and empty are None."""
    assert query(b"until=").date("until") is None
    assert query(b"").date("until") is None


def test_the_body_is_without_the_key() -> None:
    """Routes never see the key; what they change is their own copy."""
    call = posted(b'{"_mailsacKey":"k","a":1}')
    assert call.body() == {"a": 1}
    call.body()["a"] = 2
    assert call.body() == {"a": 1}
    assert call.is_form is False


def test_forms_say_so() -> None:
    """Strings of a form still need conversion, and the route can tell."""
    call = posted(b"enablews=true&_mailsacKey=k", content_type=b"application/x-www-form-urlencoded")
    assert (call.body(), call.is_form) == ({"enablews": "true"}, True)


@pytest.mark.parametrize(
    ("method", "body"),
    [(b"GET", {}), (b"HEAD", {}), (b"POST", {"a": 1}), (b"PUT", {"a": 1}), (b"PATCH", {"a": 1}), (b"DELETE", {"a": 1})],
)
def test_the_body_of_a_get_is_ignored(method: bytes, body: dict[str, Any]) -> None:
    """Whatever it holds; the other methods have theirs, DELETE included."""
    assert posted(b'{"a":1}', method).body() == body
    assert posted(b"", method, b"application/json").body() == {}


def test_who_and_which() -> None:
    """The address as text, `unix` on a local socket, and an id of its own for every call."""
    assert query(b"").peer == "192.0.2.9"
    assert Call(Asked(address=UNIXAddress("/run/control.sock"))).peer == "unix"
    assert len(query(b"").id) == 16
    assert query(b"").id != query(b"").id
