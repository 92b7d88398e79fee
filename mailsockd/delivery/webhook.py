"""The channel to web hooks: a signed POST of the message as JSON (contract section 3.1)."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred

from mailsockd.delivery.channel import Delivered, Outcome, Parcel, Postponed, Undeliverable
from mailsockd.delivery.limits import ENCODED_IN_REACTOR
from mailsockd.delivery.lines import Lane
from mailsockd.delivery.outgoing_http import Answer, NotSent, OutgoingHTTP
from mailsockd.delivery.reach import Reach
from mailsockd.delivery.signature import signature_headers
from mailsockd.delivery.url_setting import URLSetting
from mailsockd.mail.message import parse
from mailsockd.mail.stored import Message, summary_of
from mailsockd.mail.trace import received_value, with_trace
from mailsockd.state.addresses import Address
from mailsockd.state.deliveries import Line, Trial
from mailsockd.wire import dumps, dumps_in_slices
from mailsockd.wire.webhook import webhook_json

Signing: TypeAlias = Callable[[Address], Awaitable[tuple[str, ...]]]
Letter: TypeAlias = tuple[bytes, Mapping[str, str]]

# What no later try changes: the receiver is gone for good, or will not take so much. All other answers may be those
# of a receiver that is being put right, so they are tried again (Standard Webhooks: whatever is no 2xx).
FOR_GOOD = frozenset((410, 413))


class WebhookChannel:
    """
    Sends messages to the web hooks of addresses. `signing` gives the secrets that sign at this moment, `alias` the
    local part of an inbox's alias; `now` gives UTC seconds.
    """

    name = "webhook"
    by_setting = True
    patience = None

    def __init__(
        self,
        http: OutgoingHTTP,
        reach: Reach,
        signing: Signing,
        in_thread: Callable[..., "Deferred[Any]"],
        *,
        alias: Callable[[str], str],
        hostname: str,
        now: Callable[[], float],
    ) -> None:
        self._http = http
        self._reach = reach
        self._signing = signing
        self._in_thread = in_thread
        self._alias = alias
        self._hostname = hostname
        self._now = now
        self.settings = (URLSetting("webhook", reach),)

    def lane(self, line: Line) -> Lane | None:
        """Give none: receivers have nothing in common."""
        return None

    def target(self, address: Address) -> str | None:
        """Give the address's web hook."""
        url = address.settings.get("webhook")
        return url if isinstance(url, str) else None

    async def send(self, parcel: Parcel) -> Outcome:
        """Send one message."""
        # The id is the same at every try, so that receivers can tell that they had it.
        id = f"{parcel.message.id}-{parcel.delivery.id}"
        try:
            answer = await self._post(parcel.delivery.target, parcel.address, id, parcel.message, parcel.content)
        except NotSent as error:
            return Undeliverable(str(error)) if error.for_good else Postponed(str(error))
        return _outcome(answer)

    async def test(self, address: Address) -> Trial:
        """Send a made-up message to an address's web hook, whatever waits for it."""
        started = self._now()
        content = _test_content(address.address, self._hostname)
        token = f"test{secrets.token_hex(12)}"
        message = Message(
            id=f"{token}-0",
            seq=0,
            inbox=address.address,
            original=address.address,
            owner=address.owner,
            received=started,
            size=len(content),
            ip="127.0.0.1",
            via="127.0.0.1",
            helo=self._hostname,
            sender=f"mailsockd@{self._hostname}",
            tls=False,
            summary=summary_of(parse(content), f"mailsockd@{self._hostname}"),
        )
        try:
            answer = await self._post(self.target(address) or "", address, message.id, message, content)
        except NotSent as error:
            return Trial(False, None, max(0, round(1000 * (self._now() - started))), str(error))
        outcome = _outcome(answer)
        if isinstance(outcome, Delivered):
            return Trial(True, answer.status, answer.milliseconds, outcome.detail)
        reason = f"{outcome.reason}: {outcome.said}" if outcome.said else outcome.reason
        return Trial(False, answer.status, answer.milliseconds, reason)

    async def _post(self, url: str, address: Address, id: str, message: Message, content: bytes) -> Answer:
        try:
            target = self._reach.target(url)
        except ValueError as error:  # what may be reached was set otherwise meanwhile
            raise NotSent(f"the URL {error}", for_good=True) from error
        signing = await self._signing(address)
        if len(content) <= ENCODED_IN_REACTOR:
            body, headers = self._letter(message, content, id, signing)
        else:
            body, headers = await self._in_thread(self._letter, message, content, id, signing)
        return await self._http.post(target, headers, body)

    def _letter(self, message: Message, content: bytes, id: str, signing: tuple[str, ...]) -> Letter:
        trace = received_value(message, self._hostname)
        traced = with_trace(message, content, self._hostname)
        json = webhook_json(message, parse(content), trace, traced, alias=self._alias(message.inbox))
        body = dumps(json) if len(content) <= ENCODED_IN_REACTOR else b"".join(dumps_in_slices(json))
        return body, signature_headers(signing, id, self._now(), body)


def _outcome(answer: Answer) -> Outcome:
    """Say what an answer means for a delivery."""
    said = f"it answered {answer.words}"
    if 200 <= answer.status < 300:
        return Delivered(said)
    if 300 <= answer.status < 400:
        return Undeliverable(f"{said}, and redirects are not followed", answer.text)
    if answer.status in FOR_GOOD:
        return Undeliverable(said, answer.text)
    return Postponed(said, answer.retry_after, answer.text)


def _test_content(address: str, hostname: str) -> bytes:
    return (
        f"From: mailsockd <mailsockd@{hostname}>\r\nTo: {address}\r\nSubject: Test of the web hook\r\n\r\n"
        f"This message was made up to test the web hook of {address}. It is stored nowhere.\r\n"
    ).encode("utf-8", "replace")
