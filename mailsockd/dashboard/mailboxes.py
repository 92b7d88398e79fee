"""Mail on pages: one inbox, the unified inbox, starred messages, and one message beside each of these lists."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import attrs
from twisted.web.template import Tag, tags

from mailsockd.actions.mail_lists import MailLists
from mailsockd.actions.messages import Messages
from mailsockd.actions.parsing import Parsing
from mailsockd.actions.ports import View
from mailsockd.actions.refusal import Refusal
from mailsockd.dashboard import mail_views
from mailsockd.dashboard.addresses import settings_path
from mailsockd.dashboard.frame import Frame, signed_in
from mailsockd.dashboard.mail_message import MessageView, Opened
from mailsockd.dashboard.mail_page import Listed, MailPage
from mailsockd.dashboard.mail_query import Asked, inbox_path
from mailsockd.dashboard.mail_rows import row_json
from mailsockd.mail.address import domain_of
from mailsockd.mail.message import Mail
from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import AddressBook
from mailsockd.web.auth import UNAUTHORIZED, Authenticate, key_of
from mailsockd.web.router import Call, HTTPError, Reply, Routes
from mailsockd.wire import frame_json

PAGE = 50
# More addresses than these are found by search.
MOST_ADDRESSES = 200
_NOTICES = {
    "deleted": ("1 message was deleted.", "{} messages were deleted."),
    "moved": ("1 message was moved.", "{} messages were moved."),
    "none": ("Select messages first.", "Select messages first."),
    "label": ("A label has 1 to 200 characters, and a message at most 100 labels.",) * 2,
}


@attrs.frozen
class Place:
    """A list: what is asked of it, the messages that it is about, what its page says; `tally` is how many there are."""

    asked: Asked
    view: View
    current: str
    title: str
    told: "Sequence[Tag | str]" = ()
    actions: Sequence[Tag] = ()
    empty: Tag = attrs.field(factory=tags.div)
    addresses: Sequence[str] = ()
    inbox: str = ""
    tally: str = ""


class MailRoutes:
    """
    The pages.

    `by_key` gives the account of a key; `public` tells whether public inboxes are open to who has not signed in.
    `shape` is that of the socket's frames, and `now` gives UTC seconds.
    """

    routes = Routes()

    def __init__(
        self,
        frame: Frame,
        lists: MailLists,
        messages: Messages,
        parsing: Parsing,
        book: AddressBook,
        *,
        by_key: Authenticate,
        public: Callable[[], bool],
        shape: str,
        now: Callable[[], float],
    ) -> None:
        self._frame = frame
        self._lists = lists
        self._messages = messages
        self._parsing = parsing
        self._book = book
        self._by_key = by_key
        self._public = public
        self._shape = shape
        self._now = now

    @routes.get("/inbox/{email}", open=True, summary="An inbox")
    async def inbox(self, call: Call, email: str) -> Any:
        """Answer the newest messages of an inbox."""
        return await self._list(call, await self._inbox(call, email))

    @routes.get("/inbox/{email}/{id}", open=True, summary="A message of an inbox")
    async def inbox_message(self, call: Call, email: str, id: str) -> Any:
        """Answer one message beside the inbox."""
        return await self._message(call, await self._inbox(call, email), email, id)

    @routes.get("/app", open=True, summary="Unified Inbox")
    async def app(self, call: Call) -> Any:
        """Answer the newest messages of all inboxes of the account."""
        return await self._list(call, await self._app(call))

    @routes.get("/app/{email}/{id}", open=True, summary="A message of the unified inbox")
    async def app_message(self, call: Call, email: str, id: str) -> Any:
        """Answer one message beside the unified inbox."""
        return await self._message(call, await self._app(call), email, id)

    @routes.get("/starred", open=True, summary="Starred Messages")
    async def starred(self, call: Call) -> Any:
        """Answer the newest messages that the account starred."""
        return await self._list(call, self._starred(call))

    @routes.get("/starred/{email}/{id}", open=True, summary="A starred message")
    async def starred_message(self, call: Call, email: str, id: str) -> Any:
        """Answer one message beside the starred ones."""
        return await self._message(call, self._starred(call), email, id)

    @routes.get("/inbox/{email}/{id}/html", open=True, summary="The HTML of a message, for the frame of its page")
    async def html(self, call: Call, email: str, id: str) -> Reply:
        """Answer the HTML of a message made fit to be shown; `images` and `links` keep those of other hosts."""
        _, content = await self._messages.content(self._reader(call), email, id)
        mail = await self._parsing.mail(content)
        images, links = call.query("images") == "1", call.query("links") == "1"
        made = await self._document(mail, content, images, links)
        headers = mail_views.policy(images=images, links=links)
        return Reply(made.html, "text/html; charset=utf-8", headers=headers)

    async def _document(self, mail: Mail, content: bytes, images: bool, links: bool) -> mail_views.Document:
        size = max(len(mail.html), len(content))
        return await self._parsing.made(size, lambda: mail_views.document(mail, content, images=images, links=links))

    def _reader(self, call: Call) -> Account | None:
        """Give who reads: of a session, or of a key. Raises HTTPError 303 for nobody, unless mail is open to them."""
        if isinstance(call.caller, Account):
            return call.caller
        key = key_of(call)
        account = self._by_key(key) if key else None
        if isinstance(account, Account):
            return account
        if self._public():
            return None
        if key:
            raise HTTPError(401, UNAUTHORIZED)
        return signed_in(call)

    async def _inbox(self, call: Call, email: str) -> Place:
        reader = self._reader(call)
        view = self._lists.inbox(reader, email)
        inbox = view.inbox or ""
        count = await self._lists.count(view)
        alias = f"{self._book.alias(inbox)}@{domain_of(inbox)}"
        named = tags.span("Alias ", tags.code(alias), class_="alias")
        told: list[Tag | str] = [_tally(_messages(count)), " ", named]
        actions = []
        address = self._book.get(inbox)
        if reader is not None and address is not None and address.owner == reader.name:
            actions.append(tags.a("Settings", href=settings_path(inbox), class_="button"))
        elif not self._lists.private(inbox):
            told.insert(0, tags.span("Public", class_="badge warn", title="Everybody who knows the address reads it"))
            told.insert(1, " ")
            if isinstance(call.caller, Account):
                reserve = f"/private-address?{urlencode({'email': inbox})}"
                actions.append(tags.a("Reserve it", href=reserve, class_="button"))
        empty = tags.div(
            tags.h2("No mail yet"),
            tags.p("Send a mail to ", tags.code(inbox), ". It shows up here the moment it arrives."),
        )
        asked = Asked.of(call, inbox_path(inbox))
        tally = _messages(count)
        return Place(asked, view, inbox_path(inbox), inbox, told, actions, empty, inbox=inbox, tally=tally)

    async def _app(self, call: Call) -> Place:
        account = signed_in(call)
        asked = Asked.of(call, "/app")
        address = asked.typed["address"]
        view = self._lists.inbox(account, address) if address else self._lists.mine(account)
        unread = await self._lists.unread(account)
        tally = f"{unread:,} unread of {_messages(await self._lists.count(self._lists.mine(account)))}"
        empty = tags.div(
            tags.h2("No mail yet"),
            tags.p("The mail of all your addresses comes together here."),
            tags.ol(
                tags.li(tags.a("Add an email address", href="/private-address"), ", unless you have one."),
                tags.li("Send it a mail. It shows up here the moment it arrives."),
            ),
        )
        addresses = [one.address for one in self._book.of(account.name) if not one.address.startswith("*@")]
        if address and address not in addresses:
            addresses.insert(0, address)
        return Place(
            asked, view, "/app", "Unified Inbox", [_tally(tally)], (), empty, addresses[:MOST_ADDRESSES], tally=tally
        )

    def _starred(self, call: Call) -> Place:
        account = signed_in(call)
        asked = Asked.of(call, "/starred")
        view = attrs.evolve(self._lists.mine(account), starred=True)
        told = ["Starred mail is kept: no purge and no retention deletes it."]
        empty = tags.div(
            tags.h2("No starred messages"),
            tags.p("Star a message in an inbox to find it here, and to keep it."),
            tags.p(tags.a("Open the unified inbox", href="/app")),
        )
        return Place(asked, view, "/starred", "Starred Messages", told, (), empty)

    async def _list(self, call: Call, place: Place) -> Any:
        return await self._show(call, place, place.title)

    async def _message(self, call: Call, place: Place, email: str, id: str) -> Any:
        message, content = await self._messages.content(self._reader(call), email, id)
        mail = await self._parsing.mail(content)
        view = call.query("view")
        if view not in mail_views.VIEWS:
            view = "html" if mail_views.has_html(mail) else "text"
        images, links = call.query("images") == "1", call.query("links") == "1"
        made = await self._made(call, message, content, mail, view)
        opened = Opened(message, mail.attachments, view, made, self._csrf(call), images, links)
        content_of_pane = MessageView(opened, place.asked)
        back = place.asked.message(message.inbox, message.id)
        title = message.summary.subject.strip()[:200] or "(no subject)"
        return await self._show(call, place, title, back, message, content_of_pane)

    async def _made(self, call: Call, message: Message, content: bytes, mail: Mail, view: str) -> Any:
        """Give what a view shows."""
        if view == "html":
            return await self._document(mail, content, False, False)
        if view == "text":
            return mail.text
        if view == "attachments":
            return None
        _, traced = await self._messages.traced(self._reader(call), message.inbox, message.id)
        if view == "headers":
            return mail_views.headers(traced)
        if view == "raw":
            return traced[: mail_views.MOST_TEXT * 2].decode("utf-8", "replace")
        alias = self._book.alias(message.inbox)
        trace = self._messages.trace(message)[1]

        def frame() -> str:
            made = frame_json(message, mail, trace, traced, alias=alias, shape=self._shape, raw=True)
            return mail_views.pretty(made)

        return await self._parsing.made(len(content), frame)

    async def _show(
        self,
        call: Call,
        place: Place,
        title: str,
        back: str = "",
        message: Message | None = None,
        content: MessageView | None = None,
    ) -> Any:
        asked = place.asked
        try:
            found, older = await self._lists.page(asked.of_view(place.view), PAGE, asked.before)
        except Refusal as refusal:
            raise HTTPError(refusal.status, refusal.message, refusal.errors) from refusal
        if message is None and call.header("Accept") == "application/json":
            now = self._now()
            return {"tally": place.tally, "messages": [row_json(one, asked, now) for one in found]}
        csrf = self._csrf(call)
        listed = Listed(
            place.title,
            place.told,
            place.actions,
            found,
            older,
            self._now(),
            csrf,
            place.inbox,
            place.empty,
            place.addresses,
        )
        return await self._frame.show(
            call,
            title,
            MailPage(listed, asked, back or asked.path(), message, content),
            module="inbox.js",
            sheet="inbox.css",
            current=place.current,
            notices=_said(call),
        )

    def _csrf(self, call: Call) -> str:
        return self._frame.csrf(call) if isinstance(call.caller, Account) else ""


def _tally(text: str) -> Tag:
    return tags.span(text, class_="tally")


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"


def _said(call: Call) -> list[tuple[str, str]]:
    """Give what the form that led here has to say."""
    done, count = call.query("done"), call.query("n")
    words = _NOTICES.get(done)
    if words is None or not (count.isascii() and count.isdigit() and len(count) < 10):
        return []
    kind = "bad" if done in ("none", "label") else "good"
    return [(kind, words[0] if int(count) == 1 else words[1].format(f"{int(count):,}"))]
