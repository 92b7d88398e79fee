"""The frames that the server sends (RFC 6455 section 5.2): final, unmasked, without extensions."""

import struct
from collections.abc import Iterable
from io import BytesIO

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
LONGEST_REASON = 123  # a control frame has at most 125 bytes of payload, and a Close spends two on its code
_LONG_HEAD = 10  # bytes in front of a payload of 64 KiB and more

PING_FRAME = b"\x89\x00"


def text_frame(payload: bytes) -> bytes:
    """Give one complete text frame around UTF-8 `payload`: the bytes that go on the wire, unfragmented."""
    size = len(payload)
    if size < 126:
        return b"\x81" + bytes((size,)) + payload
    if size < 65_536:
        return b"\x81\x7e" + struct.pack("!H", size) + payload
    return b"\x81\x7f" + struct.pack("!Q", size) + payload


def long_text_frame(pieces: Iterable[bytes]) -> bytes:
    """
    Give one complete text frame around UTF-8 that comes in pieces.

    Many megabytes are never copied in one step of C, which would hold the interpreter from every other thread.
    """
    whole = BytesIO()
    whole.write(bytes(_LONG_HEAD))
    for piece in pieces:
        whole.write(piece)
    size = whole.tell() - _LONG_HEAD
    if size < 65_536:
        return text_frame(whole.getvalue()[_LONG_HEAD:])
    whole.seek(0)
    whole.write(b"\x81\x7f" + struct.pack("!Q", size))
    return whole.getvalue()


def opcode(frame: bytes) -> int:
    """Give the opcode of a frame that has at least one byte."""
    return frame[0] & 0x0F


def close_reason(reason: str) -> bytes:
    """Give as much of a reason as fits into a Close frame, cut between characters."""
    return reason.encode("utf-8", "replace")[:LONGEST_REASON].decode("utf-8", "ignore").encode()
