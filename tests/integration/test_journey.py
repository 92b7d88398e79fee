"""The story that mailsockd is made for, with the lines and the programs that people paste."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.clients import call, rest
from tests.integration.daemon import DOMAIN, ROOT, Daemon
from tests.integration.waiting import until

MODULES = Path(__file__).parent / "node_modules"
RESERVE = 'curl -X POST -H "Mailsac-Key: KEY" http://127.0.0.1:8025/api/addresses/user1@DOMAIN'
ENABLE = (
    "curl -H 'Mailsac-Key: KEY' -X PUT http://127.0.0.1:8025/api/private-address-forwarding/user1@DOMAIN"
    """ -d '{"enablews": true}'"""
)
SEND = (
    r"printf 'Subject: Hello\n\nIt works.\n' | curl smtp://127.0.0.1:1025 --mail-from you@example.org"
    " --mail-rcpt user1@DOMAIN -T -"
)
MESSAGE = (
    "_id", "from", "to", "cc", "bcc", "subject", "savedBy", "inbox", "originalInbox", "domain", "received", "size",
    "attachments", "ip", "via", "folder", "labels", "read", "rtls", "links", "spam",
)  # fmt: skip


def paste(line: str, daemon: Daemon, domain: str = DOMAIN) -> Any:
    """Run a documented line in a shell with ports, key and domain filled in, and give the JSON it prints, if any."""
    values = {"KEY": daemon.key, "8025": str(daemon.http), "1025": str(daemon.smtp), "DOMAIN": domain}
    line = re.sub("|".join(values), lambda found: values[found[0]], line)
    done = subprocess.run(["bash", "-c", line], capture_output=True, timeout=30, check=True)
    return json.loads(done.stdout) if done.stdout else None


@contextmanager
def program(words: list[str], folder: Path, daemon: Daemon, address: str) -> Iterator[Path]:
    """Run an example and give the file with what it prints; end it as Ctrl-C does."""
    output = folder / "output"
    environment = {
        **os.environ,
        "MAILSOCKD_URL": f"ws://127.0.0.1:{daemon.http}",
        "MAILSOCKD_ACCOUNT": daemon.account,
        "MAILSOCKD_KEY": daemon.key,
        "MAILSOCKD_ADDRESSES": address,
    }
    with output.open("wb") as out:
        process = subprocess.Popen(words, cwd=folder, env=environment, stdout=out, stderr=out)
    try:
        yield output
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0, output.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def line_that_begins(output: Path, word: str) -> str:
    """Wait for a line that the example prints, and give what follows the word."""

    def look() -> str:
        whole = output.read_text().rpartition("\n")[0]
        return next((line.removeprefix(word) for line in whole.splitlines() if line.startswith(word)), "")

    return until(look, f"a line that begins with {word!r} in {output}")


def swaks(daemon: Daemon, address: str, *options: str) -> str:
    """Send a mail with swaks; give what it sent as content, from its own transcript."""
    words = [
        "swaks", "--server", "127.0.0.1", "--port", str(daemon.smtp), "--from", "robot@shop.example", "--to", address,
        "--helo", "shop.example", *options,
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=True)
    _, _, after = done.stdout.partition("<-  354")
    sent = [line.removeprefix(" -> ") for line in after.splitlines()[1:] if line.startswith(" -> ")]
    content = sent[: sent.index(".")]
    return "".join(f"{line}\r\n" for line in content)


def without_trace(raw: str) -> str:
    """Take off the one Received field that the server put in front."""
    first, *lines = raw.split("\r\n")
    assert first.startswith("Received: from shop.example "), first
    while lines and lines[0].startswith((" ", "\t")):
        lines.pop(0)
    return "\r\n".join(lines)


def journey(daemon: Daemon, words: list[str], folder: Path, domain: str) -> None:
    """Reserve, enable, listen with an example program, send, and compare what everybody says."""
    address = f"user1@{domain}"
    reserved = paste(RESERVE, daemon, domain)
    assert (reserved["_id"], reserved["owner"]) == (address, daemon.account)
    assert paste(ENABLE, daemon, domain)["enablews"] is True

    with program(words, folder, daemon, address) as output:
        listening = line_that_begins(output, "Listening: ")
        assert json.loads(listening) == {"status": 200, "msg": "Listening", "addresses": [address], "domains": []}
        sent = swaks(
            daemon, address, "--header", "Subject: Your code", "--body",
            "Your code is 1234: https://shop.example/c?t=1",
        )  # fmt: skip
        frame = json.loads(line_that_begins(output, "Mail: "))
        paste(SEND, daemon, domain)
        again = until(lambda: output.read_text().split("\nMail: ")[2:], "the mail that curl sent")[0]
        assert '"subject":"Hello"' in again
        assert output.read_text().startswith(f"Connected to ws://127.0.0.1:{daemon.http}\n")

    _, message = rest(daemon, "GET", f"/addresses/{address}/messages")  # the newest is first
    assert {name: frame[name] for name in MESSAGE} == {name: message[name] for name in MESSAGE}
    single = rest(daemon, "GET", f"/addresses/{address}/messages/{message['_id']}")
    assert {name: frame[name] for name in MESSAGE} == {name: single[name] for name in MESSAGE}
    assert (frame["status"], frame["subject"], frame["size"]) == (200, "Your code", len(sent.encode()))
    assert frame["from"] == [{"address": "robot@shop.example", "name": ""}]
    assert frame["links"] == ["https://shop.example/c?t=1"]
    assert without_trace(frame["raw"]) == sent
    assert call(daemon, "GET", f"/raw/{address}/{message['_id']}") == (200, frame["raw"].encode())


@pytest.mark.parametrize("example", ["websocket-node", "websocket-python"])
def test_the_readme_of_an_example_has_these_lines(example: str) -> None:
    """What the README of an example tells people to paste is what is run here."""
    text = (ROOT / "examples" / example / "README.md").read_text()
    for line in (RESERVE, ENABLE, SEND):
        assert line.replace("DOMAIN", DOMAIN) in text


@pytest.fixture(scope="module")
def open_daemon() -> Iterator[Daemon]:
    """Give a daemon that takes mail for every domain, so that each journey has a domain of its own."""
    with Daemon({"smtp": {"accept": "any"}}) as running:
        yield running


@pytest.mark.parametrize("version", ["ws", "ws-2.3.1"])
def test_the_documented_lines_and_the_node_program_receive_a_mail(
    open_daemon: Daemon, tmp_path: Path, version: str
) -> None:
    """Two curl lines, the Node program with that version of ws, and swaks: the log shows the mail that REST lists."""
    example = tmp_path / "websocket-node"
    shutil.copytree(ROOT / "examples" / "websocket-node", example, ignore=shutil.ignore_patterns("node_modules"))
    (example / "node_modules").mkdir()
    assert (MODULES / version / "package.json").exists(), "the clients from npm are missing: run make test"
    if version == "ws-2.3.1":
        assert json.loads((MODULES / version / "package.json").read_text())["version"] == "2.3.1"
    # Node looks for what ws itself needs beside the place that the link leads to.
    (example / "node_modules" / "ws").symlink_to(MODULES / version)
    journey(open_daemon, ["node", "index.js"], example, f"{uuid.uuid4().hex[:8]}.test")


def test_the_documented_lines_and_the_python_program_receive_a_mail(open_daemon: Daemon, tmp_path: Path) -> None:
    """Two curl lines, the Python program, and swaks: the log shows the mail that REST lists."""
    example = tmp_path / "websocket-python"
    shutil.copytree(ROOT / "examples" / "websocket-python", example)
    journey(open_daemon, [sys.executable, "main.py"], example, f"{uuid.uuid4().hex[:8]}.test")


def test_a_wrong_key_is_refused_in_words(open_daemon: Daemon, tmp_path: Path) -> None:
    """A socket with a wrong key gets one frame that says so and is closed with 1008, and the program shows both."""
    address = f"user1@{uuid.uuid4().hex[:8]}.test"
    main = str(ROOT / "examples" / "websocket-python" / "main.py")
    environment = {
        **os.environ,
        "MAILSOCKD_URL": f"ws://127.0.0.1:{open_daemon.http}",
        "MAILSOCKD_ACCOUNT": open_daemon.account,
        "MAILSOCKD_KEY": "k_wrong",
        "MAILSOCKD_ADDRESSES": address,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, main], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert "Refused: 401 Not authorized. You may need to log in first." in done.stderr
    assert "Closed: 1008" in done.stdout
