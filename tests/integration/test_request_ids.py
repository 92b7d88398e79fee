"""Every answer of the HTTP listeners names its request, and the log has that name."""

import re
import socket

import pytest

from tests.integration.clients import SECONDS
from tests.integration.daemon import DOMAIN, Daemon
from tests.integration.waiting import until

REQUESTS = {
    "a list": (b"GET /api/addresses HTTP/1.1\r\nMailsac-Key: %k\r\n\r\n", 200),
    "nothing to say": (b"DELETE /api/addresses/a@%d/messages HTTP/1.1\r\nMailsac-Key: %k\r\n\r\n", 204),
    "an old request": (b"GET /api/me HTTP/1.0\r\n\r\n", 200),
    "no key": (b"GET /api/addresses HTTP/1.1\r\n\r\n", 401),
    "a wrong field": (b"GET /api/inbox?limit=x HTTP/1.1\r\nMailsac-Key: %k\r\n\r\n", 400),
    "no such message": (b"GET /api/raw/a@%d/none HTTP/1.1\r\nMailsac-Key: %k\r\n\r\n", 404),
    "no such route": (b"GET /api/nothing HTTP/1.1\r\n\r\n", 404),
    "no such page": (b"GET /nothing HTTP/1.1\r\n\r\n", 404),
    "another method": (b"POST /api/inbox HTTP/1.1\r\nMailsac-Key: %k\r\nContent-Length: 0\r\n\r\n", 405),
    "an unknown method": (b"BREW /api/inbox HTTP/1.1\r\n\r\n", 501),
    "another origin's question": (b"OPTIONS /api/inbox HTTP/1.1\r\nOrigin: https://a.example\r\n\r\n", 204),
    "only the head": (b"HEAD /api/me HTTP/1.1\r\n\r\n", 200),
    "a large body": (b"POST /api/validations/addresses HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", 413),
    "a large head": (b"GET /api/me HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", 431),
    "a long address": (b"GET /api/me?" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n", 414),
    "no HTTP": (b"EHLO client.example\r\n\r\n", 400),
    "a body of no known length": (b"POST /api/inbox HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
    "the description": (b"GET /openapi.json HTTP/1.1\r\n\r\n", 200),
    "a page": (b"GET /docs/api HTTP/1.1\r\n\r\n", 200),
    "a refused socket": (
        b"GET /incoming-messages HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        426,
    ),
    "no socket": (b"GET /incoming-messages HTTP/1.1\r\n\r\n", 426),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_log_has_the_id_of_each_answer(daemon: Daemon, name: str) -> None:
    """The answer has an X-Request-Id, which is in the line of the log that tells of the request."""
    sent, status = REQUESTS[name]
    sent = sent.replace(b"%k", daemon.key.encode()).replace(b"%d", DOMAIN.encode())
    with socket.create_connection(("127.0.0.1", daemon.http), SECONDS) as connection:
        first, rest = sent.split(b"\r\n", 1)
        connection.sendall(first + b"\r\nHost: mail.test\r\nConnection: close\r\n" + rest)
        head = b""
        while b"\r\n\r\n" not in head and (data := connection.recv(65536)):
            head += data
    lines = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    assert lines[0].split()[1] == str(status), lines
    (id,) = (line.partition(": ")[2] for line in lines if line.lower().startswith("x-request-id:"))
    assert re.fullmatch(r"[0-9a-f]{16}", id)
    until(lambda: len(re.findall(rf" {status} .*\b{id}\b", daemon.log)) == 1, "the log has the request")
