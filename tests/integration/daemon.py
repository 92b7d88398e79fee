"""
The daemon as a process of its own, in a folder of its own, on ports of its own.

The environment variable MAILSOCKD_PYTHON names the interpreter that runs it; the tests themselves run on another one.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from tests.integration.waiting import until

ROOT = Path(__file__).parent.parent.parent
PYTHON = os.environ.get("MAILSOCKD_PYTHON") or sys.executable
PROGRAM = (PYTHON, "-m", "mailsockd.script")
DOMAIN = "mail.test"
# A port of the system's own choice could be taken by a client before the daemon has bound it, or while it restarts.
_PORTS = range(20_000, 32_000)
_GIVEN: set[int] = set()


def environment(python_path: str | Path = ROOT) -> dict[str, str]:
    """Give the environment to run the daemon in: the checkout, or another folder, is where mailsockd is found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILSOCKD_")}
    return {**kept, "PYTHONPATH": str(python_path), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}


def twistd() -> str:
    """Give the path of the interpreter's twistd, which Debian calls twistd3."""
    folder = Path(PYTHON).parent
    for name in ("twistd", "twistd3"):
        if (folder / name).exists():
            return str(folder / name)
    raise AssertionError(f"there is no twistd beside {PYTHON}")


def free_port() -> int:
    """Give a port on 127.0.0.1 that nobody listens on, another one each time."""
    for port in random.sample(_PORTS, len(_PORTS)):
        if port not in _GIVEN:
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            _GIVEN.add(port)
            return port
    raise AssertionError("no port is free")


def open_port(port: int) -> bool:
    """Tell whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Daemon:
    """
    One daemon with its folder: configuration, data, log.

    As a context manager it runs inside, and is ended and looked over at the end: its log must hold no traceback and no
    secret. `settings` are added to the configuration, section by section. `program` is what runs it, to which
    `--config FILE` is added, unless it is to find the file in its working folder; `before` is put in front of that.
    """

    def __init__(
        self,
        settings: Mapping[str, Any] | None = None,
        *,
        program: Sequence[str] = PROGRAM,
        before: Sequence[str] = (),
        python_path: Path = ROOT,
        named: bool = True,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mailsockd-"))
        self.data = self.folder / "data"
        self.smtp, self.http = free_port(), free_port()
        self.file = self.folder / "mailsockd.yaml"
        self._log = self.folder / "log"
        self.command = [*before, *program, *(["--config", str(self.file)] if named else [])]
        self._python_path = python_path
        self._process: subprocess.Popen[bytes] | None = None
        self.account = self.password = self.key = ""
        self._config: dict[str, Any] = {
            "hostname": f"mx.{DOMAIN}",
            "domains": [DOMAIN],
            "data": str(self.data),
            "smtp": {"listen": [f"127.0.0.1:{self.smtp}"]},
            "http": {"listen": [f"127.0.0.1:{self.http}"]},
            "capture": {"listen": []},
        }
        self.configure(settings or {})

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Add settings to the configuration, section by section, for the next start."""
        for name, value in settings.items():
            both = {**self._config.get(name, {}), **value} if isinstance(value, Mapping) else value
            self._config[name] = both
        self.file.write_text(yaml.safe_dump(self._config))

    @property
    def url(self) -> str:
        """Where REST is."""
        return f"http://127.0.0.1:{self.http}"

    @property
    def socket_url(self) -> str:
        """Where the socket is, without its query."""
        return f"ws://127.0.0.1:{self.http}/incoming-messages"

    @property
    def log(self) -> str:
        """What all its runs said, on stdout and stderr."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def memory(self) -> int:
        """Give the bytes of memory that the process has now."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("the kernel tells no VmRSS")

    def start(self) -> Self:
        """Start it and wait until it serves."""
        assert not self.running
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, cwd=self.folder, env=environment(self._python_path),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        until(self._serves, "the daemon serves", 40)
        if not self.key:
            text = (self.data / "initial-credentials").read_text()
            pairs = dict(line.split(": ") for line in text.splitlines())
            self.account, self.password, self.key = pairs["account"], pairs["password"], pairs["key"]
        return self

    def _serves(self) -> bool:
        assert self._process is not None
        status = self._process.poll()
        assert status is None, f"the daemon ended with status {status}:\n{self.log[-4000:]}"
        credentials = self.key or (self.data / "initial-credentials").exists()
        return bool(credentials and open_port(self.smtp) and open_port(self.http))

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        assert self._process is not None and self._process.poll() is None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would end it, without a word."""
        self.signal(signal.SIGKILL)
        self.ended()

    def stop(self) -> int:
        """End it as a service manager does. Gives its status, -15 when it ended by SIGTERM."""
        self.signal(signal.SIGTERM)
        return self.ended()

    def ended(self, seconds: float = 30) -> int:
        """Wait until it has ended, and give its status."""
        assert self._process is not None
        return self._process.wait(seconds)

    def look_over(self) -> None:
        """Fail when the log holds what it must never hold."""
        log = self.log
        for word in ("Traceback", "Unhandled", self.key, self.password):
            assert not word or word not in log, f"the log holds {word!r}:\n{log[-8000:]}"

    def remove(self) -> None:
        """End the process if it still runs, and remove the folder."""
        if self.running:
            self.kill()
        shutil.rmtree(self.folder)

    def __enter__(self) -> Self:
        """Start it."""
        try:
            return self.start()
        except BaseException:
            self.remove()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it and look it over."""
        try:
            if error is not None:
                error.add_note(f"the end of the daemon's log:\n{self.log[-4000:]}")
                return
            if self.running:
                self.stop()
            self.look_over()
        finally:
            self.remove()
