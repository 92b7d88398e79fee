"""Sharing room that is too small."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsockd.state.shares import excess


@pytest.mark.parametrize(
    ("counts", "most", "given_up"),
    [
        ({}, 10, {}),
        ({"a": 4, "b": 6}, 10, {}),
        ({"a": 4, "b": 7}, 10, {"b": 1}),
        ({"": 1000, "a": 3, "b": 10}, 20, {"": 992, "b": 2}),
        ({"": 1000, "a": 3}, 100, {"": 903}),
        ({"a": 50, "b": 50, "c": 50}, 90, {"a": 20, "b": 20, "c": 20}),
        ({"a": 50}, 0, {"a": 50}),
    ],
)
def test_who_has_most_gives(counts: dict[str, int], most: int, given_up: dict[str, int]) -> None:
    """The largest shares are cut to one level; who lies below it keeps all."""
    assert excess(counts, most) == given_up


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 1000)), st.integers(0, 2000))
def test_what_is_left_fits_and_is_fair(counts: dict[str, int], most: int) -> None:
    """What is left fits, with less than one each unused, and nobody who gave has less than another has left."""
    given_up = excess(counts, most)
    left = {holder: count - given_up.get(holder, 0) for holder, count in counts.items()}
    assert all(0 < number <= counts[holder] for holder, number in given_up.items())
    assert sum(left.values()) <= most or not given_up
    if given_up:
        level = {left[holder] for holder in given_up}
        assert len(level) == 1
        assert max(left.values()) == level.pop()
        assert most - sum(left.values()) < len(given_up)
    else:
        assert sum(counts.values()) <= most
