"""The machine that the story is told on: its programs, its folders, its service."""

import os
import signal
import subprocess
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


def kill() -> None:
    """End the daemon with kill -9, and wait until systemd has started another."""
    old = show("MainPID")
    os.kill(int(old), signal.SIGKILL)
    until(lambda: replaced(old), "it runs again")
