"""How long the reactor of mailsockd keeps others waiting while somebody misuses it.

    lag.py [--quick] [--only TEXT] [--python PATH]

For each hostile input one process attacks and another, the probe, sends NOOP every few milliseconds on a connection
of its own and measures the answer. The longest wait is the figure; the goal is under 50 ms for each. The first rows
show what the probe measures when nobody attacks: that much is the machine's own.
"""

import argparse
import gc
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from environment import machine, prepare
from hostile_mails import FIXED, GROWING
from hostile_sessions import CONTROLS, SESSIONS, Attack
from processes import ended, raise_descriptor_limit
from servers import OUT, Running, start_mailsockd

GOAL_MS = 50.0
EVERY = 0.004  # seconds between two probes
PER_CONNECTION = 50  # after as many the probe connects anew: nobody may talk for ever without sending mail
SIZES = (16 << 10, 256 << 10, 4 << 20)


@dataclass(frozen=True)
class Waits:
    """What the probe saw, in milliseconds."""

    count: int
    p50: float
    p99: float
    longest: float
    dropped: int  # connections of the probe that the server ended


def probe(port: int, stop: Connection) -> None:
    """Measure until something comes through the pipe, then send the waits back through it."""
    gc.disable()
    with suppress(PermissionError):
        os.nice(-10)  # the probe must not wait for the attacker's turn on the processor
    waits: list[float] = []
    dropped = 0
    while not stop.poll():
        try:
            dropped += not one_connection(port, stop, waits)
        except OSError:
            dropped += 1
            time.sleep(EVERY)
    waits.sort()
    if waits:
        figures = (waits[len(waits) // 2], waits[int(len(waits) * 0.99)], waits[-1])
        stop.send(Waits(len(waits), *(1000 * wait for wait in figures), dropped))
    else:
        stop.send(Waits(0, 0.0, 0.0, float("inf"), dropped))


def one_connection(port: int, stop: Connection, waits: list[float]) -> bool:
    """NOOP after NOOP; False when the server ended it. The greeting counts as an answer like any other."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), 20) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(PER_CONNECTION):
            reply = line.recv(4096)
            waits.append(time.perf_counter() - began)
            if not reply or reply.startswith(b"421"):
                return False
            if stop.poll(EVERY):
                break
            began = time.perf_counter()
            line.sendall(b"NOOP\r\n")
        return True


def measured(server: Running, attack: Callable[[], str]) -> tuple[Waits, str]:
    """The probe's waits while the attack runs, and what the attack says of itself."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=probe, args=(server.mail_port, there), daemon=True)
    process.start()
    try:
        time.sleep(0.15)
        note = attack()
        time.sleep(0.1)  # what was sent last is still being worked on
        here.send(None)
        if not here.poll(30):
            return Waits(0, 0.0, 0.0, float("inf"), 0), f"{note}; the probe hangs"
        return here.recv(), note
    finally:
        process.kill()
        process.join()


def run_session(attack: Attack, port: int, answer: Connection, seconds: float) -> None:
    with suppress(OSError):
        os.nice(5)
    answer.send(attack(port, time.monotonic() + seconds))


def session_attack(server: Running, attack: Attack, seconds: float) -> str:
    """The attack in a process of its own, ended when it does not end itself."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=run_session, args=(attack, server.mail_port, there, seconds), daemon=True)
    process.start()
    try:
        return here.recv() if here.poll(seconds + 5) else "the attacker hangs"
    finally:
        process.kill()
        process.join()


def mail_attack(server: Running, content: bytes, seconds: float) -> str:
    """The mail again and again, with a subscriber that checks every frame."""
    path = OUT / "contents" / "hostile.eml"
    path.write_bytes(content)
    command = [OUT / "mailload", "--smtp", f"127.0.0.1:{server.mail_port}"]
    command += ["--socket", f"127.0.0.1:{server.socket_port}", "--path", server.path, "--content", path, "--loose"]
    command += ["--sockets", 1, "--mails", 100_000, "--seconds", seconds, "--stall", 20]
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds + 60, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return f"status {done.returncode}: {done.stderr.strip()[:80]}"
    if report["ok"]:
        return f"{report['accepted']} mails and frames"
    wrong = (
        report["first_fault"] or report["first_refusal"] or f"{report['frames']} of {report['expected_frames']} frames"
    )
    return f"WRONG: {wrong}"


def resident(pid: int) -> float:
    """Memory of the process, MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def attacks(seconds: float, only: str | None) -> list[tuple[str, Callable[[Running], str]]]:
    """Every attack by the name that the table shows."""
    chosen: list[tuple[str, Callable[[Running], str]]] = []
    for name, attack in {**CONTROLS, **SESSIONS}.items():
        chosen.append((name, lambda server, attack=attack: session_attack(server, attack, seconds)))
    for name, make in GROWING.items():
        for size in SIZES:
            label = f"mail: {name}, {size >> 10} KiB"
            chosen.append((label, lambda server, make=make, size=size: mail_attack(server, make(size), seconds)))
    for name, content in FIXED.items():
        chosen.append((f"mail: {name}", lambda server, content=content: mail_attack(server, content, seconds / 4)))
    return [(name, attack) for name, attack in chosen if not only or only in name or name in CONTROLS]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a third of a second for each input")
    parser.add_argument("--only", metavar="TEXT", help="only inputs whose name holds the text")
    parser.add_argument("--python", help="the interpreter for mailsockd (default .venv/bin/python)")
    arguments = parser.parse_args()
    programs = prepare(arguments.python, with_node=False)
    raise_descriptor_limit(4096)
    folder = OUT / "data" / "lag"
    shutil.rmtree(folder, ignore_errors=True)
    server = start_mailsockd(programs.python, folder)
    raw = OUT / time.strftime("lag-%Y%m%d-%H%M%S.jsonl")
    over: list[str] = []
    with ended(server.process):
        print(f"{server.versions}; {machine()}\nAnswer of a NOOP on another connection, ms; goal under {GOAL_MS:g}\n")
        print(f"{'input':52}{'probes':>7}{'p50':>8}{'p99':>8}{'longest':>9}{'MiB':>6}   what came of it")
        for name, attack in attacks(0.3 if arguments.quick else 1.5, arguments.only):
            waits, note = measured(server, lambda attack=attack: attack(server))
            alive = server.process.poll() is None
            memory = resident(server.process.pid) if alive else 0.0
            bad = waits.longest >= GOAL_MS and name not in CONTROLS
            over += [name] if bad else []
            line = f"{name:52}{waits.count:7}{waits.p50:8.2f}{waits.p99:8.2f}{waits.longest:9.1f}{memory:6.0f}   {note}"
            print(
                line + (f", probe dropped {waits.dropped}" if waits.dropped else "") + ("   OVER" if bad else ""),
                flush=True,
            )
            with raw.open("a") as file:
                file.write(json.dumps({"input": name, **waits.__dict__, "rss_mib": memory, "note": note}) + "\n")
            if not alive:
                print(f"mailsockd ended with status {server.process.returncode}, see {folder / 'server.log'}")
                return 1
    print(f"\n{len(over)} inputs over {GOAL_MS:g} ms{': ' + '; '.join(over) if over else ''}\nRaw output: {raw}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
