"""
What systemd is told: sd_notify(3), a datagram to the socket that NOTIFY_SOCKET names. Without one nothing is said.

The service manager must never keep the daemon from serving: what it does not take at once is dropped.
"""

import socket
import time
from collections.abc import Callable, Mapping

import attrs
from twisted.logger import Logger

Tell = Callable[[bytes], object]
LONGEST_STATUS = 500


@attrs.define
class Notifier:
    """
    The daemon's words to the service manager.

    `tell` sends one datagram, None when nobody listens. `watchdog` is the seconds within which the manager wants to
    hear that the daemon is alive, 0 when it does not ask.
    """

    _tell: Tell | None = None
    watchdog: float = 0.0
    _monotonic: Callable[[], float] = time.monotonic
    _status: str = attrs.field(default="", init=False)

    _log = Logger()

    @classmethod
    def of(cls, environment: Mapping[str, str], pid: int) -> "Notifier":
        """Make the Notifier that the environment of process `pid` asks for."""
        path = environment.get("NOTIFY_SOCKET", "")
        if path[:1] not in ("/", "@"):
            return cls()
        named = environment.get("WATCHDOG_PID", str(pid))
        microseconds = environment.get("WATCHDOG_USEC", "0") if named == str(pid) else "0"
        return cls(_Datagrams(path), int(microseconds) / 1_000_000 if microseconds.isdecimal() else 0.0)

    def ready(self, status: str = "") -> None:
        """The start, or a reload, is over; `status` says in one line how it is now."""
        self._status = _line(status) or self._status
        self._send("READY=1", *([f"STATUS={self._status}"] if self._status else ()))

    def reloading(self) -> None:
        """A reload has begun; `ready` ends it, also one that failed."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={int(self._monotonic() * 1_000_000)}")

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1", "STATUS=ending")

    def status(self, text: str) -> None:
        """How the daemon is, in one line, as `systemctl status` shows it. The same again is not sent."""
        text = _line(text)
        if text != self._status:
            self._status = text
            self._send(f"STATUS={text}")

    def alive(self) -> None:
        """The daemon does what it is for; due every `watchdog` seconds."""
        self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if self._tell is None:
            return
        try:
            self._tell("\n".join(lines).encode())
        except OSError as error:
            self._log.debug("the service manager was not told: {error}", error=str(error))


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_STATUS]


@attrs.frozen
class _Datagrams:
    """Sends datagrams to a socket file, or to an abstract one, whose name begins with @."""

    path: str

    def __call__(self, content: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            sender.connect("\0" + self.path[1:] if self.path[0] == "@" else self.path)
            sender.send(content)
