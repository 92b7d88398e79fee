"""A server with a transport in memory, and what it was asked to do."""

from collections.abc import Callable
from typing import Any

import attrs
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import ITLSTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from zope.interface import implementer

from mailsockd.mail.envelope import Content, Envelope
from mailsockd.smtp.server import SMTPFactory, SMTPLimits
from mailsockd.state.activity import ActivityLog, Event, Kind
from mailsockd.transport import write

NOW = 1_700_000_000.0


@implementer(ITLSTransport)
class Wire(StringTransport):
    """A transport in memory that remembers how it was treated."""

    def __init__(self, peer: str = "192.0.2.7") -> None:
        super().__init__(IPv4Address("TCP", "192.0.2.1", 25), IPv4Address("TCP", peer, 4321))
        self.contexts: list[object] = []
        self.writes = 0
        self.no_delay = False

    def write(self, data: bytes) -> None:
        self.writes += 1
        super().write(data)

    def startTLS(self, context: object, normal: bool = True) -> bool:
        self.contexts.append(context)
        return True

    def setTcpNoDelay(self, enabled: bool) -> None:
        self.no_delay = enabled


class Mailroom:
    """An SMTPFactory under test: what it received, and the answers it is given."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.mails: list[tuple[Envelope, bytes]] = []
        self.contents: list[Content] = []
        self.asked: list[tuple[str, str]] = []
        self.refuse: Callable[[str], None] = lambda recipient: None
        self.answer: Callable[[], Deferred[str]] = lambda: succeed("id1")
        self.activity = ActivityLog(lambda: NOW)
        self.factory = SMTPFactory(
            "mx.test",
            self._accept,
            self._receive,
            **{"clock": self.clock, "record": self.activity.record, "send": write, "now": lambda: NOW, **options},
        )

    def _accept(self, recipient: str, peer: str) -> None:
        self.asked.append((recipient, peer))
        self.refuse(recipient)

    def _receive(self, envelope: Envelope, content: Content) -> Deferred[str]:
        self.contents.append(content)
        self.mails.append((envelope, content.read()))
        return self.answer()

    def connect(self, peer: str = "192.0.2.7", wire: Wire | None = None) -> "Client":
        return Client(self, wire or Wire(peer))

    def events(self) -> list[Event]:
        """What happened but for connecting, without the names of the sessions, which are random."""
        return [attrs.evolve(event, session="") for event in self.activity if event.kind is not Kind.CONNECTED]


class Client:
    """One connection to a Mailroom; `said` collects what the server sent."""

    def __init__(self, room: Mailroom, wire: Wire) -> None:
        self.room = room
        self.wire = wire
        session = room.factory.buildProtocol(wire.getPeer())
        assert session is not None
        self.session = session
        session.makeConnection(wire)

    def send(self, *pieces: bytes) -> list[str]:
        """Send, and give the lines that came back for it."""
        before = len(self.wire.value())
        for piece in pieces:
            self.session.dataReceived(piece)
        return self.lines(before)

    def lines(self, start: int = 0) -> list[str]:
        text = self.wire.value()[start:].decode("ascii")
        assert text == "" or text.endswith("\r\n")
        return text.split("\r\n")[:-1]

    def codes(self, *pieces: bytes) -> list[str]:
        """Send, and give the codes of the replies, `250 2.1.0` with the enhanced ones."""
        return [code_of(line) for line in self.send(*pieces) if line[3] == " "]

    def wait(self, seconds: int) -> list[str]:
        """Let time pass a second at a time; give the lines that came."""
        before = len(self.wire.value())
        self.room.clock.pump([1.0] * seconds)
        return self.lines(before)

    @property
    def closed(self) -> bool:
        return self.wire.disconnecting


def code_of(line: str) -> str:
    status = line[4:].split(" ", 1)[0]
    return f"{line[:3]} {status}" if status.count(".") == 2 and status[0] in "245" else line[:3]


def begun(room: Mailroom, sender: bytes = b"<a@b.example>", recipient: bytes = b"<bob@mx.test>") -> Client:
    """A client that has said EHLO, MAIL and RCPT."""
    client = room.connect()
    assert client.codes(b"EHLO me\r\nMAIL FROM:" + sender + b"\r\nRCPT TO:" + recipient + b"\r\n") == [
        "250",
        "250 2.1.0",
        "250 2.1.5",
    ]
    return client


def in_content(room: Mailroom) -> Client:
    """A client that is expected to send content."""
    client = begun(room)
    assert client.codes(b"DATA\r\n") == ["354"]
    return client


def limits(**changes: Any) -> SMTPLimits:
    return SMTPLimits(**changes)
