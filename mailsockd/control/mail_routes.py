"""The routes of the control socket for mail: following it as it arrives, and sending a test mail."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, cast

from twisted.internet.defer import Deferred

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.ports import Mailbox, Selection
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.control.fields import known, text, wrong
from mailsockd.control.tail import Stream, Tail
from mailsockd.mail.address import InvalidAddress, canonical, canonical_domain, domain_of
from mailsockd.mail.message import parse
from mailsockd.mail.stored import Message
from mailsockd.mail.trace import received_value, with_trace
from mailsockd.state.activity import ActivityLog, Event, Kind
from mailsockd.state.subscriptions import FIREHOSE, Admission
from mailsockd.web.router import Call, Routes
from mailsockd.wire import dumps, frame_json, listening_json, message_json

# A frame of this much content is parsed and encoded in a few milliseconds; a larger one in a thread.
MADE_IN_REACTOR = 64 * 1024

Inject: TypeAlias = Callable[[str, str, bytes], Awaitable[str]]
InThread: TypeAlias = Callable[[Callable[[], bytes]], "Deferred[bytes]"]


class MailRoutes:
    """
    Mail of all accounts, as it arrives.

    An address need not be reserved, nor its `enablews` be on: what is followed is what is stored. `inject` stores a
    mail from sender, recipient and content; `in_thread` runs what would hold the reactor.
    """

    routes = Routes()

    def __init__(
        self,
        registry: Registry,
        accounts: AccountActions,
        mailbox: Mailbox,
        activity: ActivityLog,
        *,
        hostname: str,
        inject: Inject,
        in_thread: InThread,
    ) -> None:
        self._registry = registry
        self._accounts = accounts
        self._rights = Rights(registry.book, registry.domains)
        self._mailbox = mailbox
        self._activity = activity
        self._hostname = hostname
        self._inject = inject
        self._in_thread = in_thread

    @routes.post("/control/v1/mail", open=True)
    async def send(self, call: Call) -> Any:
        """Store a mail: `from`, `to` and `content`, base64 of the whole message. Answers its queue id."""
        body = known(call.body(), {"from", "to", "content"})
        try:
            content = base64.b64decode(text(body, "content"), validate=True)
        except (binascii.Error, ValueError) as error:
            raise wrong("content", "must be base64") from error
        sender, recipient = text(body, "from", ""), text(body, "to")
        try:
            sender = canonical(sender) if sender else ""
        except InvalidAddress as error:
            raise wrong("from", f"{sender} is not an address: {error}") from error
        return {"_id": await self._inject(sender, recipient, content), "to": recipient}

    @routes.get("/control/v1/tail", open=True)
    def tail(self, call: Call) -> "Deferred[None]":
        """
        Answer lines without end: the Listening frame, then each message as it is stored.

        `address` (repeatable) is an address, a domain or `*`, and absent means `*`; `account` leaves out what that
        account may not see; with `frame=true` a line is the flat frame of the socket, else the message of a list.
        """
        account = call.query("account")
        if account:
            self._accounts.find(account)
        items = [item for item in call.queries("address", literal_plus=True) if item] or [FIREHOSE]
        addresses, domains = self._followed(items, account)
        frames = call.flag("frame")

        def wanted(event: Event) -> bool:
            return (
                event.kind is Kind.STORED
                and (FIREHOSE in addresses or event.address in addresses or domain_of(event.address) in domains)
                and (not account or event.account in ("", account))
            )

        call.request.setHeader("Content-Type", "application/x-ndjson; charset=utf-8")
        stream = cast("Stream", call.request)
        stream.write(dumps(listening_json(Admission(addresses, domains))) + b"\n")
        tail = Tail(stream, lambda event: self._line(event, frames))
        silence = self._activity.listen(lambda event: tail.put(event) if wanted(event) else None)
        # The router cancels this when the operator goes, and nothing else ends it.
        return Deferred(lambda _: silence())

    def _followed(self, items: list[str], account: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        addresses: dict[str, None] = {}
        domains: dict[str, None] = {}
        for item in items:
            if item == FIREHOSE:
                addresses[item] = None
            elif "@" in item:
                inbox = self._rights.inbox(item)
                if account:
                    self._rights.selection(account, inbox)
                addresses[inbox] = None
            else:
                try:
                    domains[canonical_domain(item)] = None
                except InvalidAddress as error:
                    raise wrong("address", f"{item} is not an address or a domain: {error}") from error
        return tuple(addresses), tuple(domains)

    async def _line(self, event: Event, frame: bool) -> bytes | None:
        message = await self._mailbox.get(Selection(event.address, event.account or None), event.message)
        if message is None:
            return None
        if not frame:
            return dumps(message_json(message)) + b"\n"
        content = await self._mailbox.content(message)
        if content is None:
            return None
        if len(content) <= MADE_IN_REACTOR:
            return self._frame(message, content)
        return await self._in_thread(lambda: self._frame(message, content))

    def _frame(self, message: Message, content: bytes) -> bytes:
        trace = received_value(message, self._hostname)
        traced = with_trace(message, content, self._hostname)
        alias = self._registry.book.alias(message.inbox)
        frame = frame_json(message, parse(content), trace, traced, alias=alias, shape="flat", raw=True)
        return dumps(frame) + b"\n"
