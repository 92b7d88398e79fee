"""
Submission with a password (contract section 3.6): AUTH, and the mail of who has signed in for any recipient.

Nothing is relayed. What is taken is kept, whoever it was meant for.
"""

from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeAlias

import attrs
from twisted.internet.defer import ensureDeferred
from twisted.python.failure import Failure

from mailsockd.actions.refusal import Refusal
from mailsockd.actions.signin import Admitted
from mailsockd.mail.envelope import Envelope
from mailsockd.smtp import reply
from mailsockd.smtp.dialogue import Dialogue
from mailsockd.smtp.reply import Reply
from mailsockd.smtp.service import Service

# User, password, peer.
SignIn: TypeAlias = Callable[[str, str, str], Awaitable[Admitted]]

SENDER_OK = reply.reply(250, "2.1.0", "Accepted")
RECIPIENT_OK = reply.reply(250, "2.1.5", "Accepted")
GO_AHEAD = reply.reply(354, "", 'Enter message, ending with "." on a line by itself')
SIGNED_IN = reply.reply(235, "2.7.0", "Authentication succeeded")
CHALLENGE = reply.reply(334, "", "")
USER_NAME = reply.reply(334, "", "VXNlcm5hbWU6")  # base64 of Username:
PASSWORD = reply.reply(334, "", "UGFzc3dvcmQ6")  # base64 of Password:
WRONG = reply.reply(535, "5.7.8", "Authentication credentials invalid")
TOO_MANY = reply.reply(421, "4.7.0", "Too many sign-ins failed, try again later")
CANCELLED = reply.reply(501, "5.7.0", "Authentication cancelled")
NOT_DECODED = reply.reply(501, "5.5.2", "The response is not base64 of what the mechanism asks for")
UNKNOWN_MECHANISM = reply.reply(504, "5.5.4", "The mechanisms are PLAIN and LOGIN")
REVOKED = reply.reply(421, "4.7.0", "The key was revoked, closing")
AUTH_FIRST = reply.reply(530, "5.7.0", "Authentication required")
TLS_FIRST = reply.reply(530, "5.7.0", "Must issue a STARTTLS command first")
TLS_FOR_AUTH = reply.reply(538, "5.7.11", "Encryption required for requested authentication mechanism")
ALREADY = reply.reply(503, "5.5.1", "Already authenticated")


@attrs.define
class Exchange:
    """An AUTH that waits for the client: the mechanism, and what LOGIN has heard so far."""

    mechanism: bytes
    user: str | None = None


class CaptureDialogue(Dialogue):
    """
    What one client of the submission listener said so far.

    `in_clear` lets clients sign in without TLS, which is for loopback and private networks.
    """

    def __init__(
        self,
        service: Service,
        peer: str,
        via: str,
        tls: bool,
        can_start_tls: bool,
        *,
        sign_in: SignIn,
        in_clear: bool,
    ) -> None:
        super().__init__(service, peer, via, tls, can_start_tls)
        self._sign_in = sign_in
        self._in_clear = in_clear
        self._admitted: Admitted | None = None
        self._exchange: Exchange | None = None

    def answer(self, line: bytes) -> Reply:
        """Answer a command line, or the line that an AUTH waits for."""
        if self._exchange is None:
            return super().answer(line)
        exchange, self._exchange = self._exchange, None
        return self._counted(self._response(exchange, line))

    def finish(self) -> Envelope:
        """Give the envelope with whose mail it is."""
        assert self._admitted is not None
        return attrs.evolve(super().finish(), account=self._admitted.account.name)

    def _ehlo(self, argument: bytes) -> Reply:
        answer = self._greeted(argument)
        if answer.code != 250:
            return answer
        self._esmtp = True
        service = self._service
        texts = [service.hostname, *service.offers]
        if self._can_start_tls and not self._tls and service.tls() is not None:
            texts.append("STARTTLS")
        if self._in_clear or self._tls:
            texts.append("AUTH PLAIN LOGIN")
        return reply.lines(250, texts)

    def _auth(self, argument: bytes) -> Reply:
        if self._helo is None:
            return reply.HELO_FIRST
        if self._admitted is not None:
            return ALREADY
        if self._transaction is not None:
            return reply.NESTED_MAIL
        if not (self._tls or self._in_clear):
            return TLS_FOR_AUTH
        name, _, initial = argument.partition(b" ")
        exchange = Exchange(name.upper())
        if exchange.mechanism not in (b"PLAIN", b"LOGIN"):
            return UNKNOWN_MECHANISM
        if initial:
            return self._response(exchange, b"" if initial == b"=" else initial)
        self._exchange = exchange
        return CHALLENGE if exchange.mechanism == b"PLAIN" else USER_NAME

    def _response(self, exchange: Exchange, line: bytes) -> Reply:
        if line == b"*":
            return CANCELLED
        try:
            said = b64decode(line, validate=True).decode("utf-8")
            if exchange.mechanism == b"PLAIN":  # RFC 4616: authorization identity, identity, password
                acting, user, password = said.split("\0")
            elif exchange.user is None:
                self._exchange = Exchange(exchange.mechanism, said)
                return PASSWORD
            else:
                acting, user, password = "", exchange.user, said
        except (NoBase64, ValueError):
            return NOT_DECODED
        if acting not in ("", user):
            return WRONG
        self.later = ensureDeferred(self._signed_in(user, password))
        return reply.LATER

    async def _signed_in(self, user: str, password: str) -> Reply:
        try:
            self._admitted = await self._sign_in(user, password, self._peer)
        except Refusal as refusal:
            return TOO_MANY if refusal.status == 429 else self._counted(WRONG)
        except Exception:
            self.log.failure("signing in failed", Failure())
            return self._counted(reply.FAILED)
        self._errors = self._junk = 0
        return SIGNED_IN

    def _mail(self, argument: bytes) -> Reply:
        if self._admitted is None:
            return AUTH_FIRST if self._tls or self._in_clear else TLS_FIRST
        if not self._admitted.holds():
            return REVOKED
        answer = super()._mail(argument)
        return SENDER_OK if answer is reply.SENDER_OK else answer

    def _denied(self, sender: str) -> bool:
        """Refuse nobody: the denylist is of strangers, and this one has signed in."""
        return False

    def _rcpt(self, argument: bytes) -> Reply:
        answer = super()._rcpt(argument)
        return RECIPIENT_OK if answer is reply.RECIPIENT_OK else answer

    def _data(self, argument: bytes) -> Reply:
        answer = super()._data(argument)
        return GO_AHEAD if answer is reply.GO_AHEAD else answer

    def _starttls(self, argument: bytes) -> Reply:
        answer = super()._starttls(argument)
        if answer is reply.READY_FOR_TLS:
            self._admitted = None
        return answer

    _commands: ClassVar = {
        **Dialogue._commands,
        b"AUTH": _auth,
        b"EHLO": _ehlo,
        b"MAIL": _mail,
        b"RCPT": _rcpt,
        b"DATA": _data,
        b"STARTTLS": _starttls,
    }


def capture_dialogues(sign_in: SignIn, in_clear: bool) -> Callable[..., CaptureDialogue]:
    """Give what makes the dialogues of a submission listener."""

    def make(service: Service, peer: str, via: str, tls: bool, can_start_tls: bool) -> CaptureDialogue:
        return CaptureDialogue(service, peer, via, tls, can_start_tls, sign_in=sign_in, in_clear=in_clear)

    return make

