"""The page of a list of mail beside a message: the unified inbox, starred messages, and one inbox."""

from collections.abc import Sequence

import attrs
from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.flags import FOLDERS
from mailsockd.dashboard.mail_query import SHOWN, Asked
from mailsockd.dashboard.mail_rows import blank, rows
from mailsockd.dashboard.pages import Request, template
from mailsockd.mail.stored import Message

FOLDER_WORDS = {"": "Inbox", "spam": "Spam", "trash": "Trash", "sent": "Sent", "drafts": "Drafts"}


@attrs.frozen
class Listed:
    """
    What the page shows beside the message.

    `title` is its heading, `told` what stands below, `actions` the ways on. `older` tells whether more follow, `csrf`
    is "" for who may change nothing, and `inbox` is the one that the page is about, "" for all of the account. `empty`
    says what to do when there is no mail at all. `addresses` are those to choose from.
    """

    title: str
    told: "Sequence[Tag | str]"
    actions: Sequence[Tag]
    messages: Sequence[Message]
    older: bool
    now: float
    csrf: str
    inbox: str
    empty: Tag
    addresses: Sequence[str] = ()


class MailPage(Element):
    """The page. `opened` is the message that is open, `content` shows it, and `back` is the path of the page itself."""

    loader = template("mail.xhtml")

    def __init__(
        self, listed: Listed, asked: Asked, back: str, opened: Message | None = None, content: Element | None = None
    ) -> None:
        super().__init__()
        self._listed = listed
        self._asked = asked
        self._back = back
        self._opened = opened
        self._content = content

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        listed, asked = self._listed, self._asked
        return tag.fillSlots(
            title=tags.bdi(listed.title),
            told=list(listed.told),
            actions=list(listed.actions),
            list=asked.page,
            query=asked.typed["q"],
            label=asked.typed["label"],
            live="on" if listed.csrf else "",
            inbox=listed.inbox,
            back=self._back,
            csrf=listed.csrf,
            state="open" if self._content else "closed",
            this=asked.path(),
        )

    @renderer
    def show(self, request: Request, tag: Tag) -> Tag:
        """Give the choice of read, unread and starred."""
        return tag(*_options(SHOWN, self._asked.typed["show"]))

    @renderer
    def folder(self, request: Request, tag: Tag) -> Tag:
        """Give the folders."""
        chosen = self._asked.typed["folder"]
        words = FOLDER_WORDS | ({} if chosen in FOLDER_WORDS else {chosen: chosen.capitalize()})
        return tag(*_options(words, chosen))

    @renderer
    def address(self, request: Request, tag: Tag) -> "Tag | str":
        """Give the addresses, where the list is of several."""
        if not self._listed.addresses:
            return ""
        words = {"": "All addresses", **{one: one for one in self._listed.addresses}}
        return tag.fillSlots(options=_options(words, self._asked.typed["address"]))

    @renderer
    def labelled(self, request: Request, tag: Tag) -> "Tag | str":
        """Say which label all of them have."""
        label = self._asked.typed["label"]
        return tag.fillSlots(name=label, off=self._asked.path(label="", before=None)) if label else ""

    @renderer
    def bulk(self, request: Request, tag: Tag) -> "Tag | str":
        """Give what can be done with several at once."""
        if not self._listed.csrf:
            return ""
        return tag if self._listed.messages else tag(hidden="hidden")

    @renderer
    def target(self, request: Request, tag: Tag) -> Tag:
        """Give the folders that mail can be moved to."""
        return tag(*_options({name: name.capitalize() for name in FOLDERS if name != "all"}, ""))

    @renderer
    def rows(self, request: Request, tag: Tag) -> Tag:
        """Give the messages."""
        listed = self._listed
        chosen = self._opened.id if self._opened else ""
        return tag(*rows(listed.messages, self._asked, now=listed.now, chosen=chosen, changes=bool(listed.csrf)))

    @renderer
    def blank(self, request: Request, tag: Tag) -> "Tag | str":
        """Give the row that is filled in when mail comes."""
        return tag(*blank(self._asked)) if self._listed.csrf else ""

    @renderer
    def empty(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what to do when there is nothing."""
        if self._listed.messages:
            return ""
        if self._asked.before is not None:
            return tag(tags.p("There is no older mail."))
        if self._asked.narrowed:
            return tag(tags.h2("Nothing fits"), tags.p(tags.a("Show all mail", href=self._asked.page)))
        return tag(self._listed.empty)

    @renderer
    def way(self, request: Request, tag: Tag) -> list[Tag]:
        """Give the ways to other pages of the list."""
        ways = []
        if self._asked.before is not None:
            ways.append(tags.a("Newest", href=self._asked.path(before=None), class_="button small"))
        if self._listed.older:
            last = self._listed.messages[-1].seq
            ways.append(tags.a("Older", href=self._asked.path(before=last), class_="button small", rel="next"))
        return ways

    @renderer
    def message(self, request: Request, tag: Tag) -> "Element | Tag":
        """Give the message, or say how to open one."""
        return self._content or tag


def _options(words: "dict[str, str]", chosen: str) -> list[Tag]:
    return [
        tags.option(shown, value=value, **({"selected": "selected"} if value == chosen else {}))
        for value, shown in words.items()
    ]
