"""Mail out of the mailbox into files, by mailsockctl, without a daemon."""

import io
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from mailsockd.config import Config
from mailsockd.control import ctl
from mailsockd.storage.writer import Append, Writer
from mailsockd.stores import mailbox_file, mailbox_store
from tests.fakes import stored


def unused(*_: object) -> None:
    raise AssertionError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The configuration of a data folder with mail of two hours, one hour and one minute ago, named so."""
    config = Config(data=str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    mailbox_store(config, unused, unused)
    writer = Writer(mailbox_file(config), "FULL", sqlite3.Connection)
    now = datetime.now(UTC)
    for seq, minutes in enumerate((120, 60, 1), 1):
        received = (now - timedelta(minutes=minutes)).timestamp()
        message = attrs.evolve(stored(f"m{seq}-0", seq=seq), received=received)
        assert writer.run([Append([message], b"Subject: %d\r\n\r\nx\r\n" % minutes)]) == [None]
    writer.close()
    (tmp_path / "mailsockd.yaml").write_text(f"data: {tmp_path / 'data'}\n")
    return tmp_path / "mailsockd.yaml"


def export(file: Path, *arguments: str) -> tuple[int, str]:
    """Give exit status and what was said on stderr."""
    err = io.StringIO()
    return ctl.main(["--config", str(file), "--json", "export", *arguments], io.StringIO(), err), err.getvalue()


@pytest.mark.parametrize(
    ("since", "subjects"),
    [((), ["120", "60", "1"]), (("--since", "90m"), ["60", "1"]), (("--since", "5m"), ["1"]), (("--since", "1s"), [])],
)
def test_only_what_came_since(file: Path, tmp_path: Path, since: tuple[str, ...], subjects: list[str]) -> None:
    """An mbox file has what came at that moment or later, in order, and without `--since` everything."""
    assert export(file, *since, str(tmp_path / "new.mbox"))[0] == 0
    lines = (tmp_path / "new.mbox").read_text().splitlines()
    assert [line.removeprefix("Subject: ") for line in lines if line.startswith("Subject: ")] == subjects


def test_a_date_is_a_moment_too(file: Path, tmp_path: Path) -> None:
    """Of a day in the past everything came since, and the folder has a file for each."""
    assert export(file, "--since", "2026-01-02", str(tmp_path / "mails"))[0] == 0
    assert [path.name for path in sorted((tmp_path / "mails").iterdir())] == [
        "000000001-m1-0.eml",
        "000000002-m2-0.eml",
        "000000003-m3-0.eml",
    ]


def test_words_are_no_moment(file: Path, tmp_path: Path) -> None:
    """The command line is wrong then, and nothing is written."""
    status, said = export(file, "--since", "lately", str(tmp_path / "new.mbox"))
    assert status == 2
    assert said.startswith("mailsockctl: --since must be a date such as ")
    assert not (tmp_path / "new.mbox").exists()
