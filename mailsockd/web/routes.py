"""The route table: patterns, what they match, and the decorators that declare them beside the methods."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import attrs

Method = TypeVar("Method", bound=Callable[..., Any])


def _names(pattern: str) -> tuple[str, ...]:
    return tuple(part for part in pattern.split("/") if part)


@attrs.frozen
class Path:
    """The segments of a requested path: decoded, with the empty ones of `//` and of a trailing slash still there."""

    segments: Sequence[str]
    filled: Sequence[tuple[int, str]] = attrs.field(init=False)

    @filled.default
    def _filled(self) -> Sequence[tuple[int, str]]:
        return [(place, segment) for place, segment in enumerate(self.segments) if segment]

    def rest(self, place: int) -> str:
        """Everything from a segment on, slashes included, without one trailing slash."""
        return "/".join(self.segments[place:]).removesuffix("/")


@attrs.frozen
class Route:
    """One method of an api object under one pattern.

    `name` is the attribute of the api object; `open` says that callers without a key are let in; `info` is what the
    declaration says beside that (summary, what it answers), with the method's docstring as `description`: kept for a
    description of the API.
    """

    method: str
    pattern: str
    name: str
    open: bool = False
    info: dict[str, Any] = attrs.field(factory=dict, eq=False)
    parts: tuple[str, ...] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if any(part.endswith("*}") for part in self.parts[:-1]):
            raise ValueError(f"{self.pattern}: only the last segment can take the rest of the path")

    @parts.default
    def _parts(self) -> tuple[str, ...]:
        return _names(self.pattern)

    @property
    def parameters(self) -> set[str]:
        """The names in braces."""
        return {part.strip("{*}") for part in self.parts if part.startswith("{")}

    @property
    def rank(self) -> tuple[int, ...]:
        """Sort key by which a literal segment comes before a parameter, and a parameter before the rest."""
        return tuple(0 if part[0] != "{" else 1 if part[-2] != "*" else 2 for part in self.parts)

    def match(self, path: Path) -> dict[str, str] | None:
        """The values of the parameters, or None when the path is another's. Empty segments count for nothing,
        except inside `{name*}`, which takes the rest as it is (contract.md 0, rows 1 and 4)."""
        tail = bool(self.parts) and self.parts[-1].endswith("*}")
        if len(path.filled) != len(self.parts) and not (tail and len(path.filled) > len(self.parts)):
            return None
        values = {}
        for part, (place, segment) in zip(self.parts, path.filled, strict=False):
            if part[0] != "{":
                if part != segment:
                    return None
            elif part.endswith("*}"):
                values[part[1:-2]] = path.rest(place)
            else:
                values[part[1:-1]] = segment
        return values


class Routes:
    """The routes of one class. Its decorators may be stacked, so that one method serves several.

    A pattern is `/api/addresses/{email}/messages/{id}/labels/{label*}`: names in braces are given to the method by
    name, `{label*}` takes the rest of the path with its slashes. `shared` is part of every route's info.
    """

    def __init__(self, **shared: Any) -> None:
        self._shared = shared
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def add(self, method: str, pattern: str, *, open: bool = False, **info: Any) -> Callable[[Method], Method]:
        """Declare that the decorated method answers `method` under `pattern`."""

        def declare(function: Method) -> Method:
            said = {"description": inspect.getdoc(function) or "", **self._shared, **info}
            self._routes.append(Route(method, pattern, function.__name__, open, said))
            return function

        return declare

    def get(self, pattern: str, *, open: bool = False, **info: Any) -> Callable[[Method], Method]:
        """Declare a route for GET."""
        return self.add("GET", pattern, open=open, **info)

    def put(self, pattern: str, *, open: bool = False, **info: Any) -> Callable[[Method], Method]:
        """Declare a route for PUT."""
        return self.add("PUT", pattern, open=open, **info)

    def post(self, pattern: str, *, open: bool = False, **info: Any) -> Callable[[Method], Method]:
        """Declare a route for POST."""
        return self.add("POST", pattern, open=open, **info)

    def patch(self, pattern: str, *, open: bool = False, **info: Any) -> Callable[[Method], Method]:
        """Declare a route for PATCH."""
        return self.add("PATCH", pattern, open=open, **info)

    def delete(self, pattern: str, *, open: bool = False, **info: Any) -> Callable[[Method], Method]:
        """Declare a route for DELETE."""
        return self.add("DELETE", pattern, open=open, **info)
