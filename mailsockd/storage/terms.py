"""The text that is searched, and what the search table is asked for a term."""

import attrs

from mailsockd.actions.ports import Filter, Term
from mailsockd.mail.people import Person
from mailsockd.mail.stored import Summary
from mailsockd.storage.entries import without_surrogates

SHORTEST = 3  # characters of a term that trigrams can find
MOST_TRIGRAMS = 64  # that are looked up for one term; the text itself is compared afterwards
_ONE_LINE = {0: "\N{REPLACEMENT CHARACTER}", ord("\n"): " ", ord("\r"): " "}


def folded(text: str) -> str:
    """Give the text as it is compared: casefolded, and in one line, because line ends separate what is searched."""
    if text.isascii() and text.isprintable():
        return text.lower()
    return str(without_surrogates(text)).translate(_ONE_LINE).casefold()


def search_row(seq: int, inbox: str, original: str, summary: Summary) -> tuple[int, str, str, str]:
    """Give the row of the search table for a message."""
    recipients = [*_texts((*summary.to, *summary.cc)), folded(inbox), folded(original)]
    return seq, _lines(_texts(summary.sender)), _lines(recipients), _lines([folded(summary.subject)])


@attrs.frozen
class Terms:
    """The terms of a question as `instr` and MATCH take them; None is no condition, `any` is of any of the three."""

    sender: str | None = None
    recipient: str | None = None
    subject: str | None = None
    any: str | None = None
    match: str | None = None
    """None when no term is long enough; what it finds must still be compared."""


def terms_of(filter: Filter) -> Terms | None:
    """Give the terms of a filter; None when it asks nothing of the search table."""
    asked = {"sender": filter.sender, "recipient": filter.recipient, "subject": filter.subject}
    if not any(asked.values()):
        return None
    matches = [f"{column} : ({match})" for column, term in asked.items() if term and (match := _match(term.text))]
    return Terms(
        _wanted(filter.sender),
        _wanted(filter.recipient),
        _wanted(filter.subject),
        match=" AND ".join(matches) or None,
    )


def terms_of_query(query: str) -> Terms:
    """Give the terms of a search in all three fields."""
    return Terms(any=folded(query), match=_match(query))


def meets(term: Term, text: str) -> bool:
    """Tell whether a text of many lines meets a term, as the search table would."""
    return folded(text) == folded(term.text) if term.exact else folded(term.text) in folded(text)


def _wanted(term: Term | None) -> str | None:
    if term is None:
        return None
    return _lines([folded(term.text)]) if term.exact else folded(term.text)


def _match(text: str) -> str | None:
    text = folded(text)
    trigrams = dict.fromkeys(text[place : place + SHORTEST] for place in range(len(text) - SHORTEST + 1))
    quoted = [trigram.replace('"', '""') for trigram in trigrams][:MOST_TRIGRAMS]
    return " AND ".join(f'"{trigram}"' for trigram in quoted) or None


def _texts(people: tuple[Person, ...]) -> list[str]:
    return [folded(text) for person in people for text in (person.address, person.name)]


def _lines(texts: list[str]) -> str:
    return "\n" + "\n".join(texts) + "\n"
