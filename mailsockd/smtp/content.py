"""The content of one mail while it arrives: in memory while it is small, else in a temporary file."""

import errno
import os
import tempfile
import weakref

from mailsockd.actions.ports import StorageFull, StorageTrouble
from mailsockd.mail.envelope import Bytes, Content
from mailsockd.smtp.dots import DotDecoder

_PIECE = 1024 * 1024


class Spool:
    """
    The temporary files of all sessions: where they lie and how much they may hold together.

    `folder` None is the system's folder for temporary files. A file has no name, so nothing is left behind by a crash.
    """

    def __init__(self, folder: str | None, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self.used = 0

    def open(self) -> "SpoolFile":
        """Make an empty file. Raises OSError."""
        with tempfile.TemporaryFile(dir=self._folder, buffering=0) as file:
            return SpoolFile(self, os.dup(file.fileno()))

    def reserve(self, count: int) -> None:
        """Book `count` more bytes. Raises StorageFull."""
        if self.used + count > self._limit:
            raise StorageFull("the temporary files of mail in arrival have reached their limit")
        self.used += count

    def release(self, count: int) -> None:
        """Give back `count` bytes."""
        self.used -= count


class SpoolFile:
    """A Content in a nameless file, which lasts as long as this object. Written once, by one; read from any thread."""

    def __init__(self, spool: Spool, descriptor: int) -> None:
        self._spool = spool
        self._descriptor = descriptor
        self._booked = [0]
        weakref.finalize(self, _give_back, spool, descriptor, self._booked)

    @property
    def size(self) -> int:
        """How many bytes were written."""
        return self._booked[0]

    def append(self, data: bytes | bytearray) -> None:
        """Write `data` at the end. Raises OSError or StorageFull."""
        self._spool.reserve(len(data))
        self._booked[0] += len(data)
        with memoryview(data) as view:
            written = 0
            while written < len(view):
                written += os.write(self._descriptor, view[written : written + _PIECE])

    def read(self) -> bytes:
        """Give all bytes. Raises StorageTrouble when the file cannot be read."""
        data = bytearray(self.size)
        with memoryview(data) as view:
            got = 0
            while got < len(view):
                count = os.preadv(self._descriptor, [view[got : got + _PIECE]], got)
                if not count:
                    raise StorageTrouble("a temporary file of mail in arrival is shorter than what was written to it")
                got += count
        return bytes(data)


def _give_back(spool: Spool, descriptor: int, booked: list[int]) -> None:
    os.close(descriptor)
    spool.release(booked[0])


class Incoming:
    """
    The content of one DATA on its way in.

    It holds at most `memory` bytes and one read in memory. What is over `limit`, or meets trouble on the disk, is
    read to its end all the same and kept nowhere, so that the client hears the reason at the right moment.
    """

    def __init__(self, spool: Spool, memory: int, limit: int) -> None:
        self._decoder = DotDecoder()
        self._spool = spool
        self._memory = memory
        self._limit = limit
        self._held = bytearray()
        self._file: SpoolFile | None = None
        self._whole: bytes | None = None
        self.trouble: StorageTrouble | None = None
        self.received = 0
        self.size = 0

    @property
    def too_big(self) -> bool:
        """Whether there was more than the limit."""
        return self.size > self._limit

    def feed(self, data: bytes) -> bytes | None:
        """Take what came; give what is behind the end of the content, None while it goes on."""
        self.received += len(data)
        piece, rest = self._decoder.feed(data)
        first = self.size == 0
        self.size += len(piece)
        if self.too_big or self.trouble is not None:
            self._drop()
        elif first and rest is not None and self.size <= self._memory:
            self._whole = piece
        elif piece:
            try:
                self._keep(piece)
            except OSError as error:
                full = error.errno in (errno.ENOSPC, errno.EDQUOT)
                self._fail((StorageFull if full else StorageTrouble)(f"a temporary file: {error.strerror}"))
            except StorageFull as error:
                self._fail(error)
        return rest

    def content(self) -> Content:
        """Give all of it, after its end, when it is not too big and there was no trouble."""
        if self._whole is not None:
            return Bytes(self._whole)
        return Bytes(bytes(self._held)) if self._file is None else self._file

    def _keep(self, piece: bytes) -> None:
        if self._file is None:
            if len(self._held) + len(piece) <= self._memory:
                self._held += piece
                return
            self._file = self._spool.open()
            self._file.append(self._held)
            self._held = bytearray()
        self._file.append(piece)

    def _fail(self, error: StorageTrouble) -> None:
        self.trouble = error
        self._drop()

    def _drop(self) -> None:
        self._held = bytearray()
        self._file = None
