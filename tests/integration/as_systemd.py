"""
What systemd does for a service with sockets, as a program: `as_systemd.py NOTES name=port… -- COMMAND…`.

It listens, passes the sockets to the command under their names, the last one first, and writes what it is told into
the file NOTES. At SIGUSR1 the command is ended and run again while the sockets stay; at SIGTERM it is ended for good.
"""

import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

FIRST = 3


def run(command: list[str], sockets: dict[str, socket.socket], notify: str) -> int:
    """Run the command and give its process id."""
    pid = os.fork()
    if not pid:
        become(command, sockets, notify)
    return pid


def become(command: list[str], sockets: dict[str, socket.socket], notify: str) -> NoReturn:
    """Be the command from now on."""
    high = [os.dup(each.fileno()) for each in sockets.values()]
    for number, descriptor in enumerate(high):
        os.dup2(descriptor, FIRST + 50 + number)
    for number in range(len(high)):
        os.dup2(FIRST + 50 + number, FIRST + number)  # which is inheritable
    os.closerange(FIRST + len(high), 200)
    passed = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(high)), "LISTEN_FDNAMES": ":".join(sockets)}
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.execvpe(command[0], command, {**os.environ, **passed, "NOTIFY_SOCKET": notify, "WATCHDOG_USEC": "2000000"})


def main() -> None:
    """Listen, and run the command until the end."""
    notes, *rest = sys.argv[1:]
    places, command = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
    sockets = {}
    for place in reversed(places):
        name, _, port = place.partition("=")
        sockets[name] = socket.create_server(("127.0.0.1", int(port)), backlog=1024)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, Path(notes).open("ab", buffering=0) as file:
        told.bind(f"{notes}.socket")
        told.settimeout(0.05)
        wanted: list[int] = []
        for number in (signal.SIGUSR1, signal.SIGTERM):
            signal.signal(number, lambda number, frame: wanted.append(number))
        pid = run(command, sockets, f"{notes}.socket")
        asked = False
        while True:
            if wanted and not asked:
                asked = True
                os.kill(pid, signal.SIGTERM)
            ended, status = os.waitpid(pid, os.WNOHANG)
            with suppress(TimeoutError):
                while words := told.recv(4096):  # until there has been nothing for a moment
                    file.write(words.replace(b"\n", b" ") + b"\n")
            if ended:
                code = os.waitstatus_to_exitcode(status)
                file.write(f"ended {code}\n".encode())
                if not wanted or signal.SIGTERM in wanted:
                    sys.exit(0 if wanted else code)
                wanted.clear()
                asked = False
                pid = run(command, sockets, f"{notes}.socket")


if __name__ == "__main__":
    main()
