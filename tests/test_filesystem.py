"""Which file system a folder is on, by what the kernel tells."""

from pathlib import Path

import pytest

from mailsockd.filesystem import is_network, kind

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:26 / /srv rw,relatime shared:2 - xfs /dev/sdb1 rw
31 30 0:44 / /srv/with\\040space rw - nfs4 host:/x rw
32 30 0:45 / /srv/mail rw - tmpfs tmpfs rw
33 32 0:46 / /srv/mail rw master:1 - fuse.sshfs a@b:/ rw
nonsense
"""


@pytest.mark.parametrize(
    ("folder", "type"),
    [
        ("/var/lib/mailsockd", "ext4"),
        ("/srv", "xfs"),
        ("/srvother", "ext4"),
        ("/srv/with space/x", "nfs4"),
        ("/srv/mail/data", "fuse.sshfs"),
    ],
)
def test_the_nearest_mount_says_it(folder: str, type: str) -> None:
    """The longest mount point above a folder counts, of two at one place the later one; odd lines are no trouble."""
    assert kind(Path(folder), MOUNTS) == type


def test_nothing_is_known_of_nothing() -> None:
    """Without any mount there is no answer."""
    assert kind(Path("/"), "") == ""


def test_file_systems_of_a_network_are_known() -> None:
    """NFS and its like are no place for databases, disks are."""
    assert [is_network(type) for type in ("nfs", "nfs4", "cifs", "fuse.sshfs", "9p")] == [True] * 5
    assert [is_network(type) for type in ("ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "")] == [False] * 7
