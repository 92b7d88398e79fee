"""
Receiving mail: from a finished SMTP transaction to a message on disk that its subscribers know of.

The order is fixed: commit, then the answer to the sender, then the frame. An id that a subscriber or a list
shows can be read at that moment.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred, DeferredSemaphore, fail
from twisted.python.failure import Failure

from mailsockd.actions.onward import NOWHERE, Onward
from mailsockd.actions.outward import Outward
from mailsockd.actions.ports import Mailbox, StorageFull
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.mail.address import InvalidAddress, canonical, canonical_domain, domain_of
from mailsockd.mail.envelope import Bytes, Content, Envelope
from mailsockd.mail.ids import Ids
from mailsockd.mail.message import Mail, parse
from mailsockd.mail.stored import Message, summary_of
from mailsockd.state.activity import ActivityLog, Kind

# Up to here a parse takes a few milliseconds at worst; larger content is read and parsed in a thread.
PARSED_IN_REACTOR = 64 * 1024
# Each holds its content in memory, several times over while it is parsed and while its frames are made.
LARGE_AT_ONCE = 2
LOOPBACK = "127.0.0.1"


class Rejected(Exception):
    """Mail that is not taken, with the SMTP reply that says so: code, enhanced code (RFC 3463), sentence."""

    def __init__(self, code: int, status: str, text: str) -> None:
        super().__init__(f"{code} {status} {text}")
        self.code = code
        self.status = status
        self.text = text


# What it gives, if anything, fires when the content is needed no more.
Publish: TypeAlias = Callable[[Sequence[Message], Mail, bytes], "Deferred[Any] | None"]
Published: TypeAlias = Callable[[float, "Deferred[Any] | None"], object]
InThread: TypeAlias = Callable[[Callable[[Content], tuple[bytes, Mail]], Content], "Deferred[tuple[bytes, Mail]]"]


class Reception:
    """
    Decides which recipients are taken, stores what comes for them, and has it published.

    `any_domain` takes mail for every domain; `unreserved` False refuses addresses that nobody reserved. The postmaster
    of `hostname` is taken whatever these say. `onward` says what else is stored with a message: its
    deliveries. `no_room` says why there is no room for more mail, "" while there is. `published` is told of each mail
    that was published when its data ended, and what Publish gave.
    """

    def __init__(
        self,
        registry: Registry,
        rights: Rights,
        mailbox: Mailbox,
        publish: Publish,
        activity: ActivityLog,
        in_thread: InThread,
        *,
        hostname: str,
        any_domain: bool,
        unreserved: bool,
        monotonic: Callable[[], float],
        now: Callable[[], float],
        onward: Onward = NOWHERE,
        no_room: Callable[[], str] = lambda: "",
        published: Published | None = None,
    ) -> None:
        self._registry = registry
        self._rights = rights
        self._mailbox = mailbox
        self._publish = publish
        self._activity = activity
        self._in_thread = in_thread
        self._postmaster = f"postmaster@{canonical_domain(hostname)}"
        self._any_domain = any_domain
        self._unreserved = unreserved
        self._monotonic = monotonic
        self._now = now
        self._onward = onward
        self._no_room = no_room
        self._published = published
        self._ids = Ids()
        self._large = DeferredSemaphore(LARGE_AT_ONCE)

    def take_unreserved(self, unreserved: bool) -> None:
        """Take mail for addresses that nobody reserved from now on, or refuse it."""
        self._unreserved = unreserved

    def accept(self, recipient: str, peer: str) -> None:
        """Return when mail for a canonical recipient is taken. Raises Rejected."""
        if recipient == self._postmaster:  # RFC 5321 section 4.5.1: always taken
            return
        destination = self._registry.book.find(recipient)
        if not (self._any_domain or self._registry.domains.served(domain_of(recipient))):
            raise Rejected(550, "5.7.1", f"No mail for {domain_of(recipient)} here (smtp.accept is domains)")
        if destination.address is None and not (self._unreserved and self._stands(recipient)):
            raise Rejected(550, "5.1.1", f"No such address: {recipient}")

    def _stands(self, recipient: str) -> bool:
        # Who writes to a released alias should be told, rather than fill a public inbox that nobody knows of.
        return self._any_domain or not self._registry.book.leads_nowhere(recipient)

    async def inject(self, sender: str, recipient: str, content: bytes) -> str:
        """
        Store a mail that does not come by SMTP, by the same rules; gives its queue id. Its peer is this machine.

        Raises Refusal 400 when a recipient would be refused by SMTP too, and StorageTrouble.
        """
        try:
            return await self.inject_for(sender, (canonical(recipient),), content)
        except InvalidAddress as error:
            raise Refusal(400, f"{recipient} is not a valid email address", (f"to: {error}",)) from error

    async def inject_for(
        self, sender: str, recipients: Sequence[str], content: bytes, outward: Outward | None = None
    ) -> str:
        """
        Do the same for several recipients, canonical and distinct, as one mail: all of them get it or none.

        What `outward` says is stored in the same transaction.
        """
        for recipient in recipients:
            try:
                self.accept(recipient, LOOPBACK)
            except Rejected as error:
                raise Refusal(400, error.text, (f"to: {error.text}",)) from error
        envelope = Envelope(sender, tuple(recipients), LOOPBACK, "localhost", LOOPBACK, self._now())
        return await self.receive(envelope, Bytes(content), outward)

    def capture(self, recipient: str, peer: str) -> None:
        """Return: mail that is submitted with a password is taken for every canonical recipient."""

    def record(
        self,
        kind: Kind,
        *,
        address: str = "",
        peer: str = "",
        text: str = "",
        session: str = "",
        at: float | None = None,
    ) -> None:
        """Remember what happened to a client; what happened to a canonical recipient is its owner's activity."""
        inbox = self._registry.book.find(address).inbox if address else ""
        owner = self._rights.owner(inbox) if inbox else ""
        self._activity.record(kind, account=owner, address=inbox, peer=peer, text=text, session=session, at=at)

    def receive(self, envelope: Envelope, content: Content, outward: Outward | None = None) -> "Deferred[str]":
        """
        Store a mail. Fires with its queue id when it is durable; fails with StorageTrouble.

        Whoever waits is answered before the message is published, in the same turn of the reactor.
        """
        reason = self._no_room()
        if reason:
            self._activity.record(Kind.TROUBLE, peer=envelope.peer, text=f"no room: {reason}", session=envelope.session)
            return fail(StorageFull(reason))
        answer: Deferred[str] = Deferred()
        began = self._monotonic()
        if content.size <= PARSED_IN_REACTOR:
            data = content.read()
            self._store(envelope, data, parse(data), began, answer, outward)
        else:
            large = self._large.run(self._receive_large, envelope, content, began, answer, outward)
            large.addErrback(answer.errback)
        return answer

    def _receive_large(
        self, envelope: Envelope, content: Content, began: float, answer: "Deferred[str]", outward: Outward | None
    ) -> "Deferred[Any]":
        parsed = self._in_thread(read_and_parse, content)
        return parsed.addCallback(lambda result: self._store(envelope, result[0], result[1], began, answer, outward))

    def _store(
        self,
        envelope: Envelope,
        data: bytes,
        mail: Mail,
        began: float,
        answer: "Deferred[str]",
        outward: Outward | None,
    ) -> "Deferred[Any]":
        id = self._ids.new(envelope.received)
        messages = self._messages(envelope, data, mail, id)
        if envelope.connected is not None:
            self._connected(envelope, messages[0])
        kept, deliveries = messages, self._onward.plan(messages)
        if outward is not None:
            copy = outward.copy(envelope, f"{id}-{len(messages)}", self._mailbox.next_seq(), len(data), mail)
            kept, deliveries = [*messages, copy], [*deliveries, *outward.deliveries(copy)]

        def stored(_: None) -> "Deferred[Any] | None":
            answer.callback(id)
            milliseconds = (self._monotonic() - began) * 1000
            for message in messages:
                self._activity.record(
                    Kind.STORED,
                    account=message.owner or message.submitter,
                    address=message.inbox,
                    message=message.id,
                    peer=message.ip,
                    count=message.size,
                    milliseconds=milliseconds,
                    session=envelope.session,
                    seq=message.seq,
                )
            self._onward.stored(deliveries)
            making = self._publish(messages, mail, data)
            if self._published is not None:
                self._published(began, making)
            return making

        def failed(failure: Failure) -> None:
            if answer.called:  # stored and answered; only the publishing went wrong
                self._activity.record(Kind.TROUBLE, message=id, text=f"not published: {failure.value!r}")
            else:
                # The sender is told to try again and not why; whoever runs the server must be able to find out.
                self._activity.record(
                    Kind.TROUBLE, peer=envelope.peer, text=f"not stored: {failure.value}", session=envelope.session
                )
                answer.errback(failure)

        return self._mailbox.append(kept, data, deliveries).addCallback(stored).addErrback(failed)

    def _connected(self, envelope: Envelope, message: Message) -> None:
        # Only now, and once a connection: most of those that bring no mail are nobody's business.
        self._activity.record(
            Kind.CONNECTED,
            account=message.owner,
            peer=envelope.peer,
            text=envelope.greeting,
            session=envelope.session,
            at=envelope.connected,
        )

    def _messages(self, envelope: Envelope, data: bytes, mail: Mail, id: str) -> list[Message]:
        summary = summary_of(mail, envelope.sender)
        received = round(envelope.received, 3)
        # A catch-all gets a copy for each address that it stands in for; a reserved address gets one.
        copies: dict[str, tuple[str, str]] = {}
        for recipient in envelope.recipients:
            destination = self._registry.book.find(recipient)
            literal = envelope.account and destination.address is None
            inbox = self._rights.inbox_of(recipient) if literal else destination.inbox
            copies.setdefault(inbox if literal else destination.name, (inbox, recipient))
        private = self._captures_privately(envelope.account)
        return [
            Message(
                id=f"{id}-{number}",
                seq=self._mailbox.next_seq(),
                inbox=inbox,
                original=original,
                owner=(owner := self._rights.owner(inbox) or private),
                received=received,
                size=len(data),
                ip=envelope.peer,
                via=envelope.via,
                helo=envelope.helo,
                sender=envelope.sender,
                tls=envelope.tls,
                summary=summary,
                esmtp=envelope.esmtp,
                saved_by=private if private and owner == private else None,
                submitter=envelope.account,
            )
            for number, (inbox, original) in enumerate(copies.values())
        ]

    def _captures_privately(self, name: str) -> str:
        """Give the account whose captured mail is its own (contract section 3.6), "" for others and for no account."""
        account = self._registry.accounts.get(name) if name else None
        return name if account is not None and account.capture_private else ""


def read_and_parse(content: Content) -> tuple[bytes, Mail]:
    """Read a content and parse it; what is done in a thread when it is large."""
    data = content.read()
    return data, parse(data)
