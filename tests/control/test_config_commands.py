"""The configuration, checked and shown without a daemon."""

import io
from pathlib import Path

import pytest

from mailsockd.config import parse
from mailsockd.control import ctl

TEXT = """\
hostname: mail.test
data: ./var
smtp:
  listen: ["127.0.0.1:2525"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mailsockd.yaml"
    path.write_text(TEXT)
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = ctl.main([str(argument) for argument in arguments], out, err)
    return status, out.getvalue(), err.getvalue()


def test_a_good_file_is_good(file: Path) -> None:
    """The file may be named behind the command or as for every other command."""
    expected = (0, f"{file}: good\n", "")
    assert run("config", "check", file) == expected
    assert run("--config", file, "config", "check") == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hostnam: x\n", ":1: hostnam: is not a setting; there are "),
        ("data: ./var\nstate: xml\n", ":2: state: must be sqlite or yaml"),
        ("a: [\n", ":2: it is not YAML: "),
    ],
)
def test_a_bad_file_is_status_1_and_one_line(file: Path, text: str, reason: str) -> None:
    """File, line, key and reason."""
    file.write_text(text)
    status, out, err = run("config", "check", file)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"mailsockctl: {file}{reason}")


def test_what_is_shown_is_itself_a_configuration(file: Path) -> None:
    """Every setting is there as it is in effect, and the text can be read back."""
    status, out, _ = run("--config", file, "config", "show")
    assert status == 0
    assert out.startswith(f"# in effect from {file}\n")
    shown = parse(out, "shown")
    assert (shown.hostname, shown.domains, shown.control) == (
        "mail.test",
        ("mail.test", "localhost"),
        "unix:var/control.sock",
    )
    assert shown.smtp.listen == ("127.0.0.1:2525",)
    assert shown.http.listen == ("127.0.0.1:8025", "[::1]:8025")
    assert "  message_size: 26214400\n" in out


def test_a_missing_file_fails_every_command(tmp_path: Path) -> None:
    """A file that was named and is not there is never replaced by defaults."""
    status, _, err = run("--config", tmp_path / "none.yaml", "status")
    assert status == 1
    assert err == f"mailsockctl: {tmp_path}/none.yaml: cannot be read: No such file or directory\n"
