"""What `pip install .` leaves behind is a whole mailsockd, found by twistd."""

import importlib.metadata
import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.clients import Talk, frame, listen, new_address
from tests.integration.daemon import PYTHON, ROOT, Daemon

PARTS = ("mailsockd", "twisted", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")
# The installed copy alone is looked at, whatever the interpreter has of the checkout.
ALONE = (
    "import sys; from pathlib import Path; "
    f"sys.path = [part for part in sys.path if part and Path(part) != Path({str(ROOT)!r})]; "
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install a copy of the checkout into a folder of its own."""
    copy, target = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("installed")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__", "dropin.cache"))
        else:
            shutil.copy(source, copy / part)
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    if can_build():
        words.append("--no-build-isolation")
    subprocess.run([*words, "--target", str(target), str(copy)], check=True, timeout=180)
    yield target
    shutil.rmtree(target)


def can_build() -> bool:
    """Tell whether this environment has what building takes; setuptools makes wheels by itself from 70.1 on."""
    try:
        version = tuple(int(part) for part in importlib.metadata.version("setuptools").split(".")[:2])
    except importlib.metadata.PackageNotFoundError:
        return False
    return version >= (70, 1) or importlib.util.find_spec("wheel") is not None


def python(installed: Path, code: str, *arguments: str) -> str:
    """Run code on the daemon's interpreter with the installed copy, and give what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [PYTHON, "-c", ALONE + code, *arguments], cwd=installed, env=environment, capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    return done.stdout


def test_every_file_that_is_not_python_is_installed(installed: Path) -> None:
    """Schemas, templates and static files are beside the modules."""
    kinds = (".sql", ".xhtml", ".js", ".css", ".svg")
    expected = {path.relative_to(ROOT) for path in (ROOT / "mailsockd").rglob("*") if path.suffix in kinds}
    assert {path.suffix for path in expected} >= {".sql", ".xhtml", ".js", ".css"}
    assert {path for path in expected if not (installed / path).exists()} == set()
    modules = {path.relative_to(ROOT) for path in (ROOT / "mailsockd").rglob("*.py")}
    assert {path for path in modules if not (installed / path).exists()} == set()


def test_twistd_finds_the_plugin(installed: Path) -> None:
    """The plugin is in twisted/plugins, which is no package of ours, and twistd lists it."""
    assert (installed / "twisted" / "plugins" / "mailsockd_plugin.py").is_file()
    assert not (installed / "twisted" / "__init__.py").exists()
    assert not (installed / "twisted" / "plugins" / "__init__.py").exists()
    code = "from twisted.scripts.twistd import run; sys.argv[0] = 'twistd'; run()"
    assert "mailsockd" in python(installed, code, "--help")
    version = (ROOT / "mailsockd" / "__init__.py").read_text().rpartition('__version__ = "')[2].partition('"')[0]
    assert python(installed, code, "mailsockd", "--version") == f"mailsockd {version}\n"


def test_the_programs_are_installed(installed: Path) -> None:
    """There are mailsockd and mailsockctl, both to be run."""
    for name in ("mailsockd", "mailsockctl"):
        assert stat.S_IMODE((installed / "bin" / name).stat().st_mode) & 0o111


def test_the_installed_daemon_takes_mail(installed: Path) -> None:
    """Started from what was installed, the daemon makes its databases and passes a mail on."""
    program = (PYTHON, "-c", ALONE + "from mailsockd.script import run; run()")
    with Daemon(program=program, python_path=installed) as daemon:
        address = new_address(daemon)
        with listen(daemon, address) as connection, Talk.begin(daemon) as talk:
            talk.mail("a@shop.example", address, b"Subject: installed\r\n\r\n")
            assert frame(connection)["subject"] == "installed"
        assert Path(f"/proc/{daemon.pid}/cwd").resolve() == daemon.folder
    where = python(installed, "import mailsockd; print(mailsockd.__file__)")
    assert where == f"{installed / 'mailsockd' / '__init__.py'}\n"
