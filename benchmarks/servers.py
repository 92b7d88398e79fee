"""How each server is started: mailsockd as people run it, and the references."""

import json
import os
import re
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from processes import end, free_port, launch, wait_for_line, wait_for_port

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OUT = HERE / "out"
INBOX = "box@mail.test"

CONFIGURATION = """\
hostname: mail.test
domains: [mail.test]
data: {folder}
state: sqlite
smtp:
  listen: ["127.0.0.1:{smtp}"]
http:
  listen: ["127.0.0.1:{http}"]
capture:
  listen: []
# All load comes from one address here.
limits:
  http_connections_per_peer: 20000
  smtp_connections_per_peer: 500
"""


@dataclass(frozen=True)
class Running:
    """A server that is ready: where mail goes in (by SMTP, or by POST for `ws`) and where frames come out."""

    process: subprocess.Popen
    versions: str
    mail_port: int
    socket_port: int
    path: str
    takes: str = "smtp"
    stored: Callable[[], int] | None = None  # how many mails the store holds


@dataclass(frozen=True)
class Interpreters:
    """The programs that run the servers."""

    python: str  # has mailsockd's dependencies; runs mailsockd and stock Twisted
    reference_python: str  # has aiosmtpd and websockets
    node: str
    node_path: Path


def start_mailsockd(python: str, folder: Path) -> Running:
    """mailsockd with a configuration of its own in `folder`.

    The inbox is reserved, with its web socket enabled, by the account that the first start makes.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    smtp, http = free_port(), free_port()
    configuration = folder / "mailsockd.yaml"
    configuration.write_text(CONFIGURATION.format(folder=folder, smtp=smtp, http=http))
    log = folder / "server.log"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = launch([python, "-m", "mailsockd.script", "--config", configuration], log, environment)
    try:
        wait_for_port(process, log, smtp)
        wait_for_port(process, log, http)
        key = first_key(folder / "initial-credentials")
        reserve(http, key)
    except BaseException:
        end(process)
        raise
    path = f"/incoming-messages?key={key}&addresses={INBOX}"
    versions = f"mailsockd on {python_versions(python)}"
    return Running(process, versions, smtp, http, path, stored=lambda: message_count(http, key))


def first_key(credentials: Path, patience: float = 10.0) -> str:
    """The API key that the first start writes down; hashing the password beside it may take longer than listening."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with suppress(FileNotFoundError):
            found = re.search(r"\bk_[A-Za-z0-9]{20,}", credentials.read_text())
            if found:
                return found.group()
        time.sleep(0.05)
    raise RuntimeError(f"no API key in {credentials}")


def rest(port: int, key: str, method: str, path: str, body: object = None) -> object:
    """mailsockd's answer to one REST call."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api{path}",
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Mailsac-Key": key, "Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def reserve(port: int, key: str) -> None:
    """Reserve the inbox and enable its web socket."""
    rest(port, key, "POST", f"/addresses/{INBOX}", {"enablews": True})


def message_count(port: int, key: str) -> int:
    """How many mails the inbox holds."""
    answer = rest(port, key, "GET", f"/addresses/{INBOX}/message-count")
    return int(answer["count"])


def row_count(folder: Path) -> int:
    """How many mails a reference has stored."""
    with closing(sqlite3.connect(folder / "mail.sqlite")) as database:
        return int(database.execute("SELECT count(*) FROM content").fetchone()[0])


def python_versions(python: str) -> str:
    """Twisted, Autobahn and Python as the interpreter sees them."""
    code = (
        "import sys; from importlib.metadata import version as v;"
        "print('Twisted', v('twisted') + ', Autobahn', v('autobahn') + ', Python', sys.version.split()[0])"
    )
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def start_reference(command: list, folder: Path, takes: str, environment: dict[str, str] | None = None) -> Running:
    """A program that takes its ports as its last arguments and prints READY with its versions."""
    mail, socket = free_port(), free_port()
    if takes == "post":
        mail = socket
    words = [mail] if takes == "post" else [mail, socket]
    log = folder / "server.log"
    process = launch([*command, *words], log, environment)
    try:
        versions = wait_for_line(process, log, "READY").removeprefix("READY ")
    except BaseException:
        end(process)
        raise
    path = f"/incoming-messages?key=none&addresses={INBOX}"
    stored = (lambda: row_count(folder)) if folder in command else None
    return Running(process, versions, mail, socket, path, takes, stored)


def starters(programs: Interpreters) -> dict[str, Callable[[Path], Running]]:
    """Every server by name: a function that starts it in a folder."""
    references = HERE / "references"

    def stock(folder: Path) -> Running:
        return start_reference([programs.python, references / "stock_twisted.py", folder], folder, "smtp")

    def aiosmtpd(folder: Path) -> Running:
        return start_reference([programs.reference_python, references / "aiosmtpd_stack.py", folder], folder, "smtp")

    def node(folder: Path) -> Running:
        environment = {**os.environ, "NODE_PATH": str(programs.node_path)}
        return start_reference([programs.node, references / "ws_fanout.js"], folder, "post", environment)

    def sink(folder: Path) -> Running:
        return start_reference([OUT / "mailsink"], folder, "smtp")

    def mailsockd(folder: Path) -> Running:
        return start_mailsockd(programs.python, folder)

    return {"mailsockd": mailsockd, "stock": stock, "aiosmtpd": aiosmtpd, "ws": node, "sink": sink}
