"""
The order of commands and what each leads to (RFC 1939, RFC 2449, RFC 2595 section 4, RFC 5034).

No transport, no time and no disk: a command line goes in; a Reply comes out, or the work that has to be done before
there is one.
"""

import re
from base64 import b64decode
from collections.abc import Callable

from twisted.logger import Logger

from mailsockd.actions.maildrop import Listed
from mailsockd.pop3 import reply
from mailsockd.pop3.answer import Answer, Retrieve, Send, SignIn, StartTLS, Update
from mailsockd.pop3.maildrop import Maildrop
from mailsockd.pop3.reply import Reply
from mailsockd.pop3.service import Service

_NUMBER = re.compile(rb"[0-9]+")
_BEYOND = 10**9


class Dialogue:
    """What one client said so far, as far as it matters for what it may say next; `drop` is there once it signed in."""

    log = Logger()

    def __init__(self, service: Service, tls: bool, can_start_tls: bool) -> None:
        self.drop: Maildrop | None = None
        self._service = service
        self._tls = tls
        self._can_start_tls = can_start_tls
        self._user: str | None = None
        self._in_plain = False
        self._errors = 0
        self._junk = 0
        self._failures = 0

    def answer(self, line: bytes) -> Answer:
        """Answer one line, given without its end. Never raises."""
        try:
            if self._in_plain:
                self._in_plain = False
                return self.counted(reply.CANCELLED if line == b"*" else self._plain(line))
            verb, _, argument = line.partition(b" ")
            command = _COMMANDS.get(verb.upper(), Dialogue._unknown if not verb.endswith(b":") else Dialogue._http)
            return self.counted(command(self, argument))
        except Exception:
            self.log.failure("a POP3 command failed")
            return self.counted(reply.FAILED)

    def counted(self, answer: Answer) -> Answer:
        """Give the answer, or the end of the session when there were too many errors."""
        if isinstance(answer, Reply) and answer.counts:
            self._errors += 1
            if self._errors > self._service.limits.errors:
                return reply.TOO_MANY_ERRORS
        return answer

    def signed_in(self, listed: list[Listed]) -> Reply:
        """Go on with a list."""
        self.drop = drop = Maildrop(listed)
        return reply.ok(f"{drop.count} messages ({drop.octets} octets)")

    def not_signed_in(self, text: str, code: str) -> Reply:
        """Answer a sign-in that failed."""
        self._failures += 1
        if self._failures >= self._service.limits.sign_ins:
            return reply.TOO_MANY_SIGN_INS
        return reply.error(text, code)

    @property
    def _may_sign_in(self) -> bool:
        return self._tls or self._service.in_clear

    @property
    def _offers_tls(self) -> bool:
        return self.drop is None and not self._tls and self._can_start_tls and self._service.tls() is not None

    def _junked(self, answer: Reply) -> Reply:
        self._junk += 1
        return answer if self._junk <= self._service.limits.junk_commands else reply.TOO_MANY_COMMANDS

    def _capa(self, argument: bytes) -> Answer:
        names = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING"]
        if self.drop is None and self._may_sign_in:
            names += ["USER", "SASL PLAIN"]
        if self._offers_tls:
            names.append("STLS")
        return self._junked(reply.lines("What this server does:", [*names, "IMPLEMENTATION mailsockd"]))

    def _user_command(self, argument: bytes) -> Answer:
        refusal = self._no_sign_in()
        if refusal is not None:
            return refusal
        user = _text(argument.strip(b" "))
        if not user:
            return reply.WRONG_ARGUMENTS
        self._user = user
        return self._junked(reply.SEND_PASS)

    def _pass(self, argument: bytes) -> Answer:
        refusal = self._no_sign_in()
        if refusal is not None:
            return refusal
        user, self._user = self._user, None
        if user is None:
            return reply.USER_FIRST
        password = _text(argument)  # spaces are part of it
        return SignIn(user, password) if password else reply.WRONG_ARGUMENTS

    def _auth(self, argument: bytes) -> Answer:
        refusal = self._no_sign_in()
        if refusal is not None:
            return refusal
        mechanism, _, initial = argument.partition(b" ")
        if not mechanism:
            return self._junked(reply.lines("Mechanisms:", ["PLAIN"]))
        if mechanism.upper() != b"PLAIN":
            return reply.NO_MECHANISM
        if initial:
            return self._plain(initial)
        self._in_plain = True
        return reply.GO_ON

    def _plain(self, response: bytes) -> Answer:
        try:
            said, user, password = b64decode(response, validate=True).split(b"\0")
        except ValueError:
            return reply.NOT_BASE64
        name, secret = _text(user), _text(password)
        if not name or not secret or said not in (b"", user):  # nobody acts for another
            return reply.NOT_BASE64
        return SignIn(name, secret)

    def _no_sign_in(self) -> Reply | None:
        if self.drop is not None:
            return reply.SIGNED_IN
        return None if self._may_sign_in else reply.TLS_FIRST

    def _stls(self, argument: bytes) -> Answer:
        if self.drop is not None:
            return reply.SIGNED_IN
        if self._tls:
            return reply.ALREADY_TLS
        if not self._offers_tls:
            return reply.NOT_OFFERED
        if argument:
            return reply.WRONG_ARGUMENTS
        # What was said without TLS may have been said by anybody.
        self._tls = True
        self._user = None
        return StartTLS()

    def _stat(self, argument: bytes) -> Answer:
        if self.drop is None:
            return reply.SIGN_IN_FIRST
        return self._junked(reply.ok(f"{self.drop.count} {self.drop.octets}"))

    def _list(self, argument: bytes) -> Answer:
        if self.drop is None:
            return reply.SIGN_IN_FIRST
        if not argument:
            return Send(self.drop.sizes())
        found = self._message(argument)
        return found if isinstance(found, Reply) else reply.ok(f"{found[0]} {found[1].octets}")

    def _uidl(self, argument: bytes) -> Answer:
        if self.drop is None:
            return reply.SIGN_IN_FIRST
        if not argument:
            return Send(self.drop.ids())
        found = self._message(argument)
        return found if isinstance(found, Reply) else reply.ok(f"{found[0]} {found[1].id}")

    def _retr(self, argument: bytes) -> Answer:
        found = self._message(argument)
        return found if isinstance(found, Reply) else Retrieve(*found)

    def _top(self, argument: bytes) -> Answer:
        number, _, lines = argument.partition(b" ")
        found = self._message(number)
        if isinstance(found, Reply):
            return found
        if not _NUMBER.fullmatch(lines):
            return reply.WRONG_ARGUMENTS
        return Retrieve(*found, body=int(lines))

    def _dele(self, argument: bytes) -> Answer:
        found = self._message(argument)
        if isinstance(found, Reply):
            return found
        assert self.drop is not None
        self.drop.mark(found[0])
        return reply.ok(f"Message {found[0]} will be deleted at QUIT")

    def _message(self, argument: bytes) -> Reply | tuple[int, Listed]:
        if self.drop is None:
            return reply.SIGN_IN_FIRST
        if not _NUMBER.fullmatch(argument):
            return reply.WRONG_ARGUMENTS
        number = min(int(argument), _BEYOND)
        listed = self.drop.get(number)
        if listed is not None:
            return number, listed
        if 1 <= number <= self.drop.last:
            return reply.error(f"Message {number} is marked as deleted", counts=True)
        return reply.WRONG_NUMBER

    def _rset(self, argument: bytes) -> Answer:
        if self.drop is None:
            return reply.SIGN_IN_FIRST
        self.drop.reset()
        return self._junked(reply.KEPT)

    def _noop(self, argument: bytes) -> Answer:
        return reply.SIGN_IN_FIRST if self.drop is None else self._junked(reply.OK)

    def _quit(self, argument: bytes) -> Answer:
        marked = self.drop.marked() if self.drop is not None else []
        return Update(marked) if marked else reply.GOODBYE

    def _http(self, argument: bytes) -> Answer:
        return reply.NOT_HTTP

    def _not_offered(self, argument: bytes) -> Answer:
        return reply.NOT_OFFERED

    def _unknown(self, argument: bytes) -> Answer:
        return reply.UNKNOWN_COMMAND


def _text(value: bytes) -> str:
    """Give the text of an argument, "" when it is none."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return ""


_COMMANDS: dict[bytes, Callable[[Dialogue, bytes], Answer]] = {
    b"CAPA": Dialogue._capa,
    b"USER": Dialogue._user_command,
    b"PASS": Dialogue._pass,
    b"AUTH": Dialogue._auth,
    b"STLS": Dialogue._stls,
    b"STAT": Dialogue._stat,
    b"LIST": Dialogue._list,
    b"UIDL": Dialogue._uidl,
    b"RETR": Dialogue._retr,
    b"TOP": Dialogue._top,
    b"DELE": Dialogue._dele,
    b"RSET": Dialogue._rset,
    b"NOOP": Dialogue._noop,
    b"QUIT": Dialogue._quit,
    b"APOP": Dialogue._not_offered,
    b"RPOP": Dialogue._not_offered,
    b"LAST": Dialogue._not_offered,
    b"XTND": Dialogue._not_offered,
    **dict.fromkeys(
        (b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"OPTIONS", b"CONNECT", b"TRACE", b"PATCH", b"PRI"),
        Dialogue._http,
    ),
}
