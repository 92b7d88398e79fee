"""Attachments: what is told of them, their bytes, and their file names made harmless."""

from hashlib import md5

import attrs

from mailsockd.mail.charsets import clean_line
from mailsockd.mail.headers import fields, message_id, words
from mailsockd.mail.mime import Leaf
from mailsockd.mail.parameters import parameter
from mailsockd.mail.transfer import decoded

# The longest name that common file systems take, in characters.
_NAME_LIMIT = 255


@attrs.frozen
class Attachment:
    """One part that is not shown as text (the contract's AttachmentMeta). Its bytes: `attachment_bytes`."""

    checksum: str
    """MD5 of the decoded bytes, lower-case hex."""
    content_type: str
    """Lower-case type/subtype; "application/octet-stream" when the declared one is unusable."""
    file_name: str
    """Without folders; "" when none."""
    content_id: str
    """Without angle brackets; "" when none."""
    disposition: str
    """"attachment" or "inline"."""
    transfer_encoding: str
    """Lower case, as declared; "" when none."""
    length: int
    """Decoded bytes."""
    start: int
    end: int
    """The encoded body is content[start:end]."""


def file_name(leaf: Leaf) -> str:
    """The name that a part gives itself, "" when none."""
    if not leaf.disposition_parameters and not leaf.parameters:
        return ""
    name = parameter(leaf.disposition_parameters, "filename") or parameter(leaf.parameters, "name")
    if not name:
        return ""
    # A name is no path: neither a client nor a download header may be led to another folder.
    name = name.replace("\\", "/").rstrip("/").rpartition("/")[2].strip()
    return "" if name in (".", "..") else name[:_NAME_LIMIT]


def attachment(content: bytes, leaf: Leaf, name: str) -> Attachment:
    """What is told of `leaf`, whose file name is `name`.

    A contained message is an attachment as a whole. It is not opened: its parts are that message's, not this one's,
    and its checksum stays that of the bytes which can be fetched.
    """
    data = _decoded(content, leaf.start, leaf.end, leaf.encoding)
    content_id = message_id(leaf.content_id) if leaf.content_id else ""
    if leaf.content_type == "message/rfc822" and not name:
        name = _subject(data) or "message.eml"
    disposition = "inline" if leaf.disposition == "inline" or (content_id and not leaf.disposition) else "attachment"
    return Attachment(
        checksum=md5(data, usedforsecurity=False).hexdigest(),
        content_type=leaf.content_type or "application/octet-stream",
        file_name=name,
        content_id=content_id,
        disposition=disposition,
        transfer_encoding=clean_line(leaf.encoding),
        length=len(data),
        start=leaf.start,
        end=leaf.end,
    )


def attachment_bytes(content: bytes, attachment: Attachment) -> bytes:
    """The decoded bytes of one attachment of `content`. Never raises; foreign offsets give what lies between them."""
    return _decoded(content, attachment.start, attachment.end, attachment.transfer_encoding)


def _decoded(content: bytes, start: int, end: int, encoding: str) -> bytes:
    return decoded(memoryview(content)[start:end], encoding)


def _subject(data: bytes) -> str:
    for name, value in fields(data, 0, min(len(data), 16 * 1024))[0]:
        if name.lower() == "subject":
            subject = words(value[:_NAME_LIMIT]).replace("/", "-").replace("\\", "-").strip(" .")
            return f"{subject}.eml" if subject else ""
    return ""
