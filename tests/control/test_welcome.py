"""What somebody who has just started the daemon is shown."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mailsockd.control.output import Output
from mailsockd.control.welcome import Surroundings, read_credentials, show
from tests.control.house import House

CREDENTIALS = "account: admin\npassword: Secret123\nkey: k_abcdef\n"
AROUND = Surroundings("mailsockctl --config x.yaml", "python3", Path("/somewhere"), example=False)


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "initial-credentials").write_text(CREDENTIALS)
    return House(data=str(tmp_path))


def shown(house: House, around: Surroundings = AROUND) -> list[str]:
    import io

    out = io.StringIO()
    credentials = read_credentials(Path(house.data) / "initial-credentials")
    show(Output(out), house.json("GET", "status"), credentials, around)
    return [line.strip() for line in out.getvalue().splitlines()]


def test_places_and_credentials_are_shown(house: House) -> None:
    """Where everything listens, and the account with password and key."""
    lines = shown(house)
    for line in (
        "mailsockd 1.2.3 is ready.",
        "SMTP       127.0.0.1:1025, [::1]:1025",
        "HTTP       http://127.0.0.1:8025",
        "WebSocket  ws://127.0.0.1:8025/incoming-messages",
        "test page  http://127.0.0.1:8025/websocket-test",
        "account   admin",
        "password  Secret123",
        "key       k_abcdef",
    ):
        assert line in lines


def test_three_lines_to_paste(house: House) -> None:
    """They reserve an address, listen, and send a mail, in that order, and need nothing that is not there."""
    lines = shown(house)
    pasted = [lines[lines.index(heading) + 1] for heading in lines if heading[:3] in ("1. ", "2. ", "3. ")]
    assert pasted == [
        "mailsockctl --config x.yaml address add hello@mail.test --account admin --enablews",
        "mailsockctl --config x.yaml tail hello@mail.test",
        "python3 -c \"import smtplib; smtplib.SMTP('127.0.0.1', 1025).sendmail("
        "'you@example.org', 'hello@mail.test', 'Subject: Hello\\n\\nIt works.')\"",
    ]


def test_the_lines_are_good_shell_and_good_python(house: House) -> None:
    """What is pasted survives the shell: Python sees the program, and curl its arguments."""
    lines = shown(house)
    send = next(line for line in lines if line.startswith("python3 -c"))
    compile(shlex.split(send)[2], "pasted", "exec")
    curl = next(line for line in lines if line.startswith("curl "))
    assert shlex.split(curl) == [
        "curl", "-X", "POST", "-H", "Mailsac-Key: k_abcdef", "-d", '{"enablews": true}',
        "http://127.0.0.1:8025/api/addresses/hello@mail.test",
    ]  # fmt: skip
    printf = next(line for line in lines if line.startswith("printf "))
    mail = subprocess.run(["sh", "-c", printf.partition(" | ")[0]], capture_output=True, check=True).stdout
    assert mail == b"Subject: Hello\n\nIt works.\n"


def test_the_example_is_the_listener_where_it_can_run(house: House) -> None:
    """In a checkout whose Python has a WebSocket library, the second line is the socket itself."""
    around = Surroundings("mailsockctl", ".venv/bin/python", Path("/somewhere"), example=True)
    assert (
        "MAILSOCKD_ACCOUNT=admin MAILSOCKD_KEY=k_abcdef MAILSOCKD_ADDRESSES=hello@mail.test "
        ".venv/bin/python examples/websocket-python/main.py"
    ) in shown(house, around)
    house.listeners["http.listen"] = ("[::]:9025",)
    assert any(line.startswith("MAILSOCKD_URL=ws://[::1]:9025 ") for line in shown(house, around))


def test_without_the_file_no_secret_is_shown(house: House) -> None:
    """Once the file is removed, the lines hold a placeholder for the key."""
    (Path(house.data) / "initial-credentials").unlink()
    lines = shown(house)
    assert not any("k_abcdef" in line or "Secret123" in line for line in lines)
    assert any("Mailsac-Key: KEY" in line for line in lines)
    assert any(line.startswith("initial-credentials is gone from") for line in lines)


def test_without_smtp_the_third_line_sends_from_inside(house: House) -> None:
    """A daemon without a plain SMTP listener can still be seen working."""
    house.listeners = {"http.listen_tls": ("0.0.0.0:443",)}
    lines = shown(house)
    assert "mailsockctl --config x.yaml send hello@mail.test" in lines
    assert "HTTP       https://127.0.0.1:443" in lines
    assert "WebSocket  wss://127.0.0.1:443/incoming-messages" in lines


def test_programs_get_status_and_credentials(house: House) -> None:
    """With --json everything is one object."""
    answer = house.ctl("welcome", "--json").json
    assert answer["credentials"] == {"account": "admin", "password": "Secret123", "key": "k_abcdef"}
    assert answer["version"] == "1.2.3"


def test_the_command_prints_it_all(house: House) -> None:
    """The lines name this program and this Python as they were called."""
    run = house.ctl("welcome")
    assert run.status == 0
    assert "mailsockd 1.2.3 is ready.\n" in run.out
    assert " --control unix:/nowhere/control.sock address add hello@mail.test" in run.out
    assert Path(sys.executable).name in run.out


def test_a_daemon_that_is_not_ready_is_said(house: House) -> None:
    """Without --wait it fails at once."""
    house.is_ready = False
    run = house.ctl("welcome")
    assert (run.status, run.out, run.err) == (1, "", "mailsockctl: mailsockd is still starting\n")
