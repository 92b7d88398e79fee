"""Manage Storage: what the account's mail takes, by inbox, and how to make room."""

from collections.abc import Iterator
from typing import Any

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.messages import Messages
from mailsockd.actions.ports import InboxTotals
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.storage_use import StorageUse, Use
from mailsockd.actions.words import size
from mailsockd.dashboard.chart import share
from mailsockd.dashboard.frame import Frame, elsewhere, signed_in
from mailsockd.dashboard.mail_query import inbox_path
from mailsockd.dashboard.pages import Request, template
from mailsockd.web.router import Call, HTTPError, Routes

SHOWN = 100  # inboxes on the page


class StoragePage(Element):
    """The page. `limit` is how many messages the account may keep, None for any number."""

    loader = template("storage.xhtml")

    def __init__(self, use: Use, limit: int | None, csrf: str) -> None:
        super().__init__()
        self._use = use
        self._limit = limit
        self._csrf = csrf

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        totals, limit = self._use.totals, self._limit
        return tag.fillSlots(
            messages=f"{totals.messages:,}",
            of="" if limit is None else f", of {limit:,}",
            bytes=size(totals.bytes),
            starred=f"{totals.starred:,}",
            line="" if limit is None else share(totals.messages, limit),
            bound=(
                "This account may keep any number of messages."
                if limit is None
                else f"Beyond {limit:,} messages the oldest go by themselves."
            ),
        )

    @renderer
    def inboxes(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the inboxes when there are any."""
        return tag if self._use.inboxes else ""

    @renderer
    def empty(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what to do when there are none."""
        return "" if self._use.inboxes else tag

    @renderer
    def inbox(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each inbox, the largest first."""
        most = self._use.inboxes[0].bytes if self._use.inboxes else 0
        for one in self._use.inboxes:
            yield tag.clone().fillSlots(
                inbox=one.inbox,
                path=inbox_path(one.inbox),
                size=size(one.bytes),
                words=_counted(one),
                line=share(one.bytes, most + 1),
                purge=self._purge(one) if one.inbox in self._use.may_purge else "",
            )

    def _purge(self, one: InboxTotals) -> "Tag | str":
        going = one.messages - one.starred
        if not going:
            return ""
        what = "1 message" if going == 1 else f"{going:,} messages"
        button = tags.button("Purge Inbox", type="submit", class_="small danger")
        return tags.form(
            tags.input(type="hidden", name="_csrf", value=self._csrf),
            tags.input(type="hidden", name="email", value=one.inbox),
            button(**{"aria-label": f"Purge Inbox of {one.inbox}"}),
            method="post",
            action="/storage/purge",
            **{"data-ask": f"Delete {what} of {one.inbox} for good? Starred mail stays."},
        )

    @renderer
    def more(self, request: Request, tag: Tag) -> "Tag | str":
        """Say that there are more."""
        return tag(f"The {SHOWN} largest inboxes are shown; there are more.") if self._use.more else ""


class StoragePageRoutes:
    """The page and its form."""

    routes = Routes()

    def __init__(self, frame: Frame, storage: StorageUse, messages: Messages) -> None:
        self._frame = frame
        self._storage = storage
        self._messages = messages

    @routes.get("/storage", open=True, summary="Manage Storage")
    async def show(self, call: Call) -> Any:
        """Answer what is stored, by inbox."""
        account = signed_in(call)
        use, limit = await self._storage.of(account, SHOWN), account.message_limit or None
        content = StoragePage(use, limit, self._frame.csrf(call))
        return await self._frame.show(
            call,
            "Manage Storage",
            content,
            module="ask.js",
            sheet="usage.css",
            current="/storage",
            notices=_said(call.query("purged")),
        )

    @routes.post("/storage/purge", open=True, summary="Purge Inbox")
    async def purge(self, call: Call) -> Any:
        """Delete the mail of one inbox but for what is starred. Another's inbox is as if it did not exist."""
        account, email = signed_in(call), call.form().get("email", "")
        try:
            count = await self._messages.purge(account, email, peer=call.peer)
        except Refusal as refusal:
            if refusal.status not in (400, 401):
                raise
            raise HTTPError(404, "There is no such inbox among yours.") from refusal
        raise elsewhere(f"/storage?purged={count}")


def _counted(one: InboxTotals) -> str:
    messages = "1 message" if one.messages == 1 else f"{one.messages:,} messages"
    return f"{messages}, {one.starred:,} starred" if one.starred else messages


def _said(purged: str) -> list[tuple[str, str]]:
    """Give what the form that led here has to say."""
    if not (purged.isascii() and purged.isdigit() and len(purged) < 10):
        return []
    count = int(purged)
    return [("good", "1 message was deleted." if count == 1 else f"{count:,} messages were deleted.")]
