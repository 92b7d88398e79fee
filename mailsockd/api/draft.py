"""The body of an outgoing message: JSON or a form, in the shapes that clients send (contract section 1.3)."""

import binascii
from base64 import b64decode
from typing import Any

from mailsockd.actions.outgoing import MOST_RECIPIENTS, Outgoing
from mailsockd.api.fields import MOST_ENCLOSURES, MOST_RECEIVED, text
from mailsockd.mail.compose import Enclosure
from mailsockd.mail.people import Person, people
from mailsockd.web.body import parse_json
from mailsockd.web.errors import HTTPError, wrong

# Longer texts name more people than may be sent to; one is enough to say so.
LONGEST_PEOPLE = 10_000


def outgoing(body: dict[str, Any], form: bool) -> Outgoing:
    """Read what is to be sent. Raises HTTPError 400 that names the field; unknown fields are left alone."""
    senders = _people(body.get("from"), "from")
    if len(senders) > 1:
        raise wrong("from", "must be one address")
    enclosures = body.get("attachments")
    if form and isinstance(enclosures, str):
        enclosures = _json(enclosures)
    return Outgoing(
        senders[0] if senders else None,
        _people(body.get("to"), "to"),
        subject=text(body, "subject") or "",
        text=text(body, "text"),
        html=text(body, "html"),
        enclosures=_enclosures(enclosures),
        received=_received(body.get("received")),
        raw=text(body, "raw") or "",
    )


def _people(value: object, field: str) -> tuple[Person, ...]:
    """Read one or several people: text, perhaps with commas, an object, or a list of these."""
    items = value if isinstance(value, list) else [] if value in (None, "") else [value]
    found: list[Person] = []
    for place, item in enumerate(items):
        name = f"{field}[{place}]" if isinstance(value, list) else field
        if isinstance(item, str) and len(item) <= LONGEST_PEOPLE:
            named = _named(item)
            if not named:
                raise wrong(name, "is not a valid email address")
            found += named
        elif isinstance(item, dict):
            address, called = item.get("address"), item.get("name")
            if not isinstance(address, str) or not isinstance(called, str | None):
                raise wrong(name, 'must be {"address": text, "name": text}')
            found.append(Person(address.strip(), called or ""))
        else:
            raise wrong(name, "must be an address")
        if len(found) > MOST_RECIPIENTS:
            break  # that is too many already, and the action says so
    return tuple(found)


def _named(item: str) -> tuple[Person, ...]:
    # The parser of header fields reads one byte a character.
    read = people(item.encode("utf-8", "replace").decode("latin-1"))
    return read if all("@" in person.address for person in read) else ()


def _enclosures(value: object) -> tuple[Enclosure, ...]:
    if value in (None, "", []):
        return ()
    items = value if isinstance(value, list) else [value]
    if len(items) > MOST_ENCLOSURES:
        raise wrong("attachments", f"has {len(items)} items, and {MOST_ENCLOSURES} are allowed")
    return tuple(_enclosure(item, f"attachments[{place}]") for place, item in enumerate(items))


def _enclosure(item: object, name: str) -> Enclosure:
    if not isinstance(item, dict):
        raise wrong(name, "must be an object")
    values: dict[str, str] = {}
    for field in ("content", "encoding", "filename", "contentType", "cid", "contentDisposition"):
        value = item.get(field)
        if not isinstance(value, str | None):
            raise wrong(f"{name}.{field}", "must be text")
        values[field] = value or ""
    encoding = values["encoding"].strip().lower()
    if encoding in ("", "byte", "utf8", "utf-8", "7bit", "8bit"):
        content = values["content"].encode("utf-8", "replace")
    elif encoding == "base64":
        try:
            content = b64decode("".join(values["content"].split()), validate=True)
        except (binascii.Error, ValueError):
            raise wrong(f"{name}.content", "is not valid base64") from None
    else:
        raise wrong(f"{name}.encoding", "must be base64 or byte")
    disposition = values["contentDisposition"].strip().lower()
    if disposition not in ("", "attachment", "inline"):
        raise wrong(f"{name}.contentDisposition", "must be attachment or inline")
    cid = values["cid"].strip().removeprefix("<").removesuffix(">")
    inline = disposition == "inline" or (bool(cid) and not disposition)
    return Enclosure(content, values["filename"], values["contentType"], cid, inline)


def _received(value: object) -> tuple[str, ...]:
    """Read trace fields: text, a list, or a list of lists, as the official description has it."""
    found: list[str] = []
    for item in value if isinstance(value, list) else [] if value in (None, "") else [value]:
        for line in item if isinstance(item, list) else [item]:
            if not isinstance(line, str):
                raise wrong("received", "must be a list of text")
            found.append(line)
            if len(found) > MOST_RECEIVED:
                raise wrong("received", f"has more than {MOST_RECEIVED} items")
    return tuple(found)


def _json(value: str) -> Any:
    try:
        return parse_json(value.encode("utf-8", "replace"))
    except HTTPError:
        raise wrong("attachments", "is not valid JSON") from None
