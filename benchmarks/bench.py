"""The benchmark: mailsockd and the references under the same load, in interleaved rounds, and their ratios.

    bench.py [--quick] [--only CASE] [--server NAME] [--rounds N] [--python PATH]

Each run starts one server on an empty folder, warms it up, drives it with `mailload` and ends it. A number counts
only when every reply and every frame of its run was right. Read README.md for what is measured.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from contents import write_contents
from environment import machine, prepare
from processes import cpu_seconds, ended, raise_descriptor_limit
from servers import OUT, Running, starters
from table import Run, print_ceiling, print_results


@dataclass(frozen=True)
class Case:
    """One kind of load."""

    content: str
    servers: tuple[str, ...]
    connections: int = 10
    sockets: int = 1
    flags: tuple[str, ...] = ()
    mails: int = 200_000  # at most; time ends a run, save for fan-out


ALL = ("mailsockd", "stock", "aiosmtpd")
CASES = {
    "1k": Case("1k", ALL),
    "10k": Case("10k", ALL),
    "1m": Case("1m", ALL, connections=4),
    "1k-pipelined": Case("1k", ("mailsockd",), flags=("--pipelining",)),
    "1k-one-each": Case("1k", ALL, flags=("--one-each",)),
    "fanout": Case("1k", ("mailsockd", "ws"), connections=1, sockets=5000, flags=("--lockstep",), mails=15),
}
DEFAULT_CASES = ("1k", "10k", "1m", "fanout")
SPARE_DESCRIPTORS = 200


class Bench:
    """The state of one run of this program."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.seconds = 1.5 if arguments.quick else 4.0
        with_node = arguments.server in (None, ["ws"]) or "ws" in arguments.server
        self.starters = starters(prepare(arguments.python, with_node))
        self.contents = write_contents(OUT / "contents")
        (OUT / "contents" / "frame.json").unlink(missing_ok=True)
        self.raw = OUT / time.strftime("bench-%Y%m%d-%H%M%S.jsonl")
        self.versions: dict[str, str] = {}
        self.allowed = raise_descriptor_limit(10_000) - SPARE_DESCRIPTORS

    def load(self, server: Running, case: Case, **limits: object) -> dict:
        """One run of the generator; its report."""
        command = [OUT / "mailload", f"--{server.takes}", f"127.0.0.1:{server.mail_port}"]
        command += ["--socket", f"127.0.0.1:{server.socket_port}", "--path", server.path]
        command += ["--connections", case.connections, *case.flags]
        content = self.contents[case.content]
        if server.takes == "post":
            content = self.frame_content()
        asked = {"content": content, "sockets": case.sockets, "mails": case.mails, "seconds": self.seconds, **limits}
        for name, value in asked.items():
            command += [f"--{name.replace('_', '-')}", value]
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=self.seconds + 90, check=False
        )
        with suppress(ValueError):
            return {**json.loads(done.stdout), "command": [str(word) for word in command[1:]]}
        return {"ok": False, "first_fault": f"status {done.returncode}: {done.stderr.strip()[:300]}"}

    def frame_content(self) -> Path:
        """What a server that takes no mail publishes: the frame that mailsockd sends for the 1 KB mail.

        Without a mailsockd that runs it is the frame of stock Twisted.
        """
        frame = OUT / "contents" / "frame.json"
        if not frame.exists():
            for name in ("mailsockd", "stock"):
                with suppress(RuntimeError, TimeoutError, OSError), self.server(name) as server:
                    self.load(server, CASES["1k"], mails=1, connections=1, save_frame=frame)
                if frame.exists():
                    break
        return frame

    def server(self, name: str):
        """The named server on an empty folder, ended when the block is left."""
        folder = OUT / "data" / name
        shutil.rmtree(folder, ignore_errors=True)
        return Started(self.starters[name], folder)

    def run(self, case_name: str, name: str, number: int) -> Run:
        """One measured run."""
        case = CASES[case_name]
        if case.sockets + SPARE_DESCRIPTORS > self.allowed:
            case = Case(**{**case.__dict__, "sockets": self.allowed})
            print(f"  the limit of open files is too low for 5000 sockets: {self.allowed} are used")
        try:
            with self.server(name) as server:
                self.versions[name] = server.versions
                warm = self.load(server, case, mails=200 if case.content == "1k" else 40, sockets=1, seconds=1)
                before = cpu_seconds(server.process.pid)
                report = self.load(server, case)
                report["server_cpu_seconds"] = cpu_seconds(server.process.pid) - before
                check_store(server, warm, report)
        except (RuntimeError, TimeoutError, OSError, subprocess.SubprocessError) as error:
            report = {"ok": False, "first_fault": str(error)}
        with self.raw.open("a") as raw:
            raw.write(json.dumps({"case": case_name, "server": name, "round": number, **report}) + "\n")
        run = Run(case_name, name, number, report)
        print(f"  round {number}  {case_name:12} {name:10} {run.summary()}", flush=True)
        return run

    def ceiling(self, case_names: list[str]) -> list[Run]:
        """The generator against the sink: what it could drive at most."""
        return [self.run(name, "sink", 0) for name in case_names]


def check_store(server: Running, *reports: dict) -> None:
    """What was acknowledged is in the store, all of it; else the last report is no longer good."""
    if server.stored is None:
        return
    accepted = sum(report.get("accepted", 0) for report in reports)
    stored = server.stored()
    if stored != accepted:
        reports[-1].update(ok=False, first_fault=f"{accepted} mails were acknowledged, {stored} are stored")


class Started:
    """A context that starts a server and ends it."""

    def __init__(self, start, folder: Path) -> None:
        self.start = start
        self.folder = folder

    def __enter__(self) -> Running:
        self.running = self.start(self.folder)
        return self.running

    def __exit__(self, *failure: object) -> None:
        with ended(self.running.process):
            pass


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round, short runs: to see that everything works")
    parser.add_argument("--only", action="append", choices=CASES, metavar="CASE", help=f"one of {', '.join(CASES)}")
    names = [*ALL, "ws"]
    parser.add_argument("--server", action="append", choices=names, metavar="NAME", help=f"one of {', '.join(names)}")
    parser.add_argument("--rounds", type=int, help="default 3, with --quick 1")
    parser.add_argument("--python", help="the interpreter for mailsockd and stock Twisted (default .venv/bin/python)")
    arguments = parser.parse_args()
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    case_names = arguments.only or list(DEFAULT_CASES)

    bench = Bench(arguments)
    print(f"{machine()}; load {os.getloadavg()[0]:.2f} before the start")
    runs = bench.ceiling(case_names)
    for number in range(1, rounds + 1):
        for case_name in case_names:
            chosen = [name for name in CASES[case_name].servers if not arguments.server or name in arguments.server]
            # Nobody always runs first on a machine that has just rested, or last on one that is warm.
            turn = number % len(chosen) if chosen else 0
            runs += [bench.run(case_name, name, number) for name in chosen[turn:] + chosen[:turn]]
    shutil.rmtree(OUT / "data", ignore_errors=True)
    for name, versions in sorted(bench.versions.items()):
        print(f"{name}: {versions}")
    print_ceiling(runs)
    print_results(runs)
    print(f"\nRaw output: {bench.raw}")
    return 0 if all(run.good for run in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
