"""The sockets that systemd passes."""

import os
import socket
from collections.abc import Iterator

import pytest

from mailsockd import activation
from mailsockd.activation import keep, passed
from mailsockd.listen import InvalidListen, listen
from mailsockd.preflight import endpoints

PLACE = 300  # a number that no other descriptor of this process has


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put an IPv4 socket, an IPv6 socket and a pipe where systemd would put them."""
    monkeypatch.setattr(activation, "FIRST", PLACE)
    end, other = os.pipe()
    with socket.socket(socket.AF_INET) as four, socket.socket(socket.AF_INET6) as six:
        four.listen()
        six.listen()
        for number, descriptor in enumerate((four.fileno(), six.fileno(), end)):
            os.dup2(descriptor, PLACE + number)
        os.close(end)
        os.close(other)
        yield
    for number in range(3):
        os.close(PLACE + number)


def environment(names: str, count: str = "2", pid: str = "77") -> dict[str, str]:
    return kept({"LISTEN_PID": pid, "LISTEN_FDS": count, "LISTEN_FDNAMES": names})


def kept(given: dict[str, str]) -> dict[str, str]:
    """Give the environment as it is when Twisted has read it."""
    environment = dict(given)
    keep(environment)
    return {name: value for name, value in environment.items() if name not in given}


@pytest.mark.usefixtures("three")
def test_sockets_are_known_by_their_names() -> None:
    """Each has its endpoint string, by its place; two of one name are both there; what is no socket is left out."""
    assert passed(environment("http:smtp"), 77) == {
        "http": ("systemd:domain=INET:index=0",),
        "smtp": ("systemd:domain=INET6:index=1",),
    }
    assert passed(environment("smtp:smtp:fifo", "3"), 77) == {
        "smtp": ("systemd:domain=INET:index=0", "systemd:domain=INET6:index=1")
    }
    assert passed(kept({"LISTEN_PID": "77", "LISTEN_FDS": "1"}), 77) == {"unknown": ("systemd:domain=INET:index=0",)}


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    "given", [{}, environment("a:b", pid="78"), environment("a:b", count="x"), environment("a:b", count="0")]
)
def test_sockets_of_another_process_are_not_ours(given: dict[str, str]) -> None:
    """Without a number, or with the id of another process, there are none."""
    assert passed(given, 77) == {}


@pytest.mark.usefixtures("three")
def test_a_descriptor_that_does_not_listen_is_left_out() -> None:
    """A name that leads to no listening socket is as good as none."""
    assert passed(environment("a:b:c:d", "4"), 77).keys() == {"a", "b"}


def test_a_listener_takes_all_sockets_of_its_name() -> None:
    """One name may stand for several; other places are one endpoint string each."""
    sockets = {"smtp": ("systemd:domain=INET:index=0", "systemd:domain=INET6:index=1")}
    assert endpoints("systemd:smtp", sockets) == sockets["smtp"]
    assert endpoints("127.0.0.1:25", sockets) == ["tcp:25:interface=127.0.0.1"]
    assert endpoints("systemd:domain=INET:index=0", sockets) == ["systemd:domain=INET:index=0"]
    with pytest.raises(InvalidListen, match=r"are named by systemd:NAME, such as systemd:smtp"):
        listen("systemd:domain=INET6:name=smtp")
