"""mailsockctl doctor beside a daemon that runs, and without one."""

import json

from tests.integration.daemon import Daemon
from tests.integration.test_keeping import run


def test_the_doctor_knows_a_daemon_that_runs_from_one_that_does_not() -> None:
    """Its ports are its own while it runs; afterwards they are free and the daemon is missed; a bad file is bad."""
    daemon = Daemon()
    with daemon:
        done = run(daemon, "doctor", "--all")
        assert done.returncode == 0, done.stdout
        assert f"[  ok  ] smtp.listen 127.0.0.1:{daemon.smtp}: the daemon listens\n" in done.stdout
        assert "[  ok  ] daemon: it runs, version " in done.stdout
        daemon.stop()
        found = {one["what"]: one for one in json.loads(run(daemon, "doctor", "--json").stdout)}
        assert found[f"smtp.listen 127.0.0.1:{daemon.smtp}"]["text"] == "the port is free"
        assert found["daemon"]["level"] == "warning"
        daemon.file.write_text("colour: red\n")
        bad = run(daemon, "doctor")
        assert bad.returncode == 1
        assert bad.stdout.startswith(f"[ BAD  ] configuration: {daemon.file}:1: colour: is not a setting")
