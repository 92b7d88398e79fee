"""One message on a page: who, when, what can be done with it, and one of its views."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import attrs
from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.flags import FOLDERS
from mailsockd.dashboard.mail_query import Asked
from mailsockd.dashboard.mail_rows import shortened
from mailsockd.dashboard.mail_views import MOST_ATTACHMENTS, VIEWS, bytes_text, cut, shown_name
from mailsockd.dashboard.moments import moment
from mailsockd.dashboard.pages import Request, template
from mailsockd.mail.attachments import Attachment
from mailsockd.mail.people import Person
from mailsockd.mail.stored import Message

MOST_PEOPLE = 20


@attrs.frozen
class Opened:
    """
    A message and the view of it that is shown.

    `made` is what the view has: for "html" a Document, for the others text, or header fields. `images` and `links` tell
    what the reader asked for. `csrf` is "" for who may change nothing.
    """

    message: Message
    attachments: Sequence[Attachment]
    view: str
    made: Any
    csrf: str
    images: bool = False
    links: bool = False


class MessageView(Element):
    """The message, beside the list that `asked` is about."""

    loader = template("message.xhtml")

    def __init__(self, opened: Opened, asked: Asked) -> None:
        super().__init__()
        self._opened = opened
        self._message = opened.message
        self._asked = asked

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        message, csrf = self._message, self._opened.csrf
        return tag.fillSlots(
            subject=tags.bdi(message.summary.subject.strip() or "(no subject)"),
            value=f"{message.inbox}/{message.id}",
            csrf=csrf,
            back=self._path(view=self._opened.view),
            list=self._asked.path(),
            when=moment(message.received),
            size=bytes_text(message.size),
            inbox=message.inbox,
            download=f"/api/raw/{quote(message.inbox, safe='@')}/{quote(message.id)}?download=1",
            original=self._path(view="raw"),
            activity=f"/activity?message={quote(message.id)}",
            read="true" if message.read else "false",
            id=message.id,
        )

    @renderer
    def person(self, request: Request, tag: Tag) -> Iterator[tuple[Tag, Tag]]:
        """Give sender and recipients."""
        summary = self._message.summary
        for words, people in (("From", summary.sender), ("To", summary.to), ("Cc", summary.cc), ("Bcc", summary.bcc)):
            if people:
                more = len(people) - MOST_PEOPLE
                shown: list[Any] = [_person(one) for one in people[:MOST_PEOPLE]]
                yield tags.dt(words), tags.dd(*shown, f" and {more:,} more" if more > 0 else "")

    @renderer
    def original(self, request: Request, tag: Tag) -> "Tag | str":
        """Say which address it was sent to, when that is another than the inbox."""
        return tag.fillSlots(address=self._message.original) if self._message.original != self._message.inbox else ""

    @renderer
    def changes(self, request: Request, tag: Tag) -> "Tag | str":
        """Give what can be done with it."""
        return tag if self._opened.csrf else ""

    @renderer
    def star(self, request: Request, tag: Tag) -> Tag:
        """Star it, or take the star."""
        starred = self._message.saved_by is not None
        return tag("★ Starred" if starred else "☆ Star", value="unstar" if starred else "star")

    @renderer
    def mark(self, request: Request, tag: Tag) -> Tag:
        """Mark it as read or unread."""
        read = bool(self._message.read)
        return tag("Mark as unread" if read else "Mark as read", value="unread" if read else "read")

    @renderer
    def folder(self, request: Request, tag: Tag) -> Tag:
        """Give the folders to move it to."""
        here = self._message.folder
        return tag(
            *(
                tags.option(name.capitalize(), value=name, **({"selected": "selected"} if name == here else {}))
                for name in FOLDERS
                if name != "all" or here == "all"
            )
        )

    @renderer
    def label(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each label, which leads to all that have it, and what takes it away."""
        for label in self._message.labels:
            link = tags.a(label, href=f"{self._asked.page}?label={quote(label, safe='')}", dir="auto")
            away = tags.button(
                "×", type="submit", name="unlabel", value=label, **{"aria-label": f"Take the label {label}"}
            )
            yield tags.span(link, away if self._opened.csrf else "", class_="chip")

    @renderer
    def tab(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give the views."""
        for view, words in VIEWS.items():
            count = f" ({len(self._opened.attachments)})" if view == "attachments" else ""
            here = {"aria-current": "page"} if view == self._opened.view else {}
            yield tags.li(tags.a(words, count, href=self._path(view=view), **here))

    @renderer
    def view(self, request: Request, tag: Tag) -> "Tag | list[Tag]":
        """Give the view."""
        opened = self._opened
        if opened.view == "html":
            return self._frame()
        if opened.view == "headers":
            return tags.dl(*((tags.dt(name), tags.dd(value)) for name, value in opened.made), class_="header-fields")
        if opened.view == "attachments":
            return self._files()
        text, more = cut(opened.made)
        kind = "mail-text" if opened.view == "text" else "json"
        direction = {"dir": "auto"} if opened.view == "text" else {}
        named = {"aria-label": VIEWS[opened.view], "role": "region"}
        shown = tags.pre(text or "(nothing)", class_=kind, tabindex="0", **named, **direction)
        return [shown, tags.p("The rest is in the download.", class_="hint")] if more else shown

    def _frame(self) -> list[Tag]:
        opened = self._opened
        offers = []
        if opened.made.images and not opened.images:
            count = opened.made.images
            what = "1 image of another host is" if count == 1 else f"{count:,} images of other hosts are"
            words = f"{what} not shown: it would tell the sender that you read this."
            path = self._path(view="html", images=1, links=_on(opened.links))
            offers.append(tags.p(words, " ", tags.a("Show images", href=path)))
        if opened.made.links and not opened.links:
            path = self._path(view="html", links=1, images=_on(opened.images))
            offers.append(tags.p("Links lead nowhere yet. ", tags.a("Enable links", href=path)))
        below = f"/inbox/{quote(self._message.inbox, safe='@')}/{quote(self._message.id)}/html"
        asked = "&".join(f"{name}=1" for name in ("images", "links") if getattr(opened, name))
        frame = tags.iframe(
            src=f"{below}?{asked}" if asked else below,
            title="The mail as HTML",
            class_="mail-html",
            sandbox="allow-popups allow-popups-to-escape-sandbox",
            referrerpolicy="no-referrer",
        )
        return [tags.div(*offers, class_="notice ask offers"), frame] if offers else [frame]

    def _files(self) -> Tag:
        files = self._opened.attachments
        if not files:
            return tags.p("There are no attachments.", class_="hint")
        path = f"/api/addresses/{quote(self._message.inbox, safe='@')}/messages/{quote(self._message.id)}/attachments"
        items = [
            tags.li(
                tags.a(tags.bdi(shortened(shown_name(one))), href=f"{path}/{one.checksum}", download=""),
                tags.span(f"{shortened(one.content_type, 100)}, {bytes_text(one.length)}", class_="hint"),
            )
            for one in files[:MOST_ATTACHMENTS]
        ]
        return tags.ul(*items, class_="rows files")

    def _path(self, **others: Any) -> str:
        return self._asked.message(self._message.inbox, self._message.id, **others)


def _on(asked: bool) -> str:
    return "1" if asked else ""


def _person(person: Person) -> Tag:
    name = tags.bdi(shortened(person.name), class_="name") if person.name else ""
    return tags.span(name, " " if name else "", tags.bdi(shortened(person.address), class_="address"), class_="person")
