"""Conditions on messages, as queries say them."""

from mailsockd.actions.ports import Filter, Term
from mailsockd.web.router import Call


def filter_of(call: Call) -> Filter:
    """Read `from`, `to`, `subject` and `text`: what is contained, or is the whole when it begins with `=`."""
    return Filter(
        sender=_term(people(call, "from")),
        recipient=_term(people(call, "to")),
        subject=_term(call.query("subject")),
        text=_term(call.query("text")),
    )


def people(call: Call, name: str) -> str:
    """
    Give a query parameter that is an address, part of one, or a person's name.

    In an address `+` is itself, which people forget to encode; in a name it is a space, as programs encode it.
    """
    literal = call.query(name, literal_plus=True)
    return literal if "@" in literal else call.query(name)


def contained(text: str) -> Term | None:
    """Give the condition that a text contains another, None for an empty one."""
    return Term(text) if text else None


def _term(text: str) -> Term | None:
    return Term(text[1:], exact=True) if text.startswith("=") else contained(text)
