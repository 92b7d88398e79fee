"""
The arguments of MAIL and RCPT (RFC 5321 section 4.1.2, RFC 1870, 6152, 6531).

Lenient in shape, because strictness loses real mail: spaces behind the colon, no angle brackets, source routes.
Strict in bytes: no control character, nothing but UTF-8, and that only where SMTPUTF8 was asked for. In the
patterns here no two parts can match the same byte, so time is linear in the length of the line.
"""

import re
from functools import lru_cache

from mailsockd.actions.receive import Rejected
from mailsockd.mail.address import InvalidAddress, canonical
from mailsockd.mail.frozen import frozen

_WORD = rb'\\.|"(?:[^"\\]|\\.)*"'  # a quoted pair, a quoted string
_BRACKETED = re.compile(rb'[ \t]*<((?:[^"\\<>]|' + _WORD + rb")*)>", re.S)
_BARE = re.compile(rb'[ \t]*((?:[^"\\<> \t]|' + _WORD + rb")+)", re.S)
_ROUTE = re.compile(rb'(?:@(?:\[[^\[\]]*\]|[^\[\]:,@"\\])*(?:,(?=@)|(?=:)))+:')
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_KEYWORD = {b"FROM": re.compile(rb"FROM[ \t]*:", re.I), b"TO": re.compile(rb"TO[ \t]*:", re.I)}
_DIGITS_OF_SIZE = 20  # RFC 1870 section 4
# Whoever tests an application, and every mailing list, says the same lines again and again. Each is a command line.
_REMEMBERED = 512


@frozen
class Mail:
    """What MAIL said: `sender` canonical where it is an address, "" for the null sender; `size` as declared, or 0."""

    sender: str
    size: int = 0
    utf8: bool = False


@lru_cache(_REMEMBERED)
def mail(argument: bytes) -> Mail:
    """Read the argument of MAIL: `FROM:<path> parameters`. Raises Rejected."""
    path, parameters = _split(argument, b"FROM", "5.1.7")
    size, utf8 = 0, False
    for keyword, value in parameters:
        if keyword == b"SIZE":
            if value is None or not value.isdigit() or len(value) > _DIGITS_OF_SIZE:
                raise Rejected(501, "5.5.4", "SIZE must be a number")
            size = int(value)
        elif keyword == b"BODY":
            if value is None or value.upper() not in (b"7BIT", b"8BITMIME"):
                raise Rejected(501, "5.5.4", "BODY must be 7BIT or 8BITMIME")
        elif keyword == b"SMTPUTF8":
            if value is not None:
                raise Rejected(501, "5.5.4", "SMTPUTF8 takes no value")
            utf8 = True
        elif keyword != b"AUTH":  # who first sent the mail is of no interest here, RFC 4954 section 5
            raise Rejected(555, "5.5.4", "Parameter of MAIL not recognised")
    return Mail(_sender(_text(path, utf8, "5.1.7")), size, utf8)


@lru_cache(_REMEMBERED)
def recipient(argument: bytes, utf8: bool, hostname: str) -> str:
    """
    Read the argument of RCPT, `TO:<path>`, and give the canonical address.

    `postmaster` without a domain is this server's own (RFC 5321 section 4.5.1). Raises Rejected.
    """
    path, parameters = _split(argument, b"TO", "5.1.3")
    text = _text(path, utf8, "5.1.3")
    if parameters:
        raise Rejected(555, "5.5.4", "Parameter of RCPT not recognised")
    if text.lower() == "postmaster":
        text = f"postmaster@{hostname}"
    try:
        return canonical(text)
    except InvalidAddress as error:
        raise Rejected(501, "5.1.3", f"Bad recipient address: {error}") from error


def _split(argument: bytes, keyword: bytes, status: str) -> tuple[bytes, list[tuple[bytes, bytes | None]]]:
    start = _KEYWORD[keyword].match(argument)
    if start is None:
        raise Rejected(501, "5.5.4", f"{keyword.decode()}:<address> was expected")
    if _CONTROL.search(argument):
        raise Rejected(501, status, "An address has no control characters")
    path = _BRACKETED.match(argument, start.end()) or _BARE.match(argument, start.end())
    rest = argument[path.end() :] if path else b""
    if path is None or (rest and rest[:1] not in b" \t"):
        raise Rejected(501, status, f"{keyword.decode()}:<address> was expected")
    parameters = []
    for word in rest.split():
        name, equals, value = word.partition(b"=")
        parameters.append((name.upper(), value if equals else None))
    address = path.group(1).strip(b" \t")
    route = _ROUTE.match(address)
    return address[route.end() :] if route else address, parameters


def _text(path: bytes, utf8: bool, status: str) -> str:
    if not path.isascii() and not utf8:
        raise Rejected(553, "5.6.7", "An address that is not ASCII needs SMTPUTF8")
    try:
        return path.decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected(501, status, "The address is not UTF-8") from None


def _sender(text: str) -> str:
    try:
        return canonical(text) if text else ""
    except InvalidAddress:
        # Mail is not lost for a reverse-path that nothing answers to; it only has to be safe to show.
        if not text.isprintable():
            raise Rejected(501, "5.1.7", "The sender has characters that cannot be shown") from None
        return text
