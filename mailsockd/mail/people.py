"""Address lists of From, To, Cc and Bcc (RFC 5322 section 3.4, leniently): who is named in them, in linear time."""

import re
from functools import lru_cache

from mailsockd.mail.charsets import clean_line
from mailsockd.mail.frozen import frozen
from mailsockd.mail.headers import words

# A thousand people fill 40 KB of header; larger lists are cut, the whole value stays readable among the headers.
PEOPLE_LIMIT = 1000
TOKEN_LIMIT = 10_000
# The same few senders and recipients come again and again. A longer value is a list, and hardly comes twice.
_REMEMBERED, _LONGEST_REMEMBERED = 1024, 200


@frozen
class Person:
    """One name in an address list, as the contract's Recipient."""

    address: str
    """As written, cleaned; "" when there is none."""
    name: str
    """"" when unknown."""


# The commonest forms in one match. Possessive, anchored, and the classes do not overlap with what follows them.
_PLAIN = re.compile(r'\s*+(?:"([^"\\]*+)"|([^"(),:;<>@\[\]\\]*+))\s*+<([^\s"(),:;<>@\\]++@[^\s"(),:;<>@\\]++)>\s*+\Z')
_BARE = re.compile(r"\s*+([^\s\"(),:;<>@\\]++@[^\s\"(),:;<>@\\]++)\s*+\Z")
# Every character starts a token. A quoted string without an end takes the rest; an encoded word without an end is read
# up to its third question mark and then as text, so no character is looked at more than four times.
_TOKEN = re.compile(
    r'"((?:[^"\\]++|\\.?)*+)("?)|([()<>,;:])|(=\?[^?\s]{1,64}+\?[bBqQ]\?[^?]*+\?=|(?:[^"()<>,;:=]++|=(?!\?))++|=)',
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def people(value: str) -> tuple[Person, ...]:
    """The people that an unfolded address field names, in order; entries without an address are left out.

    Groups give their members. The name is the phrase before the address, else the comment after it, words decoded.
    """
    if not value:
        return ()
    return _remembered(value) if len(value) <= _LONGEST_REMEMBERED else _read(value)


def _read(value: str) -> tuple[Person, ...]:
    plain = _PLAIN.match(value)
    if plain:
        quoted, phrase, address = plain.groups()
        name = quoted if quoted is not None else phrase.strip()
        return (Person(words(address) if not address.isascii() else clean_line(address), words(name) if name else ""),)
    bare = _BARE.match(value)
    if bare:
        return (Person(words(bare[1]) if not bare[1].isascii() else clean_line(bare[1]), ""),)
    return _scan(value)


_remembered = lru_cache(_REMEMBERED)(_read)


def _scan(value: str) -> tuple[Person, ...]:
    found: list[Person] = []
    phrase: list[str] = []  # as a name: without quotes
    written: list[str] = []  # the same as an address: with them
    comment: list[str] = []
    angle: list[str] | None = None
    inside = False  # of < >
    depth = 0  # of ( )
    position = tokens = 0
    while True:
        token = _TOKEN.match(value, position)
        special = token[3] if token else ","
        tokens += 1
        if token is None or tokens > TOKEN_LIMIT:
            special, token = ",", None
        else:
            position = token.end()
        target = comment if depth else angle if inside and angle is not None else phrase
        if special is None and token is not None:
            quoted, closed, atom = token[1], token[2], token[4]
            if atom is not None:
                target.append(atom)
                if target is phrase:
                    written.append(atom)
            elif closed or depth:
                target.append(f'"{quoted}"' if target is angle else _ESCAPED.sub(r"\1", quoted))
                if target is phrase:
                    written.append(f'"{quoted}"')
            else:
                # A quote that never ends: read on as if no quote were there. Happens once, for none is left then.
                value, position = value[token.start() + 1 :].replace('"', ""), 0
        elif special == "(":
            depth += 1
        elif special == ")":
            depth = max(depth - 1, 0)
        elif depth and token is not None:
            comment.append(special)
        elif special == "<":
            if angle is None:
                angle, inside = [], True
        elif special == ">":
            inside = False
        elif inside and angle and token is not None and (special != "," or angle[0].startswith("@")):
            # A comma ends an address that lost its bracket, and separates the hosts of a route.
            angle.append(special)
        elif special == ":":
            # In front of a colon stands the name of a group.
            phrase.clear()
            written.clear()
            comment.clear()
        else:
            person = _person(phrase, written, comment, angle)
            if person:
                found.append(person)
            phrase.clear()
            written.clear()
            comment.clear()
            angle, inside = None, False
        if token is None or len(found) >= PEOPLE_LIMIT:
            return tuple(found)


def _person(phrase: list[str], written: list[str], comment: list[str], angle: list[str] | None) -> Person | None:
    name = " ".join("".join(phrase).split())
    if angle is None:
        address = " ".join("".join(written).split())
        name = ""
        if "@" not in address and (" " in address or '"' in address):
            return None  # a name alone; one bare word is a local user
        if '"' not in address:
            address = address.replace(" ", "")
    else:
        address = "".join(angle).strip()
        if address.startswith("@"):
            address = address.rpartition(":")[2]  # the route of RFC 822
    if not address:
        return None
    if not name and comment:
        name = " ".join("".join(comment).split())
    return Person(words(address) if not address.isascii() else clean_line(address), words(name))
