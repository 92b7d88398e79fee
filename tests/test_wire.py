"""JSON as it leaves the server."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from mailsockd import wire
from mailsockd.state.subscriptions import Admission
from mailsockd.wire import date_json, dumps, dumps_in_slices, headers_json, listening_json, standard_dumps

texts = st.text(st.characters(blacklist_categories=("Cs",)), max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def test_json_is_compact_and_unescaped() -> None:
    """No space after a colon or comma, letters as themselves, control characters escaped."""
    assert dumps({"a": ["ü", 1], "b": '\x00\n"'}) == '{"a":["ü",1],"b":"\\u0000\\n\\""}'.encode()


@settings(deadline=None, max_examples=200)
@given(values)
def test_every_encoder_gives_the_same_bytes(value: object) -> None:
    """The optional quick encoder, the standard one and the one in slices give the same bytes."""
    assert dumps(value) == standard_dumps(value) == b"".join(dumps_in_slices(value))
    assert json.loads(dumps(value)) == value


def test_long_strings_are_encoded_in_slices() -> None:
    """A string of several slices comes out as in one piece, whatever stands at the seams."""
    for character in ("x", "\x00", "ü", "\U0001f600", '"', "\\"):
        value = {"raw": character * (2 * wire.SLICE + 3), "inner": {"text": "y" * (wire.SLICE + 1)}, "n": [1, None]}
        assert b"".join(dumps_in_slices(value)) == standard_dumps(value)


def test_dates_have_milliseconds() -> None:
    """Dates are UTC with three digits behind the second, rounded without running over."""
    assert date_json(1795334470.004) == "2026-11-22T08:01:10.004Z"
    assert date_json(1.9999) == "1970-01-01T00:00:02.000Z"
    assert date_json(0) == "1970-01-01T00:00:00.000Z"
    assert date_json(-60013651844.0) == "0068-03-29T13:09:16.000Z"
    assert date_json(-62135596800.0) == "0001-01-01T00:00:00.000Z"
    assert date_json(253402300799.999) == "9999-12-31T23:59:59.999Z"


def test_dates_that_cannot_be_named_are_the_last_that_can() -> None:
    """An offset may move a date that a client gives out of the years 1 to 9999."""
    assert date_json(-62135596800.0 - 50_400) == "0001-01-01T00:00:00.000Z"
    assert date_json(253402387139.0) == "9999-12-31T23:59:59.000Z"


def test_headers_are_strings_or_arrays() -> None:
    """A name that occurs once is a string, one that repeats an array, whatever its case."""
    found = headers_json([("Received", "1"), ("Subject", "x"), ("RECEIVED", "2"), ("received", "3")])
    assert found == {"received": ["1", "2", "3"], "subject": "x"}


def test_the_listening_frame() -> None:
    """Both arrays are always there; refusals and warnings only when there are any."""
    assert listening_json(Admission(("a@b.test",))) == {
        "status": 200,
        "msg": "Listening",
        "addresses": ["a@b.test"],
        "domains": [],
    }
    full = listening_json(Admission((), ("b.test",), (("x@y.test", "no"),), ("silent",)))
    assert full["rejected"] == [{"address": "x@y.test", "error": "no"}]
    assert full["warnings"] == ["silent"]
