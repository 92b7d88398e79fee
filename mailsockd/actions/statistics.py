"""Figures of this server's public inboxes (contract section 1.4, mailstats), and of one account."""

from collections.abc import Callable, Sequence

import attrs

from mailsockd.actions.ports import Mailbox, Top, Totals
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Account

# So many messages are looked through for one that may still be shown.
LOOKED_AT = 100


@attrs.frozen
class AccountFigures:
    """
    What an account has: names of addresses and domains, other inboxes with mail of its own, and totals.

    `default_domain` is where its addresses are made unless it says otherwise, `last_month_ops` what it used last month.
    """

    addresses: tuple[str, ...]
    domains: tuple[str, ...]
    other_inboxes: tuple[str, ...]
    totals: Totals
    default_domain: str
    last_month_ops: int = 0


class Statistics:
    """
    What is counted. Public mail in inboxes that are private by now is not shown.

    `last_month` gives the operations of an account in the month before this one.
    """

    def __init__(
        self,
        registry: Registry,
        rights: Rights,
        mailbox: Mailbox,
        default_domain: str,
        last_month: Callable[[str], int] = lambda account: 0,
    ) -> None:
        self._last_month = last_month
        self._registry = registry
        self._rights = rights
        self._mailbox = mailbox
        self._default_domain = default_domain

    async def top(self, kind: Top, start: float, end: float, skip: int, limit: int) -> list[tuple[str, int]]:
        """Count public messages received from `start` to `end`, UTC seconds; the largest numbers first."""
        return await self._mailbox.top(kind, start, end, skip, limit)

    async def common_attachments(self, start: float, end: float, skip: int, limit: int) -> list[tuple[str, int]]:
        """Count public messages by the MD5 of their attachments."""
        return await self._mailbox.common_attachments(start, end, skip, limit)

    async def attachment_count(self, checksum: str) -> int:
        """Count the public messages with an attachment of this MD5."""
        return await self._mailbox.attachment_count(checksum.lower())

    async def with_attachment(self, checksum: str, limit: int) -> list[Message]:
        """Give public messages with an attachment of this MD5, newest first."""
        return self._public(await self._mailbox.messages_with_attachment(checksum.lower(), limit))

    async def attachment_content(self, checksum: str) -> bytes:
        """Give the content of a public message with an attachment of this MD5. Raises Refusal 404."""
        for message in await self.with_attachment(checksum, LOOKED_AT):
            content = await self._mailbox.content(message)
            if content is not None:
                return content
        raise Refusal(404, f"There is no public attachment with the MD5 {checksum}.")

    async def of(self, caller: Account, other: str = "") -> AccountFigures:
        """Give the figures of the caller; an administrator may name another account. Raises Refusal 404."""
        name = caller.name
        if other and caller.admin:
            account = self._registry.accounts.get(other)
            if account is None:
                raise Refusal(404, f"There is no account {other}.")
            name = account.name
        addresses = tuple(address.address for address in self._registry.book.of(name))
        domains = tuple(domain.name for domain in self._registry.domains.of(name) if domain.served)
        inboxes = await self._mailbox.inboxes_of(name)
        return AccountFigures(
            addresses,
            domains,
            tuple(sorted(set(inboxes) - set(addresses))),
            await self._mailbox.totals(name),
            domains[0] if domains else self._default_domain,
            self._last_month(name),
        )

    def _public(self, messages: Sequence[Message]) -> list[Message]:
        return [message for message in messages if self._rights.owner(message.inbox) == ""]
