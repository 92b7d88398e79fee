"""The body of a web hook (contract section 3.1), and what is told about web hooks."""

from typing import Any

from mailsockd.mail.message import Mail
from mailsockd.mail.stored import Message
from mailsockd.state.addresses import Address
from mailsockd.state.deliveries import Trial
from mailsockd.state.secrets import SigningSecret
from mailsockd.wire import content_json, date_json, headers_json, message_json

# What receivers see first, in the order of Mailsac's own log; what is not here follows in the order of a message.
_FIRST = ("_id", "to", "from", "subject", "inbox", "originalInbox", "domain", "received")


def webhook_json(message: Message, mail: Mail, trace: str, content: bytes, *, alias: str) -> dict[str, Any]:
    """
    Give the body for one message.

    `trace` is the value of the trace header that `content`, which is what `/raw` answers, begins with; `mail` is what
    the content says without it. `alias` is the local part of the inbox's alias. `date` is the Date header's moment, or
    when the mail was received, if it has none that can be read.
    """
    flat = message_json(message)
    body = {name: flat.pop(name) for name in _FIRST}
    body.update(content_json(content))
    for name in ("size", "rtls", "ip", "spam"):
        body[name] = flat.pop(name)
    body["headers"] = headers_json((("Received", trace), *mail.headers))
    body["text"] = mail.text
    body["html"] = mail.html
    body["via"] = flat.pop("via")
    body.update(flat)
    sent = mail.date
    body["messageId"] = mail.message_id
    body["priority"] = mail.priority
    body["date"] = date_json(message.received if sent is None else sent)
    # As a Received header tells it: whole seconds.
    body["receivedDate"] = date_json(message.received // 1)
    body["encryptedInbox"] = alias
    return body


def secret_json(address: Address, secret: SigningSecret, now: float) -> dict[str, Any]:
    """Give the secret of an address's web hook; `previous` and `previousUntil` are null when one alone signs."""
    both = len(secret.signing(now)) > 1
    return {
        "_id": address.address,
        "secret": secret.current,
        "previous": secret.previous if both else None,
        "previousUntil": date_json(secret.until) if both else None,
    }


def trial_json(trial: Trial) -> dict[str, Any]:
    """Give how a test of a web hook went; `status` is null when there was no answer."""
    return {
        "delivered": trial.delivered,
        "status": trial.status,
        "milliseconds": trial.milliseconds,
        "reason": trial.reason,
    }
