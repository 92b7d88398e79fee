"""Content on arrival: small in memory, large in a temporary file, too large nowhere."""

import errno
import os
from pathlib import Path

import pytest

from mailsockd.actions.ports import StorageFull, StorageTrouble
from mailsockd.mail.envelope import Bytes
from mailsockd.smtp import content as content_module
from mailsockd.smtp.content import Incoming, Spool, SpoolFile


def test_small_content_stays_in_memory(tmp_path: Path) -> None:
    """Content up to the bound is bytes, with dots unstuffed and its size known."""
    incoming = Incoming(Spool(str(tmp_path), 1000), memory=10, limit=100)
    assert incoming.feed(b"..234") is None
    assert incoming.feed(b"567\r\n.\r\nNOOP\r\n") == b"NOOP\r\n"
    content = incoming.content()
    assert content == Bytes(b".234567\r\n")
    assert content.size == 9


def test_large_content_lies_in_a_file_without_a_name(tmp_path: Path) -> None:
    """Above the bound the bytes are in a nameless file, are read back as often as asked, and give their room back."""
    spool = Spool(str(tmp_path), 1000)
    incoming = Incoming(spool, memory=10, limit=100)
    assert incoming.feed(b"0123456789\r\n") is None
    assert incoming.feed(b"..x\r") is None
    assert incoming.feed(b"\n.\r\n") == b""
    content = incoming.content()
    assert isinstance(content, SpoolFile)
    assert content.size == 16
    assert content.read() == b"0123456789\r\n.x\r\n"
    assert content.read() == b"0123456789\r\n.x\r\n"
    assert list(tmp_path.iterdir()) == []
    assert spool.used == 16
    del incoming, content
    assert spool.used == 0


def test_descriptors_are_given_back(tmp_path: Path) -> None:
    """A temporary file is closed as soon as nobody has its content."""
    before = len(os.listdir("/proc/self/fd"))
    spool = Spool(str(tmp_path), 1000)
    file = spool.open()
    assert len(os.listdir("/proc/self/fd")) == before + 1
    del file
    assert len(os.listdir("/proc/self/fd")) == before


def test_content_over_the_limit_is_read_to_its_end_and_kept_nowhere(tmp_path: Path) -> None:
    """One byte over the limit is too big, one less is not, and what is too big takes no room."""
    spool = Spool(str(tmp_path), 1000)
    exact = Incoming(spool, memory=10, limit=20)
    exact.feed(b"x" * 18 + b"\r\n.\r\n")
    assert not exact.too_big
    assert exact.content().read() == b"x" * 18 + b"\r\n"
    over = Incoming(spool, memory=10, limit=20)
    assert over.feed(b"x" * 15) is None
    assert spool.used == 20 + 15
    assert over.feed(b"x" * 100_000) is None
    assert over.feed(b"x" * 100_000) is None
    assert over.too_big
    assert spool.used == 20
    assert over.feed(b"\r\n.\r\nRSET\r\n") == b"RSET\r\n"


def test_all_temporary_files_together_have_a_bound(tmp_path: Path) -> None:
    """When the files of all sessions reach their limit, the next mail that needs one meets StorageFull at its end."""
    spool = Spool(str(tmp_path), 50)
    first = Incoming(spool, memory=10, limit=100)
    first.feed(b"x" * 40)
    second = Incoming(spool, memory=10, limit=100)
    assert second.feed(b"x" * 11) is None
    assert isinstance(second.trouble, StorageFull)
    assert second.feed(b"more\r\n.\r\n") == b""
    assert spool.used == 40
    assert first.feed(b"\r\n.\r\n") == b""
    assert first.trouble is None


def test_a_full_disk_is_storage_full_and_any_other_error_is_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ENOSPC means try later for want of room; every other error is trouble; neither is raised while bytes come."""
    for number, kind in ((errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, StorageTrouble)):

        def write(descriptor: int, data: object, number: int = number) -> int:
            raise OSError(number, "broken")

        monkeypatch.setattr(content_module.os, "write", write)
        spool = Spool(str(tmp_path), 1000)
        incoming = Incoming(spool, memory=10, limit=100)
        assert incoming.feed(b"x" * 20 + b"\r\n.\r\n") == b""
        assert type(incoming.trouble) is kind
        assert spool.used == 0


def test_a_missing_folder_is_trouble(tmp_path: Path) -> None:
    """A spool folder that cannot be written is found at the mail's end, not as an exception in between."""
    incoming = Incoming(Spool(str(tmp_path / "gone"), 1000), memory=10, limit=100)
    assert incoming.feed(b"x" * 20 + b"\r\n.\r\n") == b""
    assert type(incoming.trouble) is StorageTrouble


def test_a_file_that_lost_bytes_is_trouble(tmp_path: Path) -> None:
    """Reading back fewer bytes than were written raises, so that a mail cut short is never stored."""
    file = Spool(str(tmp_path), 1000).open()
    file.append(b"0123456789")
    os.ftruncate(file._descriptor, 4)
    with pytest.raises(StorageTrouble):
        file.read()


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that takes only some bytes is followed by another for the rest."""
    write = os.write
    monkeypatch.setattr(content_module.os, "write", lambda descriptor, data: write(descriptor, bytes(data[:3])))
    file = Spool(str(tmp_path), 1000).open()
    file.append(b"0123456789")
    assert file.read() == b"0123456789"
