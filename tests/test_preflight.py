"""What is checked before the start and what must not be touched by it."""

import socket
from pathlib import Path

import attrs
import pytest

from mailsockd.config import Config, ConfigError
from mailsockd.preflight import check
from mailsockd.settings import HTTP, SMTP, Capture


def config(folder: Path) -> Config:
    here = ("127.0.0.1:0",)
    return Config(
        data=str(folder / "var"),
        control=f"unix:{folder}/control",
        smtp=SMTP(listen=here),
        http=HTTP(listen=here),
        capture=Capture(listen=here),
    )


def test_a_file_in_the_place_of_the_control_socket_is_left_alone(tmp_path: Path) -> None:
    """A path that names somebody's file by mistake ends the start, and the file is still there."""
    (tmp_path / "control").write_text("precious")
    with pytest.raises(ConfigError) as raised:
        check(config(tmp_path))
    assert str(raised.value) == f"built-in defaults: control: {tmp_path}/control is there and is no socket"
    assert (tmp_path / "control").read_text() == "precious"


def test_the_socket_of_a_daemon_that_was_killed_is_taken_away(tmp_path: Path) -> None:
    """A left-over socket on which nobody listens does not keep the next daemon from starting."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "control"))
    check(config(tmp_path)).lock.release()
    assert not (tmp_path / "control").exists()


def test_the_socket_of_a_daemon_that_runs_is_left_alone(tmp_path: Path) -> None:
    """Where somebody listens the start ends."""
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "control"))
        other.listen(1)
        with pytest.raises(ConfigError) as raised:
            check(config(tmp_path))
    assert str(raised.value).endswith(f"control: {tmp_path}/control is in use by another daemon")


def test_a_network_file_system_is_refused_unless_it_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On NFS the start ends with the setting that would allow it."""
    monkeypatch.setattr("mailsockd.filesystem.kind", lambda folder: "nfs4")
    with pytest.raises(ConfigError) as raised:
        check(config(tmp_path))
    assert str(raised.value) == (
        f"built-in defaults: data: {tmp_path}/var is on nfs4, a file system of a network, where mail can be lost; "
        "set data_on_network to true if you know that its locks and fsync hold"
    )
    allowed = attrs.evolve(config(tmp_path), data=str(tmp_path / "other"), data_on_network=True)
    check(allowed).lock.release()
