"""What systemd is told, over a real socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailsockd.notify import Notifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def notifier(manager: socket.socket, **more: str) -> Notifier:
    return Notifier.of({"NOTIFY_SOCKET": manager.getsockname(), **more}, 77)


def test_each_word_is_one_datagram(manager: socket.socket) -> None:
    """Ready with its status, a reload with the time that it began, alive, and the end, as sd_notify(3) writes them."""
    told = notifier(manager)
    told.ready("SMTP on\n127.0.0.1:25")
    told.reloading()
    told.ready()
    told.alive()
    told.stopping()
    assert manager.recv(1000) == b"READY=1\nSTATUS=SMTP on 127.0.0.1:25"
    reloading, _, began = manager.recv(1000).partition(b"\nMONOTONIC_USEC=")
    assert reloading == b"RELOADING=1"
    assert int(began) > 0
    assert manager.recv(1000) == b"READY=1\nSTATUS=SMTP on 127.0.0.1:25"
    assert manager.recv(1000) == b"WATCHDOG=1"
    assert manager.recv(1000) == b"STOPPING=1\nSTATUS=ending"


def test_a_status_is_sent_once(manager: socket.socket) -> None:
    """The same status again is no news; a long one is cut."""
    told = notifier(manager)
    told.status("2 web sockets")
    told.status("2 web  sockets")
    told.status("x" * 600)
    assert manager.recv(1000) == b"STATUS=2 web sockets"
    assert manager.recv(1000) == b"STATUS=" + b"x" * 500
    with pytest.raises(BlockingIOError):
        manager.recv(1000)


def test_an_abstract_socket_is_reached() -> None:
    """A name that begins with @ is no file."""
    name = f"mailsockd-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        Notifier.of({"NOTIFY_SOCKET": f"@{name}"}, 77).alive()
        assert listener.recv(1000) == b"WATCHDOG=1"


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "relative"}])
def test_nobody_listens(environment: dict[str, str]) -> None:
    """Without a socket to speak to nothing is said, and no watchdog waits."""
    told = Notifier.of({**environment, "WATCHDOG_USEC": "1000000"}, 77)
    told.ready("x")
    told.alive()
    assert told.watchdog == 0


def test_a_manager_that_is_gone_or_full_is_no_reason_to_stop(manager: socket.socket) -> None:
    """What it does not take at once is dropped."""
    told = notifier(manager)
    for _ in range(2000):  # far more than a queue of datagrams holds
        told.alive()
    manager.close()
    told.alive()


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "77"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "78"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_watchdog_is_for_the_process_that_is_named(
    manager: socket.socket, environment: dict[str, str], seconds: float
) -> None:
    """Its time is given in microseconds, and for one process alone when it names one."""
    assert notifier(manager, **environment).watchdog == seconds
