"""Backup under load, restore, check, export and import, with a daemon and by mailsockctl."""

import subprocess
import threading
from pathlib import Path

from tests.integration.clients import frame, listen, new_address, rest
from tests.integration.daemon import PYTHON, Daemon, environment
from tests.integration.test_denylist import code, ctl


def run(daemon: Daemon, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [PYTHON, "-m", "mailsockd.control.ctl", "--config", str(daemon.file), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=environment())


def test_a_backup_taken_under_load_can_be_put_back() -> None:
    """Everything that was acknowledged before the backup is in it, accounts too; restore needs the daemon stopped."""
    with Daemon() as daemon:
        address = new_address(daemon)
        for _ in range(5):
            assert code(daemon, address, "a@shop.example") == 250
        stop, sent = threading.Event(), []

        def load() -> None:
            while not stop.is_set():
                sent.append(code(daemon, address, "load@shop.example"))

        thread = threading.Thread(target=load)
        thread.start()
        folder = daemon.folder / "backup"
        try:
            assert ctl(daemon, "backup", str(folder))["bytes"] > 0
        finally:
            stop.set()
            thread.join(60)
        assert set(sent) <= {250}
        assert run(daemon, "check").returncode == 0
        refused = run(daemon, "restore", str(folder))
        assert refused.returncode == 1
        assert "only while the daemon does not run" in refused.stderr
        rest(daemon, "DELETE", f"/addresses/{address}")
        daemon.stop()
        done = run(daemon, "restore", str(folder))
        assert done.returncode == 0, done.stderr
        assert "what it held before is in " in done.stdout
        daemon.start()
        assert [one["_id"] for one in rest(daemon, "GET", "/addresses")] == [address]
        count = len(rest(daemon, "GET", f"/addresses/{address}/messages?limit=1000"))
        assert 5 <= count <= 5 + len(sent)
        assert code(daemon, address, "a@shop.example") == 250
        assert len(rest(daemon, "GET", f"/addresses/{address}/messages?limit=1000")) == count + 1


def test_mail_goes_out_as_files_and_comes_in_again() -> None:
    """An mbox of two inboxes is given to another daemon, which stores each mail for whom it was, and tells sockets."""
    with Daemon() as daemon, Daemon() as other:
        for name in ("one@mail.test", "two@mail.test"):
            assert code(daemon, name, "a@shop.example") == 250
        box = daemon.folder / "all.mbox"
        assert ctl(daemon, "export", str(box)) == {"messages": 2, "target": str(box)}
        assert box.stat().st_mode & 0o777 == 0o600
        again = run(daemon, "export", str(box))
        assert (again.returncode, again.stderr) == (1, f"mailsockctl: {box}: File exists\n")
        rest(other, "POST", "/addresses/two@mail.test", {"enablews": True})
        with listen(other, "two@mail.test") as connection:
            assert ctl(other, "import", str(box)) == {"stored": 2, "failed": []}
            assert frame(connection)["to"] is not None
        assert len(rest(other, "GET", "/addresses/one@mail.test/messages")) == 1

        folder = daemon.folder / "mails"
        assert ctl(daemon, "export", "--inbox", "one@mail.test", str(folder))["messages"] == 1
        (eml,) = folder.iterdir()
        assert eml.read_bytes().startswith(b"Received: from ")
        plain = Path(folder / "plain.eml")
        plain.write_text("Subject: no trace\n\nx\n")
        done = run(other, "import", str(folder))
        assert done.returncode == 1
        assert done.stdout == (
            f"1 messages are stored\nnot stored: {plain}: it does not say whom it is for; use --to ADDRESS\n"
        )
        assert ctl(other, "import", "--to", "one@mail.test", str(plain)) == {"stored": 1, "failed": []}
        assert len(rest(other, "GET", "/addresses/one@mail.test/messages")) == 3
