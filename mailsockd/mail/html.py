"""HTML bodies: text made of them and they of text, for reading and for /dirty. All in linear time, on any string."""

import re
from html import escape

from mailsockd.mail.links import unescaped

# Text is made of this much HTML, in characters: enough for any letter, and a bound on what one mail can cost.
CONVERTED = 1024 * 1024

# Possessive throughout; every opened construct may end at the end of the input, so no attempt can fail after reading on.
_ATTRIBUTES = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"?|'[^']*+'?)?+)*+>?"""
_HIDDEN = re.compile(
    r"<!--(?:[^-]++|-(?!->))*+(?:-->)?|<[!?][^>]*+>?"
    r"|<(script|style|title|template|noframes|noembed|iframe|object|svg|math)(?![\w-])"
    r"(?:[^<]++|<(?!/\1(?![\w-])))*+",
    re.IGNORECASE,
)
_PRE = re.compile(r"<pre(?![\w-])(?:[^<]++|<(?!/pre(?![\w-])))*+", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f\x0b]++")
_LINE = re.compile(
    r"<(?:br|hr|/?(?:div|tr|li|ul|ol|dl|dt|dd|table|section|article|header|footer|address|form|center|option))(?![\w-])"
    + _ATTRIBUTES,
    re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"</?(?:p|h[1-6]|blockquote|pre)(?![\w-])" + _ATTRIBUTES, re.IGNORECASE)
_CELL = re.compile(r"</t[dh](?![\w-])[^>]*+>?", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z]" + _ATTRIBUTES)
_SPACES = re.compile(r"  ++")
_AROUND = re.compile(r" ?\n ?")
_LINES = re.compile(r"\n{3,}+")


def text_from_html(html: str) -> str:
    """Readable text of an HTML body: no tags, scripts or styles.

    Blocks stand on lines of their own, paragraphs are apart by one empty line.
    """
    html = html[:CONVERTED]
    if "<" in html:
        html = _HIDDEN.sub("", html)
        html = _PRE.sub(lambda match: match[0].replace("\n", "<br>"), html)
    html = _SPACE.sub(" ", html)
    if "<" in html:
        html = _LINE.sub("\n", html)
        html = _PARAGRAPH.sub("\n\n", html)
        html = _CELL.sub(" ", html)
        html = _TAG.sub("", html)
    text = unescaped(html).replace("\xa0", " ").replace("\r", "\n")
    text = _LINES.sub("\n\n", _AROUND.sub("\n", _SPACES.sub(" ", text)))
    return text.strip(" \n")


def html_from_text(text: str) -> str:
    """An HTML body that shows `text`: `:)` gives `<div>:)<br></div>` (contract 1.3, /body)."""
    return f"<div>{_lines(text, '<br>')}</div>"


def document_from_text(text: str) -> str:
    """A whole XHTML-like document that shows `text` (contract 1.3, /dirty of a mail without HTML)."""
    return (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8" /></head>'
        f"<body><div>{_lines(text, '<br />')}</div></body></html>"
    )


def _lines(text: str, line_break: str) -> str:
    return escape(text.removesuffix("\n"), quote=False).replace("\n", line_break) + line_break
