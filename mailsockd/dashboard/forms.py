"""Fields of forms: a label, what was typed, a hint, and what is wrong with it, beside it."""

from collections.abc import Iterable, Mapping, Sequence

import attrs
from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.dashboard.pages import Request, template


@attrs.frozen
class Field:
    """
    One field. `kind` is that of HTML's input, or "area" for several lines, "choice" for a list, "tick" for a box.

    `value` is what it shows; a tick is on when it is not "". `choices` pair values with what is shown for them.
    """

    name: str
    label: str
    value: str = ""
    kind: str = "text"
    hint: str = ""
    error: str = ""
    placeholder: str = ""
    required: bool = False
    complete: str = "off"
    choices: Sequence[tuple[str, str]] = ()
    focus: bool = False


def with_answers(fields: Iterable[Field], typed: Mapping[str, object], errors: Sequence[str]) -> list[Field]:
    """
    Give the fields with what was typed into them, and each with the errors that name it.

    Errors are as refusals have them: `name: reason`. Passwords are not shown again.
    """
    reasons: dict[str, list[str]] = {}
    for error in errors:
        name, _, reason = error.partition(": ")
        reasons.setdefault(name, []).append(reason)
    found = []
    for field in fields:
        value = typed.get(field.name, "" if field.kind == "tick" else field.value)
        shown = "" if field.kind == "password" else value if isinstance(value, str) else ""
        found.append(attrs.evolve(field, value=shown, error="; ".join(reasons.get(field.name, []))))
    return found


class Fields(Element):
    """The fields of one form, one below the other."""

    loader = template("fields.xhtml")

    def __init__(self, fields: Iterable[Field]) -> None:
        super().__init__()
        self._fields = list(fields)

    @renderer
    def fields(self, request: Request, tag: Tag) -> Iterable[Tag]:
        """Give each of them; the first one with an error has the focus, or else the one that asks for it."""
        first = next((field for field in self._fields if field.error), None)
        first = first or next((field for field in self._fields if field.focus), None)
        return [(_tick if field.kind == "tick" else _labelled)(field, field is first) for field in self._fields]


class FormPage(Element):
    """
    A page that is one form. `lead` stands below its title, `action` is where it is sent, `button` what sends it.

    `problem` says what was wrong with what was sent last.
    """

    loader = template("form.xhtml")

    def __init__(
        self, title: str, lead: str, action: str, fields: Iterable[Field], button: str, csrf: str, problem: str = ""
    ) -> None:
        super().__init__()
        self._slots: dict[str, str] = {
            "title": title, "lead": lead, "action": action, "button": button, "csrf": csrf
        }  # fmt: skip
        self._fields = fields
        self._problem = problem

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(**self._slots, fields=Fields(self._fields))

    @renderer
    def problem(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what was wrong."""
        return tag(self._problem) if self._problem else ""


def _labelled(field: Field, focus: bool) -> Tag:
    made = _input(field)
    if focus:
        made(autofocus="autofocus")
    return tags.div(tags.label(field.label, for_=field.name), made, *_notes(field), class_="field")


def _tick(field: Field, focus: bool) -> Tag:
    box = tags.input(type="checkbox", id=field.name, name=field.name, value="true", **_described(field))
    if field.value:
        box(checked="checked")
    if focus:
        box(autofocus="autofocus")
    return tags.div(tags.label(box, " ", tags.span(field.label), class_="tick"), *_notes(field), class_="field")


def _input(field: Field) -> Tag:
    named = {"id": field.name, "name": field.name, **_described(field)}
    if field.required:
        named["required"] = "required"
    if field.kind == "choice":
        options = [
            tags.option(shown, value=value, **({"selected": "selected"} if value == field.value else {}))
            for value, shown in field.choices
        ]
        return tags.select(*options, **named)
    named |= {"autocomplete": field.complete, "spellcheck": "false", "autocapitalize": "none"}
    if field.placeholder:
        named["placeholder"] = field.placeholder
    if field.kind == "area":
        return tags.textarea(field.value, rows="4", **named)
    return tags.input(type=field.kind, value=field.value, **named)


def _described(field: Field) -> dict[str, str]:
    said = [f"{field.name}-{kind}" for kind in ("error", "hint") if getattr(field, kind)]
    found = {"aria-describedby": " ".join(said)} if said else {}
    return found | ({"aria-invalid": "true"} if field.error else {})


def _notes(field: Field) -> list[Tag]:
    notes = []
    if field.error:
        notes.append(tags.p(_sentence(field.error), class_="hint bad", id=f"{field.name}-error"))
    if field.hint:
        notes.append(tags.p(field.hint, class_="hint", id=f"{field.name}-hint"))
    return notes


def _sentence(text: str) -> str:
    word = text.partition(" ")[0]  # perhaps what somebody typed, and that stays as it is
    begun = text[:1].upper() + text[1:] if word.isalpha() and len(word) > 1 else text
    return begun + ("" if text.endswith((".", "!", "?")) else ".")
