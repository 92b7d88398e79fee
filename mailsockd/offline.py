"""What is done with the data folder while no daemon runs. Like `assembly`, it puts rooms together."""

import os
from pathlib import Path
from typing import NoReturn

import attrs

from mailsockd.actions.ports import StateUnreadable, StorageTrouble
from mailsockd.config import Config
from mailsockd.storage.convert import NotEmpty, convert
from mailsockd.storage.entries import entries_of
from mailsockd.storage.lock import FolderLock, FolderUnusable
from mailsockd.stores import state_store

FILES = {"sqlite": "state.db", "yaml": "state.yaml"}


class OfflineTrouble(Exception):
    """It was not done, and what there was is as it was; the text says why."""


@attrs.frozen
class Converted:
    """A state that was copied: from which file to which, and how many entries."""

    source: Path
    target: Path
    entries: int


def convert_state(config: Config, kind: str) -> Converted:
    """
    Copy the state into a store of `kind` ("yaml", "sqlite"), which must be empty; the other one is left as it is.

    Raises OfflineTrouble, also while a daemon uses the folder.
    """
    folder = Path(config.data)
    other = next(name for name in FILES if name != kind)
    source, target = folder / FILES[other], folder / FILES[kind]
    try:
        source.stat()
    except OSError as error:
        raise OfflineTrouble(f"{source} cannot be converted: {error.strerror}") from error
    try:
        lock = FolderLock(folder)
    except FolderUnusable as error:
        raise OfflineTrouble(f"{error}: the state is converted only while the daemon does not run") from error
    try:
        # Their threads, which alone would call the reactor, are never started here.
        stores = [state_store(config, _no_thread, _no_thread, one) for one in (other, kind)]
        snapshot = convert(*stores)
        _give_to_owner_of(source)
    except NotEmpty as error:
        raise OfflineTrouble(f"{target} has entries already; move it away to have it made anew") from error
    except (StateUnreadable, StorageTrouble, OSError) as error:
        raise OfflineTrouble(str(error)) from error
    finally:
        lock.release()
    return Converted(source, target, len(entries_of(snapshot)))


def _no_thread(*_: object) -> NoReturn:
    raise AssertionError("there is no reactor here")


def _give_to_owner_of(source: Path) -> None:
    """Have root's new files belong to whom the daemon runs as."""
    if os.geteuid() == 0:
        owner = source.stat()
        for path in [source.with_name("lock"), *source.parent.glob("state.*")]:
            os.chown(path, owner.st_uid, owner.st_gid)
