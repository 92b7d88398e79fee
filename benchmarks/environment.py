"""What a run needs besides this folder: the C programs, a venv for the references, and Node's `ws`; all below out/."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from servers import HERE, OUT, ROOT, Interpreters


def prepare(python: str | None, with_node: bool) -> Interpreters:
    """Build and install what is missing; what is there already is kept as long as its list does not change."""
    subprocess.run(["make", "-s", "-C", HERE], check=True)
    python = python or default_python()
    reference = OUT / "venv"
    if changed(HERE / "requirements.txt", reference):
        shutil.rmtree(reference, ignore_errors=True)
        subprocess.run([python, "-m", "venv", reference], check=True)
        subprocess.run(
            [reference / "bin" / "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True, timeout=300
        )
        settle(HERE / "requirements.txt", reference)
    node_folder = OUT / "npm"
    node = shutil.which("node") or ""
    if with_node and node and changed(HERE / "package.json", node_folder):
        node_folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "package.json", node_folder)
        npm = ["npm", "install", "--prefix", node_folder, "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(npm, check=True, timeout=300, stdin=subprocess.DEVNULL)
        settle(HERE / "package.json", node_folder)
    return Interpreters(python, str(reference / "bin" / "python"), node, node_folder / "node_modules")


def default_python() -> str:
    """The interpreter of the checkout's own environment, else one made here with mailsockd's dependencies."""
    own = ROOT / ".venv" / "bin" / "python"
    if own.exists():
        return str(own)
    made = OUT / "mailsockd-venv"
    if changed(ROOT / "setup.cfg", made):
        shutil.rmtree(made, ignore_errors=True)
        subprocess.run(["python3", "-m", "venv", made], check=True)
        subprocess.run([made / "bin" / "pip", "install", "-q", "-e", ROOT], check=True, timeout=600)
        settle(ROOT / "setup.cfg", made)
    return str(made / "bin" / "python")


def changed(asked: Path, folder: Path) -> bool:
    """True when the folder was not made from this version of the file."""
    stamp = folder / "made-from"
    return not stamp.exists() or stamp.read_text() != digest(asked)


def settle(asked: Path, folder: Path) -> None:
    """Remember what the folder was made from."""
    (folder / "made-from").write_text(digest(asked))


def digest(path: Path) -> str:
    """Of the file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def machine() -> str:
    """One line about where this runs."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else "unknown processor"
    release = os.uname()
    return f"{os.cpu_count()} x {model}, {release.sysname} {release.release}"
