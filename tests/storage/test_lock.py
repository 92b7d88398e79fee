"""The lock of the data folder."""

import os
from pathlib import Path

import pytest

from mailsockd.storage.lock import FolderLock, FolderUnusable


def test_one_process(tmp_path: Path) -> None:
    """A folder that is in use is refused with the id of the process that has it, until that lets it go."""
    lock = FolderLock(tmp_path)
    with pytest.raises(FolderUnusable) as refusal:
        FolderLock(tmp_path)
    assert str(refusal.value) == f"{tmp_path}: in use by process {os.getpid()}"
    lock.release()
    lock.release()
    FolderLock(tmp_path).release()


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that is missing is made, closed to others."""
    lock = FolderLock(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o007 == 0
    lock.release()


def test_no_folder(tmp_path: Path) -> None:
    """A path that is a file is refused in words."""
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnusable) as refusal:
        FolderLock(tmp_path / "file")
    assert str(refusal.value) == f"{tmp_path}/file: File exists"


def test_after_a_crash(tmp_path: Path) -> None:
    """A process that ended without a word leaves no lock behind."""
    child = os.fork()
    if not child:
        FolderLock(tmp_path)
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    assert (tmp_path / "lock").read_text() == f"{child}\n"
    FolderLock(tmp_path).release()


def test_child_takes_over(tmp_path: Path) -> None:
    """A child that goes on when its parent has let go keeps the lock and can sign it."""
    said, say = os.pipe()
    end, ending = os.pipe()
    lock = FolderLock(tmp_path)
    child = os.fork()
    if not child:
        os.close(ending)
        lock.sign()
        os.write(say, b"signed")
        os.read(end, 1)
        os._exit(0)
    assert os.read(said, 6) == b"signed"
    lock.release()
    with pytest.raises(FolderUnusable) as refusal:
        FolderLock(tmp_path)
    assert str(refusal.value) == f"{tmp_path}: in use by process {child}"
    os.close(ending)
    os.waitpid(child, 0)
    for descriptor in (said, say, end):
        os.close(descriptor)
    FolderLock(tmp_path).release()
