"""Sending a mail by REST (contract section 1.3): written here, and delivered here when its domains are ours."""

import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry, to_the_end
from mailsockd.actions.rights import Rights
from mailsockd.mail.address import InvalidAddress, canonical, domain_of
from mailsockd.mail.compose import Draft, Enclosure, compose
from mailsockd.mail.message import parse
from mailsockd.mail.people import Person
from mailsockd.state.accounts import Account

MOST_RECIPIENTS = 3  # contract section 3.12
# Up to here writing a mail takes a few milliseconds.
WRITTEN_IN_REACTOR = 64 * 1024
_BARE = re.compile(rb"\r?\n|\r")

# Stores one mail for canonical recipients: sender, recipients, content. Gives its queue id.
Inject: TypeAlias = Callable[[str, Sequence[str], bytes], Awaitable[str]]
InThread: TypeAlias = "Callable[[Callable[[], bytes]], Deferred[bytes]]"


@attrs.frozen
class Outgoing:
    """
    A mail as a caller asks for it; `raw`, when it is not "", is the whole mail and all but sender and recipients of
    the other fields count for nothing. Without sender or recipients those of the raw mail are taken.
    """

    sender: Person | None
    to: tuple[Person, ...]
    subject: str = ""
    text: str | None = None
    html: str | None = None
    enclosures: tuple[Enclosure, ...] = ()
    received: tuple[str, ...] = ()
    raw: str = ""

    @property
    def size(self) -> int:
        """About how long the mail is."""
        texts = (self.raw, self.subject, self.text or "", self.html or "", *self.received)
        return sum(map(len, texts)) + sum(len(enclosure.content) for enclosure in self.enclosures)


@attrs.frozen
class Sent:
    """What was sent: the canonical addresses, and the queue id."""

    sender: str
    to: tuple[str, ...]
    id: str


class Sending:
    """Sends for accounts. `largest` is the bytes of a mail; with `any_domain` mail for every domain stays here."""

    def __init__(
        self,
        registry: Registry,
        rights: Rights,
        inject: Inject,
        in_thread: InThread,
        *,
        hostname: str,
        any_domain: bool,
        largest: int,
        now: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._rights = rights
        self._inject = inject
        self._in_thread = in_thread
        self._hostname = hostname
        self._any_domain = any_domain
        self._largest = largest
        self._now = now

    async def send(self, caller: Account, wanted: Outgoing) -> Sent:
        """
        Write and deliver a mail; all recipients get it or none.

        Raises Refusal 400: a sender that is not the caller's to use, no, too many or foreign recipients; 413: too long.
        """
        if wanted.size > self._largest:
            raise self._too_long()
        if wanted.raw and not (wanted.sender and wanted.to):
            # Only the head is looked at.
            mail = parse(_lines(wanted.raw[:WRITTEN_IN_REACTOR]))
            author = wanted.sender or (mail.sender[0] if mail.sender else None)
            wanted = attrs.evolve(wanted, sender=author, to=wanted.to or (*mail.to, *mail.cc, *mail.bcc))
        sender = self._sender(caller, wanted.sender)
        recipients = self._recipients(wanted.to)
        content = await self._content(sender, recipients, wanted)
        if len(content) > self._largest:
            raise self._too_long()
        addresses = tuple(dict.fromkeys(person.address for person in recipients))
        id = await to_the_end(self._deliver(sender.address, addresses, content))
        return Sent(sender.address, addresses, id)

    async def _deliver(self, sender: str, recipients: tuple[str, ...], content: bytes) -> str:
        return await self._inject(sender, recipients, content)

    async def _content(self, sender: Person, recipients: Sequence[Person], wanted: Outgoing) -> bytes:
        draft = Draft(
            sender,
            tuple(recipients),
            secrets.token_hex(12),
            self._hostname,
            self._now(),
            wanted.subject,
            wanted.text,
            wanted.html,
            wanted.enclosures,
            wanted.received,
        )

        def write() -> bytes:
            return _lines(wanted.raw) if wanted.raw else compose(draft)

        return write() if wanted.size <= WRITTEN_IN_REACTOR else await self._in_thread(write)

    def _sender(self, caller: Account, person: Person | None) -> Person:
        if person is None:
            raise Refusal(400, "The from field is missing", ("from: is missing",))
        found = _canonical(person, "from")
        inbox = self._rights.inbox(found.address, "from")
        ours = self._any_domain or self._registry.domains.served(domain_of(inbox))
        if not ours or {self._rights.owner(inbox), self._rights.reserver(inbox)} - {"", caller.name}:
            reason = "must be an address of this account, or one of a served domain that is nobody's"
            raise Refusal(400, f"{found.address} cannot be used as the sender: it {reason}.", (f"from: {reason}",))
        return found

    def _recipients(self, people: Sequence[Person]) -> list[Person]:
        if not people:
            raise Refusal(400, "The to field is missing", ("to: is missing",))
        if len(people) > MOST_RECIPIENTS:
            reason = "The to field exceeds the maximum allowed size"
            raise Refusal(400, reason, (f"to: has more than {MOST_RECIPIENTS} recipients",))
        found = [_canonical(person, "to") for person in people]
        for person in found:
            domain = domain_of(person.address)
            if not (self._any_domain or self._registry.domains.served(domain)):
                reason = f"{domain} is not served here, and no relay is configured (this version has none)"
                raise Refusal(400, f"{person.address} cannot be sent to: {reason}.", (f"to: {reason}",))
        return found

    def _too_long(self) -> Refusal:
        return Refusal(413, f"The mail may have at most {self._largest} bytes (limits.message_size).")


def _canonical(person: Person, field: str) -> Person:
    try:
        return attrs.evolve(person, address=canonical(person.address))
    except InvalidAddress as error:
        raise Refusal(400, f"{person.address} is not a valid email address", (f"{field}: {error}",)) from error


def _lines(raw: str) -> bytes:
    """Give a raw mail as bytes; line ends that are no CRLF become one, and the last line has one."""
    data = _BARE.sub(b"\r\n", raw.encode("utf-8", "replace"))
    return data if data.endswith(b"\r\n") else data + b"\r\n"
