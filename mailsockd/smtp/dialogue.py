"""
The order of commands and what each is answered (RFC 5321 section 4.1.4).

No transport and no time: a command line goes in, a Reply comes out, and the code of the reply says what comes
next. 354 is followed by content, 220 by TLS, 221 and 421 by the end, every other by the next command. LATER is followed
by the answer that `later` fires with.
"""

import re
import secrets
from collections.abc import Callable
from typing import Any, ClassVar

import attrs
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from mailsockd.actions.ports import StorageFull, StorageTrouble
from mailsockd.actions.receive import Rejected
from mailsockd.mail.envelope import Envelope, greeting
from mailsockd.smtp import path, reply
from mailsockd.smtp.reply import Reply
from mailsockd.smtp.service import Service
from mailsockd.state.activity import Kind

RECORDED = 10  # recipients of a mail that is not taken whose owners find it in their activity
_HELO = re.compile(rb"[ -~]{1,255}")


@attrs.define
class Transaction:
    """One mail between MAIL and the end of its content."""

    sender: str
    utf8: bool
    recipients: dict[str, None] = attrs.field(factory=dict)
    overflowed: bool = False


class Dialogue:
    """What one client said so far, as far as it matters for what it may say next."""

    log = Logger()
    later: "Deferred[Reply]"
    _commands: ClassVar[dict[bytes, Callable[[Any, bytes], Reply]]]

    def __init__(self, service: Service, peer: str, via: str, tls: bool, can_start_tls: bool) -> None:
        self._service = service
        self._peer = peer
        self._via = via
        self._tls = tls
        self._can_start_tls = can_start_tls
        self._helo: str | None = None
        self._esmtp = False
        self._transaction: Transaction | None = None
        self._errors = 0
        self._junk = 0
        self._recipients: tuple[str, ...] = ()  # of the last mail whose content has come
        self._session = ""
        self._connected: float | None = service.now()

    def answer(self, line: bytes) -> Reply:
        """Answer one command line, given without its CRLF. Never raises."""
        verb, _, argument = line.strip(b" \t").partition(b" ")
        command = self._commands.get(verb.upper())
        if command is None:
            command = Dialogue._unknown if not verb.endswith(b":") else Dialogue._http
        try:
            answer = command(self, argument.strip(b" \t"))
            return self._counted(answer) if answer.counts else answer
        except Exception:
            self.log.failure("an SMTP command failed")
            return self._counted(reply.FAILED)

    def finish(self) -> Envelope:
        """End the transaction whose content has arrived, and give its envelope."""
        transaction, self._transaction = self._transaction, None
        assert transaction is not None
        connected, self._connected = self._connected, None
        self._recipients = tuple(transaction.recipients)
        return Envelope(
            sender=transaction.sender,
            recipients=self._recipients,
            peer=self._peer,
            helo=self._helo or "",
            via=self._via,
            received=self._service.now(),
            tls=self._tls,
            utf8=transaction.utf8,
            esmtp=self._esmtp,
            session=self._name(),
            connected=connected,
        )

    def stored(self, id: str) -> Reply:
        """Answer that the mail is safe. Who brings mail may go on: the counts of errors start again."""
        self._errors = self._junk = 0
        return reply.queued(id)

    def not_stored(self, failure: Failure) -> Reply:
        """Answer that the mail is not taken: for good when it was Rejected so, else for now, whatever happened."""
        error = failure.value
        if isinstance(error, Rejected):
            return self.not_taken(_rejection(error))
        if isinstance(error, StorageFull):
            return self.not_taken(reply.NO_ROOM)
        if not isinstance(error, StorageTrouble):
            self.log.failure("mail was not stored", failure)
        return self.not_taken(reply.TROUBLE)

    def not_taken(self, answer: Reply) -> Reply:
        """Answer that the mail whose content has arrived is not taken."""
        return self._counted(self._recorded(answer, *self._recipients))

    def _recorded(self, answer: Reply, *addresses: str) -> Reply:
        name = self._name()
        connected, self._connected = self._connected, None
        if connected is not None:
            text = greeting(self._helo or "", self._esmtp, self._tls)
            self._service.record(Kind.CONNECTED, peer=self._peer, text=text, session=name, at=connected)
        for address in addresses[:RECORDED] or ("",):
            self._service.record(Kind.REJECTED, address=address, peer=self._peer, text=answer.text, session=name)
        return answer

    def _name(self) -> str:
        """Give what the activity calls this session; most that bring nothing need no name."""
        if not self._session:
            # In the order of time, so that sessions of one time lie together on the disk.
            self._session = f"{int(self._service.now() * 1000):011x}{secrets.token_hex(2)}"
        return self._session

    def _counted(self, answer: Reply) -> Reply:
        if answer.counts:
            self._errors += 1
            if self._errors > self._service.limits.errors:
                return reply.TOO_MANY_ERRORS
        return answer

    def _junked(self, answer: Reply) -> Reply:
        self._junk += 1
        return answer if self._junk <= self._service.limits.junk_commands else reply.TOO_MANY_COMMANDS

    def _ehlo(self, argument: bytes) -> Reply:
        answer = self._greeted(argument)
        if answer.code != 250:
            return answer
        self._esmtp = True
        return self._service.extensions[self._can_start_tls and not self._tls and self._service.tls() is not None]

    def _helo_command(self, argument: bytes) -> Reply:
        self._esmtp = False
        return self._greeted(argument)

    def _greeted(self, argument: bytes) -> Reply:
        if not _HELO.fullmatch(argument):
            return reply.BAD_HELO
        self._helo = argument.decode("ascii")
        self._transaction = None
        return self._junked(self._service.hello)

    def _mail(self, argument: bytes) -> Reply:
        if self._helo is None:
            return reply.HELO_FIRST
        if self._transaction is not None:
            return reply.NESTED_MAIL
        try:
            mail = path.mail(argument)
            if mail.size > self._service.limits.size:
                return self._recorded(reply.TOO_BIG)
        except Rejected as rejected:
            return self._recorded(_rejection(rejected))
        if self._denied(mail.sender):
            return self._recorded(reply.reply(550, "5.7.1", f"Mail from {mail.sender} is refused here"))
        self._transaction = Transaction(mail.sender, mail.utf8)
        return reply.SENDER_OK

    def _denied(self, sender: str) -> bool:
        """Tell whether mail from a canonical sender is refused."""
        return self._service.denylist.sender(sender) is not None

    def _rcpt(self, argument: bytes) -> Reply:
        transaction = self._transaction
        if transaction is None:
            return reply.MAIL_FIRST
        address = ""
        try:
            address = path.recipient(argument, transaction.utf8, self._service.hostname)
            if address in transaction.recipients:
                return reply.RECIPIENT_OK
            if len(transaction.recipients) >= self._service.limits.recipients:
                return self._overflow(transaction, address)
            self._service.accept(address, self._peer)
        except Rejected as rejected:
            return self._recorded(_rejection(rejected), address)
        transaction.recipients[address] = None
        return reply.RECIPIENT_OK

    def _overflow(self, transaction: Transaction, address: str) -> Reply:
        if transaction.overflowed:  # one record a mail, however many recipients are left over
            return reply.TOO_MANY_RECIPIENTS
        transaction.overflowed = True
        return self._recorded(reply.TOO_MANY_RECIPIENTS, address)

    def _data(self, argument: bytes) -> Reply:
        if self._transaction is None:
            return reply.MAIL_FIRST
        if argument:
            return reply.NO_ARGUMENT
        if not self._transaction.recipients:
            return reply.RECIPIENT_FIRST
        if self._service.commits >= self._service.limits.commits:
            return self._recorded(reply.BUSY, *self._transaction.recipients)
        return reply.GO_AHEAD

    def _starttls(self, argument: bytes) -> Reply:
        if self._tls:
            return reply.ALREADY_TLS
        if not self._can_start_tls or self._service.tls() is None:
            return reply.NOT_OFFERED
        if argument:
            return reply.NO_ARGUMENT
        # What was said without TLS may have been said by anybody: RFC 3207 section 4.2.
        self._tls = True
        self._helo = self._transaction = None
        self._esmtp = False
        return reply.READY_FOR_TLS

    def _rset(self, argument: bytes) -> Reply:
        self._transaction = None
        return self._junked(reply.OK)

    def _noop(self, argument: bytes) -> Reply:
        return self._junked(reply.OK)

    def _vrfy(self, argument: bytes) -> Reply:
        return self._junked(reply.CANNOT_VERIFY)

    def _help(self, argument: bytes) -> Reply:
        return self._junked(reply.HELP)

    def _quit(self, argument: bytes) -> Reply:
        return reply.GOODBYE

    def _http(self, argument: bytes) -> Reply:
        return reply.NOT_HTTP

    def _not_offered(self, argument: bytes) -> Reply:
        return reply.NOT_OFFERED

    def _unknown(self, argument: bytes) -> Reply:
        return reply.UNKNOWN_COMMAND


def _rejection(rejected: Rejected) -> Reply:
    return reply.reply(rejected.code, rejected.status, rejected.text)


Dialogue._commands = {
    b"MAIL": Dialogue._mail,
    b"RCPT": Dialogue._rcpt,
    b"DATA": Dialogue._data,
    b"EHLO": Dialogue._ehlo,
    b"HELO": Dialogue._helo_command,
    b"QUIT": Dialogue._quit,
    b"RSET": Dialogue._rset,
    b"NOOP": Dialogue._noop,
    b"STARTTLS": Dialogue._starttls,
    b"VRFY": Dialogue._vrfy,
    b"HELP": Dialogue._help,
    b"EXPN": Dialogue._not_offered,
    b"AUTH": Dialogue._not_offered,
    b"BDAT": Dialogue._not_offered,
    b"ETRN": Dialogue._not_offered,
    b"TURN": Dialogue._not_offered,
    **dict.fromkeys(
        (b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"OPTIONS", b"CONNECT", b"TRACE", b"PATCH", b"PRI"),
        Dialogue._http,
    ),
}
