"""Patterns, what they match, and in which order."""

import pytest

from mailsockd.web.routes import Path, Route, Routes


def match(pattern: str, *segments: str) -> dict[str, str] | None:
    return Route("GET", pattern, "name").match(Path(segments))


def test_a_literal_pattern_matches_its_own_path_alone() -> None:
    """Literal segments must all be there and equal, case included."""
    assert match("/api/me", "api", "me") == {}
    assert match("/api/me", "api", "Me") is None
    assert match("/api/me", "api") is None
    assert match("/api/me", "api", "me", "x") is None


def test_parameters_are_given_by_name() -> None:
    """Each name in braces has the text of its segment."""
    found = match("/api/addresses/{email}/messages/{id}", "api", "addresses", "a@b", "messages", "m-0")
    assert found == {"email": "a@b", "id": "m-0"}


def test_empty_segments_count_for_nothing() -> None:
    """A doubled slash and a trailing slash reach the same route."""
    assert match("/api/addresses/{email}", "api", "", "addresses", "a@b", "") == {"email": "a@b"}


def test_a_tail_takes_the_rest_with_its_slashes() -> None:
    """`{label*}` is everything that follows, empty segments inside it included."""
    assert match("/api/l/{label*}", "api", "l", "a", "b") == {"label": "a/b"}
    assert match("/api/l/{label*}", "api", "l", "https:", "", "google.com") == {"label": "https://google.com"}
    assert match("/api/l/{label*}", "api", "l", "a", "") == {"label": "a"}


def test_a_tail_is_never_empty() -> None:
    """A path that ends before the tail is another route's."""
    assert match("/api/l/{label*}", "api", "l") is None
    assert match("/api/l/{label*}", "api", "l", "") is None


def test_literal_ranks_before_parameter_before_tail() -> None:
    """The rank alone decides between patterns that match the same path."""
    patterns = ["/a/{x*}", "/a/{x}", "/a/b", "/a/{x}/c", "/a/b/{y}"]
    ranked = sorted((Route("GET", pattern, "name") for pattern in patterns), key=lambda route: route.rank)
    assert [route.pattern for route in ranked] == ["/a/b", "/a/b/{y}", "/a/{x}", "/a/{x}/c", "/a/{x*}"]


def test_only_the_last_segment_may_be_a_tail() -> None:
    """A tail in the middle could never be told from what follows."""
    with pytest.raises(ValueError, match="last segment"):
        Route("GET", "/a/{x*}/b", "name")


def test_decorators_stack_and_keep_what_is_said_beside_them() -> None:
    """One method serves several routes; summary and the like stay with each, with the docstring and what all share."""
    routes = Routes(tag="Things")

    class Api:
        @routes.put("/a/{x}", summary="one")
        @routes.post("/b/{x}", open=True)
        def change(self, call: object, x: str) -> None:
            """Change."""

    assert [(r.method, r.pattern, r.name, r.open, r.info) for r in routes] == [
        ("POST", "/b/{x}", "change", True, {"description": "Change.", "tag": "Things"}),
        ("PUT", "/a/{x}", "change", False, {"description": "Change.", "tag": "Things", "summary": "one"}),
    ]
