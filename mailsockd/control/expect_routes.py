"""The route of the control socket that waits for one mail."""

import re
from collections.abc import Callable

from mailsockd.actions.ports import Mailbox, Selection
from mailsockd.actions.rights import Rights
from mailsockd.actions.terms import filter_of
from mailsockd.actions.waiting import Waiting
from mailsockd.control.fields import wrong
from mailsockd.control.frames import Frames
from mailsockd.mail.stored import Message
from mailsockd.web.reply import JSON_TYPE
from mailsockd.web.router import Call, Reply, Routes
from mailsockd.wire import dumps, message_json

LONGEST = 3600  # seconds
# What a test waits for may be there before the test looks; what an earlier run left should not be taken for it.
RECENT = "5m"
SHOWN = 3

_SEQ = re.compile(r"[0-9]{1,18}", re.ASCII)
_AGO = re.compile(r"([0-9]{1,6})([smhd])", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class ExpectRoutes:
    """Waits for mail of any account; `now` gives UTC seconds."""

    routes = Routes()

    def __init__(
        self, rights: Rights, mailbox: Mailbox, waiting: Waiting, frames: Frames, now: Callable[[], float]
    ) -> None:
        self._rights = rights
        self._mailbox = mailbox
        self._waiting = waiting
        self._frames = frames
        self._now = now

    @routes.get("/control/v1/expect", open=True)
    async def expect(self, call: Call) -> Reply:
        """
        Answer `found`, the newest mail to `address` that meets `from`, `to`, `subject` and `text`, as a frame.

        When there is none it is awaited for `timeout` seconds. `since` bounds what may have been there before: a seq
        or the id of a message, after which it was stored; a time such as `90s`, `5m`, `2h` or `1d`; `now`; or `all`.
        At the end `found` is null, and `there` has the newest messages of the inbox.
        """
        inbox = self._rights.inbox(call.query("address", literal_plus=True), "address")
        seconds = call.integer("timeout", 30, 0, LONGEST)
        wanted = filter_of(
            sender=call.query("from", literal_plus=True),
            recipient=call.query("to", literal_plus=True),
            subject=call.query("subject"),
            text=call.query("text"),
        )
        after, earliest = await self._bounds(inbox, call.query("since") or RECENT)

        async def look() -> list[Message]:
            nonlocal after
            selection = self._selection(inbox)
            newest = await self._mailbox.newest(selection, 1, after=after)
            if not newest:
                return []
            found = await self._mailbox.newest(selection, 1, filter=wanted, after=after)
            after = newest[0].seq
            return [message for message in found if message.received >= earliest]

        found = await (self._waiting.until("", inbox, seconds, look) if seconds else look())
        frame = await self._frames.frame(found[0], raw=False) if found else None
        if frame is not None:
            return Reply(b'{"found":' + frame + b"}", JSON_TYPE)
        there = await self._mailbox.newest(self._selection(inbox), SHOWN)
        return Reply(dumps({"found": None, "there": [message_json(message) for message in there]}), JSON_TYPE)

    def _selection(self, inbox: str) -> Selection:
        # The operator sees what the owner of the inbox sees.
        return Selection(inbox, self._rights.owner(inbox) or None)

    async def _bounds(self, inbox: str, since: str) -> tuple[int | None, float]:
        """Give the seq after which, and the UTC second from which on, a mail counts."""
        if since == "all":
            return None, 0.0
        if since == "now":
            newest = await self._mailbox.newest(self._selection(inbox), 1)
            return (newest[0].seq if newest else None), 0.0
        if _SEQ.fullmatch(since):
            return int(since), 0.0
        ago = _AGO.fullmatch(since)
        if ago:
            return None, self._now() - int(ago[1]) * _UNITS[ago[2]]
        message = await self._mailbox.get(self._selection(inbox), since)
        if message is None:
            raise wrong("since", f"must be a seq, the id of a message in {inbox}, a time such as {RECENT}, now, or all")
        return message.seq, 0.0
