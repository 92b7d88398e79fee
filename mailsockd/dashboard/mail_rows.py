"""The rows of a list of mail, as tags."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from twisted.web.template import Tag, tags

from mailsockd.dashboard.mail_query import Asked
from mailsockd.mail.people import Person
from mailsockd.mail.stored import Message, Summary
from mailsockd.wire import date_json

# Of a sender's text in a row; nobody reads on, and a list of fifty must stay small.
LONGEST_SHOWN = 300


def age(at: float, now: float) -> str:
    """Say how long ago a time was, both UTC seconds."""
    seconds = now - at
    for unit, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{int(seconds // unit)} {name}" if seconds < 7 * 86_400 else _day(at, now)
    return "now"


def _day(at: float, now: float) -> str:
    then, today = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(now, UTC)
    return f"{then.day} {then:%b}" if then.year == today.year else f"{then.day} {then:%b %Y}"


def aged(at: float, now: float) -> Tag:
    """Give a time as its age, the exact one on hover."""
    exact = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return tags.time(age(at, now), datetime=date_json(at), title=exact, class_="age")


def named(people: Sequence[Person]) -> str:
    """Give whom a list of people begins with."""
    first = people[0] if people else Person("", "")
    return shortened(first.name or first.address) or "(no sender)"


def shortened(text: str, most: int = LONGEST_SHOWN) -> str:
    """Give the start of a very long text."""
    return text if len(text) <= most else f"{text[:most]}…"


def subject_of(message: Message) -> str:
    """Give the subject to show."""
    return shortened(message.summary.subject.strip()) or "(no subject)"


def rows(messages: Sequence[Message], asked: Asked, *, now: float, chosen: str, changes: bool) -> Iterator[Tag]:
    """
    Give a row each. `chosen` is the id of the one that is open; with `changes` each can be ticked and starred.

    In a list of several inboxes each says in which it is.
    """
    several = not asked.page.startswith("/inbox/")
    for message in messages:
        unread = not message.read
        value = f"{message.inbox}/{message.id}"
        subject = subject_of(message)
        marks = [tags.span(label, class_="chip", dir="auto") for label in message.labels[:3]]
        if message.summary.attachments:
            count = len(message.summary.attachments)
            words = "1 attachment" if count == 1 else f"{count} attachments"
            marks.append(tags.span(tags.span(words, class_="unseen"), class_="clip", title=words))
        if message.folder != "inbox":
            marks.append(tags.span(message.folder, class_="chip folder"))
        link = tags.a(
            tags.span("Unread: ", class_="unseen") if unread else "",
            tags.span(tags.bdi(named(message.summary.sender)), class_="from"),
            tags.span(tags.bdi(subject), class_="subject"),
            tags.span(tags.bdi(message.inbox), class_="to") if several else "",
            href=asked.message(message.inbox, message.id),
            class_="open",
            **({"aria-current": "true"} if message.id == chosen else {}),
        )
        yield tags.li(
            _tick(value, subject) if changes else "",
            _star(message, value, subject, changes),
            link,
            tags.span(*marks, class_="marks"),
            aged(message.received, now),
            class_="row unread" if unread else "row",
            **{"data-id": message.id, "data-seq": str(message.seq)},
        )


def blank(asked: Asked) -> Iterator[Tag]:
    """Give the row that a script fills in with what `row_json` says."""
    nothing = Message("-", 0, "-", "", "", 0.0, 0, "", "", "", "", tls=False, summary=Summary(()), read=True)
    return rows([nothing], asked, now=0.0, chosen="", changes=True)


def row_json(message: Message, asked: Asked, now: float) -> dict[str, Any]:
    """Give what a row shows."""
    return {
        "id": message.id,
        "seq": message.seq,
        "value": f"{message.inbox}/{message.id}",
        "from": named(message.summary.sender),
        "subject": subject_of(message),
        "inbox": message.inbox,
        "labels": list(message.labels[:3]),
        "attachments": len(message.summary.attachments),
        "folder": message.folder,
        "starred": message.saved_by is not None,
        "read": bool(message.read),
        "received": date_json(message.received),
        "age": age(message.received, now),
        "href": asked.message(message.inbox, message.id),
    }


def _tick(value: str, subject: str) -> Tag:
    box = tags.input(type="checkbox", name="message", value=value, **{"aria-label": f"Select {subject}"})
    return tags.label(box, class_="pick")


def _star(message: Message, value: str, subject: str, changes: bool) -> "Tag | str":
    starred = message.saved_by is not None
    if not changes:
        return ""
    return tags.button(
        "★" if starred else "☆",
        type="submit",
        name="star",
        value=value,
        class_="star on" if starred else "star",
        title="Take the star" if starred else "Star",
        **{"aria-label": f"Star {subject}", "aria-pressed": "true" if starred else "false"},
    )
