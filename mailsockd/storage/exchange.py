"""Files of a folder changed for others: all of them or none, also when whoever does it dies in the middle."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from mailsockd.storage.files import create_private, sync

NEW = ".restored"
MARK = "exchange.json"


def exchange(folder: Path, names: Sequence[str], old: Sequence[Path], aside: Path) -> None:
    """
    Move the files `old` into the folder `aside`, which must not be there, and NAME.restored to NAME for each name.

    Raises OSError; then everything is as it was, unless only the last wait for the folder failed. When the process dies
    meanwhile, `take_back` makes it as it was.
    """
    aside.mkdir(mode=0o700)
    try:
        _give(aside, folder)
        _mark(folder, {"names": list(names), "aside": aside.name})
        for path in old:
            path.rename(aside / path.name)
        sync(aside)
        sync(folder)
        for name in names:
            (folder / f"{name}{NEW}").rename(folder / name)
        sync(folder)
        (folder / MARK).unlink()
    except BaseException:
        if not take_back(folder):
            aside.rmdir()
        raise
    sync(folder)


def take_back(folder: Path) -> bool:
    """
    Undo an exchange that was broken off, and tell whether there was one. Raises OSError.

    It may be broken off too: nothing is removed before everything is back, so the next call goes on.
    """
    try:
        said = json.loads((folder / MARK).read_text())
    except FileNotFoundError:
        return False
    aside = folder / said["aside"]
    for name in said["names"]:
        # What has its name already is the new one, for the old ones went first.
        if (folder / name).exists() and not (folder / f"{name}{NEW}").exists():
            (folder / name).rename(folder / f"{name}{NEW}")
    if aside.is_dir():
        for path in list(aside.iterdir()):
            path.rename(folder / path.name)
        sync(folder)
        aside.rmdir()
    sync(folder)
    (folder / MARK).unlink()
    sync(folder)
    forget(folder, said["names"])
    return True


def broken_off(folder: Path) -> bool:
    """Tell whether an exchange goes on, or was broken off."""
    return (folder / MARK).exists()


def forget(folder: Path, names: Sequence[str]) -> None:
    """Remove new files that were not needed; while an exchange waits to be undone they are. Raises OSError."""
    if not broken_off(folder):
        for name in names:
            (folder / f"{name}{NEW}").unlink(missing_ok=True)


def _mark(folder: Path, said: object) -> None:
    # It says what to undo, so it is whole or not there, and the daemon, who is not root, can read it.
    beside = folder / f"{MARK}.new"
    beside.unlink(missing_ok=True)
    create_private(beside)
    beside.write_text(json.dumps(said))
    _give(beside, folder)
    sync(beside)
    beside.rename(folder / MARK)
    sync(folder)


def _give(path: Path, folder: Path) -> None:
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
