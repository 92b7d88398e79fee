"""The manual pages and the completion, as the Debian package has them."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mailsockd import __version__
from tests.test_docs import ROOT, commands, names


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    subprocess.run([sys.executable, str(ROOT / "docs/man/pages.py"), str(folder)], check=True, timeout=60)
    return folder


def headings(page: Path, macro: str) -> list[str]:
    return re.findall(rf"^\.{macro} (.+)$", page.read_text(), flags=re.MULTILINE)


def test_every_setting_has_an_entry_in_its_page(made: Path) -> None:
    """mailsockd.yaml(5) has an entry for each setting, with its section before it, and none for another."""
    entries = re.findall(r"^\.TP\n\.B ([a-z_0-9.]+)$", (made / "mailsockd.yaml.5").read_text(), flags=re.MULTILINE)
    assert sorted(entries) == sorted(names())
    assert len(entries) > 80


def test_a_setting_has_its_sentence_and_its_default(made: Path) -> None:
    """Both are those of etc/mailsockd.yaml, quoted for roff."""
    entry = (made / "mailsockd.yaml.5").read_text().partition(".B limits.smtp_idle\n")[2]
    assert entry.splitlines()[:3] == [
        "The seconds of silence after which an SMTP session ends.",
        ".br",
        "Shown as: 300",
    ]


def test_every_command_has_a_section_in_its_page(made: Path) -> None:
    """mailsockctl(1) has a section for each command, with its usage and its options."""
    page = made / "mailsockctl.1"
    assert sorted(headings(page, "SS")) == sorted(commands())
    section = page.read_text().partition(".SS account add\n")[2].partition("\n.SS ")[0]
    assert section.startswith(
        ".B mailsockctl account add [\\-\\-admin] [\\-\\-email EMAIL] [\\-\\-password\\-from\\-stdin] NAME\n.PP\n"
        "Make an account; its password and first API key are shown once.\n.TP\n.B NAME\n"
    )
    assert "\n.B \\-\\-email EMAIL\nwhere to reach whoever has the account\n" in section
    assert section.endswith("\\-\\-password\\-from\\-stdin < password\n.RE\n.fi")


def test_the_pages_are_of_this_version(made: Path) -> None:
    """Each begins with its name and section, and names the version."""
    heads = [(made / name).read_text().splitlines()[0] for name in ("mailsockd.8", "mailsockctl.1", "mailsockd.yaml.5")]
    assert heads == [
        f'.TH MAILSOCKD 8 "" "mailsockd {__version__}" "mailsockd"',
        f'.TH MAILSOCKCTL 1 "" "mailsockd {__version__}" "mailsockd"',
        f'.TH MAILSOCKD.YAML 5 "" "mailsockd {__version__}" "mailsockd"',
    ]


def test_the_daemon_page_names_its_options(made: Path) -> None:
    """mailsockd(8) names every option of the program, and what systemd sets for it."""
    page = (made / "mailsockd.8").read_text().replace("\\-", "-")
    for name in ("--config", "--version", "--help", "NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDNAMES"):
        assert name in page


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["acc"], ["account"]),
        (["account", "re"], ["remove"]),
        (["--config", "acc", "account", "pas"], ["passwd"]),
        (["account", "--json", "add", "--em"], ["--email"]),
        (["account", "add", "account", "--em"], ["--email"]),
        (["domain", "verify", "x.test", "--j"], ["--json"]),
        (["ready", "--w"], ["--wait"]),
        (["nothing", "acc"], ["account"]),
    ],
)
def test_the_completion_offers_what_fits(made: Path, typed: list[str], offered: list[str]) -> None:
    """Commands where a command may come, options of the command behind it, and those of every command anywhere."""
    words = " ".join(["mailsockctl", *typed])
    script = (
        f"source {made}/mailsockctl.completion; COMP_WORDS=({words}); COMP_CWORD={len(typed)}; "
        '_mailsockctl; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    found = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True, timeout=30)
    assert found.stdout.split() == offered


def test_the_debian_package_depends_on_every_library() -> None:
    """What setup.cfg requires is in debian/control, to build and to run, in the version that is asked for."""
    named = {"twisted[tls]": "twisted", "attrs": "attr", "pyyaml": "yaml", "argon2-cffi": "argon2"}
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    build, runtime = (ROOT / "debian/control").read_text().split("\nPackage: mailsockd\n")
    missing = []
    for line in parser["options"]["install_requires"].split("\n")[1:]:
        library, version = line.split(" >= ")
        package = re.escape(f"python3-{named.get(library, library)}")
        floor = rf"^\s*(Depends: |){package}( \(>= {re.escape(version)}\)|),?$"
        missing += [f"{package} {version}" for part in (build, runtime) if not re.search(floor, part, re.MULTILINE)]
    assert missing == []
