"""The http and https URLs of a text and of an HTML body: verbatim, in order, each once, in linear time."""

import re
from html.entities import html5

# More links than this help nobody, and would be most of a frame.
LINK_LIMIT = 10_000
# Above this the rest of a body is not searched: a body of this length is a file, and files hold no link to click.
SEARCHED = 512 * 1024

# "://" is a literal, found at the speed of memory; the look-behind has a fixed width, the run after it is possessive.
_URL = re.compile(r"""://(?:(?<=[hH][tT][tT][pP]://)|(?<=[hH][tT][tT][pP][sS]://))[^\s<>"'\x00-\x1f\x7f]++""")
_TEXT_URL = re.compile(r"""://(?:(?<=[hH][tT][tT][pP]://)|(?<=[hH][tT][tT][pP][sS]://))[^\s<>"\x00-\x1f\x7f]++""")
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z][a-zA-Z0-9]{1,31}));")
# What may stand between an attribute's name and its value, at the end of a slice of fixed length.
_ATTRIBUTE = re.compile(r"""([a-zA-Z:-]*+)\s*+=\s*+["']?\s*+\Z""")
_DOCTYPE = re.compile(r"\s*+<!doctype[^>]*+>", re.IGNORECASE)
_PUNCTUATION = ".,;:!?'*_|\\`"
_PAIRS = {")": "(", "]": "[", "}": "{"}


def unescaped(text: str) -> str:
    """`text` with its character references decoded. Unlike html.unescape: linear, and no number makes it raise."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name:
        return html5.get(name + ";", match[0])
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF or code == 0:
        return "\ufffd"
    return chr(code)


def _trimmed(url: str) -> str:
    """`url` without the punctuation of the sentence around it."""
    if url[-1:] not in _PUNCTUATION and url[-1:] not in _PAIRS:
        return url
    # Longer runs are no punctuation of a sentence.
    least = max(len(url) - 64, 0)
    surplus = {close: url.count(close) - url.count(opening) for close, opening in _PAIRS.items()}
    end = len(url)
    while end > least:
        last = url[end - 1]
        if last in _PAIRS:
            if surplus[last] <= 0:
                break
            surplus[last] -= 1
        elif last not in _PUNCTUATION:
            break
        end -= 1
    return url[:end]


def _in_text(text: str, found: dict[str, None]) -> None:
    for match in _TEXT_URL.finditer(text, 0, SEARCHED):
        colon, end = match.span()
        url = _trimmed(text[colon - (5 if text[colon - 1] in "sS" else 4) : end])
        if not url.endswith("://"):
            found[url] = None
            if len(found) >= LINK_LIMIT:
                return


def _in_html(html: str, found: dict[str, None]) -> None:
    doctype = _DOCTYPE.match(html)
    for match in _URL.finditer(html, doctype.end() if doctype else 0, SEARCHED):
        colon, end = match.span()
        start = colon - (5 if html[colon - 1] in "sS" else 4)
        if html[start - 6 : start] == 'href="':
            url = html[start:end]
            found[unescaped(url) if "&" in url else url] = None
            if len(found) >= LINK_LIMIT:
                return
            continue
        before = html[max(start - 32, 0) : start]
        attribute = _ATTRIBUTE.search(before) if before[-1:] in "\"'= \t\n" else None
        url = html[start:end]
        if attribute and attribute[1]:
            if attribute[1].lower() != "href":
                continue
            url = "".join(unescaped(url).split())
        elif before.rstrip("\"' ").endswith(("url(", "@import")):
            continue
        else:
            inner = _TEXT_URL.search(unescaped(url))
            url = _trimmed(unescaped(url)[: inner.end()]) if inner else ""
        if url and not url.endswith("://"):
            found[url] = None
            if len(found) >= LINK_LIMIT:
                return


def links(text: str, html: str) -> tuple[str, ...]:
    """The URLs of `text`, then those that only `html` has: its href attributes and its visible text."""
    found: dict[str, None] = {}
    if "://" in text:
        _in_text(text, found)
    if "://" in html:
        _in_html(html, found)
    return tuple(found)
