"""What kind of file system a folder lies on, as the kernel tells it."""

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# SQLite's locks and its shared memory need a file system of one machine; these are spoken to over a network, or by a
# program that may do anything.
NETWORK = frozenset(
    (
        *("9p", "afs", "beegfs", "ceph", "cifs", "coda", "gfs2", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4"),
        *("ocfs2", "orangefs", "smb3", "smbfs", "vboxsf"),
        *("fuse.cephfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    )
)
_OCTAL = re.compile(r"\\([0-7]{3})")


def kind(folder: Path, mounts: str | None = None) -> str:
    """Give the type of the file system that a folder is on, such as ext4 or nfs4; "" when the kernel does not say."""
    if mounts is None:
        try:
            mounts = MOUNTS.read_text("utf-8", "replace")
        except OSError:
            return ""
    place, longest, found = str(folder.resolve()), -1, ""
    for line in mounts.splitlines():
        # "36 35 98:0 /root /mnt rw,noatime master:1 - ext4 /dev/sda1 rw": a later mount hides an earlier one.
        fields, _, more = line.partition(" - ")
        point = _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields.split(" ")[4]) if fields.count(" ") > 4 else ""
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        if point and inside and len(point) >= longest:
            longest, found = len(point), more.partition(" ")[0]
    return found


def is_network(type: str) -> bool:
    """Tell whether a type of file system is no safe place for databases."""
    return type in NETWORK
