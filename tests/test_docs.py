"""The documents say what the program does: every route, setting, frame field and close code, and every command."""

import re
import shlex
from pathlib import Path
from typing import Any

import attrs
import pytest

from mailsockd.config import Config, load, parse

ROOT = Path(__file__).parent.parent
SETTINGS = (ROOT / "etc/mailsockd.yaml").read_text()
# Settings without a fixed default: what stands in for them depends on the machine or on other settings.
WITHOUT_DEFAULT = {"hostname", "domains", "control", "http.url"}


def uncommented() -> str:
    return re.sub(r"^( *)#(?=\S)", r"\1", SETTINGS, flags=re.MULTILINE)


def names(section: Any = Config, path: str = "") -> list[str]:
    found = []
    for field in attrs.fields(section):
        inner = field.metadata.get("section")
        if inner:
            found += names(inner, f"{path}{field.name}.")
        elif field.metadata:
            found.append(f"{path}{field.name}")
    return found


def value(config: Any, name: str) -> Any:
    for part in name.split("."):
        config = getattr(config, part)
    return config


def test_the_configuration_file_changes_nothing_as_it_is() -> None:
    """Everything in etc/mailsockd.yaml is commented out, so that installing it is the same as having no file."""
    config = parse(SETTINGS, "etc/mailsockd.yaml")
    assert attrs.evolve(config, source="x", lines={}) == attrs.evolve(Config(), source="x", lines={})


def test_the_configuration_file_shows_the_defaults() -> None:
    """With every # removed the file is valid and gives each setting its default."""
    config, default = parse(uncommented(), "etc/mailsockd.yaml"), Config()
    shown = {name: value(config, name) for name in names()}
    assert {name for name in names() if value(default, name) is None} == WITHOUT_DEFAULT
    assert {name: shown[name] for name in shown if name not in WITHOUT_DEFAULT} == {
        name: value(default, name) for name in names() if name not in WITHOUT_DEFAULT
    }
    assert None not in shown.values()


def test_the_configuration_file_names_every_setting() -> None:
    """No setting is missing from etc/mailsockd.yaml, and it names none that is not there."""
    config = parse(uncommented(), "etc/mailsockd.yaml")
    settings = {name for name in config.lines if name not in {"smtp", "http", "inboxes", "tls", "websocket", "limits"}}
    assert settings == set(names())


def test_every_setting_is_explained_in_one_sentence() -> None:
    """The line above each setting, and above each section, is a sentence."""
    lines = SETTINGS.splitlines()
    for number, line in enumerate(lines):
        if re.match(r" *#?[a-z_]+:", line):
            before = next(previous for previous in reversed(lines[:number]) if previous.strip())
            assert re.fullmatch(r" *# [A-Z].*\.", before), f"line {number + 1}: {line}"


def test_the_file_of_make_run_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """make run serves mail.test on loopback, keeps everything in ./var and takes mail for any domain."""
    monkeypatch.chdir(ROOT)
    config = load("etc/try.yaml")
    assert (config.name, config.served, config.data, config.smtp.accept) == ("mail.test", ("mail.test",), "./var", "any")
    assert config.smtp.listen == ("127.0.0.1:1025", "[::1]:1025")
