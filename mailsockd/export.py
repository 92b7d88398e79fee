"""Mail out of the mailbox's file into files that every mail program reads. Like `offline`, it blocks."""

import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

from mailsockd.config import Config
from mailsockd.mail.mbox import entry
from mailsockd.mail.trace import with_trace
from mailsockd.offline import OfflineTrouble
from mailsockd.storage.archive import Archive
from mailsockd.stores import mailbox_file

_ODD = re.compile(r"[^A-Za-z0-9_-]")

Progress = Callable[[str, int, int], object]


def export(
    config: Config,
    target: Path,
    progress: Progress,
    inbox: str | None = None,
    owner: str | None = None,
    since: float = 0.0,
) -> int:
    """
    Write messages with their `Received:` line to an mbox file, which must not be there, or as .eml files into a folder.

    It is a file when its name ends in .mbox. What came before `since` (UTC seconds) is left out. Gives how many were
    written. Raises OfflineTrouble.
    """
    archive = Archive(mailbox_file(config), inbox, owner, since)
    try:
        total, done = archive.count(), 0
        # Other people's mail: nobody else may read it.
        if target.suffix == ".mbox":
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for message, content in archive:
                    file.write(entry(with_trace(message, content, config.name), message.sender, message.received))
                    done += 1
                    progress(target.name, done, max(done, total))
            return done
        target.mkdir(mode=0o700, exist_ok=True)
        for message, content in archive:
            name = f"{message.seq:09}-{_ODD.sub('_', message.id)}.eml"
            with os.fdopen(os.open(target / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(with_trace(message, content, config.name))
            os.utime(target / name, (message.received, message.received))
            done += 1
            progress(target.name, done, max(done, total))
        return done
    except OSError as error:
        raise OfflineTrouble(f"{error.filename or target}: {error.strerror or error}") from error
    except sqlite3.Error as error:
        raise OfflineTrouble(f"{mailbox_file(config)}: {error}") from error
