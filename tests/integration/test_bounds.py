"""What outsiders cannot make the daemon do: grow, stand still, or stay broken."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.integration.clients import Talk, frame, listen, new_address, rest
from tests.integration.daemon import Daemon
from tests.integration.waiting import until

MIB = 1024 * 1024
STALLED = 20
# What is in a data folder when no mail is on its way.
FILES = {
    "control.sock", "control.sock.lock", "initial-credentials", "lock", "mailbox.db", "mailbox.db-shm",
    "mailbox.db-wal", "state.db", "state.db-shm", "state.db-wal",
}  # fmt: skip


@pytest.fixture
def fresh() -> Iterator[Daemon]:
    """Give a daemon whose memory no other test has touched."""
    with Daemon() as running:
        yield running


def stall(daemon: Daemon, address: str) -> socket.socket:
    """Open a socket that will read nothing, not even its first frame, and takes as little as a socket can."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", daemon.http))
    lines = (
        f"GET /incoming-messages?key={daemon.key}&addresses={address} HTTP/1.1", "Host: x", "Upgrade: websocket",
        "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
    )  # fmt: skip
    connection.sendall("\r\n".join(lines).encode())
    return connection


def grown(daemon: Daemon, before: int) -> int:
    """Give how many MiB of memory the daemon has more than it had."""
    return (daemon.memory() - before) // MIB


def test_stalled_readers_of_large_messages_cost_no_copy_each(fresh: Daemon) -> None:
    """Twenty sockets that read nothing share what waits for them, while a good reader and SMTP go on."""
    address = new_address(fresh)
    content = b"Subject: large\r\n\r\n" + (b"0123456789" * 7 + b"\r\n") * (21 * MIB // 72)
    with ExitStack() as stack:
        good = stack.enter_context(listen(fresh, address))
        for _ in range(STALLED):
            stack.enter_context(stall(fresh, address))
        until(lambda: fresh.log.count("web socket opened") == STALLED + 1, "all sockets are open")
        before = fresh.memory()
        with Talk.begin(fresh) as talk, Talk.begin(fresh) as other:
            for _ in range(3):
                id = talk.mail("a@shop.example", address, content)
                received = frame(good)
                assert (received["_id"], received["size"]) == (f"{id}-0", len(content))
                assert received["raw"].endswith(content[-1000:].decode())
                assert other.say("NOOP") == "250 2.0.0 OK"
                # A copy a socket would be 20 times 21 MiB more with each message.
                assert grown(fresh, before) < 400
        small = new_address(fresh)
        with listen(fresh, small) as connection, Talk.begin(fresh) as talk:
            talk.mail("a@shop.example", small, b"Subject: small\r\n\r\n")
            assert frame(connection)["subject"] == "small"


def test_a_client_that_reads_no_replies_is_not_read_from_either(fresh: Daemon) -> None:
    """Commands whose replies nobody reads stop being read, instead of piling up replies."""
    address = new_address(fresh)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        connection.connect(("127.0.0.1", fresh.smtp))
        before = fresh.memory()
        connection.sendall(b"EHLO client.example\r\nMAIL FROM:<a@shop.example>\r\n")
        lines = f"RCPT TO:<{address}>\r\n".encode() * 2000
        sent = 0
        connection.settimeout(2)  # only ever waited for once: when the daemon has stopped reading
        try:
            while sent < 64 * MIB:
                sent += connection.send(lines)
        except TimeoutError:
            pass
        assert sent < 64 * MIB
        assert grown(fresh, before) < 32
        with Talk.begin(fresh) as talk:
            talk.mail("a@shop.example", address, b"Subject: meanwhile\r\n\r\n")
        # When it reads after all, everything is answered in its order.
        connection.settimeout(30)
        talk = Talk(connection)
        assert talk.reply().startswith("220 ")
        assert talk.reply().startswith("250 ")
        assert talk.reply().startswith("250 2.1.0 ")
        assert {talk.reply() for _ in range(2000)} == {"250 2.1.5 Recipient OK"}


def test_endless_content_is_neither_kept_nor_answered_early(fresh: Daemon) -> None:
    """Of 200 MB of content that does not end nothing is kept, and at its end it is refused with 552."""
    address = new_address(fresh)
    piece = (b"x" * 998 + b"\r\n") * 1000
    with Talk.begin(fresh) as talk, Talk.begin(fresh) as other:
        before = fresh.memory()
        talk.offer("a@shop.example", address)
        for megabyte in range(200):
            talk.send(piece)
            if megabyte % 50 == 49:
                assert grown(fresh, before) < 64
                assert other.say("RSET").startswith("250 ")
        talk.send(b".\r\n")
        assert talk.reply().startswith("552 5.3.4 ")
        assert talk.mail("a@shop.example", address, b"Subject: afterwards\r\n\r\n")
    spooled = [path for path in fresh.data.iterdir() if path.name not in FILES]
    assert spooled == []
    assert [item["subject"] for item in rest(fresh, "GET", f"/addresses/{address}/messages")] == ["afterwards"]


def test_an_endless_command_ends_the_session(fresh: Daemon) -> None:
    """A command line that does not end is not collected: the session is closed."""
    with Talk.begin(fresh) as talk:
        before = fresh.memory()
        with pytest.raises(OSError):
            for _ in range(200):
                talk.send(b"x" * MIB)
        assert grown(fresh, before) < 32


def test_a_daemon_that_ran_out_of_descriptors_recovers(fresh: Daemon) -> None:
    """With 300 connections and 128 descriptors some have to wait, nobody's mail is lost, and then all is as before."""
    address = new_address(fresh)
    resource.prlimit(fresh.pid, resource.RLIMIT_NOFILE, (128, 128))
    with ExitStack() as stack:
        established = Talk.begin(fresh)
        stack.callback(established.close)
        crowd = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 30))
            for port in (fresh.smtp, fresh.http)
            for _ in range(150)
        ]
        assert len(crowd) == 300
        # Who was there before is served meanwhile, its large content in a temporary file or with a temporary refusal.
        established.offer("a@shop.example", address)
        established.send(b"Subject: in the crowd\r\n\r\n" + b"large\r\n" * 200_000 + b".\r\n")
        answer = established.reply()
        assert answer.startswith(("250 2.0.0 ", "451 4.3.0 ", "452 4.3.1 ")), answer
        assert fresh.running

    def served() -> bool:
        try:
            with Talk.begin(fresh) as talk:
                return bool(talk.mail("a@shop.example", address, b"Subject: after the crowd\r\n\r\n"))
        except (OSError, AssertionError):
            return False

    until(served, "mail is taken again", 30)
    with listen(fresh, address) as connection, Talk.begin(fresh) as talk:
        talk.mail("a@shop.example", address, b"Subject: and sent\r\n\r\n" + b"large\r\n" * 200_000)
        assert frame(connection)["subject"] == "and sent"
    subjects = [item["subject"] for item in rest(fresh, "GET", f"/addresses/{address}/messages")]
    assert subjects.count("in the crowd") == answer.startswith("250 ")
