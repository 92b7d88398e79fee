"""Starting and ending other programs: free ports, waiting for a line or a port, CPU time, and an end that is sure."""

import os
import resource
import select
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
    for stream in (process.stdout, process.stdin, process.stderr):
        if stream:
            stream.close()


@contextmanager
def ended(process: subprocess.Popen) -> Iterator[subprocess.Popen]:
    """The process is gone when the block is left, however it is left."""
    try:
        yield process
    finally:
        end(process)


def wait_for_line(process: subprocess.Popen, start: str, patience: float = 20.0) -> str:
    """The first line on the process's stdout that begins with `start`; TimeoutError or RuntimeError without one."""
    deadline = time.monotonic() + patience
    assert process.stdout is not None
    while time.monotonic() < deadline:
        readable, _, _ = select.select([process.stdout], [], [], 0.2)
        if readable:
            line = process.stdout.readline()
            line = line.decode() if isinstance(line, bytes) else line
            if line.startswith(start):
                return line.strip()
            if not line:
                raise RuntimeError(f"{process.args} ended with status {process.wait()} before it was ready")
    raise TimeoutError(f"{process.args} printed no {start} within {patience} s")


def wait_for_port(process: subprocess.Popen, port: int, patience: float = 20.0) -> None:
    """Returns when something accepts connections on the loopback port."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with status {process.returncode} before it was ready")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            return
        time.sleep(0.05)
    raise TimeoutError(f"{process.args} does not listen on port {port}")


def cpu_seconds(pid: int) -> float:
    """User and system time that the process has used, all threads together (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def raise_descriptor_limit(wanted: int) -> int:
    """Raise the soft limit of open files to the hard one, for this process and its children; the number that is left."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return wanted if hard == resource.RLIM_INFINITY else hard
