"""
One SMTP connection: bytes in, replies out, and every deadline.

The states, and what moves from one to the other:

    HANDSHAKE --TLS is up--> COMMAND --354--> CONTENT --CRLF.CRLF--> COMMIT --the answer of the store--> COMMAND
                              | --LATER--> LATER --the answer--> COMMAND
        ^                     |   any --221, 421, a deadline, the peer is gone--> CLOSED
        +------220------------+

Input is read in COMMAND, CONTENT and HANDSHAKE only. What a client sends ahead (RFC 2920) waits, in its order,
while a mail is being stored, so replies never overtake each other.
"""

import enum
from contextlib import suppress
from typing import Any

from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IDelayedCall, IHandshakeListener, ITLSTransport
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.mail import smtp
from twisted.python.failure import Failure
from zope.interface import implementer

from mailsockd.actions.ports import StorageTrouble
from mailsockd.connections import Connections
from mailsockd.flow import Flow
from mailsockd.mail.envelope import Content, Envelope
from mailsockd.smtp import reply
from mailsockd.smtp.content import Incoming
from mailsockd.smtp.dialogue import Dialogue
from mailsockd.smtp.reply import Reply
from mailsockd.smtp.service import Service
from mailsockd.state.activity import Kind
from mailsockd.transport import peer_of, write


class State(enum.Enum):
    """What a session waits for."""

    HANDSHAKE = "TLS"
    COMMAND = "a command line"
    CONTENT = "the content of a mail"
    COMMIT = "the store"
    LATER = "an answer that is being found"
    CLOSED = "nothing"


@implementer(IHandshakeListener)
class Session(smtp.ESMTP):
    """
    twisted.mail's ESMTP server with a byte path, an order of commands and replies of its own.

    Of the base class nothing is used but its place behind twisted.mail's factory.
    """

    noisy = False
    log = Logger()
    transport: Any

    def __init__(self, service: Service, sessions: "Connections[Session]", implicit_tls: bool) -> None:
        super().__init__()
        self._service = service
        self._sessions = sessions
        self._tls = implicit_tls
        self._state = State.CLOSED
        self._input = b""
        self._at = 0  # how much of _input is done with
        self._working = False
        self._later: IDelayedCall | None = None
        self._incoming: Incoming | None = None
        self._commit: object | None = None
        self._began = self._heard = self._since = service.seconds

    def connectionMade(self) -> None:
        """Greet, or refuse when there are too many."""
        peer = peer_of(self.transport.getPeer())
        via = peer_of(self.transport.getHost())
        no_delay = getattr(self.transport, "setTcpNoDelay", None)
        if no_delay is not None:
            with suppress(OSError):  # a UNIX socket, or a peer that is gone already
                no_delay(True)
        can_start_tls = ITLSTransport.providedBy(self.transport)
        self._dialogue: Dialogue = self._service.dialogue(self._service, peer, via, self._tls, can_start_tls)
        self._state = State.HANDSHAKE if self._tls else State.COMMAND
        self._began = self._heard = self._since = self._service.seconds
        self._flow = Flow(self.transport, write if self._tls else self._service.send, self._work)
        limits = self._service.limits
        of_peer = self._sessions.enter(self, peer)
        answer, reason = self._service.greeting, ""
        denied = self._service.denylist.peer(peer)
        if denied is not None:
            answer, reason = reply.DENIED, f" (denylist: {denied})"
        elif self._service.stopping:
            answer = reply.STOPPING
        elif len(self._sessions) > limits.connections:
            answer = reply.TOO_MANY_CONNECTIONS
        elif of_peer > limits.connections_per_peer:
            answer = reply.TOO_MANY_FROM_PEER
        if answer is self._service.greeting:
            self._flow.add(answer.wire)
            self._flow.flush()
        else:
            self._service.record(Kind.REFUSED, peer=peer, text=answer.text + reason)
            self._finish(answer)

    def handshakeCompleted(self) -> None:
        """Go on inside TLS."""
        if self._state is State.HANDSHAKE:
            self._state = State.COMMAND
            self._heard = self._service.seconds

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, of any number."""
        if self._state is State.HANDSHAKE:
            self.handshakeCompleted()  # a layer in between may have kept it from us
        if self._state is not State.CLOSED:
            self._input = self._input + data if self._input else data
            self._work()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget everything; a mail that is being stored goes on alone, its answer has nobody to hear it."""
        self._forget()
        self._sessions.leave(self)

    def sweep(self) -> None:
        """See to the deadlines; called about once a second."""
        limits, now = self._service.limits, self._service.seconds
        if self._state is State.CLOSED:
            return
        if self._state is State.HANDSHAKE:
            if now - self._since > limits.handshake_timeout:
                self._abort()
        elif self._state is State.COMMIT:
            if now - self._since > limits.commit_timeout:
                self._committed(Failure(StorageTrouble("the store did not answer in time")), self._commit)
        elif now - self._began > limits.session_timeout:
            self._finish(reply.SESSION_TOO_LONG)
        elif now - self._heard > limits.idle_timeout:
            self._finish(reply.IDLE)
        elif self._incoming is not None:
            elapsed = now - self._since
            if elapsed > limits.data_grace and self._incoming.received < elapsed * limits.data_rate:
                self._finish(reply.TOO_SLOW)

    def stop(self, force: bool = False) -> None:
        """End because the server ends: a mail that is being stored is answered first, unless forced."""
        if force or self._state is State.HANDSHAKE:
            self._abort()
        elif self._state is not State.COMMIT:
            self._finish(reply.STOPPING)

    def _work(self) -> None:
        """Do what the input asks for, until it ends, something must be waited for, or others must have their turn."""
        if self._working:
            return
        self._working = True
        turns, flow = self._service.limits.commands_a_turn, self._flow
        try:
            while self._at < len(self._input) and not flow.clogged:
                state = self._state
                if state is State.COMMAND:
                    if not turns or not self._take_command():
                        break
                    turns -= 1
                elif state is State.CONTENT:
                    self._take_content()
                else:
                    break
        finally:
            self._working = False
        self._input = self._input[self._at :]
        self._at = 0
        if self._state is State.CLOSED:
            return
        flow.flush()
        # While nothing has come that must wait, reading goes on: to pause for each mail costs more than one read.
        if not self._input:
            flow.read(True)
            return
        if not turns and self._later is None:
            self._later = self._service.clock.callLater(0, self._continue)
        waiting = self._state in (State.COMMIT, State.LATER) or flow.clogged or self._later is not None
        flow.read(not waiting)

    def _continue(self) -> None:
        self._later = None
        self._work()

    def _take_command(self) -> bool:
        """Answer the next command line; tell whether there was one."""
        data, start = self._input, self._at
        end = data.find(b"\n", start)
        length = (end if end >= 0 else len(data)) - start
        if length >= self._service.limits.command_line:
            self._finish(reply.LINE_TOO_LONG)
        elif end < 0:
            return False
        elif not length or data[end - 1] != 0x0D:
            self._finish(reply.BARE_LF)
        else:
            self._at = end + 1
            self._heard = self._service.seconds
            self._say(self._dialogue.answer(data[start : end - 1]))
        return True

    def _say(self, answer: Reply) -> None:
        """Send a reply, at the latest when the input is done with, and go where its code leads."""
        code = answer.code
        if code == 250:
            self._flow.add(answer.wire)
            return
        if code == 354:
            limits = self._service.limits
            self._state = State.CONTENT
            self._since = self._service.seconds
            self._incoming = Incoming(self._service.spool, limits.content_memory, limits.size)
        if code == 220:
            self._start_tls(answer)
        elif answer is reply.LATER:
            self._state = State.LATER
            self._dialogue.later.addCallback(self._found).addErrback(self._broken)
        elif code in (221, 421):
            self._finish(answer)
        else:
            self._flow.add(answer.wire)

    def _found(self, answer: Reply) -> None:
        """Say the answer that was waited for, unless the session has ended meanwhile."""
        if self._state is State.LATER:
            self._state = State.COMMAND
            self._heard = self._service.seconds
            self._say(answer)
            self._work()

    def _take_content(self) -> None:
        assert self._incoming is not None
        self._heard = self._service.seconds
        rest = self._incoming.feed(self._input[self._at :])
        self._input = rest or b""
        self._at = 0
        if rest is None:
            return
        incoming, self._incoming = self._incoming, None
        envelope = self._dialogue.finish()
        self._state = State.COMMAND
        if incoming.too_big:
            self._say(self._dialogue.not_taken(reply.TOO_BIG))
        elif incoming.trouble is not None:
            self._say(self._dialogue.not_stored(Failure(incoming.trouble)))
        else:
            self._hand_over(envelope, incoming.content())

    def _hand_over(self, envelope: Envelope, content: Content) -> None:
        self._state = State.COMMIT
        self._since = self._service.seconds
        self._service.commits += 1
        self._commit = commit = object()
        stored = maybeDeferred(self._service.receive, envelope, content)
        stored.addBoth(self._settled, commit).addErrback(self._broken)

    def _settled(self, result: str | Failure, commit: object) -> None:
        self._service.commits -= 1
        self._committed(result, commit)

    def _committed(self, result: str | Failure, commit: object | None) -> None:
        """Answer for a mail. A result that comes after its answer, or after the client left, is told to nobody."""
        if commit is not self._commit:
            return
        self._commit = None
        self._state = State.COMMAND
        self._heard = self._service.seconds
        if isinstance(result, Failure):
            self._say(self._dialogue.not_stored(result))
        else:
            self._say(self._dialogue.stored(result))
        if self._service.stopping:
            self._finish(reply.STOPPING)
        self._work()

    def _broken(self, failure: Failure) -> None:
        self.log.failure("an SMTP session broke", failure)
        self._abort()

    def _start_tls(self, answer: Reply) -> None:
        if self._at < len(self._input):
            # It came in the clear, from whoever: it must never be taken for something said inside TLS.
            self._finish(reply.INPUT_BEFORE_TLS)
            return
        self._flow.add(answer.wire)
        self._state = State.HANDSHAKE
        self._since = self._service.seconds
        self._tls = True
        self._flow.start_tls(self._service.tls())

    def _finish(self, answer: Reply) -> None:
        """Say the last reply and close."""
        if self._state is State.CLOSED:
            return
        self._flow.add(answer.wire)
        self._forget()
        self._flow.close(self._service.clock)

    def _abort(self) -> None:
        if self._state is not State.CLOSED:
            self._forget()
            self._flow.abort()

    def _forget(self) -> None:
        self._state = State.CLOSED
        self._input = b""
        self._at = 0
        self._incoming = self._commit = None
        if self._later is not None:
            self._later.cancel()
            self._later = None
