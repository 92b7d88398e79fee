"""The denylist of a daemon that runs: its file, mailsockctl, REST, and what is left after a kill."""

import json
import smtplib
import subprocess
from typing import Any

import pytest

from tests.integration.clients import new_address, rest
from tests.integration.daemon import PYTHON, Daemon, environment

MAIL = b"Subject: x\r\n\r\nx\r\n"


def ctl(daemon: Daemon, *arguments: str) -> Any:
    """Run mailsockctl; give the JSON of its answer."""
    command = [PYTHON, "-m", "mailsockd.control.ctl", "--config", str(daemon.file), "--json", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, env=environment())
    return json.loads(done.stdout)


def code(daemon: Daemon, address: str, sender: str) -> int:
    """Send a mail by smtplib; give the reply's code that ended it."""
    try:
        with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as client:
            client.sendmail(sender, [address], MAIL)
    except smtplib.SMTPResponseException as error:
        return error.smtp_code
    return 250


@pytest.mark.parametrize("state", ["sqlite", "yaml"])
def test_mail_is_refused_at_once_and_after_a_kill(state: str) -> None:
    """A sender of the file, and one that mailsockctl adds, are refused until it is removed; a kill changes nothing."""
    daemon = Daemon({"state": state})
    denied = daemon.folder / "denied"
    denied.write_text("file.example  # from the start\n")
    daemon.configure({"smtp": {"denylist": str(denied)}})
    with daemon:
        address = new_address(daemon)
        assert code(daemon, address, "eve@deep.file.example") == 550
        assert code(daemon, address, "eve@spam.example") == 250
        assert ctl(daemon, "deny", "add", "spam.example", "--note", "why")["item"] == "spam.example"
        daemon.kill()
        daemon.start()
        assert code(daemon, address, "eve@spam.example") == 550
        assert rest(daemon, "GET", "/mailstats/blacklist") == ["file.example", "spam.example"]
        assert rest(daemon, "GET", "/mailstats/blacklist/https://www.spam.example/x") == {"blacklisted": True}
        ctl(daemon, "deny", "add", "127.0.0.0/8")
        assert code(daemon, address, "eve@good.example") == 554
        ctl(daemon, "deny", "remove", "127.0.0.0/8")
        ctl(daemon, "deny", "remove", "spam.example")
        assert code(daemon, address, "eve@spam.example") == 250
        assert "(denylist: 127.0.0.0/8)" in daemon.log
