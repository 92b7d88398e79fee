"""A message as POP3 sends it: lines that end in CR LF, a second dot before each that begins with one (RFC 1939)."""


class LineEncoder:
    """
    Takes a message in pieces of any size and gives what is sent of it.

    With `body` it ends behind so many lines of the body, as TOP wants it; `done` tells that it has. A lone LF ends a
    line: to a reader that takes it for one, a line with a dot alone would be the end. All work is on whole pieces,
    with no loop over lines or bytes.
    """

    def __init__(self, body: int | None = None) -> None:
        self.done = False
        self._body = body
        self._in_body = False
        self._kept = b""  # a CR whose LF may still come
        self._last = b"\r\n"  # the end of what was given, before it was stuffed

    def feed(self, data: bytes) -> bytes:
        """Give what is sent for a piece."""
        data = self._kept + data
        self._kept = b"\r" if data.endswith(b"\r") else b""
        if self._kept:
            data = data[:-1]
        return self._given(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))

    def end(self) -> bytes:
        """Give what is sent when all was fed: the end of the last line if it has none, and the dot."""
        rest = b"" if self.done else self._given(self._kept)
        return rest + (b".\r\n" if self._last.endswith(b"\n") else b"\r\n.\r\n")

    def _given(self, data: bytes) -> bytes:
        if self._body is not None and data:
            data = self._cut(data, self._body)
        if not data:
            return b""
        stuffed = (self._last[-2:] + data).replace(b"\r\n.", b"\r\n..")[len(self._last[-2:]) :]
        self._last = (self._last + data[-4:])[-4:]
        return stuffed

    def _cut(self, data: bytes, left: int) -> bytes:
        start = 0
        if not self._in_body:
            end = (self._last + data).find(b"\r\n\r\n")
            if end < 0:
                return data
            self._in_body = True
            start = end + 4 - len(self._last)
        count = data.count(b"\n", start)
        if count < left:
            self._body = left - count
            return data
        self.done = True
        return data[: _behind(data, left, start)]


def _behind(data: bytes, lines: int, start: int) -> int:
    """Give the place behind so many line ends from `start` on; there are that many."""
    end = len(data)
    if not lines:
        return start
    while end - start > 1:  # by halves: to look for each line end would take long when there are many
        middle = (start + end) // 2
        count = data.count(b"\n", start, middle)
        if count >= lines:
            end = middle
        else:
            start, lines = middle, lines - count
    return end
