"""
Reading what strace wrote about the daemon: was each mail on the disk before its 250 left?

The writer thread puts a transaction into the log `mailbox.db-wal` as frames, each a header of 24 bytes, which tells in
its second number whether the transaction ends with it, and a page. A mail is on the disk when a flush of that file has
succeeded after the end of the transaction that has it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import attrs

CALLS = "fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg,send"
LOG = "mailbox.db-wal"
_FRAME_HEADER = 24

# PID TIME NAME(FD<WHAT>, REST…) = RESULT, whole or in two pieces, the first with its arguments.
_BEGUN = re.compile(r"(?P<pid>\d+) +[\d:.]+ (?P<name>\w+)\(\d+<(?P<file>[^>]*)>(?P<rest>.*)")
_RESUMED = re.compile(r"(?P<pid>\d+) +[\d:.]+ <\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)")
_RESULT = re.compile(r"\) += (-?\d+)")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ANSWER = re.compile(rb"250 2\.0\.0 OK : queued as (\S+)")


@attrs.frozen
class Call:
    """One piece of a system call: its beginning, its end, or both."""

    name: str
    file: str
    data: bytes
    begins: bool
    result: int | None


@attrs.define
class Proof:
    """What the trace shows: ids that were answered after a flush, and those that were answered without one."""

    flushed: list[str] = attrs.field(factory=list)
    unflushed: list[str] = attrs.field(factory=list)
    flushes: int = 0


def check(trace: Path, markers: dict[str, bytes]) -> Proof:
    """Follow the trace; `markers` gives for each id, as the client heard it, words that only that mail has."""
    proof = Proof()
    open_transaction = bytearray()
    ends_with_next_page = False
    ended: list[bytes] = []
    on_disk: set[str] = set()
    for call in calls(trace):
        if call.file.endswith(LOG) and call.name == "pwrite64" and call.begins:
            if len(call.data) == _FRAME_HEADER:
                ends_with_next_page = call.data[4:8] != bytes(4)
            else:
                open_transaction += call.data
                if ends_with_next_page:
                    ended.append(bytes(open_transaction))
                    open_transaction.clear()
                    ends_with_next_page = False
        elif call.file.endswith(LOG) and call.name in ("fsync", "fdatasync") and call.result == 0:
            proof.flushes += 1
            for pages in ended:
                on_disk |= {id for id, marker in markers.items() if marker in pages and id.encode() in pages}
            ended.clear()
        elif call.begins and call.name in ("write", "writev", "sendto", "sendmsg", "send"):
            for found in _ANSWER.findall(call.data):
                id = found.decode()
                (proof.flushed if id in on_disk else proof.unflushed).append(id)
    return proof


def calls(trace: Path) -> Iterator[Call]:
    """Give the calls in the order of their beginnings and ends; the end of a torn one has the file of its beginning."""
    torn: dict[str, Call] = {}
    for line in trace.read_text("ascii", "replace").splitlines():
        begun, resumed = _BEGUN.match(line), _RESUMED.match(line)
        if begun:
            rest = begun["rest"]
            call = Call(begun["name"], begun["file"], _data(rest), True, _result(rest))
            if rest.endswith("<unfinished ...>"):
                torn[begun["pid"]] = call
            yield call
        elif resumed and resumed["pid"] in torn:
            yield attrs.evolve(torn.pop(resumed["pid"]), begins=False, result=_result(resumed["rest"]))


def _data(rest: str) -> bytes:
    return b"".join(ast.literal_eval(f'b"{text}"') for text in _TEXT.findall(rest))


def _result(rest: str) -> int | None:
    found = _RESULT.search(rest)
    return int(found[1]) if found else None
