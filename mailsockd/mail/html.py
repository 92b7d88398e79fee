"""HTML bodies: text made of them and they of text, for reading and for /dirty. All in linear time, on any string."""

import re
from base64 import b64encode
from collections.abc import Iterable
from html import escape
from urllib.parse import unquote

from mailsockd.mail.attachments import Attachment, attachment_bytes
from mailsockd.mail.links import unescaped

# Text is made of this much HTML, and HTML of this much text, in characters: enough for any letter, and a bound on what
# one mail can cost.
CONVERTED = 512 * 1024
CONVERTED_TAGS = 16_000

# Elements that /body keeps. None of them switches a browser's parser to raw text or to foreign content, so what is
# escaped here stays escaped there.
KEPT = frozenset(
    ("abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite",
     "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font",
     "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "ins", "kbd", "li", "main", "mark", "ol", "p",
     "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody",
     "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr")
)  # fmt: skip
VOID = frozenset(("br", "col", "hr", "wbr"))
KEPT_ATTRIBUTES = frozenset(
    ("align", "border", "bgcolor", "cellpadding", "cellspacing", "color", "colspan", "dir", "height", "lang", "rowspan",
     "size", "start", "title", "valign", "width")
)  # fmt: skip
# A mail has hundreds of tags; browsers stop nesting at 512. What is beyond loses its tags and keeps its text.
_TAGS_KEPT = 50_000
_OPEN_LIMIT = 200
_ATTRIBUTES_LIMIT = 30
_REFERENCES = 1000
# Inlined bytes of one page, in base64 characters: a mail can name the same image again and again.
_INLINED = 64 * 1024 * 1024

# Possessive throughout; every opened construct may end with the input, so no attempt can fail after reading on.
ATTRIBUTES = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"?|'[^']*+'?)?+)*+>?"""
# Hidden content is found before tags are, so an attribute that holds "<script>" loses its rest: harmless, and rare.
HIDDEN = re.compile(
    r"<!--(?:[^-]++|-(?!->))*+(?:-->)?|<[!?][^>]*+>?"
    r"|<(script|style|title|template|noframes|noembed|iframe|object|svg|math)(?![\w-])"
    r"(?:[^<]++|<(?!/\1(?![\w-])))*+",
    re.IGNORECASE,
)
_PRE = re.compile(r"<pre(?![\w-])(?:[^<]++|<(?!/pre(?![\w-])))*+", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f\x0b]++")
_LINE = re.compile(
    r"<(?:br|hr|/?(?:div|tr|li|ul|ol|dl|dt|dd|table|section|article|header|footer|address|form|center|option))(?![\w-])"
    + ATTRIBUTES,
    re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"</?(?:p|h[1-6]|blockquote|pre)(?![\w-])" + ATTRIBUTES, re.IGNORECASE)
_CELL = re.compile(r"</t[dh](?![\w-])[^>]*+>?", re.IGNORECASE)
TAG = re.compile(r"</?[a-zA-Z]" + ATTRIBUTES)
_NAMED_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)(" + ATTRIBUTES + ")")
# The look-behind keeps a long word from being tried again from each of its letters.
_ATTRIBUTE = re.compile(r"""(?<![a-zA-Z])([a-zA-Z]++)\s*+=\s*+(?:"([^"]*+)"?|'([^']*+)'?|([^\s>"']++))""")
_SPACES = re.compile(r"  ++")
_AROUND = re.compile(r" ?\n ?")
_LINES = re.compile(r"\n{3,}+")


def text_from_html(html: str) -> str:
    """Readable text of an HTML body: no tags, scripts or styles.

    Blocks stand on lines of their own, paragraphs are apart by one empty line.
    """
    html = html[:CONVERTED]
    if html.count("<") > CONVERTED_TAGS:
        html = "<".join(html.split("<", CONVERTED_TAGS)[:CONVERTED_TAGS])
    if "<" in html:
        html = HIDDEN.sub("", html)
        html = _PRE.sub(lambda match: match[0].replace("\n", "<br>"), html)
    html = _SPACE.sub(" ", html)
    if "<" in html:
        html = _LINE.sub("\n", html)
        html = _PARAGRAPH.sub("\n\n", html)
        html = _CELL.sub(" ", html)
        html = TAG.sub("", html)
    text = unescaped(html).replace("\xa0", " ").replace("\r", "\n")
    text = _LINES.sub("\n\n", _AROUND.sub("\n", _SPACES.sub(" ", text)))
    return text.strip(" \n")


def html_from_text(text: str) -> str:
    """An HTML body that shows `text`, the start of a very long one: `:)` gives `<div>:)<br></div>` (contract 1.3)."""
    return f"<div>{_lines(text[:CONVERTED], '<br>')}</div>"


def document_from_text(text: str) -> str:
    """A whole XHTML-like document that shows `text` (contract 1.3, /dirty of a mail without HTML)."""
    return (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8" /></head>'
        f"<body><div>{_lines(text, '<br />')}</div></body></html>"
    )


def _lines(text: str, line_break: str) -> str:
    return escape(text.removesuffix("\n"), quote=False).replace("\n", line_break) + line_break


def sanitised(html: str) -> str:
    """`html` for /body: allowed elements and a few harmless attributes; scripts, styles, images, forms and links gone.

    Balanced, so that it cannot close what stands around it. Text stays; comments and hidden elements do not.
    """
    pieces = _NAMED_TAG.split(HIDDEN.sub("", html), _TAGS_KEPT)
    out = [_text(pieces[0])]
    opened: list[str] = []
    for index in range(1, len(pieces), 4):
        slash, name, attributes, text = pieces[index : index + 4]
        name = name.lower()
        if name in KEPT:
            if not slash:
                if name in VOID:
                    out.append(f"<{name}>")
                elif len(opened) < _OPEN_LIMIT:
                    opened.append(name)
                    out.append(f"<{name}{_attributes(attributes)}>")
            elif name in opened:
                while (last := opened.pop()) != name:
                    out.append(f"</{last}>")
                out.append(f"</{name}>")
        if text:
            out.append(_text(text))
    out.extend(f"</{name}>" for name in reversed(opened))
    return "".join(out)


def _text(text: str) -> str:
    if "<" in text:
        text = TAG.sub("", text)  # what is left beyond _TAGS_KEPT
    return escape(unescaped(text), quote=False) if "&" in text or "<" in text or ">" in text else text


def _attributes(source: str) -> str:
    if "=" not in source:
        return ""
    kept: dict[str, str] = {}
    for match in _ATTRIBUTE.findall(source, 0, 4096)[:_ATTRIBUTES_LIMIT]:
        name = match[0].lower()
        if name in KEPT_ATTRIBUTES:
            kept.setdefault(name, match[1] or match[2] or match[3])
    return "".join([f' {name}="{escape(unescaped(value))}"' for name, value in kept.items()])


def with_inlined_images(html: str, content: bytes, attachments: Iterable[Attachment]) -> str:
    """`html` with each `cid:` that names an image among `attachments` as a `data:` URI; the rest untouched."""
    images = {a.content_id: a for a in attachments if a.content_id and a.content_type.startswith("image/")}
    if not images or "cid:" not in html:
        return html
    made: dict[str, str] = {}
    room = _INLINED
    pieces = html.split("cid:", _REFERENCES)
    out = [pieces[0]]
    for piece in pieces[1:]:
        end = _reference_end(piece)
        image = images.get(piece[:end]) or images.get(unquote(unescaped(piece[:end])))
        if image is not None and image.content_id not in made and image.length * 4 // 3 <= room:
            data = b64encode(attachment_bytes(content, image)).decode("ascii")
            made[image.content_id] = f"data:{image.content_type};base64,{data}"
        uri = made.get(image.content_id) if image is not None else None
        if uri is not None and len(uri) <= room:
            room -= len(uri)
            out.append(uri + piece[end:])
        else:
            out.append("cid:" + piece)
    return "".join(out)


def _reference_end(piece: str) -> int:
    # No content id is longer than the 998 characters of a line.
    for end, character in enumerate(piece[:998]):
        if character in "\"'<> \t\r\n)":
            return end
    return min(len(piece), 998)


def dirty(html: str, text: str, content: bytes, attachments: Iterable[Attachment]) -> str:
    """What /dirty answers for a Mail's html, text and attachments: HTML with its images, or a document of the text."""
    if html == html_from_text(text):
        return document_from_text(text)
    return with_inlined_images(html, content, attachments)
