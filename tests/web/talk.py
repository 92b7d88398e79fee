"""A conversation with a web site in memory: bytes in, answers out."""

import json
from typing import Any

import attrs
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.web.server import Site

PEER = IPv4Address("TCP", "192.0.2.9", 40000)


@attrs.frozen
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@attrs.define
class Talk:
    """One connection to a site."""

    site: Site
    clock: Clock = attrs.Factory(Clock)
    transport: StringTransport = attrs.Factory(lambda: StringTransport(peerAddress=PEER))
    protocol: Any = None

    def __attrs_post_init__(self) -> None:
        self.protocol = self.site.buildProtocol(PEER)
        self.protocol.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        self.protocol.dataReceived(data)

    def heard(self) -> bytes:
        """What was answered since the last time."""
        data = self.transport.value()
        self.transport.clear()
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
