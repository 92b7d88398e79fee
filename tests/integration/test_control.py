"""The program mailsockctl with a daemon that runs."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

from tests.integration.clients import Talk, frame, listen, new_address, rest
from tests.integration.daemon import DOMAIN, PYTHON, Daemon, environment
from tests.integration.waiting import until

RUN = "from mailsockd.control.ctl import run; run()"


def control(daemon: Daemon, *words: str) -> subprocess.CompletedProcess[str]:
    """Run it."""
    return subprocess.run(
        [PYTHON, "-c", RUN, *words, "--config", str(daemon.file)], cwd=daemon.folder, env=environment(),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def answer(daemon: Daemon, *words: str) -> Any:
    """Run it with --json and give what it answers."""
    done = control(daemon, *words, "--json")
    assert (done.returncode, done.stderr) == (0, ""), done
    return json.loads(done.stdout)


def test_an_account_is_made_used_and_removed(daemon: Daemon) -> None:
    """`account add NAME --json` prints one object with `_id`, `password` and `key`, and the key works until the end."""
    made = answer(daemon, "account", "add", "alice")
    assert made.keys() >= {"_id", "password", "key"}
    assert made["_id"] == "alice"
    assert rest(daemon, "GET", "/me", key=made["key"])["_id"] == "alice"
    address = f"alice@{DOMAIN}"
    assert control(daemon, "address", "add", address, "--account", "alice", "--enablews").returncode == 0
    assert [item["_id"] for item in rest(daemon, "GET", "/addresses", key=made["key"])] == [address]
    assert control(daemon, "account", "remove", "alice").returncode == 0
    assert rest(daemon, "GET", "/me", key=made["key"]) is None
    assert made["key"] not in daemon.log
    assert made["password"] not in daemon.log


def test_ready_and_status(daemon: Daemon) -> None:
    """`ready --wait` succeeds, and `status` says where the daemon listens."""
    assert control(daemon, "ready", "--wait", "10").returncode == 0
    assert answer(daemon, "status")["listeners"]["smtp.listen"] == [f"127.0.0.1:{daemon.smtp}"]


def test_send_goes_the_way_of_all_mail(daemon: Daemon) -> None:
    """`send` is stored and published like mail that came by SMTP."""
    address = new_address(daemon)
    with listen(daemon, address) as connection:
        assert control(daemon, "send", address, "--subject", "A test").returncode == 0
        received = frame(connection)
    assert received["subject"] == "A test"
    assert [item["_id"] for item in rest(daemon, "GET", f"/addresses/{address}/messages")] == [received["_id"]]


def test_tail_shows_mail_as_it_comes(daemon: Daemon, tmp_path: Path) -> None:
    """`tail --json` prints the Listening frame, and then each mail that arrives while it runs."""
    address = new_address(daemon)
    output = tmp_path / "output"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [PYTHON, "-c", RUN, "tail", address, "--json", "--config", str(daemon.file)], cwd=daemon.folder,
            env=environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        until(lambda: output.read_text().count("\n") == 1, "tail listens")
        with Talk.begin(daemon) as talk:
            talk.mail("a@shop.example", address, b"Subject: followed\r\n\r\n")
        until(lambda: output.read_text().count("\n") == 2, "tail shows the mail")
        first, second = map(json.loads, output.read_text().splitlines())
        assert (first["msg"], first["addresses"]) == ("Listening", [address])
        assert second["subject"] == "followed"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130, -signal.SIGINT)
        assert "Traceback" not in output.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_a_daemon_that_does_not_run_is_said_in_words() -> None:
    """Without a daemon the program says so on stderr and ends with status 1 or 2, without a traceback."""
    with Daemon() as daemon:
        daemon.stop()
        done = control(daemon, "status")
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr
        assert done.stderr.count("\n") == 1
        assert control(daemon, "ready").returncode != 0


def test_the_state_is_converted_while_the_daemon_is_down() -> None:
    """`state convert yaml` takes everything along, and the daemon goes on with it."""
    with Daemon() as daemon:
        address = new_address(daemon)
        assert control(daemon, "state", "convert", "yaml").returncode != 0
        daemon.stop()
        done = control(daemon, "state", "convert", "yaml")
        assert done.returncode == 0, done.stderr
        daemon.configure({"state": "yaml"})
        daemon.start()
        assert [item["_id"] for item in rest(daemon, "GET", "/addresses")] == [address]
        assert address in (daemon.data / "state.yaml").read_text()
