"""Content-Transfer-Encoding undone (RFC 2045 section 6): total, linear, tolerant of what real senders get wrong."""

from binascii import Error, a2b_base64, a2b_qp, a2b_uu

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_ALPHABET))
_UU = ("x-uuencode", "uuencode", "uue", "x-uue")

# A full uuencoded line has 61 characters. Bodies of far shorter lines are no uuencode, and would cost a call a line.
_UU_LEAST_LINE = 32


def base64(data: bytes | memoryview) -> bytes:
    """The bytes that `data` encodes; characters outside the alphabet are skipped, missing padding is supplied."""
    try:
        return a2b_base64(data)
    except Error:
        kept = bytes(data).translate(None, _NOT_BASE64)
        kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
        return a2b_base64(kept + b"=" * (-len(kept) % 4))


def _uu(data: bytes) -> bytes:
    begin = 0 if data.startswith(b"begin ") else data.find(b"\nbegin ") + 1
    if not data.startswith(b"begin ", begin):
        return data
    lines = data[begin:].split(b"\n", len(data) // _UU_LEAST_LINE + 16)
    out = []
    for line in lines[1:]:
        line = line.rstrip(b"\r")  # noqa: PLW2901 - the carriage return is not of the encoding
        if line in (b"end", b"`", b""):
            break
        try:
            out.append(a2b_uu(line))
        except Error:
            try:
                # Some encoders pad the last line; the count in the first character is the truth.
                out.append(a2b_uu(line[: (((line[0] - 32) & 63) * 4 + 5) // 3 + 1]))
            except Error:
                return data
    return b"".join(out)


def decoded(data: bytes | memoryview, encoding: str) -> bytes:
    """`data` with the transfer encoding undone; unknown and identity encodings give the bytes themselves."""
    if encoding == "base64":
        return base64(data)
    if encoding == "quoted-printable":
        return a2b_qp(data)
    if encoding in _UU:
        return _uu(bytes(data))
    return bytes(data)
