"""Proves that the generator notices what it must notice: one run against the sink for each fault it can make.

Run by `make -C benchmarks check`. Prints one line a fault and ends with status 1 if a fault went unnoticed.
"""

import json
import subprocess
import sys
from pathlib import Path

from contents import write_contents
from processes import ended, free_port, launch, wait_for_line

OUT = Path(__file__).parent / "out"

# Each fault, and the field of the report that must count it.
FAULTS = {
    "lose": "lost",
    "twice": "duplicates",
    "fragment": "malformed",
    "binary": "malformed",
    "masked": "malformed",
    "cut": "malformed",
    "utf8": "malformed",
    "short": "malformed",
    "number": "unknown",
    "early": "unknown",
    "refuse": "refused",
    "hangup": "refused",
    "close": "sockets_lost",
    "disorder": "reordered",
}


def run(content: Path, fault: str, *more: str) -> dict:
    """The generator's report against a sink that makes the fault."""
    smtp, socket = free_port(), free_port()
    log = OUT / "log" / "sink.log"
    with ended(launch([OUT / "mailsink", smtp, socket, fault], log)) as sink:
        wait_for_line(sink, log, "READY")
        command = [OUT / "mailload", "--smtp", f"127.0.0.1:{smtp}", "--socket", f"127.0.0.1:{socket}"]
        command += ["--content", content, "--mails", "57", "--stall", "0.7", *more]
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=30, check=False)
        result = json.loads(done.stdout)
        if result["ok"] != (done.returncode == 0):
            raise AssertionError(f"status {done.returncode} but ok is {result['ok']}")
        result["lost"] = result["expected_frames"] - result["frames"]
        return result


def main() -> int:
    files = write_contents(OUT / "contents")
    bad = 0
    good_runs = [
        ("1k", "--connections", "3", "--sockets", "2"),
        ("1k", "--sockets", "1", "--one-each"),
        ("10k", "--connections", "3", "--sockets", "1", "--pipelining"),
        ("1m", "--connections", "3", "--sockets", "3"),
        ("1k", "--sockets", "40", "--lockstep"),
        ("1m", "--connections", "2", "--one-each", "--pipelining"),
    ]
    for size, *more in good_runs:
        result = run(files[size], "none", *more)
        good = result["ok"] and result["accepted"] == 57 and not result["lost"]
        bad += not good
        print("ok  " if good else "BAD ", "no fault", size, " ".join(more), "" if good else result)
    for fault, field in FAULTS.items():
        result = run(files["1k"], fault, "--connections", "1", "--sockets", "2")
        good = not result["ok"] and result[field] > 0
        bad += not good
        print("ok  " if good else "BAD ", f"{fault}: {field} = {result[field]}", result["first_fault"][:60])
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
