"""The data folder belongs to one process at a time."""

import fcntl
import os
from pathlib import Path

from mailsockd.storage.exchange import take_back


class FolderUnusable(Exception):
    """The data folder cannot be used; the text names it and says why."""


class FolderLock:
    """
    The right to use a data folder: a lock on the file `lock` in it, which holds the process id.

    The system takes the lock back when the process ends, however it ends, so a left-over file means nothing. A child
    inherits the lock when the process forks; `sign` then writes the child's id. The file is never removed: another
    process could be waiting for it.

    Whoever has it finds the folder whole: `undone` tells whether a restore that was broken off had to be undone.
    """

    def __init__(self, folder: str | Path) -> None:
        """Take the folder, which is made when it is missing. Raises FolderUnusable."""
        self._folder = Path(folder)
        try:
            self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise FolderUnusable(f"{self._folder}: {error.strerror}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            if not isinstance(error, BlockingIOError):
                raise FolderUnusable(f"{self._folder}: cannot be locked: {error.strerror}") from error
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise FolderUnusable(f"{self._folder}: in use by {who}") from error
        try:
            self.sign()
            self.undone = take_back(self._folder)
        except OSError as error:
            self.release()
            raise FolderUnusable(f"{self._folder}: {error.strerror}") from error

    def sign(self) -> None:
        """Write this process's id, for those who are refused."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Let others use the folder. To release twice is no error."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
