"""The program mailsockd."""

import sys

import pytest

from mailsockd import script


def test_wrong_arguments_speak_of_mailsockd(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown option is one line that names the program and the option, and status 2."""
    monkeypatch.setattr(sys, "argv", ["mailsockd", "--frob"])
    with pytest.raises(SystemExit) as ended:
        script.run()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "mailsockd: option --frob not recognized; see mailsockd --help\n"


def test_help_and_version_are_mailsockds_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--help and --version tell of mailsockd, not of twistd, and end with status 0."""
    for option, start in (("--help", "Usage: mailsockd [--config FILE]"), ("--version", "mailsockd 0.")):
        monkeypatch.setattr(sys, "argv", ["mailsockd", option])
        with pytest.raises(SystemExit) as ended:
            script.run()
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith(start)


def test_twistd_is_given_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Good arguments are handed to twistd, in the foreground, without a pidfile, with the log's own observer."""
    monkeypatch.setattr(sys, "argv", ["mailsockd", "--config", "f.yaml"])
    given: list[list[str]] = []
    monkeypatch.setattr(script, "twistd", lambda: given.append(sys.argv[1:]))
    script.run()
    assert given == [
        [
            "--no_save",
            "--nodaemon",
            "--pidfile=",
            "--logger=mailsockd.log.observer",
            "mailsockd",
            "--config",
            "f.yaml",
        ]
    ]
