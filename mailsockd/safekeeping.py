"""Backups of the data folder, taken while a daemon runs, and put back while none does. Like `assembly`, it puts rooms
together; everything here blocks."""

import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import attrs

from mailsockd import __version__
from mailsockd.config import Config
from mailsockd.offline import FILES, OfflineTrouble
from mailsockd.storage.backup import copy, faults, held_still
from mailsockd.storage.exchange import NEW, broken_off, exchange, forget
from mailsockd.storage.files import create_private, sync
from mailsockd.storage.lock import FolderLock, FolderUnusable
from mailsockd.stores import mailbox_file

MANIFEST = "backup.json"
SPARE = 64 << 20  # bytes that should be left on the disk that a backup goes to

Progress = Callable[[str, int, int], object]
"""Told of which file how much of how much is done."""


@attrs.frozen
class Kept:
    """A backup: its folder, when it was begun (UTC seconds), the kind of its state, and its bytes."""

    folder: Path
    taken: float
    state: str
    bytes: int


def backup(config: Config, target: Path, progress: Progress, now: Callable[[], float] = time.time) -> Kept:
    """
    Copy mail and state into a folder that is not there yet: as they are at one moment, whole or not at all.

    Raises OfflineTrouble.
    """
    if target.exists():
        raise OfflineTrouble(f"{target} is there already")
    data = Path(config.data)
    if broken_off(data):
        raise OfflineTrouble(f"{data} is between two states: a restore goes on there, or the next start undoes it")
    state, mailbox = data / FILES[config.state], mailbox_file(config)
    databases = [path for path in (mailbox, state) if path.suffix == ".db"]
    beside: Path | None = None
    try:
        for path in (mailbox, state):
            path.stat()
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _room(target.parent, [mailbox, state])
        beside = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
        taken = now()
        with held_still(databases) as connections:
            # A file of YAML is replaced whole: what is read here is the state of one moment, this one.
            text = state.read_bytes() if state.suffix == ".yaml" else None
            for path, connection in zip(databases, connections, strict=True):
                copy(connection, beside / path.name, partial(_watched, data, progress, path.name))
        if text is not None:
            _write(beside / state.name, text)
        for path in databases:
            found = faults(beside / path.name, path.stem, thorough=False, alone=True)
            if found:
                raise OfflineTrouble(f"the copy of {path} is damaged, and so is probably the file: {found[0]}")
        size = sum(path.stat().st_size for path in beside.iterdir())
        manifest = {"version": __version__, "taken": taken, "state": config.state, "files": sorted(os.listdir(beside))}
        _write(beside / MANIFEST, json.dumps(manifest, indent=2).encode() + b"\n")
        sync(beside)
        beside.rename(target)
        sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise OfflineTrouble(f"no backup was made: {_words(error)}") from error
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
        _give_back(data)
    return Kept(target, taken, config.state, size)


def restore(
    config: Config, source: Path, progress: Progress, now: Callable[[], float] = time.time
) -> tuple[Kept, Path | None]:
    """
    Put a backup in the place of what the data folder holds, which goes into a folder beside it, given too.

    Raises OfflineTrouble, also while a daemon runs; then everything is as it was. When this process dies meanwhile, it
    is so again as soon as anybody locks the folder.
    """
    try:
        manifest = json.loads((source / MANIFEST).read_text())
        names, kind, taken = list(manifest["files"]), str(manifest["state"]), float(manifest["taken"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OfflineTrouble(f"{source} is no backup: {_words(error)}") from error
    if sorted(names) != sorted([FILES.get(kind, ""), "mailbox.db"]):
        raise OfflineTrouble(f"{source} is no backup of this mailsockd: it has {', '.join(names)}")
    if kind != config.state:
        raise OfflineTrouble(f"the backup's state is {kind}: set `state: {kind}` first, and convert it afterwards")
    for name in names:
        found = faults(source / name, Path(name).stem, thorough=False, alone=True) if name.endswith(".db") else []
        if found:
            raise OfflineTrouble(f"{source / name} cannot be used: {found[0]}")
    data = Path(config.data)
    try:
        lock = FolderLock(data)
    except FolderUnusable as error:
        raise OfflineTrouble(f"{error}: a backup is put back only while the daemon does not run") from error
    try:
        _room(data, [source / name for name in names])
        for number, name in enumerate(names):
            progress(name, number, len(names))
            new = data / f"{name}{NEW}"
            new.unlink(missing_ok=True)
            create_private(new)
            shutil.copyfile(source / name, new)
            sync(new)
        _give_back(data)
        there = [path for path in data.iterdir() if path.name.startswith(("mailbox.db", "state.")) and _whole(path)]
        aside = data / time.strftime("before-restore-%Y%m%dT%H%M%SZ", time.gmtime(now()))
        exchange(data, names, there, aside)
        if not there:
            aside.rmdir()
        progress("all", len(names), len(names))
    except OSError as error:
        raise OfflineTrouble(f"the backup was not put back: {_words(error)}") from error
    finally:
        forget(data, names)
        _give_back(data)
        lock.release()
    return Kept(source, taken, kind, sum((source / name).stat().st_size for name in names)), aside if there else None


def damage(config: Config, thorough: bool) -> dict[str, list[str]]:
    """Say what is wrong with each database of the data folder, by its path."""
    data = Path(config.data)
    files = [mailbox_file(config), *([data / FILES["sqlite"]] if config.state == "sqlite" else [])]
    found = {str(path): faults(path, path.stem, thorough) for path in files}
    _give_back(data)
    return found


def _watched(data: Path, progress: Progress, name: str, done: int, total: int) -> None:
    """Give up before the log of what is written meanwhile fills the daemon's disk."""
    if shutil.disk_usage(data).free < SPARE:
        raise OfflineTrouble(f"no backup was made: {data} has less than {SPARE >> 20} MiB left")
    progress(name, done, total)


def _whole(path: Path) -> bool:
    return path.suffix != NEW


def _room(folder: Path, files: list[Path]) -> None:
    needed = sum(path.stat().st_size for path in files) + SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OfflineTrouble(f"{folder} has {free >> 20} MiB left, and {needed >> 20} MiB are needed")


def _write(path: Path, content: bytes) -> None:
    create_private(path)
    path.write_bytes(content)
    sync(path)


def _give_back(data: Path) -> None:
    """Have what root made in the data folder belong to whom the daemon runs as."""
    if os.geteuid() == 0 and data.is_dir():
        owner = data.stat()
        for path in [*data.glob("mailbox.db*"), *data.glob("state.*"), *data.glob("before-restore-*"), data / "lock"]:
            if path.exists() and path.stat().st_uid == 0 != owner.st_uid:
                os.chown(path, owner.st_uid, owner.st_gid)


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)
