"""A POP3 server with a transport in memory, over a mailbox in memory."""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mailsockd.actions.maildrop import Maildrops
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.actions.signin import Admitted
from mailsockd.pop3.limits import POP3Limits
from mailsockd.pop3.server import POP3Factory
from mailsockd.state.accounts import Account, Accounts
from mailsockd.state.activity import ActivityLog, Event
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.domains import Domains
from mailsockd.transport import write
from tests.fakes import MemoryMailbox, MemoryStore, stored
from tests.pop3.store import MemoryMaildrops
from tests.smtp.fake import Wire

NOW = 1_700_000_000.0
ADA = Account("ada", 0.0, 0.0)
INBOX = "a@b.test"
SIGN_IN = b"USER a@b.test\r\nPASS key\r\n"
TRACE = (
    b"Received: from client.test ([192.0.2.1])\r\n"
    b" by mx.test ([127.0.0.1]) with ESMTP id m%d-0\r\n"
    b" for <a@b.test>; Fri, 15 Jan 2027 08:00:00 +0000\r\n"
)


class Post:
    """A POP3Factory under test: `held`, when set, keeps sign-ins waiting; `asked` are those that were tried."""

    def __init__(self, *contents: bytes, most: int = 1000, limits: POP3Limits | None = None, **options: Any) -> None:
        self.clock = Clock()
        self.mailbox = MemoryMailbox()
        self.store = MemoryMaildrops(self.mailbox)
        self.activity = ActivityLog(lambda: NOW)
        self.accounts = Accounts([ADA])
        self.book = AddressBook(b"secret", [Address(INBOX, "ada", 0.0, 0.0)])
        self.asked: list[tuple[str, str, str]] = []
        self.held: Deferred[None] | None = None
        self.holds = True
        registry = Registry(self.accounts, self.book, Domains(), MemoryStore())
        rights = Rights(self.book, Domains())
        self.maildrops = Maildrops(
            registry, rights, self.mailbox, self.store, self.activity, hostname="mx.test", most=most
        )
        self.factory = POP3Factory(
            self._sign_in,
            self.maildrops,
            **{
                "clock": self.clock,
                "record": self.activity.record,
                "limits": limits or POP3Limits(),
                "in_clear": True,
                "send": write,
                **options,
            },
        )
        for number, content in enumerate(contents, 1):
            self.add(number, content)

    def add(self, number: int, content: bytes, **fields: Any) -> None:
        """Put a message of ada's into the inbox, its seq and id made of a number."""
        message = stored(f"m{number}-0", seq=number, owner="ada", inbox=INBOX, size=len(content), **fields)
        self.mailbox.append([message], content)

    async def _sign_in(self, user: str, password: str, peer: str) -> Admitted:
        self.asked.append((user, password, peer))
        if self.held is not None:
            await self.held
        if password == "busy":
            raise Refusal(429, "Too many attempts, try again later")
        if (user, password) != (INBOX, "key"):
            raise Refusal(401, "The address or the password is wrong")
        return Admitted(ADA, INBOX, lambda: self.holds)

    def connect(self, peer: str = "192.0.2.7", wire: Wire | None = None) -> "Client":
        return Client(self, wire or Wire(peer))

    def signed_in(self) -> "Client":
        """A client that has signed in."""
        client = self.connect()
        assert client.send(SIGN_IN)[0] == "+OK Send PASS"
        return client

    def ids(self) -> list[str]:
        return [message.id for message in self.mailbox.messages]

    def events(self) -> list[Event]:
        return list(self.activity)


class Client:
    """One connection to a Post."""

    def __init__(self, post: Post, wire: Wire) -> None:
        self.post = post
        self.wire = wire
        session = post.factory.buildProtocol(wire.getPeer())
        assert session is not None
        self.session = session
        session.makeConnection(wire)

    def raw(self, *pieces: bytes) -> bytes:
        """Send, and give the bytes that came back for it, others having had their turn."""
        before = len(self.wire.value())
        for piece in pieces:
            self.session.dataReceived(piece)
        self.post.clock.advance(0)
        return self.wire.value()[before:]

    def send(self, *pieces: bytes) -> list[str]:
        """Send, and give the lines that came back for it."""
        return lines_of(self.raw(*pieces))

    def wait(self, seconds: int) -> list[str]:
        """Let time pass a second at a time; give the lines that came."""
        before = len(self.wire.value())
        self.post.clock.pump([1.0] * seconds)
        return lines_of(self.wire.value()[before:])

    @property
    def closed(self) -> bool:
        return self.wire.disconnecting


def lines_of(data: bytes) -> list[str]:
    assert data == b"" or data.endswith(b"\r\n")
    return data.decode("latin-1").split("\r\n")[:-1]


def limits(**changes: Any) -> POP3Limits:
    return POP3Limits(**changes)
