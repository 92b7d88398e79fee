"""Conditions on messages, as queries say them."""

from mailsockd.actions.ports import Filter
from mailsockd.actions.terms import filter_of
from mailsockd.web.router import Call


def queried(call: Call) -> Filter:
    """Read `from`, `to`, `subject` and `text`."""
    return filter_of(
        sender=people(call, "from"),
        recipient=people(call, "to"),
        subject=call.query("subject"),
        text=call.query("text"),
    )


def people(call: Call, name: str) -> str:
    """
    Give a query parameter that is an address, part of one, or a person's name.

    In an address `+` is itself, which people forget to encode; in a name it is a space, as programs encode it.
    """
    literal = call.query(name, literal_plus=True)
    return literal if "@" in literal else call.query(name)
