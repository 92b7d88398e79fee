"""Clients that misuse SMTP: what each sends, as often as it can until its time is over.

An attack is a function of (port, deadline on the monotonic clock). It connects as often as it is thrown out and
never raises for what the server does; it returns one word about how the server answered.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Attack = Callable[[int, float], str]


@contextmanager
def session(port: int, small_buffers: bool = False) -> Iterator[socket.socket]:
    """A connection after its EHLO."""
    with socket.socket() as line:
        if small_buffers:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(1.0)
        line.connect(("127.0.0.1", port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.recv(1000)
        line.sendall(b"EHLO bad.example\r\n")
        line.recv(4000)
        yield line


def drain(line: socket.socket) -> bytes:
    """The replies that are here already; never waits."""
    received = b""
    line.setblocking(False)
    with suppress(BlockingIOError):
        while piece := line.recv(65536):
            received = piece
        raise ConnectionResetError
    line.settimeout(1.0)
    return received


def until(port: int, deadline: float, misuse: Callable[[socket.socket, float], bytes | None], **how: bool) -> str:
    """Run the misuse on one connection after the other; the last reply's code, or how the connection ended."""
    last = "no reply"
    while time.monotonic() < deadline:
        try:
            with session(port, **how) as line:
                reply = misuse(line, deadline)
                if reply:
                    last = reply[:3].decode("ascii", "replace")
        except TimeoutError:
            last = "stalled"
        except OSError:
            last = "closed"
            time.sleep(0.002)
    return last


def repeated_line(text: bytes, before: bytes = b"") -> Attack:
    """One line, answered, and again on the same connection."""

    def misuse(line: socket.socket, deadline: float) -> bytes | None:
        reply = None
        if before:
            line.sendall(before)
            line.recv(4000)
        while time.monotonic() < deadline:
            line.sendall(text + b"\r\n")
            reply = line.recv(4000)
            if not reply:
                raise ConnectionResetError
        return reply

    return lambda port, deadline: until(port, deadline, misuse)


def stream(piece: bytes, before: bytes = b"", total: int = 60 << 20, read: bool = True) -> Attack:
    """The piece again and again on one connection, at most `total` bytes, whether or not replies are read."""

    def misuse(line: socket.socket, deadline: float) -> bytes | None:
        reply: bytes | None = None
        sent = 0
        if before:
            line.sendall(before)
            time.sleep(0.02)
        while time.monotonic() < deadline and sent < total:
            line.sendall(piece)
            sent += len(piece)
            if read:
                reply = drain(line) or reply
        return reply

    return lambda port, deadline: until(port, deadline, misuse, small_buffers=not read)


def in_data(piece: bytes, total: int = 60 << 20) -> Attack:
    """The piece as the content of a mail that does not end."""
    return stream(piece, b"MAIL FROM:<a@b.example>\r\nRCPT TO:<box@mail.test>\r\nDATA\r\n", total)


def recipients(port: int, deadline: float) -> str:
    """Twenty thousand recipients for one mail."""

    def misuse(line: socket.socket, deadline: float) -> bytes | None:
        line.sendall(b"MAIL FROM:<a@b.example>\r\n")
        for start in range(0, 20_000, 100):
            if time.monotonic() > deadline:
                break
            line.sendall(b"".join(b"RCPT TO:<u%d@mail.test>\r\n" % i for i in range(start, start + 100)))
            drain(line)
        line.sendall(b"DATA\r\n" + b"x" * 1000 + b"\r\n.\r\n")
        return line.recv(4000)

    return until(port, deadline, misuse)


def connections(port: int, deadline: float) -> str:
    """Connect and leave, a hundred lines at a time."""
    while time.monotonic() < deadline:
        held = []
        with suppress(OSError):
            held += [socket.create_connection(("127.0.0.1", port), 1.0) for _ in range(100)]
        for line in held:
            line.close()
    return "-"


def dribble(port: int, deadline: float) -> str:
    """A mail in packets of one byte."""

    def misuse(line: socket.socket, deadline: float) -> bytes | None:
        line.sendall(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<box@mail.test>\r\nDATA\r\n")
        for byte in b"Subject: a\r\n\r\n" + b"a.\r\n" * 50_000:
            if time.monotonic() > deadline:
                break
            line.sendall(bytes([byte]))
        return drain(line)

    return until(port, deadline, misuse)


def nothing(port: int, deadline: float) -> str:
    """The floor: nobody does anything."""
    time.sleep(max(0.0, deadline - time.monotonic()))
    return "-"


def busy_neighbour(port: int, deadline: float) -> str:
    """The floor with the processor that an attack costs this machine, the server left alone."""
    while time.monotonic() < deadline:
        sum(range(1000))
    return "-"


def path_attacks() -> Iterator[tuple[str, Attack]]:
    """Hostile paths in MAIL and RCPT, once as long as a line may be and once far longer."""
    shapes: dict[str, Callable[[int], bytes]] = {
        "spaces, then line feeds": lambda n: b"<d@e>" + b" " * n + b"\nx\ny",
        "dots": lambda n: b"<" + b"." * n + b"@x.example>",
        "source route": lambda n: b"<" + b"@a," * (n // 3) + b":u@x.example>",
        "@: pairs": lambda n: b"<" + b"@:" * (n // 2) + b">",
        "quotes": lambda n: b"<" + b'"' * n + b"@x.example>",
        "backslashes": lambda n: b'<"' + b"\\" * n + b'"@x.example>',
        "open brackets": lambda n: b"<" * n,
        "parameters": lambda n: b"<u@mail.test>" + b" A=B" * (n // 4),
        "labels": lambda n: b"<u@" + b"a." * (n // 2) + b"example>",
    }
    for name, shape in shapes.items():
        for size in (1900, 16_300):
            yield f"MAIL: {name}, {size}", repeated_line(b"MAIL FROM:" + shape(size))
            yield f"RCPT: {name}, {size}", repeated_line(b"RCPT TO:" + shape(size), b"MAIL FROM:<a@b.example>\r\n")


CONTROLS: dict[str, Attack] = {"(nothing)": nothing, "(a busy neighbour)": busy_neighbour}

SESSIONS: dict[str, Attack] = {
    **dict(path_attacks()),
    "a command line without end": stream(b"x" * 65536),
    "a DATA line without end": in_data(b"x" * 65536),
    "CRLF flood in DATA": in_data(b"\r\n" * 32768),
    "stuffed dots in DATA": in_data(b"..\r\n" * 16384),
    "almost the end in DATA": in_data(b"\r\n.\r" * 16384),
    "lone CR and LF in DATA": in_data(b"\n.\n\r.\r" * 10000),
    "DATA beyond the size limit": in_data(b"A line of text that says nothing at all.\r\n" * 1500, 100 << 20),
    "RCPT flood": recipients,
    "unread replies": stream(b"EHLO bad.example\r\n" * 3000, total=16 << 20, read=False),
    "pipelined NOOP": stream(b"NOOP\r\n" * 8000),
    "pipelined mails": stream(
        b"MAIL FROM:<a@b.example>\r\nRCPT TO:<box@mail.test>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n" * 200
    ),
    "unknown verbs": stream(b"\xff\xfe\x00 x\r\n" * 8000),
    "an HTTP request": stream(b"POST / HTTP/1.1\r\nHost: a\r\n\r\nMAIL FROM:<a@b>\r\n" * 500),
    "BDAT": stream(b"BDAT 1000\r\n" + b"x" * 1000),
    "connect and leave": connections,
    "one byte a packet": dribble,
}
