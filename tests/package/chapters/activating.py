"""Ports that systemd holds: docs/install-debian.md."""

import re
from pathlib import Path

from chapters.configuring import PUBLIC
from chapters.machine import DROP_INS, OWN, active, run, show, until
from chapters.talk import WebSocket, load, mail, stored

SOCKETS = ["mailsockd-smtp.socket", "mailsockd-http.socket", "mailsockd-https.socket"]


def activated() -> None:
    """A connection starts the daemon, which needs no right of root's any more; restarts lose no request and no mail."""
    own = PUBLIC.replace("0.0.0.0:25", "systemd:smtp").replace("127.0.0.1:8025", "systemd:http")
    OWN.write_text(own.replace("0.0.0.0:443", "systemd:https"))
    run("install", "-D", "-m", "644", "/usr/share/mailsockd/sockets.conf", str(DROP_INS / "sockets.conf"))
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", *SOCKETS)
    run("systemctl", "stop", "mailsockd")
    run("systemctl", "start", *SOCKETS)
    assert not active()
    first = mail("wakes it up")
    until(active, "it runs")
    status = Path(f"/proc/{show('MainPID')}/status").read_text()
    assert re.search(r"^CapBnd:\t0+$", status, re.MULTILINE), status
    print("    with sockets:", run("systemd-analyze", "security", "--threshold=11", "mailsockd").splitlines()[-1])
    listener = WebSocket()
    with load(senders=2, callers=2) as (acknowledged, answered):
        for _ in range(3):
            before = answered[0]
            until(lambda: answered[0] > before + 20, "calls are answered")  # noqa: B023
            run("systemctl", "restart", "mailsockd")
    assert {first, *acknowledged} - stored() == set()
    while (frame := listener.frame())[0] == 1:
        pass
    assert int.from_bytes(frame[1][:2], "big") == 1001
    print(f"    {answered[0]} calls by TLS and {len(acknowledged)} mails over 3 restarts")
