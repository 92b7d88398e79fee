"""Kill -9 under load: nothing that was acknowledged is missing afterwards."""

import hashlib
import os
import signal
import socket
import sqlite3
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import attrs

from tests.integration.clients import QUEUED, Talk, frame, listen, rest
from tests.integration.daemon import DOMAIN, Daemon
from tests.integration.waiting import until

ROUNDS = 12
CONNECTIONS = 24
IN_FLIGHT = 10
ADDRESS = f"kill@{DOMAIN}"
# How many mails of a round are acknowledged before it is ended: at once, and after more and more work.
BEFORE_KILL = (0, 1, 10, 30, 60, 100, 150, 200, 250, 300, 350, 400)
SMALL, LARGE = 1_000, 400_000  # the large ones go through a temporary file


@attrs.define
class Ledger:
    """
    What clients were promised. A line `marker sha256 id` is in the file before its client does anything else.

    `in_flight` counts mails whose last byte was sent and whose answer was not read. Whoever holds `lock` sees all
    clients stand still, as far as the ledger is concerned.
    """

    path: Path
    lock: threading.Lock = attrs.field(factory=threading.Lock)
    acknowledged: int = 0
    in_flight: int = 0
    refused: list[str] = attrs.field(factory=list)

    def sent(self) -> None:
        with self.lock:
            self.in_flight += 1

    def answered(self, marker: str, digest: str, reply: str) -> None:
        with self.lock:
            self.in_flight -= 1
            if reply.startswith(QUEUED):
                self.acknowledged += 1
                with self.path.open("a") as file:
                    file.write(f"{marker} {digest} {reply.removeprefix(QUEUED)}\n")
            elif reply:
                self.refused.append(reply)

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.path.read_text().splitlines()]


def send_until_the_end(daemon: Daemon, ledger: Ledger, number: int) -> None:
    """Send mail after mail, each with a marker of its own, until the daemon is gone."""
    try:
        with Talk.begin(daemon) as talk:
            while True:
                marker = uuid.uuid4().hex
                size = LARGE if number == 0 else SMALL
                content = f"Subject: {marker}\r\n\r\n".encode() + (marker.encode() + b"\r\n") * (size // 34)
                talk.offer("a@shop.example", ADDRESS)
                ledger.sent()
                reply = ""
                try:
                    talk.send(content + b".\r\n")
                    reply = talk.reply()
                finally:
                    ledger.answered(marker, hashlib.sha256(content).hexdigest(), reply)
    except (OSError, AssertionError):
        return  # the daemon was killed; that it took no mail before is seen in the ledger


def kill_at(daemon: Daemon, ledger: Ledger, goal: int) -> Callable[[], int]:
    """Give what kills the daemon in the moment when enough was acknowledged and enough is in flight."""

    def look() -> int:
        with ledger.lock:
            if ledger.acknowledged < goal or ledger.in_flight < IN_FLIGHT:
                return 0
            os.kill(daemon.pid, signal.SIGKILL)
            return ledger.in_flight

    return look


def test_nothing_acknowledged_is_lost_in_twelve_kills(tmp_path: Path) -> None:
    """After 12 rounds of kill -9, each with ten mails or more in flight, every mail answered with 250 is there."""
    ledger = Ledger(tmp_path / "ledger")
    ledger.path.touch()
    daemon = Daemon()
    in_flight = []
    try:
        daemon.start()
        rest(daemon, "POST", f"/addresses/{ADDRESS}", {"enablews": True})
        for before in BEFORE_KILL:
            if not daemon.running:
                daemon.start()
            clients = [
                threading.Thread(target=send_until_the_end, args=(daemon, ledger, number))
                for number in range(CONNECTIONS)
            ]
            goal = ledger.acknowledged + before
            for client in clients:
                client.start()
            in_flight.append(until(kill_at(daemon, ledger, goal), f"{before} mails acknowledged, ten in flight"))
            daemon.ended()
            for client in clients:
                client.join(30)
                assert not client.is_alive()
        assert ledger.refused == []

        daemon.start()
        lines = ledger.lines()
        count = rest(daemon, "GET", f"/addresses/{ADDRESS}/message-count")["count"]
        (newest,) = rest(daemon, "GET", f"/addresses/{ADDRESS}/messages?limit=1")
        with listen(daemon, ADDRESS) as connection, Talk.begin(daemon) as talk:
            talk.mail("a@shop.example", ADDRESS, b"Subject: after\r\n\r\n")
            assert frame(connection)["seq"] > newest["seq"]
        daemon.stop()

        database = sqlite3.connect(f"file:{daemon.data / 'mailbox.db'}?mode=ro", uri=True)
        integrity = database.execute("PRAGMA integrity_check").fetchall()
        stored = dict(database.execute("SELECT messages.id, raw FROM messages JOIN contents ON contents.id = content"))
        (seqs,) = database.execute("SELECT count(DISTINCT seq) FROM messages").fetchone()
        database.close()
        daemon.look_over()
    finally:
        daemon.remove()

    lost = [
        marker
        for marker, digest, id in lines
        if hashlib.sha256(stored.get(f"{id}-0", b"")).hexdigest() != digest
    ]
    print(  # noqa: T201
        f"{len(in_flight)} kills with {in_flight} mails in flight, {len(lines)} acknowledged, {len(stored)} stored, "
        f"{len(lost)} lost"
    )
    assert integrity == [("ok",)]
    assert lost == []
    assert len(in_flight) == ROUNDS
    assert min(in_flight) >= IN_FLIGHT
    assert len(lines) == len({line[2] for line in lines}) >= sum(BEFORE_KILL)
    assert len(stored) == seqs == count + 1


def test_a_client_of_a_killed_daemon_hears_the_end(tmp_path: Path) -> None:
    """A connection to a daemon that is killed ends at once, so that its client knows that it has no answer."""
    daemon = Daemon()
    try:
        daemon.start()
        with Talk.begin(daemon) as talk:
            talk.offer("a@shop.example", ADDRESS)
            talk.send(b"Subject: half\r\n\r\n")
            daemon.kill()
            talk.connection.settimeout(10)
            with suppress(ConnectionResetError):
                assert talk.reply() == ""
        assert daemon.start().running
        with socket.create_connection(("127.0.0.1", daemon.smtp), 10) as connection:
            assert connection.recv(4) == b"220 "
        daemon.stop()
        daemon.look_over()
    finally:
        daemon.remove()
