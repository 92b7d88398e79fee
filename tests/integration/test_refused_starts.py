"""
What keeps the daemon from starting: one line on stderr that names file, key and reason, and exit status 1.

Each `tests/configurations/NAME.yaml` is a configuration that cannot be used, and `NAME.expected` is the line. In both,
$FOLDER, $SMTP and $HTTP stand for a folder and ports of the test's own, $BUSY, $HELD and $HOLDER for the SMTP port, the
data folder and the process id of a daemon that runs, $FILE for the configuration, and $WORDS for what a library says.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from string import Template

import pytest

from tests.integration.certificates import make
from tests.integration.daemon import PROGRAM, ROOT, Daemon, environment, free_port, twistd

CONFIGURATIONS = ROOT / "tests" / "configurations"
WORDS = "(some words)"
NAMES = sorted(path.stem for path in CONFIGURATIONS.glob("*.yaml"))


def overwrite(path: Path) -> None:
    """Damage a database as a bad disk does: its first page is good, the others are not."""
    with path.open("r+b") as file:
        for page in range(1, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 64)


def age(path: Path) -> None:
    """Make a database one that a newer mailsockd has written."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.commit()
    database.close()


def replace(old: str, new: str) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return edit


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def certificates(folder: Path) -> None:
    """Make two certificates with their keys, and a file that is neither."""
    (folder / "bad.pem").write_text("-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n")
    for name in ("one", "two"):
        make(folder, name, "mx.mail.test")


# What is done to a data folder in good order, and with which file.
DAMAGE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "damaged-state-db": ("data/state.db", overwrite),
    "empty-state-db": ("data/state.db", lambda path: os.truncate(path, 0)),
    "newer-state-db": ("data/state.db", age),
    "damaged-mailbox-db": ("data/mailbox.db", overwrite),
    "newer-mailbox-db": ("data/mailbox.db", age),
    "damaged-state-yaml": ("data/state.yaml", replace("accounts:\n", "accounts: 7\n")),
    "truncated-state-yaml": ("data/state.yaml", halve),
    "newer-state-yaml": ("data/state.yaml", replace("version: 1\n", "version: 99\n")),
    "unwritable-data": ("file", lambda path: path.write_text("not a folder")),
    "bad-certificate": (".", certificates),
    "wrong-key": (".", certificates),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a data folder in good order, with the state in both forms."""
    folder = tmp_path_factory.mktemp("good") / "data"
    for state in ("yaml", "sqlite"):
        with Daemon({"state": state}) as daemon:
            daemon.stop()
            shutil.copytree(daemon.data, folder, dirs_exist_ok=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    """Give threads, for starts that take their time."""
    with ThreadPoolExecutor(2) as executor:
        yield executor


def start(words: list[str], folder: Path) -> tuple[int, str]:
    """Start the daemon, which is expected not to; give the exit status and what it wrote to stderr."""
    done = subprocess.run(
        words, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert not (folder / "twistd.pid").exists()
    return done.returncode, done.stderr


def ways(file: Path) -> list[list[str]]:
    """Give the two ways to start: in the foreground, and into the background."""
    return [
        [*PROGRAM, "--config", str(file)],
        [twistd(), "--pidfile", "twistd.pid", "--logfile", "twistd.log", "mailsockd", "--config", str(file)],
    ]


def with_words(errors: str, expected: str) -> str:
    """Put WORDS where the expected line has them, so that the two can be compared."""
    begin, words, end = expected.partition(WORDS)
    fits = words and errors.startswith(begin) and errors.endswith(end) and errors.count("\n") == 1
    return expected if fits else errors


@pytest.mark.parametrize("name", NAMES)
def test_a_configuration_that_cannot_be_used_ends_the_start(
    daemon: Daemon, good: Path, threads: Executor, tmp_path: Path, name: str
) -> None:
    """In the foreground and into the background alike: exit status 1, and the one expected line on stderr."""
    running, expected = [], []
    for way in (0, 1):
        folder = tmp_path / str(way)
        folder.mkdir()
        shutil.copytree(good, folder / "data")
        if name in DAMAGE:
            place, damage = DAMAGE[name]
            damage(folder / place)
        file = folder / "mailsockd.yaml"
        known = {
            "FOLDER": folder, "FILE": file, "SMTP": free_port(), "HTTP": free_port(), "BUSY": daemon.smtp,
            "HELD": daemon.data, "HOLDER": daemon.pid, "WORDS": WORDS,
        }  # fmt: skip
        file.write_text(Template((CONFIGURATIONS / f"{name}.yaml").read_text()).substitute(known))
        expected.append(Template((CONFIGURATIONS / f"{name}.expected").read_text()).substitute(known))
        running.append(threads.submit(start, ways(file)[way], folder))
    for one, line in zip(running, expected, strict=True):
        status, errors = one.result()
        assert (status, with_words(errors, line)) == (1, line)


def test_every_expected_line_names_file_key_and_reason() -> None:
    """The fixtures themselves hold to it: one line each, which begins with the program and the file."""
    assert len(NAMES) >= 18
    assert {path.stem for path in CONFIGURATIONS.iterdir()} == set(NAMES)
    for name in NAMES:
        line = (CONFIGURATIONS / f"{name}.expected").read_text()
        assert line.startswith("mailsockd: $FILE:"), name
        assert line.count("\n") == 1, name
        assert line.endswith("\n"), name


@pytest.mark.parametrize(
    ("place", "reason"),
    [("absent.yaml", "No such file or directory"), (".", "Is a directory"), ("latin1.yaml", "it is not UTF-8")],
)
def test_a_configuration_that_cannot_be_read_ends_the_start(tmp_path: Path, place: str, reason: str) -> None:
    """A file that is missing, is a folder or is not UTF-8: exit status 1 and one line that names it."""
    (tmp_path / "latin1.yaml").write_bytes(b"hostname: caf\xe9.test\n")
    file = tmp_path / place
    for words in ways(file):
        assert start(words, tmp_path) == (1, f"mailsockd: {file}: cannot be read: {reason}\n")
