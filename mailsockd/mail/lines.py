"""Content as lines, for protocols whose lines end in CR LF and nothing else."""

_PIECE = 1 << 20  # bytes looked at in one go, during which no other thread runs


def line_octets(content: bytes) -> int:
    """
    Give how many octets content has when all its lines, the last one too, end in CR LF.

    A lone LF ends a line, since readers take it for an end whatever a standard says; a lone CR does not.
    """
    bare = sum(
        content.count(b"\n", start, start + _PIECE) - content.count(b"\r\n", max(start - 1, 0), start + _PIECE)
        for start in range(0, len(content), _PIECE)
    )
    return len(content) + bare + (2 if content and not content.endswith(b"\n") else 0)
