"""The object that every reference sends for a mail: the fields of mailsockd's flat frame, made by the standard library.

Two parsers, because they differ tenfold in cost: `email.policy.default`, which the documentation recommends, and
compat32 with `email.header`, which who looks for speed would take.
"""

import email
import email.policy
import hashlib
import json
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

URL = re.compile(r"https?://[^\s\"'<>]+")
GREETING = {"status": 200, "msg": "Listening"}


def compact(value: object) -> str:
    """JSON without spaces, as Mailsac's clients expect it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def greeting(addresses: list[str]) -> str:
    """The first frame on a socket."""
    return compact({**GREETING, "addresses": addresses, "domains": []})


def frame(content: bytes, inbox: str, number: int, modern: bool) -> str:
    """One message as JSON text; `modern` chooses `email.policy.default`."""
    policy = email.policy.default if modern else email.policy.compat32
    parsed = email.message_from_bytes(content, policy=policy)
    text, html, attachments = [], [], []
    for part in parsed.walk():
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True) or b""
        if part.get_filename() or part.get_content_maintype() != "text":
            attachments.append(hashlib.md5(payload).hexdigest())
        else:
            decoded = payload.decode(part.get_content_charset() or "utf-8", "replace")
            (html if part.get_content_subtype() == "html" else text).append(decoded)
    plain, markup = "".join(text), "".join(html)
    headers: dict[str, list[str]] = {}
    for name, value in parsed.items():
        headers.setdefault(name.lower(), []).append(readable(value, modern))
    return compact(
        {
            "status": 200,
            "_id": f"{number:022d}-0",
            "to": people(parsed, "to", modern),
            "from": people(parsed, "from", modern),
            "cc": people(parsed, "cc", modern),
            "bcc": [],
            "subject": headers.get("subject", [""])[0],
            "inbox": inbox,
            "originalInbox": inbox,
            "domain": inbox.rpartition("@")[2],
            "received": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "size": len(content),
            "attachments": attachments,
            "links": list(dict.fromkeys(URL.findall(plain) + URL.findall(markup))),
            "headers": {name: values[0] if len(values) == 1 else values for name, values in headers.items()},
            "text": plain,
            "html": markup,
            "raw": content.decode("utf-8", "replace"),
        }
    )


def readable(value: object, modern: bool) -> str:
    """A header's value with its encoded words decoded."""
    plain = str(value)
    return plain if modern or "=?" not in plain else str(make_header(decode_header(plain)))


def people(parsed: Message, name: str, modern: bool) -> list[dict[str, str]]:
    """The recipients or senders that a header names."""
    values = [readable(value, modern) for value in parsed.get_all(name, [])]
    return [{"address": address, "name": spoken} for spoken, address in getaddresses(values)]
