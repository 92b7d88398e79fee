"""The channel to Slack, and to what understands Slack's incoming web hooks (contract section 3.2)."""

import re
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from mailsockd.delivery.channel import Delivered, Outcome, Parcel, Postponed, Undeliverable
from mailsockd.delivery.limits import ENCODED_IN_REACTOR
from mailsockd.delivery.lines import Lane
from mailsockd.delivery.outgoing_http import Answer, NotSent, OutgoingHTTP
from mailsockd.delivery.reach import Reach
from mailsockd.delivery.url_setting import FlagSetting, URLSetting
from mailsockd.mail.message import parse
from mailsockd.mail.stored import Message
from mailsockd.state.addresses import Address
from mailsockd.state.deliveries import Line
from mailsockd.wire import dumps

LONGEST_TEXT = 40_000  # characters; Slack cuts what is longer
LONGEST_SUBJECT = 1000
RULE = "─" * 24
SHORTENED = "… (shortened; the whole mail is in the inbox)"
# Slack answers these when a try may succeed later. All others say that this web hook or channel is gone.
_LATER = frozenset((408, 425, 429))
_HALF_ENTITY = re.compile(r"&[a-z]*\Z")
# What would end the bold of the subject, or begin code that goes on in the text.
_LOOKALIKES = str.maketrans({"*": "\N{ASTERISK OPERATOR}", "`": "\N{MODIFIER LETTER GRAVE ACCENT}"})


class SlackChannel:
    """Sends messages to Slack channels."""

    name = "slack"
    by_setting = True
    patience = None

    def __init__(self, http: OutgoingHTTP, reach: Reach, in_thread: Callable[..., "Deferred[Any]"]) -> None:
        self._http = http
        self._reach = reach
        self._in_thread = in_thread
        self.settings = (URLSetting("webhookSlack", reach), FlagSetting("webhookSlackToFrom"))

    def lane(self, line: Line) -> Lane | None:
        """Give none: receivers have nothing in common."""
        return None

    def target(self, address: Address) -> str | None:
        """Give the address's web hook at Slack."""
        url = address.settings.get("webhookSlack")
        return url if isinstance(url, str) else None

    async def send(self, parcel: Parcel) -> Outcome:
        """Send one message."""
        try:
            target = self._reach.target(parcel.delivery.target)
        except ValueError as error:  # what may be reached was set otherwise meanwhile
            return Undeliverable(f"the URL {error}")
        to_from = parcel.address.settings.get("webhookSlackToFrom") is True
        if len(parcel.content) <= ENCODED_IN_REACTOR:
            body = _body(parcel.message, parcel.content, to_from)
        else:
            body = await self._in_thread(_body, parcel.message, parcel.content, to_from)
        try:
            answer = await self._http.post(target, {}, body)
        except NotSent as error:
            return Undeliverable(str(error)) if error.for_good else Postponed(str(error))
        return _outcome(answer)


def _body(message: Message, content: bytes, to_from: bool) -> bytes:
    return dumps({"text": slack_text(message, parse(content).text, to_from)})


def slack_text(message: Message, text: str, to_from: bool) -> str:
    """
    Give what Slack shows: `from > to` if wanted, the subject in bold, the text, and a rule below.

    What would be a mention or a link of Slack's own is shown as it was written.
    """
    summary = message.summary
    subject = " ".join(summary.subject.split())[:LONGEST_SUBJECT].translate(_LOOKALIKES)
    head = f"*{_escaped(subject or '(no subject)')}*"
    if to_from:
        sender = summary.sender[0].address if summary.sender else ""
        head = f"{_escaped(sender or '(no sender)')} &gt; {_escaped(message.original)}\n{head}"
    room = LONGEST_TEXT - len(head) - len(RULE) - 2
    text = text.strip()
    shown = _escaped(text[: room + 1])
    if len(shown) > room:
        shown = _HALF_ENTITY.sub("", shown[: room - len(SHORTENED)]) + SHORTENED
    return "\n".join(part for part in (head, shown, RULE) if part)


def _escaped(text: str) -> str:
    """Escape the three characters that Slack gives a meaning to."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _outcome(answer: Answer) -> Outcome:
    said = f"it answered {answer.words}"
    if 200 <= answer.status < 300:
        return Delivered(said)
    if answer.status in _LATER or answer.status >= 500:
        return Postponed(said, answer.retry_after, answer.text)
    return Undeliverable(said, answer.text)
