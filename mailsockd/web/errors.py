"""The one shape of an error answer: a status, a sentence for people, and the status' own name. Every part of this
room that refuses something raises HTTPError or builds its body here, so that clients meet one form."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any


def phrase(status: int) -> str:
    """The standard reason phrase of a status, such as "Not Found"; for an unknown status the text "Error"."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


class HTTPError(Exception):
    """Raised to end a call with a status and a sentence (contract.md 0.3).

    `errors` becomes `validationErrors` in the body when it is not empty; `headers` are added to the answer.
    """

    def __init__(
        self, status: int, message: str, errors: tuple[str, ...] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = tuple(errors)
        self.headers: Mapping[str, str] = dict(headers or {})

    @property
    def error(self) -> str:
        """The short text beside the sentence: the reason phrase of the status."""
        return phrase(self.status)

    def body(self) -> dict[str, Any]:
        """The JSON object that the client reads: message, error, status and, when given, validationErrors."""
        body: dict[str, Any] = {"message": self.message, "error": self.error, "status": self.status}
        if self.errors:
            body["validationErrors"] = list(self.errors)
        return body


def wrong(field: str, reason: str) -> HTTPError:
    """The 400 that says what is wrong with one field, such as `wrong("limit", "must be an integer")`."""
    return HTTPError(400, f"{field} {reason}.", (f"{field}: {reason}",))


def wrong_part(part: str, reason: str) -> HTTPError:
    """The 400 that says what is wrong with a part of the request as a whole: the body, the query, the path."""
    return HTTPError(400, f"The {part} {reason}.", (f"{part}: {reason}",))


def wrong_body(reason: str) -> HTTPError:
    """The 400 that says what is wrong with the body."""
    return wrong_part("body", reason)
