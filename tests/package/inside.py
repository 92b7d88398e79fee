"""
The story of the package, told in a Debian that has booted: run by tests/package/story, as root, never on a machine
that anybody uses. Each function is one chapter; they build on each other.
"""

import base64
import http.client
import json
import os
import re
import signal
import smtplib
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGES = Path("/story")
ETC, DATA = Path("/etc/mailsockd"), Path("/var/lib/mailsockd")
OWN = ETC / "conf.d/local.yaml"
CACHE = Path("/usr/lib/python3/dist-packages/twisted/plugins/dropin.cache")
DROP_INS = Path("/etc/systemd/system/mailsockd.service.d")
APT = ["apt-get", "-y", "-qq", "-o", "Dpkg::Use-Pty=0"]
KEEP = ["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"]
ADDRESS = "story@localhost"
ports = {"smtp": 1025, "http": 8025}
key = ""


def run(*command: str, fails: bool = False) -> str:
    """Run a program and give what it says; it must end as expected."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    said = done.stdout + done.stderr
    assert (done.returncode != 0) is fails, f"{' '.join(command)}: {done.returncode}\n{said}\n{journal()}"
    return said


def journal() -> str:
    """Give the end of the daemon's log."""
    lines = subprocess.run(["journalctl", "-u", "mailsockd", "-n", "30", "-o", "cat"], capture_output=True, check=False)
    return lines.stdout.decode()


def show(name: str) -> str:
    """Give a property of the service."""
    return run("systemctl", "show", "-P", name, "mailsockd").strip()


def until(look: Callable[[], Any], what: str, seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, f"not within {seconds} seconds: {what}\n{journal()}"
        time.sleep(0.05)


def active() -> bool:
    """Tell whether the service is up."""
    return show("SubState") == "running"


def replaced(old: str) -> bool:
    """Tell whether another process than `old` is the daemon, and ready."""
    return active() and show("MainPID") not in (old, "0")


def rest(method: str, path: str, body: Any = None) -> Any:
    """Make one call on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", ports["http"], timeout=60)
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, {"Mailsac-Key": key, "Content-Type": "application/json"})
    reply = connection.getresponse()
    answer = reply.read()
    connection.close()
    assert reply.status == 200, f"{method} {path}: {reply.status} {answer!r}"
    return json.loads(answer)


def mail(subject: str) -> str:
    """Send a mail and give its id; raises when it was not acknowledged."""
    with smtplib.SMTP("127.0.0.1", ports["smtp"], timeout=60) as smtp:
        smtp.ehlo()
        smtp.mail("sender@example.org")
        smtp.rcpt(ADDRESS)
        code, text = smtp.data(f"Subject: {subject}\r\n\r\nIt works.\r\n")
        assert code == 250, text
        return text.decode().rpartition(" ")[2]


def stored() -> set[str]:
    """Give the ids of the mail that is there, without their numbers."""
    messages = rest("GET", f"/api/addresses/{ADDRESS}/messages?limit=1000")
    return {message["_id"].rpartition("-")[0] for message in messages}


class WebSocket:
    """As much of a client as the story needs."""

    def __init__(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", ports["http"]), 60)
        self._input = self._socket.makefile("rb")
        nonce = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET /incoming-messages?key={key}&addresses={ADDRESS} HTTP/1.1\r\nHost: localhost\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\n\r\n".encode()
        )
        assert self._input.readline().startswith(b"HTTP/1.1 101 ")
        while self._input.readline().strip():
            pass
        assert json.loads(self.frame()[1])["msg"] == "Listening"

    def frame(self) -> tuple[int, bytes]:
        """Take a frame that is no Ping: its opcode and its content."""
        while True:
            first, length = self._input.read(2)
            if length > 125:
                form = ">H" if length == 126 else ">Q"
                (length,) = struct.unpack(form, self._input.read(struct.calcsize(form)))
            content = self._input.read(length)
            if first & 15 != 9:
                return first & 15, content


def installed() -> None:
    """Install it: it runs at once, on loopback, as its own user, and says so."""
    global key
    run(*APT, "install", "--no-install-recommends", str(PACKAGES / "first.deb"))
    assert active(), journal()
    assert "smtp.listen 127.0.0.1:1025" in show("StatusText")
    assert run("systemctl", "is-enabled", "mailsockd").strip() == "enabled"
    for name in ("smtp", "http", "https"):
        assert run("systemctl", "is-enabled", f"mailsockd-{name}.socket", fails=True).strip() == "disabled"
    listening = run("ss", "-Hltn")
    assert {line.split()[3] for line in listening.splitlines()} >= {"127.0.0.1:1025", "127.0.0.1:8025"}
    credentials = DATA / "initial-credentials"
    assert (credentials.owner(), credentials.stat().st_mode & 0o777) == ("mailsockd", 0o600)
    assert (DATA.owner(), DATA.stat().st_mode & 0o777) == ("mailsockd", 0o750)
    key = credentials.read_text().rpartition("key: ")[2].strip()
    assert "version" in run("mailsockctl", "status")
    run("useradd", "adam")
    group = ["setpriv", "--reuid=adam", "--regid=adam"]
    run(*group, "--clear-groups", "mailsockctl", "status", fails=True)
    run(*group, "--groups=mailsockd", "mailsockctl", "status")
    assert b"mailsockd" in CACHE.read_bytes()
    assert "mailsockd" in run("twistd3", "--help")
    for page in ("man8/mailsockd.8", "man1/mailsockctl.1", "man5/mailsockd.yaml.5"):
        assert Path(f"/usr/share/man/{page}.gz").exists() or not Path("/usr/share/man/man1").exists()
    assert "Traceback" not in journal()
    assert "plugin cache" not in journal()


def confined() -> None:
    """The daemon has what it needs and nothing more; systemd measures both units."""
    status = Path(f"/proc/{show('MainPID')}/status").read_text()
    for name, value in (("CapEff", "0000000000000400"), ("NoNewPrivs", "1"), ("Seccomp", "2")):
        assert re.search(rf"^{name}:\t{value}$", status, re.MULTILINE), name
    print("    plain unit:", run("systemd-analyze", "security", "--threshold=16", "mailsockd").splitlines()[-1])


def received() -> None:
    """A mail by SMTP comes out of the WebSocket, and a restart closes that with 1001."""
    rest("POST", f"/api/addresses/{ADDRESS}", {"enablews": True})
    listener = WebSocket()
    identity = mail("Hello")
    opcode, content = listener.frame()
    message = json.loads(content)
    assert (opcode, message["subject"], message["_id"]) == (1, "Hello", f"{identity}-0")
    run("systemctl", "restart", "mailsockd")
    opcode, content = listener.frame()
    assert (opcode, int.from_bytes(content[:2], "big")) == (8, 1001)
    assert stored() == {identity}


def killed() -> None:
    """kill -9 in the middle of mail: systemd starts it again, and what was acknowledged is there."""
    acknowledged: list[str] = []
    over = threading.Event()

    def send() -> None:
        while not over.is_set():
            try:
                acknowledged.append(mail("kill"))
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for _ in range(3):
        before = len(acknowledged)
        until(lambda: len(acknowledged) > before + 20, "mail is taken")  # noqa: B023
        old = show("MainPID")
        os.kill(int(old), signal.SIGKILL)
        until(lambda: replaced(old), "it runs again")  # noqa: B023
    over.set()
    for sender in senders:
        sender.join()
    missing = set(acknowledged) - stored()
    assert not missing, f"{len(missing)} of {len(acknowledged)} are missing"
    assert int(show("NRestarts")) == 3


def stuck() -> None:
    """A daemon that does nothing any more is ended by the watchdog and started again."""
    DROP_INS.mkdir()
    (DROP_INS / "watchdog.conf").write_text("[Service]\nWatchdogSec=3\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", "mailsockd")
    old, fed = show("MainPID"), show("WatchdogTimestampMonotonic")
    until(lambda: show("WatchdogTimestampMonotonic") != fed, "the watchdog is fed")
    os.kill(int(old), signal.SIGSTOP)
    until(lambda: replaced(old), "it runs again", 90)
    (DROP_INS / "watchdog.conf").unlink()
    DROP_INS.rmdir()
    run("systemctl", "daemon-reload")


def reloaded() -> None:
    """A bad file is refused with its reason and changes nothing; a good one is taken over by the same process."""
    pid = show("MainPID")
    OWN.write_text("limits: {recipients: none}\n")
    run("systemctl", "reload", "mailsockd", fails=True)
    assert f"{OWN}:1: limits.recipients: must be a whole number" in journal()
    assert (active(), show("MainPID")) == (True, pid)
    OWN.write_text("limits: {recipients: 7}\n")
    run("systemctl", "reload", "mailsockd")
    assert (active(), show("MainPID")) == (True, pid)
    OWN.write_text("data: [\n")
    run("systemctl", "restart", "mailsockd", fails=True)
    assert f"{OWN}:2: it is not YAML" in journal()


def encrypted() -> None:
    """As confined as it is, it speaks TLS: mail by STARTTLS, and HTTP from the first byte."""
    OWN.write_text('tls: {self_signed: true}\nhttp: {listen_tls: ["127.0.0.1:8443"]}\n')
    run("systemctl", "reset-failed", "mailsockd")
    run("systemctl", "restart", "mailsockd")
    trust = ssl.create_default_context(cafile=str(DATA / "self-signed.pem"))
    with smtplib.SMTP("localhost", ports["smtp"]) as client:
        client.starttls(context=trust)
        assert client.sendmail("tls@example.org", [ADDRESS], b"Subject: sealed\r\n\r\nx\r\n") == {}
    connection = http.client.HTTPSConnection("localhost", 8443, timeout=60, context=trust)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()


def low_ports() -> None:
    """A few lines put it on port 25 and 80."""
    OWN.write_text('smtp:\n  listen: ["0.0.0.0:25"]\nhttp:\n  listen: ["0.0.0.0:80"]\n')
    run("systemctl", "reset-failed", "mailsockd")
    run("systemctl", "restart", "mailsockd")
    ports.update(smtp=25, http=80)
    assert mail("port 25") in stored()


def activated() -> None:
    """systemd holds the ports: a restart loses no request and no mail, and the daemon needs no right of root's."""
    OWN.write_text("smtp:\n  listen: ['systemd:smtp']\nhttp:\n  listen: ['systemd:http']\n")
    run("install", "-D", "-m", "644", "/usr/share/mailsockd/sockets.conf", str(DROP_INS / "sockets.conf"))
    sockets = ["mailsockd-smtp.socket", "mailsockd-http.socket"]
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", *sockets)
    run("systemctl", "stop", "mailsockd")
    run("systemctl", "start", *sockets)
    assert not active()
    acknowledged = [mail("wakes it up")]
    until(active, "it runs")
    status = Path(f"/proc/{show('MainPID')}/status").read_text()
    assert re.search(r"^CapBnd:\t0+$", status, re.MULTILINE), status
    print("    with sockets:", run("systemd-analyze", "security", "--threshold=11", "mailsockd").splitlines()[-1])
    answers, over = [0], threading.Event()
    failures: list[Exception] = []

    def ask() -> None:
        while not over.is_set():
            try:
                rest("GET", "/api/me")
                answers[0] += 1
            except Exception as error:
                failures.append(error)

    def send() -> None:
        while not over.is_set():
            try:
                acknowledged.append(mail("load"))
            except (smtplib.SMTPException, AssertionError, OSError):  # 421: nothing was promised
                continue

    threads = [threading.Thread(target=work) for work in (ask, ask, send, send)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        before = answers[0]
        until(lambda: answers[0] > before + 20, "calls are answered")  # noqa: B023
        run("systemctl", "restart", "mailsockd")
    over.set()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]
    assert set(acknowledged) - stored() == set()
    print(f"    {answers[0]} calls and {len(acknowledged)} mails over 3 restarts")


def upgraded() -> None:
    """An upgrade keeps mail, accounts and edited configuration, and the new one runs."""
    before, own = stored(), OWN.read_text()
    run(*APT, "install", str(PACKAGES / "second.deb"))
    assert "# the second version" in (ETC / "mailsockd.yaml").read_text()  # nobody had edited it
    assert (OWN.read_text(), active()) == (own, True)
    assert stored() == before
    edited = (ETC / "mailsockd.yaml").read_text() + "# edited\n"
    (ETC / "mailsockd.yaml").write_text(edited)
    run(*APT, *KEEP, "install", str(PACKAGES / "third.deb"))
    assert (ETC / "mailsockd.yaml").read_text() == edited
    assert (ETC / "mailsockd.yaml.dpkg-dist").exists()
    assert (active(), stored()) == (True, before)


def removed() -> None:
    """To remove it keeps data and configuration; installed again, everything is there."""
    before, own = stored(), OWN.read_text()
    run(*APT, "remove", "mailsockd")
    assert run("ss", "-Hltn").strip() == ""
    assert not Path("/usr/bin/mailsockd").exists()
    assert (DATA / "mailbox.db").exists()
    assert OWN.read_text() == own
    run(*APT, *KEEP, "install", str(PACKAGES / "third.deb"))
    assert stored() == before  # the sockets are enabled still, and started


def purged() -> None:
    """To purge it leaves nothing but the user, and what the operator has put elsewhere."""
    run(*APT, "purge", "mailsockd")
    (DROP_INS / "sockets.conf").unlink()
    DROP_INS.rmdir()
    run("systemctl", "daemon-reload")
    run("systemctl", "reset-failed")
    left = run("find", "/etc", "/usr", "/var", "/run", "/lib/systemd", "-xdev", "-name", "*mailsockd*").split()
    assert left == [], left
    assert b"mailsockd" not in CACHE.read_bytes()
    assert "mailsockd" in run("getent", "passwd", "mailsockd")
    assert "mailsockd" not in run("systemctl", "list-units", "--all")


CHAPTERS = (
    installed, confined, received, killed, stuck, reloaded, encrypted, low_ports, activated, upgraded, removed, purged,
)  # fmt: skip


if __name__ == "__main__":
    for chapter in CHAPTERS:
        began = time.monotonic()
        print(f"{chapter.__name__}: {(chapter.__doc__ or '').strip()}", flush=True)
        chapter()
        print(f"    {time.monotonic() - began:.1f} s", flush=True)
    sys.stdout.write("the whole story is true\n")
