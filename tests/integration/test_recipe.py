"""Waiting for mail as docs/waiting.md shows it: the recipe for pytest, and the lines for a shell."""

import json
import os
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.clients import rest
from tests.integration.daemon import DOMAIN, PYTHON, ROOT, Daemon, environment
from tests.integration.waiting import until

MAIL = (
    "From: Shop <no-reply@shop.example>\r\nSubject: Verify your address\r\n\r\n"
    "Your code is {code}.\r\nOr click https://shop.example/verify?t=1\r\n"
)


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    with Daemon() as running:
        yield running


def send(daemon: Daemon, address: str, code: str = "482913") -> None:
    with smtplib.SMTP("127.0.0.1", daemon.smtp) as smtp:
        smtp.sendmail("no-reply@shop.example", [address], MAIL.format(code=code))


def expect(daemon: Daemon, *arguments: str) -> "subprocess.Popen[str]":
    """Start mailsockctl expect."""
    words = [PYTHON, "-m", "mailsockd.control.ctl", "--config", str(daemon.file), "expect", *arguments]
    return subprocess.Popen(
        words, cwd=daemon.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_recipe_runs_as_it_is(daemon: Daemon) -> None:
    """The plugin and the tests of docs/recipes pass against a daemon, with the three variables that they name."""
    variables = {
        "MAILSOCKD_URL": daemon.url,
        "MAILSOCKD_KEY": daemon.key,
        "MAILSOCKD_DOMAIN": DOMAIN,
        "MAILSOCKD_SMTP_PORT": str(daemon.smtp),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "test_signup.py"],
        cwd=ROOT / "docs" / "recipes", env={**os.environ, **variables},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_page_shows_the_recipe_as_it_is() -> None:
    """Each line of Python on the page is in the recipe, in this order."""
    page = (ROOT / "docs/waiting.md").read_text()
    shown = page.split("```python\n")[1].split("```")[0].splitlines()
    recipe = (ROOT / "docs/recipes/test_signup.py").read_text().splitlines()
    assert shown == [line for line in recipe if line in shown]


@pytest.mark.parametrize(("what", "printed"), [("link", "https://shop.example/verify?t=1\n"), ("code", "482913\n")])
def test_a_shell_waits_for_a_mail(daemon: Daemon, what: str, printed: str) -> None:
    """Started before the mail comes, the program prints link or code when it does, and ends with 0."""
    address = f"{what}@{DOMAIN}"
    process = expect(daemon, address, "--subject", "verify", "--timeout", "30", "--extract", what)
    send(daemon, address)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, printed, "")


def test_mail_that_was_quicker_is_found(daemon: Daemon) -> None:
    """Started after the mail came, the program finds it; the one after it needs a newer one."""
    address = f"quick@{DOMAIN}"
    send(daemon, address, "111111")
    first = expect(daemon, address, "--extract", "json")
    id = json.loads(first.communicate(timeout=30)[0])["_id"]
    second = expect(daemon, address, "--since", id, "--extract", "code", "--timeout", "30")
    send(daemon, address, "222222")
    assert second.communicate(timeout=30)[0] == "222222\n"


def test_no_mail_in_time_is_status_1(daemon: Daemon) -> None:
    """The line on stderr says what is in the inbox instead."""
    address = f"late@{DOMAIN}"
    send(daemon, address)
    process = expect(daemon, address, "--subject", "invoice", "--timeout", "1")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert err.startswith(
        f"mailsockctl: no such mail to {address} within 1 seconds; "
        "the newest there is 'Verify your address' from no-reply@shop.example, "
    )


def test_the_daemon_ends_while_somebody_waits() -> None:
    """A stop does not wait for those who wait, and they are told that the daemon is going."""
    with Daemon() as running:
        process = expect(running, f"never@{DOMAIN}", "--timeout", "60")
        until(lambda: waits(running), "somebody waits")
        assert running.stop() in (0, -15)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 1
        assert "The server is stopping." in err


def waits(daemon: Daemon) -> bool:
    """Tell whether the control socket has a connection that is open."""
    connected = "03"  # of an enum in the kernel's net.h
    lines = Path("/proc/net/unix").read_text().splitlines()
    return any(line.split()[5] == connected and line.endswith(f"{daemon.data}/control.sock") for line in lines[1:])


def test_rest_waits_over_a_real_connection(daemon: Daemon) -> None:
    """The list answers when mail comes, and with nothing at the end of the time."""
    address = f"rest@{DOMAIN}"
    assert rest(daemon, "GET", f"/addresses/{address}/messages?wait=1") == []
    process = expect(daemon, address, "--timeout", "30", "--extract", "code")
    send(daemon, address)
    assert process.communicate(timeout=30)[0] == "482913\n"
    (message,) = rest(daemon, "GET", f"/addresses/{address}/messages?wait=30&subject=verify")
    assert message["links"] == ["https://shop.example/verify?t=1"]
