"""A system-call trace shows that every mail was flushed to the disk before it was answered with 250."""

import shutil
from pathlib import Path

from tests.integration.clients import Talk, queued
from tests.integration.daemon import DOMAIN, PROGRAM, PYTHON, Daemon
from tests.integration.trace import CALLS, Proof, check
from tests.integration.waiting import until

ALONE, PIPELINED, CLIENTS = 60, 30, 4
# A page of the log is shown whole. With -D the daemon is our child, and strace looks on from the side.
STRACE = ("strace", "-D", "-f", "-y", "-tt", "-s", "8192", "-e", f"trace={CALLS}")


def proof_of(program: tuple[str, ...], folder: Path) -> Proof:
    """Run the daemon under strace, send it mail one by one, pipelined and from many clients, and read the trace."""
    assert shutil.which("strace"), "strace is missing: apt-get install --no-install-recommends strace"
    trace = folder / "trace"
    markers: dict[str, bytes] = {}
    with Daemon(program=program, before=(*STRACE, "-o", str(trace))) as daemon:
        address = f"flush@{DOMAIN}"

        def marker(number: int) -> bytes:
            return b"marker-%06d-of-the-trace" % number

        with Talk.begin(daemon) as talk:
            for number in range(ALONE):
                content = b"Subject: " + marker(number) + b"\r\n\r\nHello.\r\n"
                markers[talk.mail("a@shop.example", address, content)] = marker(number)
            # All at once, content too, as nobody should: each answer still waits for the disk.
            numbers = range(ALONE, ALONE + PIPELINED)
            envelope = f"MAIL FROM:<a@shop.example>\r\nRCPT TO:<{address}>\r\nDATA\r\n".encode()
            talk.send(b"".join(envelope + b"Subject: " + marker(n) + b"\r\n\r\nHello.\r\n.\r\n" for n in numbers))
            for number in numbers:
                assert [talk.reply()[:3] for _ in range(3)] == ["250", "250", "354"]
                markers[queued(talk.reply())] = marker(number)
        talks = [Talk.begin(daemon) for _ in range(CLIENTS)]
        for first in range(1000, 1100, CLIENTS):
            for talk in talks:
                talk.offer("a@shop.example", address)
            for number, talk in enumerate(talks, first):
                talk.send(b"Subject: " + marker(number) + b"\r\n\r\nHello.\r\n.\r\n")
            for number, talk in enumerate(talks, first):
                markers[queued(talk.reply())] = marker(number)
        for talk in talks:
            talk.close()
        daemon.stop()
        until(lambda: _last_line(trace).startswith(f"{daemon.pid} ") and "+++" in _last_line(trace), "strace is done")
    proof = check(trace, markers)
    assert sorted(proof.flushed + proof.unflushed) == sorted(markers)
    assert len(markers) == ALONE + PIPELINED + 100
    return proof


def _last_line(trace: Path) -> str:
    lines = trace.read_text("ascii", "replace").splitlines()
    return lines[-1] if lines else ""


def test_every_250_leaves_after_its_mail_was_flushed(tmp_path: Path) -> None:
    """Between the end of the transaction that stores a mail and its 250 the log was flushed, for every mail."""
    proof = proof_of(PROGRAM, tmp_path)
    assert proof.unflushed == []
    assert proof.flushes >= ALONE


def test_the_trace_of_a_mailbox_that_does_not_wait_is_found_wanting(tmp_path: Path) -> None:
    """With synchronous=OFF, which only a test can set, no mail was flushed before its 250, and the check says so."""
    proof = proof_of((PYTHON, str(Path(__file__).with_name("without_sync.py"))), tmp_path)
    assert proof.flushed == []
    assert len(proof.unflushed) >= 100
