"""Which attachment of a mail a client means (contract section 1.3)."""

from collections.abc import Callable, Sequence

from mailsockd.mail.attachments import Attachment


def find_attachment(attachments: Sequence[Attachment], identifier: str) -> Attachment | None:
    """
    Give the attachment that an identifier names, None when there is none.

    That is the MD5 in hex, else a content id, with or without `<>`, else a file name; the first of several. Case
    matters in none but the MD5.
    """
    checksum = identifier.lower()
    content_id = identifier.strip()
    if content_id.startswith("<") and content_id.endswith(">"):
        content_id = content_id[1:-1]
    names: list[tuple[str, Callable[[Attachment], str]]] = [
        (checksum, lambda attachment: attachment.checksum),
        (content_id, lambda attachment: attachment.content_id),
        (identifier, lambda attachment: attachment.file_name),
    ]
    for wanted, name in names:
        for attachment in attachments:
            if wanted and name(attachment) == wanted:
                return attachment
    return None
