"""A conversation with a web site in memory: bytes in, answers out."""

import json
from typing import Any

import attrs
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from mailsockd.web.site import Limits, Served, Site

PEER = IPv4Address("TCP", "192.0.2.9", 40000)


@attrs.frozen
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire(StringTransport):
    """A transport that names its protocol and pauses its producer above 64 KB, as TCP does."""

    protocol: Any = None

    def write(self, data: bytes) -> None:
        super().write(data)
        if self.producer is not None and len(self.value()) > 65_536:
            self.producer.pauseProducing()

    def writeSequence(self, data: Any) -> None:
        self.write(b"".join(data))


class Turns(Clock):
    """A clock on which what is to happen at once happens in the next turn, as on a reactor."""

    def callLater(self, delay: float, call: Any, *args: Any, **named: Any) -> Any:
        return super().callLater(max(delay, 0.001), call, *args, **named)

    def turn(self) -> None:
        self.advance(0.001)


@attrs.define
class Talk:
    """One connection to a site that serves `root`; `served` is what the site recorded."""

    root: Any
    limits: Limits = attrs.Factory(Limits)
    clock: Clock = attrs.Factory(Clock)
    transport: "Wire" = attrs.Factory(lambda: Wire(peerAddress=PEER))
    served: list[Served] = attrs.Factory(list)
    options: dict[str, Any] = attrs.Factory(dict)
    site: Site = attrs.field(init=False)
    channel: Any = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.site = Site(
            self.root,
            clock=self.clock,
            limits=self.limits,
            record_request=self.served.append,
            **self.options,
        )
        self.transport.protocol = self.channel = self.site.buildProtocol(PEER)
        self.channel.makeConnection(self.transport)

    @property
    def aborted(self) -> bool:
        return self.transport.disconnected

    def send(self, data: bytes) -> None:
        self.channel.dataReceived(data)

    def heard(self) -> bytes:
        """What was answered since the last time."""
        data = self.transport.value()
        self.transport.clear()
        return data

    def read(self) -> bytes:
        """What waits to be read, read by the client."""
        data = self.heard()
        self.transport.producer.resumeProducing()
        return data

    def answers(self, heads: int = 0) -> list[Answer]:
        """All answers so far; the first `heads` of them belong to HEAD requests."""
        data = self.heard()
        answers = []
        while data:
            answer, data = one(data, head=len(answers) < heads)
            answers.append(answer)
        return answers


def one(data: bytes, *, head: bool = False) -> tuple[Answer, bytes]:
    block, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = block.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    length = 0 if head else int(headers.get("content-length", "0"))
    return Answer(int(first.split(" ")[1]), headers, rest[:length]), rest[length:]


def request(
    method: str, target: str, body: bytes = b"", content_type: str = "", headers: dict[str, str] | None = None
) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: mail.test"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
