"""Backup and restore: docs/operating.md."""

from chapters.machine import DATA, active, run, until
from chapters.talk import ADDRESS, WebSocket, load, mail, rest, stored

BACKUP = "/var/backups/mailsockd/story"


def restored() -> None:
    """A backup of the running daemon brings back the mail, the keys and the addresses that were lost after it."""
    with load(senders=2) as (acknowledged, _):
        until(lambda: len(acknowledged) > 20, "mail is taken")
        before = set(acknowledged)
        run("mailsockctl", "backup", BACKUP)
    kept = stored() & before
    assert kept == before
    rest("DELETE", f"/api/addresses/{ADDRESS}?deleteAddressMessages=true")
    assert not any(address["_id"] == ADDRESS for address in rest("GET", "/api/addresses"))

    run("mailsockctl", "restore", BACKUP, fails=True)  # it runs
    run("systemctl", "stop", "mailsockd")
    run("mailsockctl", "restore", BACKUP)
    run("systemctl", "start", "mailsockd")
    assert active()
    assert before <= stored()
    assert any(path.name.startswith("before-restore-") for path in DATA.iterdir())
    assert {path.owner() for path in DATA.iterdir()} == {"mailsockd"}
    listener = WebSocket()
    identity = mail("goes on")
    assert listener.message()["_id"] == f"{identity}-0"
    run("mailsockctl", "check")
