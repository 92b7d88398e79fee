"""Backups: one moment of a data folder that is written meanwhile, and that moment put back."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mailsockd.actions.ports import Snapshot
from mailsockd.config import Config
from mailsockd.offline import OfflineTrouble
from mailsockd.safekeeping import backup, damage, restore
from mailsockd.state.accounts import Account
from mailsockd.storage.archive import Archive
from mailsockd.storage.lock import FolderLock
from mailsockd.storage.writer import Append, Writer
from mailsockd.stores import mailbox_file, mailbox_store, state_store
from tests.fakes import stored

NOW = 1_795_334_470.0


def nothing(*_: object) -> None:
    pass


def unused(*_: object) -> None:
    raise AssertionError


class House:
    """A data folder with an account and a mail of 2 MB, and a writer as a running daemon has one."""

    def __init__(self, folder: Path, state: str) -> None:
        self.config = Config(data=str(folder / "data"), state=state)
        (folder / "data").mkdir()
        store = state_store(self.config, unused, unused)
        store.load()
        store.fill(Snapshot(accounts=(Account("ada", 1.0, 1.0, "hash"),)))
        mailbox_store(self.config, unused, unused)
        self.writer = Writer(mailbox_file(self.config), "FULL", sqlite3.Connection)
        self.add(1, b"Subject: first\r\n\r\n" + b"x" * 2_000_000)

    def add(self, seq: int, content: bytes) -> None:
        assert self.writer.run([Append([stored(f"m{seq}-0", seq=seq)], content)]) == [None]

    def subjects(self) -> list[bytes]:
        return [content.partition(b"\r\n")[0] for _, content in Archive(mailbox_file(self.config))]

    def accounts(self) -> list[str]:
        return [account.name for account in state_store(self.config, unused, unused).load().accounts]


@pytest.fixture(params=["sqlite", "yaml"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    return House(tmp_path, request.param)


def test_a_backup_makes_the_folders_that_lead_to_it(house: House, tmp_path: Path) -> None:
    """The first backup of a machine needs no folder made by hand, and nobody else may look into what it makes."""
    backup(house.config, tmp_path / "backups" / "today", lambda *_: None)
    assert (tmp_path / "backups").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "backups" / "today" / "mailbox.db").exists()


def test_a_backup_is_one_moment_and_can_be_put_back(house: House, tmp_path: Path) -> None:
    """What is written while it is made is not in it, is not kept waiting, and is in the folder that restore leaves."""
    calls: list[tuple[int, int]] = []

    def progress(name: str, done: int, total: int) -> None:
        if name == "mailbox.db":
            calls.append((done, total))
            house.add(len(calls) + 1, b"Subject: meanwhile\r\n\r\nx")

    kept = backup(house.config, tmp_path / "b", progress, lambda: NOW)
    assert (kept.folder, kept.taken, kept.state) == (tmp_path / "b", NOW, house.config.state)
    assert kept.bytes > 2_000_000
    assert len(calls) >= 2
    assert calls[-1][0] == calls[-1][1]
    assert len(house.subjects()) == 1 + len(calls)
    house.writer.close()
    done, aside = restore(house.config, tmp_path / "b", nothing, lambda: NOW)
    assert done.taken == NOW
    assert aside == tmp_path / "data" / "before-restore-20261122T080110Z"
    assert house.subjects() == [b"Subject: first"]
    assert house.accounts() == ["ada"]
    assert sqlite3.connect(aside / "mailbox.db").execute("SELECT count(*) FROM messages").fetchone()[0] > 1


def test_nobody_else_may_read_a_backup(house: House, tmp_path: Path) -> None:
    """It holds everybody's mail: the folder and its files are their owner's."""
    backup(house.config, tmp_path / "b", nothing)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "b").iterdir()}
    assert (modes, (tmp_path / "b").stat().st_mode & 0o777) == ({0o600}, 0o700)


def test_a_backup_that_fails_leaves_nothing(house: House, tmp_path: Path) -> None:
    """A folder that is there is not touched; what cannot be read is named, and no part of a backup stays."""
    (tmp_path / "there").mkdir()
    with pytest.raises(OfflineTrouble, match=r"there is there already"):
        backup(house.config, tmp_path / "there", nothing)

    def fails(*_: object) -> None:
        raise OSError(5, "Input/output error")

    before = sorted(tmp_path.iterdir())
    with pytest.raises(OfflineTrouble, match=r"no backup was made: Input/output error"):
        backup(house.config, tmp_path / "b", fails)
    assert sorted(tmp_path.iterdir()) == before


def damaged(folder: Path) -> None:
    content = bytearray((folder / "mailbox.db").read_bytes())
    content[8192:12288] = b"\xff" * 4096
    (folder / "mailbox.db").write_bytes(content)


def no_manifest(folder: Path) -> None:
    (folder / "backup.json").unlink()


def of_the_future(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "mailbox.db")) as db:
        db.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (damaged, r"mailbox\.db cannot be used: "),
        (no_manifest, r"is no backup: .*backup\.json: No such file"),
        (of_the_future, r"mailbox\.db cannot be used: the schema is step 99, and this mailsockd knows steps up to"),
    ],
)
def test_what_is_no_good_backup_changes_nothing(
    house: House, tmp_path: Path, harm: Callable[[Path], None], reason: str
) -> None:
    """The reason is said before anything is touched."""
    backup(house.config, tmp_path / "b", nothing)
    harm(tmp_path / "b")
    house.writer.close()
    before = sorted((tmp_path / "data").iterdir())
    with pytest.raises(OfflineTrouble, match=reason):
        restore(house.config, tmp_path / "b", nothing)
    assert sorted((tmp_path / "data").iterdir()) == before
    assert house.subjects() == [b"Subject: first"]


def test_a_restore_that_fails_half_way_changes_nothing(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mail, accounts and the files of the folder are what they were, and the reason is said."""
    backup(house.config, tmp_path / "b", nothing)
    house.add(2, b"Subject: second\r\n\r\nx")
    house.writer.close()
    before = sorted(path.name for path in (tmp_path / "data").iterdir())
    rename, done = Path.rename, []

    def fails(path: Path, target: Path) -> Path:
        if path.name.endswith(".restored") and not done:
            done.append(path.name)
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OfflineTrouble, match=r"the backup was not put back: Input/output error"):
        restore(house.config, tmp_path / "b", nothing)
    assert done != []
    assert sorted(path.name for path in (tmp_path / "data").iterdir() if path.name != "lock") == before
    assert house.subjects() == [b"Subject: first", b"Subject: second"]
    assert house.accounts() == ["ada"]


def test_a_folder_between_two_states_is_not_backed_up(house: House, tmp_path: Path) -> None:
    """While a restore goes on, or was broken off, there is no one moment to be kept."""
    (tmp_path / "data" / "exchange.json").write_text('{"names": [], "aside": "before-restore-x"}')
    with pytest.raises(OfflineTrouble, match=r"is between two states"):
        backup(house.config, tmp_path / "b", nothing)
    FolderLock(tmp_path / "data").release()
    backup(house.config, tmp_path / "b", nothing)


def test_a_folder_in_use_is_left_alone(house: House, tmp_path: Path) -> None:
    """While a daemon runs nothing is put back."""
    backup(house.config, tmp_path / "b", nothing)
    lock = FolderLock(tmp_path / "data")
    with pytest.raises(OfflineTrouble, match=r"only while the daemon does not run"):
        restore(house.config, tmp_path / "b", nothing)
    lock.release()


def test_damage_is_found(house: House, tmp_path: Path) -> None:
    """A good database has no faults; a page of junk is one, by either way of looking."""
    mailbox = str(tmp_path / "data" / "mailbox.db")
    assert damage(house.config, thorough=True)[mailbox] == []
    house.writer.close()
    damaged(tmp_path / "data")
    assert damage(house.config, thorough=True)[mailbox] != []
    assert damage(house.config, thorough=False)[mailbox] != []
