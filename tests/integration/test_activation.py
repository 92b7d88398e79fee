"""Sockets that stay while the daemon starts again, and what systemd is told: with a stand-in for systemd."""

import http.client
import json
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.integration.clients import QUEUED, Talk, listen, rest
from tests.integration.daemon import DOMAIN, PROGRAM, Daemon
from tests.integration.waiting import until

STAND_IN = str(Path(__file__).parent / "as_systemd.py")
RESTARTS = 3


class Activated(Daemon):
    """A daemon whose SMTP and HTTP sockets are passed to it."""

    def __init__(self) -> None:
        super().__init__({"smtp": {"listen": ["systemd:smtp"]}, "http": {"listen": ["systemd:http"]}})
        self.notes = self.folder / "notes"
        sockets = [f"smtp={self.smtp}", f"http={self.http}"]
        own = [*PROGRAM, "--config", str(self.file)]
        self.command = [sys.executable, STAND_IN, str(self.notes), *sockets, "--", *own]

    def kill(self) -> None:
        """End both: a stand-in that is killed would leave the daemon behind."""
        self.stop()

    def told(self) -> list[str]:
        """What the stand-in was told, the watchdog's food left out, and of words with values only the words."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [line.split("=")[0] if "=1" in line else line for line in lines if line != "WATCHDOG=1"]


@pytest.fixture(scope="module")
def daemon() -> Iterator[Activated]:
    with Activated() as running:
        yield running


def restart(daemon: Activated, number: int) -> None:
    daemon.signal(signal.SIGUSR1)
    until(lambda: daemon.told().count("READY") > number, "it is ready again", 60)


class Caller(threading.Thread):
    """Asks again and again, on one connection as long as the server keeps it, or on a new one each time."""

    def __init__(self, daemon: Daemon, keep: bool) -> None:
        super().__init__()
        self._daemon = daemon
        self._keep = keep
        self.answers: list[object] = []
        self.over = False

    def run(self) -> None:
        connection = None
        while not self.over:
            connection = connection or http.client.HTTPConnection("127.0.0.1", self._daemon.http, timeout=60)
            try:
                connection.request("GET", "/api/me", headers={"Mailsac-Key": self._daemon.key})
                reply = connection.getresponse()
                reply.read()
                self.answers.append(reply.status)
                if reply.will_close or not self._keep:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                self.answers.append(error)
                connection = None


class Sender(threading.Thread):
    """Sends mail after mail; `acknowledged` are the ids of those with a 250."""

    def __init__(self, daemon: Daemon, address: str) -> None:
        super().__init__()
        self._daemon = daemon
        self._address = address
        self.acknowledged: list[str] = []
        self.over = False

    def run(self) -> None:
        while not self.over:
            try:
                talk = Talk.begin(self._daemon)
                for line in ("MAIL FROM:<>", f"RCPT TO:<{self._address}>", "DATA"):
                    talk.say(line)
                reply = talk.say("Subject: x\r\n\r\nx\r\n.")
                if reply.startswith(QUEUED):
                    self.acknowledged.append(reply.removeprefix(QUEUED).strip())
                talk.connection.close()
            except (OSError, AssertionError):  # 421 or a closed connection: nothing was promised
                continue


def test_a_restart_under_load_loses_nothing(daemon: Activated) -> None:
    """No request over HTTP fails, new connection or kept one, and each acknowledged mail is there."""
    address = f"load@{DOMAIN}"
    callers = [Caller(daemon, keep) for keep in (True, True, False, False)]
    senders = [Sender(daemon, address) for _ in range(2)]
    before = daemon.told().count("READY")
    for thread in (*callers, *senders):
        thread.start()
    try:
        for number in range(RESTARTS):
            wanted = min(len(caller.answers) for caller in callers) + 10
            until(lambda: min(len(caller.answers) for caller in callers) > wanted, "all call")  # noqa: B023
            restart(daemon, before + number)
    finally:
        for thread in (*callers, *senders):
            thread.over = True
        for thread in (*callers, *senders):
            thread.join()
    assert [answer for caller in callers for answer in caller.answers if answer != 200] == []
    promised = {f"{identity}-0" for sender in senders for identity in sender.acknowledged}
    assert len(promised) > RESTARTS
    with sqlite3.connect(daemon.data / "mailbox.db") as db:
        stored = {row[0] for row in db.execute("SELECT id FROM messages")}
    assert promised - stored == set()


def test_what_systemd_is_told(daemon: Activated) -> None:
    """Ready with the listeners, the end, and ready again; the process ends cleanly each time."""
    before = daemon.told()
    restart(daemon, before.count("READY"))
    assert daemon.told()[len(before) :] == ["STOPPING", "ended -15", "READY"]
    line = [line for line in daemon.notes.read_text().splitlines() if line.startswith("READY=1")][-1]
    assert line == "READY=1 STATUS=0 web sockets; smtp.listen systemd:smtp; http.listen systemd:http"
    count = daemon.notes.read_text().count("WATCHDOG=1")
    until(lambda: daemon.notes.read_text().count("WATCHDOG=1") > count + 1, "the watchdog is fed")


def test_web_sockets_and_those_who_wait_are_told(daemon: Activated) -> None:
    """At a restart a socket is closed with 1001, and who waits for mail is told that the server is stopping."""
    waiter = http.client.HTTPConnection("127.0.0.1", daemon.http, timeout=30)
    path = f"/api/addresses/waits@{DOMAIN}/messages?wait=60"
    with listen(daemon, "*") as connection:
        waiter.request("GET", path, headers={"Mailsac-Key": daemon.key})
        rest(daemon, "GET", "/me")  # what came before it has been read when this is answered
        restart(daemon, daemon.told().count("READY"))
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(30)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
    reply = waiter.getresponse()
    assert (reply.status, reply.headers["Connection"]) == (503, "close")
    assert json.load(reply)["message"] == "The server is stopping. Nothing has come so far; ask again."
    waiter.close()


def test_a_socket_that_nobody_passes_ends_the_start() -> None:
    """One line names the setting, what is missing and what there is."""
    activated = Activated()
    try:
        activated.configure({"http": {"listen": ["systemd:web"]}})
        with pytest.raises(AssertionError) as raised:
            activated.start()
    finally:
        activated.remove()
    assert "http.listen: systemd passes no socket web: the only ones are http, smtp" in str(raised.value)
