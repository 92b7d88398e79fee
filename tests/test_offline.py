"""What is done with the data folder while no daemon runs."""

import io
import json
from pathlib import Path

import pytest

from mailsockd.actions.ports import Snapshot
from mailsockd.config import Config
from mailsockd.control import ctl
from mailsockd.offline import OfflineTrouble, convert_state
from mailsockd.state.accounts import Account, ApiKey
from mailsockd.state.addresses import Address
from mailsockd.state.secrets import Secret
from mailsockd.storage.lock import FolderLock
from mailsockd.stores import state_store

SNAPSHOT = Snapshot(
    accounts=(Account("ada", 1.5, 2.5, "hash", admin=True, credits=3),),
    keys=(ApiKey("ab" * 32, "ada", "laptop", "wxyz", 1.5),),
    addresses=(Address("a@mail.test", "ada", 1.5, 2.5, "orders", {"enablews": True}),),
    secrets=(Secret("aliases", "00ff"),),
)


def nothing(*_: object) -> None:
    raise AssertionError


@pytest.fixture
def config(tmp_path: Path) -> Config:
    config = Config(data=str(tmp_path))
    store = state_store(config, nothing, nothing)
    store.load()
    store.fill(SNAPSHOT)
    return config


def loaded(config: Config, kind: str) -> Snapshot:
    return state_store(config, nothing, nothing, kind).load()


def test_a_state_goes_to_yaml_and_back_unchanged(config: Config, tmp_path: Path) -> None:
    """Every entry is in the new store, and the old one is left as it was."""
    done = convert_state(config, "yaml")
    assert (done.source, done.target, done.entries) == (tmp_path / "state.db", tmp_path / "state.yaml", 4)
    assert loaded(config, "yaml") == loaded(config, "sqlite") == SNAPSHOT
    for file in tmp_path.glob("state.db*"):
        file.unlink()
    convert_state(config, "sqlite")
    assert loaded(config, "sqlite") == SNAPSHOT


def test_a_store_with_entries_is_not_overwritten(config: Config) -> None:
    """What is in the way is named, and nothing changes."""
    convert_state(config, "yaml")
    with pytest.raises(OfflineTrouble, match=r"state\.yaml has entries already; move it away"):
        convert_state(config, "yaml")


def test_nothing_is_converted_while_the_daemon_runs(config: Config, tmp_path: Path) -> None:
    """The folder's lock decides."""
    lock = FolderLock(tmp_path)
    try:
        with pytest.raises(OfflineTrouble, match="only while the daemon does not run"):
            convert_state(config, "yaml")
    finally:
        lock.release()
    assert not (tmp_path / "state.yaml").exists()
    convert_state(config, "yaml")


def test_a_damaged_or_missing_state_is_said(config: Config, tmp_path: Path) -> None:
    """An unreadable source never becomes an empty target."""
    with pytest.raises(OfflineTrouble, match=r"state\.yaml cannot be converted: No such file or directory"):
        convert_state(config, "sqlite")
    (tmp_path / "state.db").write_bytes(b"not a database, but long enough to look like a file of some kind" * 10)
    with pytest.raises(OfflineTrouble, match=r"state\.db"):
        convert_state(config, "yaml")
    assert not (tmp_path / "state.yaml").exists()


def test_the_program_says_what_to_do_next(config: Config, tmp_path: Path) -> None:
    """The command prints what was copied and which setting to change, or one object for programs."""
    file = tmp_path / "mailsockd.yaml"
    file.write_text(json.dumps({"data": str(tmp_path)}))
    out, err = io.StringIO(), io.StringIO()
    assert ctl.main(["--config", str(file), "state", "convert", "yaml"], out, err) == 0
    assert out.getvalue() == (
        f"copied 4 entries from {tmp_path}/state.db to {tmp_path}/state.yaml\n"
        f"now set `state: yaml` in {file} and start the daemon\n"
    )
    assert ctl.main(["--config", str(file), "state", "convert", "yaml"], out, err) == 1
    assert (
        err.getvalue() == f"mailsockctl: {tmp_path}/state.yaml has entries already; move it away to have it made anew\n"
    )
