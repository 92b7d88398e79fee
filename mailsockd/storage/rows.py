"""Messages as rows of the mailbox and back."""

import json
import sqlite3
from typing import Any, TypeAlias

from mailsockd.mail.people import Person
from mailsockd.mail.stored import Message, Summary

# ASCII, so that any text can be stored, even a lone surrogate.
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_decode = json.JSONDecoder().decode

Row: TypeAlias = tuple[Any, ...]

# A summary has some hundred characters, and up to a megabyte when its sender wants it so: a list of thousand such must
# not fill the memory. It ends early; whoever asks on finds the others.
LISTED_SIZE = 32 << 20


def content_row(message: Message, content: bytes) -> Row:
    """Give the row of contents that the copies of one envelope share; `message` is the first of them."""
    return (message.seq, summary_text(message.summary), content)


def message_row(message: Message, content: int) -> Row:
    """Give the row of messages for one copy, in the order of the columns."""
    return (
        message.seq,
        message.id,
        content,
        message.inbox,
        message.original,
        message.owner,
        message.received,
        message.size,
        message.ip,
        message.via,
        message.helo,
        message.sender,
        1 if message.tls else 0,
        1 if message.esmtp else 0,
        message.folder,
        _encode(message.labels) if message.labels else "[]",
        None if message.read is None else int(message.read),
        message.saved_by,
    )


def message_from(row: Row) -> Message:
    """Give the message of a row of the view `listed`."""
    return Message(
        id=row[1],
        seq=row[0],
        inbox=row[2],
        original=row[3],
        owner=row[4],
        received=row[5],
        size=row[6],
        ip=row[7],
        via=row[8],
        helo=row[9],
        sender=row[10],
        tls=bool(row[11]),
        esmtp=bool(row[12]),
        folder=row[13],
        labels=tuple(_decode(row[14])),
        read=None if row[15] is None else bool(row[15]),
        saved_by=row[16],
        summary=summary_from(row[17]),
    )


def messages_from(rows: sqlite3.Cursor) -> list[Message]:
    """Give the messages of rows of the view `listed`; the list ends when it has become very large."""
    found: list[Message] = []
    size = 0
    for row in rows:
        found.append(message_from(row))
        size += len(row[17])
        if size > LISTED_SIZE:
            break
    rows.close()  # a statement that is not at its end would keep its transaction open
    return found


def summary_text(summary: Summary) -> str:
    """Give the summary as compact JSON, without what is empty."""
    fields: dict[str, Any] = {"from": [(person.address, person.name) for person in summary.sender]}
    if summary.to:
        fields["to"] = [(person.address, person.name) for person in summary.to]
    if summary.cc:
        fields["cc"] = [(person.address, person.name) for person in summary.cc]
    if summary.bcc:
        fields["bcc"] = [(person.address, person.name) for person in summary.bcc]
    if summary.subject:
        fields["subject"] = summary.subject
    if summary.links:
        fields["links"] = summary.links
    if summary.attachments:
        fields["attachments"] = summary.attachments
    return _encode(fields)


def summary_from(text: str) -> Summary:
    """Give back the summary that `summary_text` wrote."""
    fields = _decode(text)
    return Summary(
        sender=_people(fields["from"]),
        to=_people(fields.get("to", ())),
        cc=_people(fields.get("cc", ())),
        bcc=_people(fields.get("bcc", ())),
        subject=fields.get("subject", ""),
        links=tuple(fields.get("links", ())),
        attachments=tuple(fields.get("attachments", ())),
    )


def _people(pairs: list[list[str]]) -> tuple[Person, ...]:
    return tuple(Person(address, name) for address, name in pairs)
