"""The machine: disk, file system, files, clock."""

import ctypes
import os
import shutil
import time
from pathlib import Path

from mailsockd import filesystem
from mailsockd.config import Config
from mailsockd.doctor.finding import Finding, bad, good, unsure, warning

_UNSYNCHRONISED = 0x0040  # STA_UNSYNC of adjtimex(2)
_OLDEST = 1_790_000_000  # September 2026: a clock before that is wrong


def disk(config: Config) -> list[Finding]:
    """Look at the data folder and what is under it."""
    folder = Path(config.data)
    there = folder
    while not there.exists():
        there = there.parent
    what = f"data {folder}"
    found = [_type(there, config), _room(there, config)]
    if not folder.exists():
        return [*found, unsure(what, "it is not there yet", "the first start makes it")]
    mode = folder.stat().st_mode & 0o777
    if mode & 0o007:
        return [*found, warning(what, f"everybody may look into it (mode {mode:o})", f"chmod o-rwx {folder}")]
    return [*found, good(what, "nobody else may look into it")]


def _type(folder: Path, config: Config) -> Finding:
    type = filesystem.kind(folder)
    if filesystem.is_network(type) and config.data_on_network:
        return warning("file system", f"{type} goes over a network, and data_on_network allows it", "use a local disk")
    if filesystem.is_network(type):
        text = f"{type} goes over a network: SQLite's locks do not hold there, and mail can be lost"
        return bad("file system", text, "put `data` on a disk of this machine")
    if type in ("tmpfs", "ramfs", "overlay"):
        text = f"{type} does not outlive the machine, or the container"
        return warning("file system", text, "put `data` on a disk, or mount a volume there")
    return good("file system", type or "the kernel does not say")


def _room(folder: Path, config: Config) -> Finding:
    usage = shutil.disk_usage(folder)
    free, reserve, total = usage.free >> 20, config.retention.free_disk, config.retention.total_bytes
    if usage.free < reserve:
        fix = "make room, or lower retention.free_disk"
        return bad("disk", f"{free} MiB are left, and below {reserve >> 20} MiB no mail is taken", fix)
    status = os.statvfs(folder)
    if status.f_files and status.f_favail < 1000:
        return bad("disk", f"only {status.f_favail} more files can be made", "remove files that nobody needs")
    if total and total > usage.total - reserve:
        text = f"retention.total_bytes is {total >> 20} MiB, and the disk has {usage.total >> 20}"
        return warning("disk", text, "lower it: otherwise mail is refused before the oldest goes")
    return good("disk", f"{free} MiB are left")


def clock() -> Finding:
    """Look at the clock."""
    now = time.time()
    if now < _OLDEST:
        text = f"it says {time.strftime('%Y-%m-%d', time.gmtime(now))}"
        return bad("clock", text, "set it: `timedatectl set-ntp true`, or install chrony")
    try:
        state = _adjtimex()
    except OSError:
        return unsure("clock", "the kernel does not say whether it is synchronised")
    if state:
        text = "nothing keeps it right: dates of mail and ends of certificates go wrong with it"
        return warning("clock", text, "`timedatectl set-ntp true`, or install chrony")
    return good("clock", "it is synchronised")


def _adjtimex() -> bool:
    """Tell whether the kernel's clock is kept right by nobody. Raises OSError."""
    buffer = (ctypes.c_long * 64)()  # struct timex, whose `modes` 0 asks only
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.adjtimex(ctypes.byref(buffer)) < 0:
        raise OSError(ctypes.get_errno(), "adjtimex")
    # modes, offset, freq, maxerror, esterror, then status, an int in a long's place.
    return bool(buffer[5] & _UNSYNCHRONISED)


def files(config: Config, pid: int | None) -> Finding:
    """Look at how many files the daemon may have open: each connection is one."""
    what = "open files"
    wanted = config.limits.smtp_connections + config.websocket.connections + config.pop3.connections + 200
    if pid is None:
        return unsure(what, "the daemon does not run")
    try:
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    except OSError:
        return unsure(what, "its limit may not be seen", "run this as root")
    allowed = next((line.split()[3] for line in lines if line.startswith("Max open files")), "unlimited")
    if allowed.isdigit() and int(allowed) < wanted:
        text = f"{allowed} are allowed, and the limits of connections add up to {wanted}"
        return warning(what, text, "raise LimitNOFILE of the unit, or lower websocket.connections")
    return good(what, f"{allowed} are allowed")
