"""
The end of a mail's content, and its dots (RFC 5321 section 4.5.2).

Content ends at CR LF dot CR LF and nowhere else: a lone CR or LF is content like any other byte, since servers that
disagree about it can be made to see two mails in one.
"""

END = b"\r\n.\r\n"
_BEGINNINGS = tuple(END[:length] for length in (4, 3, 2, 1))


class DotDecoder:
    """
    Takes content as it comes, in pieces of any size, and gives it without the dots that the sender added.

    It works on whole pieces, with no loop over lines or bytes, and keeps at most four bytes back.
    """

    def __init__(self) -> None:
        self._kept = b"\r\n"  # a dot that opens the content opens a line
        self._begun = False

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """
        Give what is known to be content, and what came behind its end.

        The second is None as long as the end has not come. Not to be called after it.
        """
        data = self._kept + data if self._kept else data
        end = data.find(END)
        rest = None
        if end >= 0:
            rest = data[end + len(END) :]
            data = data[: end + 2]
        else:
            self._kept = next((start for start in _BEGINNINGS if data.endswith(start)), b"")
            if self._kept:
                data = data[: -len(self._kept)]
        content = data.replace(b"\r\n.", b"\r\n")
        if content and not self._begun:
            self._begun = True
            content = content[2:]
        return content, rest
