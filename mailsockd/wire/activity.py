"""
Activity as people and programs read it: a sentence, JSON, and a row of a table (contract section 3.8).

The sentence says whose address and what, never what a mail says.
"""

from collections.abc import Callable
from typing import Any

from mailsockd.state.activity import Event, Kind
from mailsockd.wire import date_json

CHANNELS = {
    "webhook": "webhook",
    "slack": "Slack",
    "forward": "another address",
    "relay": "somebody outside",
    "websocket": "web socket",
}

# A cell that begins like a formula would be one in a spreadsheet, and its text is a stranger's.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def kind_json(kind: Kind) -> str:
    """Give a kind as programs name it."""
    return kind.name.lower()


def kind_named(name: str) -> Kind | None:
    """Give the kind of a name, in which - and _, and case, are the same."""
    return Kind.__members__.get(name.strip().replace("-", "_").upper())


def event_json(event: Event, id: int | None = None) -> dict[str, Any]:
    """Give an event; `_id` only when it has one, which it gets on the disk."""
    value = {
        "at": date_json(event.at),
        "kind": kind_json(event.kind),
        "summary": summary(event),
        "account": event.account,
        "address": event.address,
        "message": event.message,
        "peer": event.peer,
        "session": event.session,
        "channel": event.channel,
        "text": event.text,
        "detail": event.detail,
        "count": event.count,
        "milliseconds": None if event.milliseconds is None else round(event.milliseconds, 1),
        "similar": event.similar,
    }
    return value if id is None else {"_id": id, **value}


def event_row(event: Event, id: int) -> list[str]:
    """Give the cells of an event, in the order of its JSON."""
    values = event_json(event, id).values()
    return [_cell("" if value is None else str(value)) for value in values]


def _cell(text: str) -> str:
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return f"'{text}" if text.startswith(_FORMULA) else text


def summary(event: Event) -> str:
    """Give the sentence of an event."""
    sentence = _SENTENCES.get(event.kind, _other)(event)
    return f"… and {event.similar} more like this: {sentence}" if event.similar else sentence


def _for(event: Event) -> str:
    return f" for {event.address}" if event.address else ""


def _why(event: Event) -> str:
    return f": {event.text}" if event.text else ""


def _channel(event: Event) -> str:
    return CHANNELS.get(event.channel, event.channel or "somewhere")


def _verb(event: Event) -> str:
    return {"slack": "forwarded", "forward": "forwarded", "relay": "sent"}.get(event.channel, "published")


def _published(event: Event) -> str:
    count = event.count or 0
    return f"published to web socket{_for(event)} ({count} listener{'' if count == 1 else 's'})"


def _failed(event: Event) -> str:
    return f"not {_verb(event)} to {_channel(event)}{_for(event)}, given up{_why(event)}"


def _deferred(event: Event) -> str:
    return f"not yet {_verb(event)} to {_channel(event)}{_for(event)}{_why(event)}"


def _signed_in(event: Event) -> str:
    return f"{event.account} signed in{_from(event)}{_why(event)}"


def _from(event: Event) -> str:
    return f" from {event.peer}" if event.peer else ""


def _operations(event: Event) -> str:
    return f"operations of {event.account or 'an account'}{_why(event)}"


def _other(event: Event) -> str:
    return f"{event.kind.value}{_for(event)}{_why(event)}"


_SENTENCES: dict[Kind, Callable[[Event], str]] = {
    Kind.CONNECTED: lambda event: f"connected{_from(event)}{_why(event)}",
    Kind.REFUSED: lambda event: f"connection{_from(event)} refused{_why(event)}",
    Kind.REJECTED: lambda event: f"rejected{_for(event)}{_from(event)}{_why(event)}",
    Kind.STORED: lambda event: f"inbound to {event.address}",
    Kind.PUBLISHED: _published,
    Kind.UNPUBLISHED: lambda event: f"not published to web socket{_for(event)}{_why(event)}",
    Kind.SOCKET_OPENED: lambda event: f"web socket opened{_from(event)}{_why(event)}",
    Kind.SOCKET_REFUSED: lambda event: f"web socket{_from(event)} refused{_why(event)}",
    Kind.SOCKET_CLOSED: lambda event: f"web socket{_from(event)} closed{_why(event)}",
    Kind.DELIVERED: lambda event: f"{_verb(event)} to {_channel(event)}{_for(event)}{_why(event)}",
    Kind.DEFERRED: _deferred,
    Kind.FAILED: _failed,
    Kind.FORWARDED: lambda event: f"forwarded{_for(event)}{_why(event)}",
    Kind.SENT: lambda event: f"sent outbound from {event.address}{_why(event)}",
    Kind.READ: lambda event: f"read{_for(event)}{_why(event)}",
    Kind.DELETED: lambda event: f"deleted{_for(event)}{_why(event)}",
    Kind.EVICTED: lambda event: f"deleted to make room{_for(event)}{_why(event)}",
    Kind.OPERATIONS: _operations,
    Kind.SIGNED_IN: _signed_in,
    Kind.PASSWORD_SET: lambda event: f"password of {event.account} set{_from(event)}{_why(event)}",
    Kind.ACCOUNT_DISABLED: lambda event: f"account {event.account} disabled{_why(event)}",
    Kind.ACCOUNT_ENABLED: lambda event: f"account {event.account} enabled{_why(event)}",
    Kind.KEY_MADE: lambda event: f"API key of {event.account} made{_why(event)}",
    Kind.KEY_REVOKED: lambda event: f"API key of {event.account} revoked{_why(event)}",
    Kind.SIGN_IN_REFUSED: lambda event: f"sign-in{_from(event)} refused{_why(event)}",
}
