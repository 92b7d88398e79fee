"""certbot's hook: a renewed certificate is where the daemon may read it, and the daemon is told."""

import os
import subprocess
from pathlib import Path

HOOK = Path(__file__).parent.parent / "etc/letsencrypt/renewal-hooks/deploy/mailsockd"


def run(folder: Path, name: str) -> "subprocess.CompletedProcess[str]":
    """Run the hook for one name, with a mailsockctl that writes down how it is called."""
    control = folder / "bin" / "mailsockctl"
    control.parent.mkdir(exist_ok=True)
    control.write_text(f'#!/bin/sh\necho "$@" >> {folder}/calls\n')
    control.chmod(0o755)
    lineage = folder / "live" / name
    lineage.mkdir(parents=True, exist_ok=True)
    (lineage / "fullchain.pem").write_text(f"certificate of {name}\n")
    (lineage / "privkey.pem").write_text(f"key of {name}\n")
    environment = {
        "PATH": f"{control.parent}:{os.environ['PATH']}",
        "RENEWED_LINEAGE": str(lineage),
        "MAILSOCKD_TLS": str(folder / "tls"),
    }
    return subprocess.run(["sh", str(HOOK)], env=environment, check=False, capture_output=True, text=True, timeout=30)


def test_a_name_that_has_a_folder_is_taken_over(tmp_path: Path) -> None:
    """Both files are there, the key for owner and group alone, nothing else is left, and the daemon reloads."""
    (tmp_path / "tls" / "mx.test").mkdir(parents=True)
    done = run(tmp_path, "mx.test")
    assert (done.returncode, done.stderr) == (0, "")
    files = {path.name: path.read_text() for path in (tmp_path / "tls" / "mx.test").iterdir()}
    assert files == {"fullchain.pem": "certificate of mx.test\n", "privkey.pem": "key of mx.test\n"}
    assert (tmp_path / "tls/mx.test/privkey.pem").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "calls").read_text() == "ready\nreload\n"


def test_other_names_are_nobodys_business(tmp_path: Path) -> None:
    """A certificate of another program is not copied, and nobody is told."""
    (tmp_path / "tls").mkdir()
    assert run(tmp_path, "other.test").returncode == 0
    assert list((tmp_path / "tls").iterdir()) == []
    assert not (tmp_path / "calls").exists()
