"""Conditions on messages as people write them: what a field contains, or after a `=` what it is as a whole."""

from mailsockd.actions.ports import Filter, Term


def filter_of(*, sender: str = "", recipient: str = "", subject: str = "", text: str = "") -> Filter:
    """Give the filter of what was written; an empty text is no condition."""
    return Filter(sender=_term(sender), recipient=_term(recipient), subject=_term(subject), text=_term(text))


def contained(text: str) -> Term | None:
    """Give the condition that a text contains another, None for an empty one."""
    return Term(text) if text else None


def _term(text: str) -> Term | None:
    return Term(text[1:], exact=True) if text.startswith("=") else contained(text)
