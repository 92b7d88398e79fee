"""A small WebSocket client without a network: it makes the bytes that a client sends and reads what it was sent."""

import json
import struct
from collections.abc import Sequence
from typing import Any

import attrs
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from mailsockd.state.accounts import Account
from mailsockd.state.activity import ActivityLog
from mailsockd.state.subscriptions import Admission, Subscriptions
from mailsockd.websocket.admission import Callers
from mailsockd.websocket.server import Socket, SocketFactory, SocketLimits

KEY = "k_right"
ADA = Account("ada", 0.0, 0.0)
# The example of RFC 6455 section 1.3: this key has that answer.
NONCE = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"


def handshake(query: str = f"key={KEY}&addresses=a@mail.test", headers: Sequence[str] = ()) -> bytes:
    lines = [
        f"GET /incoming-messages?{query} HTTP/1.1",
        "Host: mail.test",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {NONCE}",
        "Sec-WebSocket-Version: 13",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def masked(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes = b"\x11\x22\x33\x44"
) -> bytes:
    size = len(payload)
    if size < 126:
        length = bytes((0x80 | size,))
    elif size < 65_536:
        length = b"\xfe" + struct.pack("!H", size)
    else:
        length = b"\xff" + struct.pack("!Q", size)
    content = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return bytes(((0x80 if fin else 0) | rsv << 4 | opcode,)) + length + mask + content


def close(code: int, reason: bytes = b"") -> bytes:
    return masked(8, struct.pack("!H", code) + reason)


def frames(data: bytes) -> list[tuple[int, bytes]]:
    """Read whole, unmasked, final frames: opcode and payload of each. What is no such frame is an AssertionError."""
    found = []
    while data:
        assert data[0] & 0xF0 == 0x80, f"a fragment, or reserved bits: {data[:20]!r}"
        size, at = data[1], 2
        assert size < 128, "masked"
        if size == 126:
            (size,), at = struct.unpack("!H", data[2:4]), 4
        elif size == 127:
            (size,), at = struct.unpack("!Q", data[2:10]), 10
        assert len(data) >= at + size, "cut off"
        found.append((data[0] & 15, data[at : at + size]))
        data = data[at + size :]
    return found


class Wire(StringTransport):
    """A transport that counts what it was told, and may be told to say stop like a real one."""

    def __init__(self, host: str = "192.0.2.7") -> None:
        super().__init__(peerAddress=IPv4Address("TCP", host, 40_000))
        self.aborted = False
        # Bytes that the network still takes; None for any number.
        self.room: int | None = None

    def write(self, data: bytes) -> None:
        super().write(data)
        if self.room is not None:
            self.room -= len(data)
            if self.room < 0 and self.producer is not None:
                self.producer.pauseProducing()

    def take(self, size: int) -> None:
        """Let the reader take everything written so far and `size` bytes more."""
        self.room = size
        if self.producer is not None:
            self.producer.resumeProducing()

    def abortConnection(self) -> None:
        self.aborted = True

    def read(self) -> bytes:
        data: bytes = self.value()
        self.clear()
        return data


@attrs.define
class House:
    """A factory with what it needs around it."""

    limits: SocketLimits = attrs.field(factory=SocketLimits)
    clock: Clock = attrs.field(factory=Clock)
    subscriptions: Subscriptions = attrs.field(factory=Subscriptions)
    shape: str = "flat"
    accounts: dict[str, Account] = attrs.field(factory=lambda: {KEY: ADA})
    browsers: dict[str, Account] = attrs.field(factory=dict)
    asked: list[tuple[str, ...]] = attrs.field(factory=list)
    factory: SocketFactory = attrs.field(init=False)
    activity: ActivityLog = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.activity = ActivityLog(self.clock.seconds)
        self.factory = SocketFactory(
            callers=Callers(self.accounts.get, self.browsers.get),
            admit=self.admit,
            subscriptions=self.subscriptions,
            clock=self.clock,
            limits=self.limits,
            record=self.activity.record,
            shape=self.shape,
        )

    def admit(self, account: Account, items: Sequence[str]) -> Admission:
        """Everything is the account's but what begins with `x`."""
        self.asked.append(tuple(items))
        return Admission(
            tuple(item for item in items if "@" in item and not item.startswith("x")),
            tuple(item for item in items if "@" not in item and not item.startswith("x")),
            tuple((item, f"{item} is not owned by this account") for item in items if item.startswith("x")),
        )

    def connect(self, host: str = "192.0.2.7") -> tuple[Socket, Wire]:
        """A connection whose handshake has not begun."""
        socket: Any = self.factory.buildProtocol(None)
        wire = Wire(host)
        socket.makeConnection(wire)
        return socket, wire

    def open(
        self, query: str = f"key={KEY}&addresses=a@mail.test", headers: Sequence[str] = (), **kwargs: Any
    ) -> tuple[Socket, Wire]:
        """A connection that has sent its handshake; the answer's head is read and checked."""
        socket, wire = self.connect(**kwargs)
        socket.dataReceived(handshake(query, headers))
        head, _, rest = wire.read().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        wire.io.write(rest)
        return socket, wire

    def listening(self, query: str = f"key={KEY}&addresses=a@mail.test") -> tuple[Socket, Wire]:
        """A connection whose Listening frame was read."""
        socket, wire = self.open(query)
        assert [opcode for opcode, _ in frames(wire.read())] == [1]
        return socket, wire

    def lose(self, socket: Socket) -> None:
        """The connection is gone."""
        socket.connectionLost(Failure(ConnectionLost()))

    def events(self) -> list[tuple[str, str, str, str]]:
        return [(event.kind.name, event.account, event.peer, event.text) for event in self.activity]


def json_of(frame: tuple[int, bytes]) -> Any:
    opcode, payload = frame
    assert opcode == 1
    return json.loads(payload)
