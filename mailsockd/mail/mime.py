"""The walk from the bytes of a message to its leaves (RFC 2046): offsets only, total, depth and count bounded."""

from collections.abc import Sequence

import attrs

from mailsockd.mail.frozen import frozen
from mailsockd.mail.headers import Field, fields
from mailsockd.mail.parameters import Parameters, media_type, parameter, split

# Real mail nests four or five deep. Beyond the bounds the rest of a multipart is one leaf, or is left unread.
DEPTH_LIMIT = 20
PART_LIMIT = 500
# Lines that start like the boundary and are not it: each costs a look, so a message of nothing else must end soon.
NEAR_MISS_LIMIT = 2000
_LONGEST_BOUNDARY = 200


@frozen
class Leaf:
    """One part that is no multipart. Its encoded body is content[start:end]."""

    content_type: str
    """Lower case, "" when declared and unusable."""
    parameters: Parameters
    disposition: str
    """The first word of Content-Disposition in lower case, "" when absent."""
    disposition_parameters: Parameters
    encoding: str
    content_id: str
    """As written, "" when absent."""
    start: int
    end: int


def leaves(content: bytes) -> tuple[Sequence[Field], list[Leaf]]:
    """The header fields of `content` (see `headers.fields`) and its leaves in order."""
    walk = _Walk(content)
    head = walk.entity(0, len(content), 0, "text/plain")
    return head, walk.found


@attrs.define
class _Walk:
    content: bytes
    found: list[Leaf] = attrs.Factory(list)
    entities: int = 0
    near_misses: int = 0

    def entity(self, start: int, end: int, depth: int, default: str) -> Sequence[Field]:
        self.entities += 1
        head, body = fields(self.content, start, end)
        kind, disposition, encoding, content_id = None, "", "", ""
        for name, value in head:
            # Of repeated fields the first counts, as in Python's own parser.
            if len(name) >= 10 and name[0] in "Cc":
                lower = name.lower()
                if lower == "content-type":
                    kind = value if kind is None else kind
                elif lower == "content-transfer-encoding":
                    encoding = encoding or value.strip().lower()[:64]
                elif lower == "content-disposition":
                    disposition = disposition or value
                elif lower == "content-id":
                    content_id = content_id or value
        content_type = default
        parameters: Parameters = {}
        if kind is not None:
            first, parameters = split(kind)
            content_type = media_type(first)
            if content_type.startswith("multipart/") and self._multipart(content_type, parameters, body, end, depth):
                return head
        shown, described = split(disposition) if disposition else ("", {})
        self.found.append(Leaf(content_type, parameters, shown, described, encoding, content_id, body, end))
        return head

    def _multipart(self, content_type: str, parameters: Parameters, body: int, end: int, depth: int) -> bool:
        """Walk the parts between the boundaries; False when there is none and the whole is to be a leaf."""
        boundary = parameter(parameters, "boundary").rstrip()
        if not boundary or len(boundary) > _LONGEST_BOUNDARY or depth >= DEPTH_LIMIT:
            return False
        parts = self._parts(b"\n--" + boundary.encode("utf-8"), body, end)
        default = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
        for start, stop in parts:
            if self.entities >= PART_LIMIT:
                break
            self.entity(start, stop, depth + 1, default)
        return bool(parts)

    def _parts(self, delimiter: bytes, body: int, end: int) -> list[tuple[int, int]]:
        content = self.content
        length = len(delimiter)
        parts: list[tuple[int, int]] = []
        start = -1
        # One step back, to the newline that ends the header: the first boundary may follow it at once.
        hit = content.find(delimiter, max(body - 1, 0), end)
        while hit >= 0:
            after = hit + length
            line_end = content.find(b"\n", after, end)
            if line_end < 0:
                line_end = end
            rest = content[after : min(line_end, after + 128)].strip(b" \t\r")
            if rest in (b"", b"--"):
                if start >= 0:
                    # The line end before a boundary belongs to the boundary.
                    stop = hit - 1 if hit > start and content[hit - 1] == 13 else hit
                    parts.append((start, max(stop, start)))
                # The search goes on behind a closing boundary: some programs use one boundary for nested multiparts,
                # and what follows the inner end are the outer parts. Only the text in between is no part.
                start = -1 if rest else min(line_end + 1, end)
                if len(parts) >= PART_LIMIT:
                    return parts
            else:
                self.near_misses += 1
                if self.near_misses > NEAR_MISS_LIMIT:
                    break
            hit = content.find(delimiter, line_end, end)
        if start >= 0:
            parts.append((start, end))
        return parts
