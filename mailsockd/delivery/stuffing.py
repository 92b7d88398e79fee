"""Content as DATA carries it: lines that end in CR LF, dots stuffed, the end (RFC 5321 section 4.5.2)."""

from collections.abc import Iterator

from mailsockd.delivery.relay_limits import PIECE_BYTES


def stuffed(content: bytes, piece_bytes: int = PIECE_BYTES) -> Iterator[bytes]:
    """
    Give content in pieces, the last of which ends with the dot that ends it.

    A lone CR or LF becomes CR LF before dots are looked for: servers that take one for the end of a line can be made
    to see a second mail behind a dot that was not stuffed.
    """
    opens = True  # whether the next byte opens a line
    kept = waiting = b""
    for start in range(0, len(content), piece_bytes):
        piece = kept + content[start : start + piece_bytes]
        kept = b"\r" if piece.endswith(b"\r") else b""  # its LF may open the next piece
        piece = _lines(piece[: len(piece) - len(kept)]).replace(b"\r\n.", b"\r\n..")
        if piece:
            if waiting:
                yield waiting
            waiting = b"." + piece if opens and piece.startswith(b".") else piece
            opens = piece.endswith(b"\r\n")
    # The end goes with what is before it: a packet of its own would wait for the answer to the last one.
    yield waiting + (b"\r\n.\r\n" if kept or not opens else b".\r\n")


def _lines(piece: bytes) -> bytes:
    return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
