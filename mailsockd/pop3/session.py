"""
One POP3 connection: bytes in, replies and messages out, and every deadline.

The states, and what moves from one to the other:

    HANDSHAKE --TLS is up--> COMMAND --a command that takes time--> WORK --it is done--> COMMAND
        ^                     |   any --QUIT, too many errors, a deadline, the peer is gone--> CLOSED
        +---------STLS--------+

What a client sends ahead (PIPELINING, RFC 2449) waits, in its order, while a command is in work, so replies never
overtake each other. A message is read from the disk in pieces, each when the one before it has left.
"""

import enum
from contextlib import suppress
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.internet.interfaces import IDelayedCall, IHandshakeListener, ITLSTransport
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.mail import pop3
from twisted.python.failure import Failure
from zope.interface import implementer

from mailsockd.connections import Connections
from mailsockd.flow import Flow
from mailsockd.pop3 import reply
from mailsockd.pop3.answer import Retrieve, Send, SignIn, StartTLS, Update
from mailsockd.pop3.dialogue import Dialogue
from mailsockd.pop3.reply import Reply
from mailsockd.pop3.service import Service
from mailsockd.pop3.tasks import Task, Tasks
from mailsockd.state.activity import Kind
from mailsockd.transport import peer_of, write


class State(enum.Enum):
    """What a session waits for."""

    HANDSHAKE = "TLS"
    COMMAND = "a command line"
    WORK = "the disk, a password, or a client that reads"
    CLOSED = "nothing"


@implementer(IHandshakeListener)
class Session(pop3.POP3):
    """
    twisted.mail's POP3 server with a byte path, an order of commands and a way of sending of its own.

    Of the base class nothing is used but its place behind a factory.
    """

    noisy = False
    log = Logger()
    transport: Any
    factory: Any

    def __init__(self, service: Service, sessions: "Connections[Session]", implicit_tls: bool) -> None:
        self._service = service
        self._sessions = sessions
        self._tls = implicit_tls
        self._state = State.CLOSED
        self._input = b""
        self._working = False
        self._later: IDelayedCall | None = None
        self._job: Deferred[Any] | None = None
        self._unread: Deferred[None] | None = None
        self._began = self._heard = self._since = service.seconds

    def connectionMade(self) -> None:
        """Greet, or refuse when there are too many."""
        peer = peer_of(self.transport.getPeer())
        no_delay = getattr(self.transport, "setTcpNoDelay", None)
        if no_delay is not None:
            with suppress(OSError):  # a UNIX socket, or a peer that is gone already
                no_delay(True)
        self._dialogue = Dialogue(self._service, self._tls, ITLSTransport.providedBy(self.transport))
        self._tasks = Tasks(self._service, self._dialogue, self, peer)
        self._state = State.HANDSHAKE if self._tls else State.COMMAND
        self._began = self._heard = self._since = self._service.seconds
        self._flow = Flow(self.transport, write if self._tls else self._service.send, self._unclogged)
        answer = self._greeting(self._sessions.enter(self, peer))
        if answer.ends:
            self._service.record(Kind.REFUSED, peer=peer, text=f"POP3: {answer.wire.decode('ascii').strip()}")
        self._say(answer)
        self._flow.flush()

    def _greeting(self, of_peer: int) -> Reply:
        limits = self._service.limits
        if self._service.stopping:
            return reply.STOPPING
        if len(self._sessions) > limits.connections:
            return reply.TOO_MANY_CONNECTIONS
        return reply.TOO_MANY_FROM_PEER if of_peer > limits.connections_per_peer else reply.GREETING

    def handshakeCompleted(self) -> None:
        """Go on inside TLS."""
        if self._state is State.HANDSHAKE:
            self._state = State.COMMAND
            self._heard = self._service.seconds

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, of any number."""
        self.handshakeCompleted()  # a layer in between may have kept it from us
        if self._state is not State.CLOSED:
            self._input += data
            self._work()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget everything; nothing is deleted but by QUIT, and what that has begun goes on alone."""
        self._forget()
        self._sessions.leave(self)

    def sweep(self) -> None:
        """See to the deadlines; called about once a second."""
        limits, now = self._service.limits, self._service.seconds
        if self._state is State.HANDSHAKE:
            if now - self._since > limits.handshake_timeout:
                self._abort()
        elif self._state is State.WORK:
            longest = limits.work_timeout if self._unread is None else limits.send_timeout
            if now - self._since > longest or now - self._began > limits.session_timeout:
                self._abort()  # words in the middle of a message would be taken for a part of it
        elif self._state is State.COMMAND:
            if now - self._began > limits.session_timeout:
                self._say(reply.SESSION_TOO_LONG)
            elif self._dialogue.drop is None and now - self._began > limits.sign_in_timeout:
                self._say(reply.SIGN_IN_TOO_LATE)
            elif now - self._heard > limits.idle_timeout:
                self._say(reply.IDLE)

    def stop(self, force: bool = False) -> None:
        """End because the server ends: what is in work is finished first, unless forced."""
        if force or self._state is State.HANDSHAKE:
            self._abort()
        elif self._state is State.COMMAND:
            self._say(reply.STOPPING)

    def _work(self) -> None:
        """Do what the input asks for, until it ends, something must be waited for, or others must have their turn."""
        if self._working:
            return
        self._working = True
        turns = self._service.limits.commands_a_turn
        try:
            while turns and self._state is State.COMMAND and not self._flow.clogged and self._take_command():
                turns -= 1
        finally:
            self._working = False
        if self._state is State.CLOSED:
            return
        self._flow.flush()
        if not turns and self._input and self._later is None:
            self._later = self._service.clock.callLater(0, self._continue)
        waiting = self._state is State.WORK or self._flow.clogged or self._later is not None
        self._flow.read(not (waiting and self._input))

    def _continue(self) -> None:
        self._later = None
        self._work()

    def _unclogged(self) -> None:
        unread, self._unread = self._unread, None
        if unread is not None:
            unread.callback(None)
        self._work()

    def _take_command(self) -> bool:
        """Answer the next command line, or begin what it asks for; tell whether there was one."""
        end = self._input.find(b"\n")
        if (end if end >= 0 else len(self._input)) >= self._service.limits.command_line:
            self._say(reply.LINE_TOO_LONG)
            return False
        if end < 0:
            return False
        line = self._input[:end].removesuffix(b"\r")
        self._input = self._input[end + 1 :]
        self._heard = self._service.seconds
        match self._dialogue.answer(line):
            case Reply() as answer:
                self._say(answer)
            case StartTLS():
                self._start_tls()
            case SignIn() as wanted:
                self._begin(self._tasks.sign_in(wanted))
            case Retrieve() as wanted:
                self._begin(self._tasks.retrieve(wanted))
            case Send(lines):
                self._begin(self._tasks.list(lines))
            case Update() as wanted:
                self._begin(self._tasks.update(wanted))
        return True

    def _say(self, answer: Reply) -> None:
        """Send a reply, at the latest when the input is done with, and close when it is the last."""
        self._flow.add(answer.wire)
        if answer.ends:
            self._forget()
            self._flow.close(self._service.clock)

    def _begin(self, task: Task) -> None:
        self._state = State.WORK
        self._since = self._service.seconds
        self._job = ensureDeferred(task)
        self._job.addCallback(self._done).addErrback(self._broken)

    def _done(self, answer: Reply | None) -> None:
        self._job = None
        if self._state is State.CLOSED:
            return
        self._state = State.COMMAND
        self._heard = self._service.seconds
        if answer is not None:
            self._say(answer)
        if self._service.stopping and self._state is State.COMMAND:
            self._say(reply.STOPPING)
        self._work()

    def _broken(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self.log.failure("a POP3 session broke", failure)
            self._abort()

    async def give(self, data: bytes) -> None:
        """Send, and return when the client has read enough for more."""
        self._flow.add(data)
        self._flow.flush()
        if self._flow.clogged:
            self._unread = Deferred()
            await self._unread
        self._since = self._service.seconds

    def cut(self) -> None:
        """Close at once: a client must not take a part for the whole."""
        self._abort()

    def _start_tls(self) -> None:
        if self._input:
            # It came in the clear, from whoever: it must never be taken for something said inside TLS.
            self._say(reply.INPUT_BEFORE_TLS)
            return
        self._flow.add(reply.READY_FOR_TLS.wire)
        self._state = State.HANDSHAKE
        self._since = self._service.seconds
        self._tls = True
        self._flow.start_tls(self._service.tls())

    def _abort(self) -> None:
        if self._state is not State.CLOSED:
            self._forget()
            self._flow.abort()

    def _forget(self) -> None:
        self._state = State.CLOSED
        self._input = b""
        self._unread = None
        if self._later is not None:
            self._later.cancel()
            self._later = None
        job, self._job = self._job, None
        if job is not None:
            job.cancel()
