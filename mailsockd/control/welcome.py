"""`mailsockctl welcome`: where the daemon listens, the first account, and three lines to paste that show it at work."""

import importlib.util
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import attrs

from mailsockd.control.client import Failed
from mailsockd.control.command import Context, Group, seconds
from mailsockd.control.output import Output
from mailsockd.control.status_commands import wait_until_ready
from mailsockd.listen import InvalidListen, listen

CREDENTIALS = "initial-credentials"
MODULE = "mailsockd.control.ctl"
LOCAL_PART = "hello"
SENDER = "you@example.org"
EXAMPLE = Path("examples/websocket-python/main.py")
EXAMPLE_SERVER = "ws://127.0.0.1:8025"  # where the example connects to when nobody says


def declare(program: Group) -> None:
    """Declare the command."""
    command = program.command(
        "welcome",
        _welcome,
        "Show where the daemon listens, its first account, and three lines to paste that show it at work.",
        "welcome",
        "welcome --wait 30",
    )
    command.add_argument("--wait", metavar="S", type=seconds, default=0.0, help="wait up to this many seconds for it")


def _welcome(context: Context) -> int:
    parent = os.getppid()
    try:
        wait_until_ready(context.daemon, context.options.wait, go_on=lambda: os.getppid() == parent)
    except Failed:
        if os.getppid() != parent:
            return 1  # started beside the daemon, which has ended and said why
        raise
    status = context.daemon.call("GET", "status")
    credentials = read_credentials(Path(status["data"]) / CREDENTIALS)
    if context.output.json:
        context.output.value({**status, "credentials": credentials})
    else:
        show(context.output, status, credentials, Surroundings.found(context))
    return 0


def read_credentials(path: Path) -> dict[str, str] | None:
    """Read `account`, `password` and `key` of the first account; None when the file is gone or not for us."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return None
    return {name: value for name, _, value in (line.partition(": ") for line in lines) if value}


@attrs.frozen
class Surroundings:
    """What lines to paste are made of: how to call this program and its Python, and whether the example can run."""

    program: str
    python: str
    folder: Path
    example: bool

    @classmethod
    def found(cls, context: Context) -> "Surroundings":
        """Look around."""
        python = _shown(Path(sys.executable))
        called = Path(sys.argv[0])
        words = [python, "-m", MODULE] if called.suffix == ".py" else [_shown(called)]
        for option in ("control", "config"):
            value = getattr(context.options, option)
            words += [f"--{option}", value] if value else []
        example = EXAMPLE.exists() and importlib.util.find_spec("websockets") is not None
        return cls(shlex.join(words), shlex.quote(python), Path.cwd(), example)


def _shown(program: Path) -> str:
    if shutil.which(program.name) == str(program):
        return program.name
    return str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else str(program)


def show(
    output: Output, status: Mapping[str, Any], credentials: Mapping[str, str] | None, around: Surroundings
) -> None:
    """Write everything that somebody who has just started the daemon wants to know."""
    listeners = status["listeners"]
    http, smtp = _url(listeners, "http", "http"), _place(listeners, "smtp.listen")
    socket = _url(listeners, "http", "ws")
    output.say()
    output.say(output.strong(f"mailsockd {status['version']} is ready."))
    output.say()
    pairs = [("SMTP", ", ".join([*listeners.get("smtp.listen", ()), *listeners.get("smtp.listen_tls", ())]))]
    pairs += [("HTTP", http), ("WebSocket", f"{socket}/incoming-messages"), ("test page", f"{http}/websocket-test")]
    output.pairs(pairs, "  ")
    output.say()
    data = Path(status["data"])
    if credentials:
        output.pairs([(name, credentials.get(name, "")) for name in ("account", "password", "key")], "  ")
        file = data / CREDENTIALS
        shown = file.relative_to(around.folder) if file.is_relative_to(around.folder) else file
        output.say(f"  (also in {shown}; remove that file when you have noted them)")
    else:
        output.say(f"  {CREDENTIALS} is gone from {data} or not yours to read; `account add` and `key add` make others")
    account = (credentials or {}).get("account", "admin")
    key = (credentials or {}).get("key", "KEY")
    address = f"{LOCAL_PART}@{status['domains'][0] if status['domains'] else 'localhost'}"
    _lines(output, around, account, key, address, smtp, http)


def _lines(
    output: Output, around: Surroundings, account: str, key: str, address: str, smtp: tuple[str, int] | None, http: str
) -> None:
    variables = f"MAILSOCKD_ACCOUNT={account} MAILSOCKD_KEY={key} MAILSOCKD_ADDRESSES={address}"
    url = http.replace("http", "ws", 1)
    server = "" if url == EXAMPLE_SERVER else f"MAILSOCKD_URL={url} "
    on_socket = f"{server}{variables} {around.python} {EXAMPLE}"
    send = f"{around.program} send {address}"
    curl_send = ""
    if smtp:
        host, port = smtp
        mail = "Subject: Hello\\n\\nIt works."
        send = (
            f"{around.python} -c \"import smtplib; smtplib.SMTP('{host}', {port})"
            f".sendmail('{SENDER}', '{address}', '{mail}')\""
        )
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        curl_send = f"printf '{mail}\\n' | curl smtp://{place} --mail-from {SENDER} --mail-rcpt {address} -T -"
    listener = on_socket if around.example else f"{around.program} tail {address}"
    output.say()
    output.say(output.strong("Three lines to paste, the second into a terminal of its own:"))
    _numbered(
        output,
        (
            (
                "reserve an address and send its mail to web sockets",
                f"{around.program} address add {address} --account {account} --enablews",
            ),
            ("listen", listener),
            ("send it a mail by SMTP", send),
        ),
    )
    output.say("With curl, the first and the third:")
    output.say()
    body = '{"enablews": true}'
    output.say(f"   curl -X POST -H 'Mailsac-Key: {key}' -d '{body}' {http}/api/addresses/{address}")
    if curl_send:
        output.say(f"   {curl_send}")
    output.say()


def _numbered(output: Output, lines: Sequence[tuple[str, str]]) -> None:
    for number, (what, line) in enumerate(lines, 1):
        output.say()
        output.say(f"{number}. {what}")
        output.say(f"   {line}")
    output.say()


def _place(listeners: Mapping[str, Sequence[str]], setting: str) -> tuple[str, int] | None:
    """Give host and port to connect to."""
    for item in listeners.get(setting, ()):
        try:
            found = listen(item)
        except InvalidListen:
            continue
        if found.host and found.port:
            host = ip_address(found.host.partition("%")[0])
            loopback = "::1" if host.version == 6 else "127.0.0.1"
            return (loopback if host.is_unspecified else found.host), found.port
    return None


def _url(listeners: Mapping[str, Sequence[str]], setting: str, scheme: str) -> str:
    for name, prefix in ((f"{setting}.listen", scheme), (f"{setting}.listen_tls", f"{scheme}s")):
        place = _place(listeners, name)
        if place:
            host, port = place
            return f"{prefix}://[{host}]:{port}" if ":" in host else f"{prefix}://{host}:{port}"
    return f"{scheme}://(nowhere)"
