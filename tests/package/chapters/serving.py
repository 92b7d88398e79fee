"""Mail comes through, whatever happens to the process."""

import os
import signal

from chapters.machine import DROP_INS, kill, replaced, run, show, until
from chapters.talk import ADDRESS, WebSocket, load, mail, rest, stored


def received() -> None:
    """A mail by SMTP comes out of the WebSocket, and a restart closes that with 1001."""
    rest("POST", f"/api/addresses/{ADDRESS}", {"enablews": True})
    listener = WebSocket()
    identity = mail("Hello")
    message = listener.message()
    assert (message["subject"], message["_id"]) == ("Hello", f"{identity}-0")
    run("systemctl", "restart", "mailsockd")
    assert listener.end() == 1001
    assert stored() == {identity}


def killed() -> None:
    """kill -9 in the middle of mail: systemd starts it again, and what was acknowledged is there."""
    with load(senders=4) as (acknowledged, _):
        for _ in range(3):
            before = len(acknowledged)
            until(lambda: len(acknowledged) > before + 20, "mail is taken")  # noqa: B023
            kill()
    missing = set(acknowledged) - stored()
    assert not missing, f"{len(missing)} of {len(acknowledged)} are missing"
    assert int(show("NRestarts")) == 3
    print(f"    {len(acknowledged)} mails over 3 kills")


def stuck() -> None:
    """A daemon that does nothing any more is ended by the watchdog and started again."""
    DROP_INS.mkdir()
    (DROP_INS / "watchdog.conf").write_text("[Service]\nWatchdogSec=3\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", "mailsockd")
    old, fed = show("MainPID"), show("WatchdogTimestampMonotonic")
    until(lambda: show("WatchdogTimestampMonotonic") != fed, "the watchdog is fed")
    os.kill(int(old), signal.SIGSTOP)
    until(lambda: replaced(old), "it runs again", 90)
    (DROP_INS / "watchdog.conf").unlink()
    DROP_INS.rmdir()
    run("systemctl", "daemon-reload")
