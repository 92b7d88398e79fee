"""Email Validation: what can be told of addresses without asking anybody, in words."""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import Any

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.validation import MOST_VALIDATED, Verdict, verdict
from mailsockd.dashboard.forms import Field, Fields, with_answers
from mailsockd.dashboard.frame import Frame, signed_in
from mailsockd.dashboard.pages import Request, template
from mailsockd.web.router import Call, Routes

_BETWEEN = re.compile(r"[\s,;]+")


class ValidationPage(Element):
    """The form, and what was found of the addresses that it was sent with."""

    loader = template("validation.xhtml")

    def __init__(self, fields: Iterable[Field], verdicts: Sequence[Verdict]) -> None:
        super().__init__()
        self._fields = fields
        self._verdicts = verdicts

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(fields=Fields(self._fields))

    @renderer
    def results(self, request: Request, tag: Tag) -> "Tag | str":
        """Show what was found."""
        if not self._verdicts:
            return ""
        good = sum(one.valid and not one.disposable for one in self._verdicts)
        return tag.fillSlots(sum=f"{good} of {len(self._verdicts)} can be used")

    @renderer
    def verdict(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each address, in the order in which they were typed."""
        for one in self._verdicts:
            yield tag.clone().fillSlots(
                badge=_badge(one), email=one.email, said=[(sentence, " ") for sentence in _sentences(one)]
            )


class ValidationPageRoutes:
    """The page. `disposable` gives the domains that are known to be disposable."""

    routes = Routes()

    def __init__(self, frame: Frame, disposable: Callable[[], Container[str]]) -> None:
        self._frame = frame
        self._disposable = disposable

    @routes.get("/validation", open=True, summary="Email Validation")
    async def show(self, call: Call) -> Any:
        """Answer the form, and what can be told of the addresses of `emails`."""
        signed_in(call)
        typed = call.queries("emails")
        text = typed[0] if typed else ""
        emails = list(dict.fromkeys(part for part in _BETWEEN.split(text) if part))
        errors = []
        if typed and not emails:
            errors = ["emails: type an address"]
        elif len(emails) > MOST_VALIDATED:
            errors = [f"emails: these are {len(emails):,}; {MOST_VALIDATED} at once are the most"]
        verdicts = [] if errors else [verdict(email, self._disposable()) for email in emails]
        content = ValidationPage(with_answers(_FIELDS, {"emails": text}, errors), verdicts)
        return await self._frame.show(
            call,
            "Email Validation",
            content,
            sheet="validation.css",
            current="/validation",
            status=400 if errors else 200,
        )


_FIELDS = (
    Field(
        "emails",
        "Email addresses",
        kind="area",
        required=True,
        placeholder="user1@example.org",
        hint=f"One a line, or with commas; {MOST_VALIDATED} at most.",
    ),
)


def _badge(one: Verdict) -> Tag:
    if not one.valid:
        return tags.span("Not valid", class_="badge bad")
    return tags.span("Disposable", class_="badge warn") if one.disposable else tags.span("Valid", class_="badge")


def _sentences(one: Verdict) -> Iterator["str | Tag"]:
    if not one.valid:
        yield f"{one.reason[:1].upper()}{one.reason[1:]}."
    elif not one.disposable:
        yield "Its form is right, and its domain is not known to be disposable."
    if one.disposable:
        yield tags.span("Its domain is on the list of disposable ones: ", tags.bdi(", ".join(one.disposable)), ".")
    if one.aliases:
        yield tags.span("Another spelling of ", tags.bdi(", ".join(one.aliases)), ".")
