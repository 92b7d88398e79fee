"""How large the body of a request may be: as usual, or more where a route and its caller allow it."""

from collections.abc import Callable

import attrs

from mailsockd.web.errors import HTTPError
from mailsockd.web.head import Head
from mailsockd.web.limits import Limits


def as_usual(head: Head) -> int:
    """Let no body be larger than usual."""
    return 0


@attrs.define
class Bodies:
    """`larger` says of a head how many bytes its body may have beyond the usual, 0 for no more than that."""

    limits: Limits
    larger: Callable[[Head], int] = as_usual
    held: int = 0

    def bound(self, head: Head, length: int | None) -> int:
        """
        Give the largest body of a request, whose length is None when nobody told it.

        More than usual is counted as held until it is dropped. Raises HTTPError 413, and 503 when there are too many.
        """
        usual = self.limits.body_bytes
        if length is not None and length <= usual:
            return usual
        bound = max(usual, self.larger(head))
        if length is not None and length > bound:
            raise too_large(bound)
        if bound > usual:
            if self.held >= self.limits.large_bodies:
                raise HTTPError(503, "There are too many large requests; try again.", headers={"Retry-After": "5"})
            self.held += 1
        return bound

    def drop(self, bound: int) -> int:
        """Count a body, whose bound is given, as gone; give the usual bound."""
        if bound > self.limits.body_bytes:
            self.held -= 1
        return self.limits.body_bytes


def too_large(bound: int) -> HTTPError:
    """Give the refusal of a body of more than `bound` bytes."""
    return HTTPError(413, f"The body of the request may have at most {bound} bytes.")
