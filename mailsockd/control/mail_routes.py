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
from mailsockd.control.frames import Frames
from mailsockd.control.tail import Stream, Tail
from mailsockd.mail.address import InvalidAddress, canonical, canonical_domain, domain_of
from mailsockd.state.activity import ActivityLog, Event, Kind
from mailsockd.state.subscriptions import FIREHOSE, Admission
from mailsockd.web.router import Call, Routes
from mailsockd.wire import dumps, listening_json, message_json

Inject: TypeAlias = Callable[[str, str, bytes], Awaitable[str]]


class MailRoutes:
    """
    Mail of all accounts, as it arrives.

    An address need not be reserved, nor its `enablews` be on: what is followed is what is stored. `inject` stores a
    mail from sender, recipient and content.
    """

    routes = Routes()

    def __init__(
        self,
        registry: Registry,
        accounts: AccountActions,
        mailbox: Mailbox,
        activity: ActivityLog,
        *,
        frames: Frames,
        inject: Inject,
    ) -> None:
        self._registry = registry
        self._accounts = accounts
        self._rights = Rights(registry.book, registry.domains)
        self._mailbox = mailbox
        self._activity = activity
        self._frames = frames
        self._inject = inject

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
        made = await self._frames.frame(message, raw=True)
        return None if made is None else made + b"\n"
