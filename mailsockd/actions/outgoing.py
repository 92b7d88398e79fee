"""
Sending a mail by REST (contract section 1.3): written here, delivered here where the domain is ours, and left to the
relay for all others.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.outward import Outward
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

# Stores one mail for canonical recipients: sender, recipients, content, what leaves. Gives its queue id.
Inject: TypeAlias = Callable[[str, Sequence[str], bytes, Outward | None], Awaitable[str]]
# Says why a canonical address outside is not sent to, "" when it is.
RefusalOutside: TypeAlias = Callable[[str], str]
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
    """
    Sends for accounts. `largest`, which may change, is the bytes of a mail; with `any_domain` mail for every domain
    stays here.

    `outside` says what the relay takes, None when there is no relay.
    """

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
        outside: RefusalOutside | None = None,
    ) -> None:
        self._registry = registry
        self._rights = rights
        self._inject = inject
        self._in_thread = in_thread
        self._hostname = hostname
        self._any_domain = any_domain
        self.largest = largest
        self._now = now
        self._outside = outside

    async def send(self, caller: Account, wanted: Outgoing) -> Sent:
        """
        Write and deliver a mail; all recipients get it or none.

        Raises Refusal 400: a sender that is not the caller's to use, no, too many or foreign recipients; 413: too long.
        """
        if wanted.size > self.largest:
            raise self._too_long()
        if wanted.raw and not (wanted.sender and wanted.to):
            # Only the head is looked at.
            mail = parse(_lines(wanted.raw[:WRITTEN_IN_REACTOR]))
            author = wanted.sender or (mail.sender[0] if mail.sender else None)
            wanted = attrs.evolve(wanted, sender=author, to=wanted.to or (*mail.to, *mail.cc, *mail.bcc))
        sender = self._sender(caller, wanted.sender)
        recipients = self._recipients(wanted.to)
        addresses = tuple(dict.fromkeys(person.address for person in recipients))
        inside = tuple(address for address in addresses if self._ours(address))
        outward = self._outward(caller, sender, wanted, addresses)
        content = await self._content(sender, recipients, wanted)
        if len(content) > self.largest:
            raise self._too_long()
        id = await to_the_end(self._deliver(sender.address, inside, content, outward))
        return Sent(sender.address, addresses, id)

    async def _deliver(self, sender: str, inside: tuple[str, ...], content: bytes, outward: Outward | None) -> str:
        return await self._inject(sender, inside, content, outward)

    def _ours(self, address: str) -> bool:
        return self._any_domain or self._registry.domains.served(domain_of(address))

    def _outward(
        self, caller: Account, sender: Person, wanted: Outgoing, addresses: Sequence[str]
    ) -> Outward | None:
        """Say what leaves, None when nothing does. Raises Refusal 400 for a sender that may write at home only."""
        outside = tuple(address for address in addresses if not self._ours(address))
        if not outside:
            return None
        inbox = self._rights.inbox(sender.address, "from")
        authors = parse(_lines(wanted.raw[:WRITTEN_IN_REACTOR])).sender if wanted.raw else (sender,)
        for author in authors or (sender,):
            mine = _canonical(author, "from").address
            if caller.name not in (self._rights.owner(inbox), self._rights.reserver(inbox)) or (
                self._rights.inbox(mine, "from") != inbox
            ):
                reason = f"must be an address of this account for mail to {outside[0]}"
                raise Refusal(400, f"{mine} cannot be used as the sender: it {reason}.", (f"from: {reason}",))
        return Outward(caller.name, inbox, outside)

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
            if self._ours(person.address):
                continue
            reason = f"{domain_of(person.address)} is not served here, and no relay is configured (relay.host)"
            if self._outside is not None:
                reason = self._outside(person.address)
            if reason:
                raise Refusal(400, f"{person.address} cannot be sent to: {reason}.", (f"to: {reason}",))
        return found

    def _too_long(self) -> Refusal:
        return Refusal(413, f"The mail may have at most {self.largest} bytes (limits.message_size).")


def _canonical(person: Person, field: str) -> Person:
    try:
        return attrs.evolve(person, address=canonical(person.address))
    except InvalidAddress as error:
        raise Refusal(400, f"{person.address} is not a valid email address", (f"{field}: {error}",)) from error


def _lines(raw: str) -> bytes:
    """Give a raw mail as bytes; line ends that are no CRLF become one, and the last line has one."""
    data = _BARE.sub(b"\r\n", raw.encode("utf-8", "replace"))
    return data if data.endswith(b"\r\n") else data + b"\r\n"
