"""
The JSON of REST and socket, written by hand: one function a shape, in the order of contract section 1.1.

Everything that leaves passes through `dumps`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from mailsockd.mail.address import domain_of
from mailsockd.mail.attachments import Attachment
from mailsockd.mail.message import Mail, Person
from mailsockd.mail.stored import Message
from mailsockd.state.accounts import UNLIMITED_CREDITS, Account
from mailsockd.state.addresses import Address
from mailsockd.state.subscriptions import Admission
from mailsockd.wire.encoding import SLICE as SLICE
from mailsockd.wire.encoding import dumps as dumps
from mailsockd.wire.encoding import dumps_in_slices as dumps_in_slices
from mailsockd.wire.encoding import standard_dumps as standard_dumps

FRAME_SHAPES = ("flat", "nested", "both")
# A frame of the form `both` repeats every string; above this many bytes the large ones stand at the top level only.
LARGEST_DOUBLED = 900_000

# The first and last second of the years that a date can name.
_FIRST, _LAST = -62_135_596_800, 253_402_300_799


def date_json(at: float) -> str:
    """Give UTC seconds as ISO 8601 with milliseconds and Z; what lies outside the years 1 to 9999 as their ends."""
    seconds, milliseconds = divmod(round(at * 1000), 1000)
    return f"{_second_json(seconds)}{milliseconds:03d}Z"


@lru_cache(maxsize=1024)
def _second_json(seconds: int) -> str:
    # strftime would leave the zeros of the year 68 out.
    return f"{datetime.fromtimestamp(min(max(seconds, _FIRST), _LAST), UTC).isoformat()[:19]}."


def people_json(people: Iterable[Person]) -> list[dict[str, str]]:
    """Give the contract's Recipient array."""
    return [{"address": person.address, "name": person.name} for person in people] if people else []


def message_json(message: Message) -> dict[str, Any]:
    """Give the contract's Message, every key present, and `seq`."""
    summary = message.summary
    return {
        "_id": message.id,
        "from": people_json(summary.sender),
        "to": people_json(summary.to),
        "cc": people_json(summary.cc),
        "bcc": people_json(summary.bcc),
        "subject": summary.subject,
        "savedBy": message.saved_by,
        "inbox": message.inbox,
        "originalInbox": message.original,
        "domain": domain_of(message.inbox),
        "received": date_json(message.received),
        "size": message.size,
        "attachments": list(summary.attachments),
        "ip": message.ip,
        "via": message.via,
        "folder": message.folder,
        "labels": list(message.labels),
        "read": message.read,
        "rtls": message.tls,
        "links": list(summary.links),
        "spam": 0,
        "seq": message.seq,
    }


def attachment_json(attachment: Attachment) -> dict[str, Any]:
    """Give the contract's AttachmentMeta."""
    return {
        "checksum": attachment.checksum,
        "contentDisposition": attachment.disposition,
        "contentId": attachment.content_id,
        "contentType": attachment.content_type,
        "fileName": attachment.file_name,
        "length": attachment.length,
        "transferEncoding": attachment.transfer_encoding,
    }


def headers_json(headers: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Give headers by lower-case name: a string when the name occurs once, else an array (contract section 2)."""
    fields = list(headers)
    found: dict[str, str | list[str]] = {name.lower(): value for name, value in fields}
    if len(found) == len(fields):
        return found
    found = {}
    for name, value in fields:
        key = name.lower()
        before = found.get(key)
        if before is None:
            found[key] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            found[key] = [before, value]
    return found


def header_arrays_json(headers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Give headers by lower-case name, always as arrays (contract section 1.3, `…/headers`)."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found


def frame_json(
    message: Message, mail: Mail, trace: str, content: bytes, *, alias: str, shape: str, raw: bool
) -> dict[str, Any]:
    """
    Give the message frame of the socket in one of FRAME_SHAPES (contract section 2).

    `trace` is the value of the trace header that `content`, which is what `/raw` answers, begins with; `mail` is what
    the content says without it. `raw` False leaves the content out.
    """
    frame: dict[str, Any] = {"status": 200, **message_json(message)}
    frame["encryptedInbox"] = alias
    frame["html"] = mail.html
    if raw:
        frame.update(content_json(content))
    frame["text"] = mail.text
    frame["headers"] = headers_json((("Received", trace), *mail.headers))
    if shape == "flat":
        return frame
    frame["body"] = mail.html
    if shape == "nested":
        return {"status": 200, "email": {name: value for name, value in frame.items() if name != "status"}}
    inner = {name: value for name, value in frame.items() if name != "status"}
    if 2 * (len(content) + len(mail.html) + len(mail.text)) > LARGEST_DOUBLED:
        inner = {name: value for name, value in inner.items() if name not in {"raw", "rawEncoding", "html", "body"}}
    return {**frame, "email": inner}


def content_json(content: bytes) -> dict[str, str]:
    """Give `raw`, and `rawEncoding` when the content is not UTF-8: every byte string is valid latin-1."""
    try:
        return {"raw": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"raw": content.decode("latin-1"), "rawEncoding": "latin1"}


def listening_json(admission: Admission) -> dict[str, Any]:
    """Give the first frame of a socket; `rejected` and `warnings` only when there are any."""
    frame: dict[str, Any] = {
        "status": 200,
        "msg": "Listening",
        "addresses": list(admission.addresses),
        "domains": list(admission.domains),
    }
    if admission.rejected:
        frame["rejected"] = [{"address": item, "error": reason} for item, reason in admission.rejected]
    if admission.warnings:
        frame["warnings"] = list(admission.warnings)
    return frame


def socket_error_json(status: int, message: str) -> dict[str, Any]:
    """Give the one frame that a socket sends before it closes for a reason."""
    return {"status": status, "error": message, "message": message, "msg": message, "addresses": [], "domains": []}


def address_json(address: Address, alias: str) -> dict[str, Any]:
    """Give the contract's EmailAddress of a reserved address; `alias` is its local part."""
    settings = address.settings
    return {
        "_id": address.address,
        "owner": address.owner,
        "forward": settings.get("forward"),
        "enablews": address.enablews,
        "enabledws": address.enablews,
        "webhook": settings.get("webhook"),
        "webhookSlack": settings.get("webhookSlack"),
        "webhookSlackToFrom": settings.get("webhookSlackToFrom"),
        "catchAll": address.catch_all,
        "password": None,
        "info": address.info,
        "encryptedInbox": f"{alias}@{domain_of(address.address)}",
        "implicit": False,
        "created": date_json(address.created),
        "updated": date_json(address.updated),
    }


def unreserved_json(address: str, alias: str, implicit: bool) -> dict[str, Any]:
    """Give the contract's EmailAddress of an address that nobody reserved: no owner, no dates."""
    return {
        "_id": address,
        "forward": None,
        "enablews": False,
        "enabledws": False,
        "webhook": None,
        "webhookSlack": None,
        "webhookSlackToFrom": None,
        "catchAll": None,
        "password": None,
        "info": "",
        "encryptedInbox": f"{alias}@{domain_of(address)}",
        "implicit": implicit,
    }


def account_json(account: Account, key_name: str, reserved: int, used: int = 0) -> dict[str, Any]:
    """
    Give the contract's `/me` of an account that has reserved and used so much.

    Entitlements are 0 or 1, what only a hosted service sells is 0.
    """
    left = UNLIMITED_CREDITS if account.credits is None else max(0, account.credits - reserved)
    return {
        "_id": account.name,
        "email": account.email,
        "invoiceEmail": "",
        "capturePrivate": account.capture_private,
        "messageLimit": account.message_limit or UNLIMITED_CREDITS,
        "privateDomain": 1,
        "privateAddressCredits": left,
        "whitelistAccess": 0,
        "moAPICount": used,
        "apiMonthlyLimit": UNLIMITED_CREDITS if account.monthly_ops is None else account.monthly_ops,
        "recents": [],
        "labels": [],
        "company": "",
        "address": "",
        "firehose": 1 if account.admin else 0,
        "allowPublicDomains": 1,
        "viewAnalytics": 1,
        "apiAccess": 1,
        "wsDomain": 1,
        "manyKeys": 1,
        "internalUnlimited": 1 if account.credits is None else 0,
        "lastLogin": date_json(account.updated),
        "allowMultipleUsers": 0,
        "userLimit": 0,
        "disableSpam": True,
        "stripeId": "",
        "moAPIDisabled": int(account.monthly_ops is not None and used >= account.monthly_ops),
        "moAPILimitWarningEmail": 0,
        "apiKeyName": key_name,
        "sendsRemaining": 0,
        "catchAll": 0,
    }
