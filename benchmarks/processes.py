"""Starting and ending other programs: free ports, waiting for a line or a port, CPU time, and an end that is sure."""

import os
import resource
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def free_port() -> int:
    """A TCP port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen, patience: float = 5.0) -> None:
    """SIGTERM, and SIGKILL when that is not enough."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    if process.poll() is None:
        process.kill()
        process.wait()


@contextmanager
def ended(process: subprocess.Popen) -> Iterator[subprocess.Popen]:
    """The process is gone when the block is left, however it is left."""
    try:
        yield process
    finally:
        end(process)


def launch(command: list, log: Path, environment: dict[str, str] | None = None) -> subprocess.Popen:
    """Start a program that writes to a log file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            [str(word) for word in command], stdout=output, stderr=subprocess.STDOUT, env=environment
        )


def wait_for_line(process: subprocess.Popen, log: Path, start: str, patience: float = 20.0) -> str:
    """The first line of the log that begins with `start`; TimeoutError or RuntimeError without one."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        for line in log.read_text(errors="replace").splitlines(keepends=True):
            if line.startswith(start) and line.endswith("\n"):
                return line.strip()
        if process.poll() is not None:
            raise RuntimeError(f"it ended with status {process.returncode} before it was ready, see {log}")
        time.sleep(0.02)
    raise TimeoutError(f"no {start} within {patience} s, see {log}")


def wait_for_port(process: subprocess.Popen, log: Path, port: int, patience: float = 20.0) -> None:
    """Returns when something accepts connections on the loopback port."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with status {process.returncode} before it was ready, see {log}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port} within {patience} s, see {log}")


def cpu_seconds(pid: int) -> float:
    """User and system time that the process has used, all threads together (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def raise_descriptor_limit(wanted: int) -> int:
    """Raise the soft limit of open files to the hard one, here and for all children; the number that it is now."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return wanted if hard == resource.RLIM_INFINITY else hard
