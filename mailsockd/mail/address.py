"""
The one canonical form of an address.

SMTP, REST paths, queries, the socket, webhooks and the pages all pass what they were given through
`canonical` and compare the results, never the originals. The form is lenient in shape (RFC 5321 section
4.1.2 refuses addresses that real mail carries) and strict in bytes.

Rules. Local part: ASCII letters become lower-case; other characters stay as they are and must already be in
Unicode's NFC, so that no two spellings meet by accident; quotes and backslashes that are not needed are
removed; control characters, spaces outside quotes and `<>` are refused. Domain: a trailing dot is dropped;
ASCII labels become lower-case; other labels become their IDNA 2008 A-label; address literals are normalised.
"""

import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address

import idna

LONGEST_LOCAL = 256  # RFC 5321 says 64; bounce and tracking addresses in real mail are longer
LONGEST_DOMAIN = 253
LONGEST_LABEL = 63
# No two parts of this pattern can match the same text, so it is linear.
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,256}@(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\Z', re.S)
_ESCAPE = re.compile(r"\\(.)", re.S)
_LABEL = re.compile(r"[a-z0-9_-]{1,63}\Z")
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_INVISIBLE = frozenset(("Zs", "Zl", "Zp", "Cf", "Cn", "Co"))
_NEEDS_QUOTES = frozenset(' "(),:;<>@[]\\\t')


class InvalidAddress(ValueError):
    """What was given is not an address; the message says why, in words for the person who typed it."""


def canonical(text: str) -> str:
    """
    Give the canonical form of `local@domain`.

    `canonical(canonical(x)) == canonical(x)`. Raises InvalidAddress.
    """
    if len(text) <= LONGEST_DOMAIN and _PLAIN.fullmatch(text):
        return text.lower()
    local, at, domain = text.rpartition("@")
    if not at:
        raise InvalidAddress("an address needs a local part, an @ and a domain")
    return f"{canonical_local(local)}@{canonical_domain(domain)}"


def canonical_local(local: str) -> str:
    """Give the canonical form of a local part, quoted only when it must be. Raises InvalidAddress."""
    if not local:
        raise InvalidAddress("the local part is empty")
    if len(local.encode("utf-8", "surrogatepass")) > LONGEST_LOCAL:
        raise InvalidAddress(f"the local part is longer than {LONGEST_LOCAL} bytes")
    quoted = _QUOTED.match(local)
    content = _ESCAPE.sub(r"\1", quoted.group(1)) if quoted else local
    if not content:
        raise InvalidAddress("the local part is empty")
    for character in content:
        if character <= "\x1f" or "\x7f" <= character <= "\x9f" or "\ud800" <= character <= "\udfff":
            raise InvalidAddress("the local part contains a control character")
    if not content.isascii():
        if unicodedata.normalize("NFC", content) != content:
            raise InvalidAddress("the local part is not in Unicode's NFC")
        if any(unicodedata.category(character) in _INVISIBLE for character in content if character > "\x7f"):
            raise InvalidAddress("the local part contains an invisible character")
    if not _NEEDS_QUOTES.isdisjoint(content):
        if not quoted:
            raise InvalidAddress("the local part contains a character that needs quotes")
        content = '"' + content.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return content.translate(_ASCII_LOWER)


def canonical_domain(domain: str) -> str:
    """Give the canonical form of a domain or an address literal. Raises InvalidAddress."""
    if domain.startswith("[") and domain.endswith("]"):
        return _canonical_literal(domain[1:-1])
    domain = domain.removesuffix(".").translate(_ASCII_LOWER)
    if not domain:
        raise InvalidAddress("the domain is empty")
    if len(domain) > LONGEST_DOMAIN:
        raise InvalidAddress(f"the domain is longer than {LONGEST_DOMAIN} characters")
    result = ".".join(_canonical_label(label) for label in domain.split("."))
    if len(result) > LONGEST_DOMAIN:
        raise InvalidAddress(f"the domain is longer than {LONGEST_DOMAIN} characters")
    return result


def _canonical_label(label: str) -> str:
    if _LABEL.match(label):
        return label
    if not label:
        raise InvalidAddress("the domain has an empty label")
    if label.isascii():
        raise InvalidAddress("the domain has a label that is too long or has characters that no domain has")
    if len(label) > LONGEST_LABEL:  # its A-label is longer still, and the rules of IDNA would take milliseconds
        raise InvalidAddress("the domain has a label that is too long")
    try:
        return idna.alabel(label).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidAddress("the domain is not a valid international domain name") from error


def _canonical_literal(text: str) -> str:
    if "%" in text:  # IPv6Address takes any text at all behind it, as the name of an interface
        raise InvalidAddress("the address literal names an interface")
    try:
        if text[:5].lower() == "ipv6:":
            return f"[ipv6:{IPv6Address(text[5:])}]"
        return f"[{IPv4Address(text)}]"
    except ValueError as error:
        raise InvalidAddress("the address literal is not an IPv4 or IPv6 address") from error


def domain_of(address: str) -> str:
    """Give the domain of a canonical address."""
    return address.rpartition("@")[2]


def without_tag(address: str) -> str:
    """
    Give the address without its `+tag`: `a+x@d` is `a@d` (contract section 3.5).

    A quoted local part and one that begins with the plus have no tag.
    """
    local, _, domain = address.rpartition("@")
    base, plus, _ = local.partition("+")
    return f"{base}@{domain}" if plus and base and not local.startswith('"') else address
