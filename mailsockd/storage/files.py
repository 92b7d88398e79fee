"""Files that only their owner reads, and that are either the old ones or the new ones whatever happens."""

import os
from pathlib import Path

PRIVATE = 0o600


def create_private(path: Path) -> None:
    """Make an empty file that only its owner may read, whatever the umask; raises OSError when it is there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    try:
        os.fchmod(descriptor, PRIVATE)
    finally:
        os.close(descriptor)


def close_to_others(path: Path) -> None:
    """Take from a file what it gives to everybody: a copy that was put back may have more than it should."""
    mode = path.stat().st_mode & 0o7777
    if mode & 0o007:
        path.chmod(mode & ~0o007)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: bytes) -> None:
    """
    Put `content` in the place of what `path` holds: after a crash at any moment it holds the one or the other, whole.

    The content goes to a file beside it, which is on the disk before it takes the name. Raises OSError; then `path`
    is as it was, unless only the last wait for the folder failed.
    """
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    create_private(beside)
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CLOEXEC)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync(path.parent)
