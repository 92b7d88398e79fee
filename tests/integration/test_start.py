"""Starting, stopping and starting again."""

import os
import re
import select
import signal
import socket
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.integration.clients import QUEUED, Talk, call, frame, listen, new_address, rest
from tests.integration.daemon import DOMAIN, Daemon, environment, open_port, twistd
from tests.integration.waiting import until

PENDING = 20


def test_the_first_start_makes_an_account_and_tells_nobody(daemon: Daemon) -> None:
    """The account admin is made; its password and key are in a file of mode 0600, whose path alone is logged."""
    credentials = daemon.data / "initial-credentials"
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
    assert re.fullmatch(
        r"account: admin\npassword: [A-Za-z0-9]{16,}\nkey: k_[A-Za-z0-9]{40,}\n", credentials.read_text()
    )
    assert str(credentials) in daemon.log
    me = rest(daemon, "GET", "/me")
    assert me["_id"] == "admin"
    for path in daemon.data.iterdir():
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
            if path != credentials:
                content = path.read_bytes()
                assert daemon.key.encode() not in content, path
                assert daemon.password.encode() not in content, path


def test_the_secret_in_a_query_is_not_logged(daemon: Daemon) -> None:
    """Keys that come in a query, to REST or to the socket, right or wrong, are not in the log."""
    address = new_address(daemon)
    with listen(daemon, address):
        status, _ = call(daemon, "GET", f"/me?_mailsacKey={daemon.key}", key="")
        assert status == 200
        assert call(daemon, "GET", "/addresses?_mailsacKey=k_wrong123456789", key="")[0] == 401
    until(lambda: "/api/addresses" in daemon.log, "the request is logged")
    assert daemon.key not in daemon.log
    assert "k_wrong123456789" not in daemon.log


def test_the_configuration_of_the_working_folder_is_found() -> None:
    """Without --config the file mailsockd.yaml in the working folder is used."""
    with Daemon(named=False) as daemon:
        assert rest(daemon, "GET", "/me")["_id"] == "admin"
        assert daemon.data.is_dir()


def test_a_named_configuration_wins(tmp_path: Path) -> None:
    """With --config the file in the working folder is not even read."""
    with Daemon() as daemon:
        daemon.stop()
        named = tmp_path / "named.yaml"
        daemon.file.rename(named)
        daemon.file.write_text("this is: [not a configuration\n")
        words = [*daemon.command[:-1], str(named)]
        with socket.socket() as busy:
            busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            busy.bind(("127.0.0.1", daemon.smtp))
            busy.listen()
            done = subprocess.run(
                words, cwd=daemon.folder, env=environment(), capture_output=True, text=True, timeout=60, check=False
            )
        assert done.returncode == 1
        assert re.fullmatch(rf"mailsockd: {re.escape(str(named))}:\d+: smtp.listen: cannot listen on .*\n", done.stderr)


@contextmanager
def in_background(daemon: Daemon) -> Iterator[int]:
    """Start the daemon as twistd does without -n, give its process id, and have it ended at the end."""
    words = [twistd(), "--pidfile", "twistd.pid", "--logfile", "twistd.log", "mailsockd", "--config", str(daemon.file)]
    done = subprocess.run(
        words, cwd=daemon.folder, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    file = daemon.folder / "twistd.pid"
    pid = int(until(lambda: file.exists() and file.read_text(), "the pidfile is written"))
    handle = os.pidfd_open(pid)
    try:
        yield pid
        assert select.select([handle], [], [], 10)[0], "the daemon did not end"
    finally:
        if not select.select([handle], [], [], 0)[0]:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        os.close(handle)


def test_the_daemon_runs_in_the_background() -> None:
    """Started without -n it answers, logs to a file, and ends by SIGTERM to the process of its pidfile."""
    daemon = Daemon()
    try:
        with in_background(daemon) as pid:
            credentials = daemon.data / "initial-credentials"
            until(credentials.exists, "the credentials are there")
            daemon.key = credentials.read_text().rpartition("key: ")[2].strip()
            until(lambda: open_port(daemon.http) and open_port(daemon.smtp), "the daemon serves")
            assert int((daemon.data / "lock").read_text()) == pid
            address = new_address(daemon)
            with listen(daemon, address) as connection, Talk.begin(daemon) as talk:
                talk.mail("a@shop.example", address, b"Subject: from the background\r\n\r\n")
                assert frame(connection)["subject"] == "from the background"
            os.kill(pid, signal.SIGTERM)
        assert not (daemon.folder / "twistd.pid").exists()
        log = (daemon.folder / "twistd.log").read_text()
        assert f" address={address} message=" in log
        assert "Traceback" not in log
        assert daemon.key not in log
    finally:
        daemon.remove()


def unread(port: int) -> int:
    """Give how many bytes wait in the kernel that the server on this port has not read."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01")


def test_sigterm_answers_what_is_pending_and_says_goodbye() -> None:
    """Mail that is being stored is answered and published, sockets get 1001, and all ends within ten seconds."""
    with Daemon() as daemon, ExitStack() as stack:
        address = new_address(daemon)
        connection = stack.enter_context(listen(daemon, address))
        idle, halfway = stack.enter_context(Talk.begin(daemon)), stack.enter_context(Talk.begin(daemon))
        halfway.offer("a@shop.example", address)
        halfway.send(b"Subject: never finished\r\n\r\n")
        kept_alive = stack.enter_context(socket.create_connection(("127.0.0.1", daemon.http), 30))
        talks = [stack.enter_context(Talk.begin(daemon)) for _ in range(PENDING)]
        for talk in talks:
            talk.offer("a@shop.example", address)
        # Another process holds the database, so every mail that has come in is being stored until it lets go.
        database = sqlite3.connect(daemon.data / "mailbox.db", isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        for talk in talks:
            talk.send(b"Subject: pending\r\n\r\n.\r\n")
        until(lambda: not unread(daemon.smtp), "the daemon has read all mail")
        daemon.signal(signal.SIGTERM)
        until(lambda: "Received SIGTERM" in daemon.log, "the signal has come")
        assert idle.reply().startswith("421 4.3.2 ")
        assert halfway.reply().startswith("421 4.3.2 ")
        database.execute("ROLLBACK")
        database.close()

        answers = [talk.reply() for talk in talks]
        assert [answer for answer in answers if not answer.startswith(QUEUED)] == []
        assert {talk.reply()[:9] for talk in talks} == {"421 4.3.2"}
        assert sorted(frame(connection)["_id"] for _ in talks) == sorted(
            f"{answer.removeprefix(QUEUED)}-0" for answer in answers
        )
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
        assert kept_alive.recv(1) == b""
        assert daemon.ended(10) == -signal.SIGTERM
        daemon.start()
        assert rest(daemon, "GET", f"/addresses/{address}/message-count")["count"] == PENDING


def test_sigterm_does_not_wait_for_those_who_do_not_listen() -> None:
    """A socket and an SMTP client that read nothing keep the daemon no longer than ten seconds."""
    with Daemon() as daemon, ExitStack() as stack:
        address = new_address(daemon)
        stalled = stack.enter_context(socket.create_connection(("127.0.0.1", daemon.http), 30))
        stalled.sendall(
            f"GET /incoming-messages?key={daemon.key}&addresses={address} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            .encode()
        )
        until(lambda: "web socket opened" in daemon.log, "the socket is open")
        deaf = stack.enter_context(Talk.begin(daemon))
        with Talk.begin(daemon) as talk:
            talk.mail("a@shop.example", address, b"Subject: large\r\n\r\n" + b"large\r\n" * 2_000_000)
        deaf.send(b"NOOP\r\n" * 20)
        daemon.signal(signal.SIGTERM)
        assert daemon.ended(10) == -signal.SIGTERM


@pytest.mark.parametrize("state", ["sqlite", "yaml"])
def test_a_restart_changes_nothing(state: str) -> None:
    """Accounts, keys, addresses, settings, messages and counts are what they were, and `seq` goes on rising."""
    with Daemon({"state": state}) as daemon:
        address, other = new_address(daemon), new_address(daemon)
        rest(daemon, "PUT", f"/addresses/{address}", {"info": "caf\u00e9: #1"})
        with Talk.begin(daemon) as talk:
            talk.mail("a@shop.example", address, b"Subject: kept\r\n\r\n")
            newest = talk.mail("a@shop.example", other, b"Subject: deleted\r\n\r\n")
        seq = rest(daemon, "GET", f"/addresses/{other}/messages/{newest}-0")["seq"]
        rest(daemon, "DELETE", f"/addresses/{other}/messages/{newest}-0")
        paths = ("/me", "/addresses", f"/addresses/{address}", f"/addresses/{address}/messages")
        before = [rest(daemon, "GET", path) for path in paths]

        assert daemon.stop() == -signal.SIGTERM
        daemon.start()

        before[0]["moAPICount"] += 4  # what was answered is the count before that call and the three after it
        assert [rest(daemon, "GET", path) for path in paths] == before
        assert before[2]["info"] == "caf\u00e9: #1"
        with listen(daemon, other) as connection, Talk.begin(daemon) as talk:
            talk.mail("a@shop.example", other, b"Subject: new\r\n\r\n")
            assert frame(connection)["seq"] > seq
        assert daemon.log.count("made the account admin") == 1


def test_the_state_in_yaml_can_be_edited_by_hand() -> None:
    """While the daemon is down a person may add an address and change another one in state.yaml."""
    with Daemon({"state": "yaml"}) as daemon:
        rest(daemon, "POST", f"/addresses/one@{DOMAIN}", {"info": "before", "enablews": False})
        daemon.stop()
        file = daemon.data / "state.yaml"
        text = file.read_text()
        at = text.index(f"  one@{DOMAIN}:\n")
        entry = re.match(r"  \S+\n(    .*\n)+", text[at:])
        assert entry is not None
        changed = entry[0].replace("info: before", "info: by hand  # as I like it")
        added = entry[0].replace("one@", "two@").replace("info: before", "info: added")
        file.write_text(text.replace(entry[0], changed + added))
        daemon.start()
        found = {item["_id"]: item["info"] for item in rest(daemon, "GET", "/addresses")}
        assert found == {f"one@{DOMAIN}": "by hand", f"two@{DOMAIN}": "added"}
        with Talk.begin(daemon) as talk:
            talk.mail("a@shop.example", f"two@{DOMAIN}", b"Subject: x\r\n\r\n")
        assert len(rest(daemon, "GET", f"/addresses/two@{DOMAIN}/messages")) == 1
