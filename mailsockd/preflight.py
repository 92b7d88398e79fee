"""What is checked before the daemon starts: its data folder and what is in it, its certificates, its ports."""

import os
import socket
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import attrs

from mailsockd import filesystem
from mailsockd.actions.ports import Snapshot, StateUnreadable
from mailsockd.activation import passed
from mailsockd.config import Config
from mailsockd.listen import bind, listen
from mailsockd.reload import Loaded, load_files
from mailsockd.storage.lock import FolderLock, FolderUnusable
from mailsockd.stores import mailbox_store, state_file, state_store


@attrs.frozen
class Ready:
    """
    What the preflight leaves for the start: the data folder, locked, the state in it, and the files that are set.

    `sockets` are those that systemd passes, as endpoint strings, by their names.
    """

    lock: FolderLock
    snapshot: Snapshot
    loaded: Loaded
    sockets: Mapping[str, Sequence[str]]


def check(config: Config) -> Ready:
    """Raise ConfigError for the first thing that would keep the daemon from working."""
    lock, snapshot = _data(config)
    loaded = load_files(config)
    sockets = passed(os.environ, os.getpid())
    for key, items in listeners(config):
        for item in items:
            _port(config, key, item)
            _passed(config, key, item, sockets)
    _control(config)
    return Ready(lock, snapshot, loaded, sockets)


def listeners(config: Config) -> list[tuple[str, tuple[str, ...]]]:
    """Give every listener setting and where it listens."""
    return [
        ("smtp.listen", config.smtp.listen),
        ("smtp.listen_tls", config.smtp.listen_tls),
        ("http.listen", config.http.listen),
        ("http.listen_tls", config.http.listen_tls),
        ("capture.listen", config.capture.listen),
        ("capture.listen_tls", config.capture.listen_tls),
        ("pop3.listen", config.pop3.listen),
        ("pop3.listen_tls", config.pop3.listen_tls),
        ("metrics.listen", config.metrics.listen),
    ]


def _data(config: Config) -> tuple[FolderLock, Snapshot]:
    """Take the folder, try to write in it, and read the state, which ends the start when it is damaged."""
    folder = Path(config.data)
    try:
        lock = FolderLock(folder)
        _on_a_disk(config, folder)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"mailsockd")
        _same_kind(config)
        snapshot = state_store(config, _unused, _unused).load()
        mailbox_store(config, _unused, _unused)
    except (FolderUnusable, StateUnreadable) as error:
        raise config.error("data", str(error)) from error
    except OSError as error:
        raise config.error("data", f"{folder} cannot be written: {error.strerror}") from error
    return lock, snapshot


def _on_a_disk(config: Config, folder: Path) -> None:
    type = filesystem.kind(folder)
    if filesystem.is_network(type) and not config.data_on_network:
        advice = "set data_on_network to true if you know that its locks and fsync hold"
        reason = f"{folder} is on {type}, a file system of a network, where mail can be lost; {advice}"
        raise config.error("data", reason)


def _same_kind(config: Config) -> None:
    """Refuse to begin with an empty state beside a full one: addresses that are reserved there would be public."""
    other = "sqlite" if config.state == "yaml" else "yaml"
    if not state_file(config, config.state).exists() and state_file(config, other).exists():
        raise config.error(
            "state",
            f"is {config.state}, but {config.data} holds {state_file(config, other).name}: "
            f"run `mailsockctl state convert {config.state}`, or set it to {other}",
        )


def _unused(*arguments: object) -> None:
    """Stand in for the reactor, which no store needs before its first change."""


def _port(config: Config, key: str, item: str) -> None:
    """Bind the port and let go of it: a busy one is named now, while whoever started the daemon still looks."""
    place = listen(item)
    if place.host is None or place.port is None or skipped(config, key, item):
        return
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            bind(probe, place.host, place.port)
            if place.port:
                probe.listen(1)
    except OSError as error:
        raise config.error(key, f"cannot listen on {item}: {os.strerror(error.errno or 0)}") from error


def _passed(config: Config, key: str, item: str, sockets: Collection[str]) -> None:
    """Refuse to wait for a socket that nobody has passed."""
    name = listen(item).passed
    if name is not None and name not in sockets:
        there = f"the only ones are {', '.join(sorted(sockets))}" if sockets else "there is none at all"
        raise config.error(key, f"systemd passes no socket {name}: {there}; is mailsockd-{name}.socket started?")


def endpoints(item: str, sockets: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Give the endpoint strings of a listener: one, or one for each socket that systemd passes under its name."""
    place = listen(item)
    return [place.endpoint] if place.passed is None else sockets[place.passed]


def unnamed(config: Config, sockets: Collection[str]) -> list[str]:
    """Give the names of sockets that systemd passes and no listener takes: who connects to them waits for ever."""
    named = {listen(item).passed for _, items in listeners(config) for item in items}
    return sorted(name for name in sockets if name not in named)


def _control(config: Config) -> None:
    """Take away the socket of a daemon that was killed; refuse to take that of one which runs."""
    path = config.control_socket
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(path))
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise config.error("control", f"there is no folder {path.parent}") from None
        return
    except ConnectionRefusedError:
        if not path.is_socket():  # any other file refuses too
            raise config.error("control", f"{path} is there and is no socket") from None
        path.unlink(missing_ok=True)
        return
    except OSError as error:
        raise config.error("control", f"{path} cannot be used: {error.strerror}") from error
    raise config.error("control", f"{path} is in use by another daemon")


def skipped(config: Config, key: str, item: str) -> bool:
    """Tell whether a listener of the built-in defaults is left out: [::1] on a machine without IPv6."""
    return key not in config.lines and listen(item).host == "::1" and not _has_ipv6()


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
